//! What a key answers. It is judged outside any transaction, against the key as it is now; what was judged is
//! used up in one (`accept`), once.

use super::ceremony::{self, Bound};
use super::{credential, hash};
use crate::actions::{Context, Error, factor};
use crate::app::App;
use crate::db::Tx;
use chrono::{DateTime, Utc};
use domain::id::{AccountId, KeyCeremonyId, SecurityKeyId};
use domain::refusal::Refusal;
use entity::security_key::{Column, Entity, Model};
use entity::{account, key_ceremony};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use webauthn_rs::prelude::{DiscoverableAuthentication, Passkey, PublicKeyCredential, WebauthnError};

/// An answer that is right, and not used yet.
#[derive(Clone)]
pub struct Judged {
    /// Whose key it is.
    pub owner: AccountId,
    ceremony: KeyCeremonyId,
    key: SecurityKeyId,
    added_at: DateTime<Utc>,
    /// The count that it was compared with.
    sign_count: i64,
    credential: Passkey,
}

/// Why an answer proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unproven {
    /// Nothing was asked, or it was answered before, or too long ago.
    Ended,
    /// It is not the answer of a key of this account to what was asked.
    Wrong,
}

impl From<Unproven> for Error {
    fn from(unproven: Unproven) -> Self {
        match unproven {
            Unproven::Ended => Refusal::CeremonyEnded.into(),
            Unproven::Wrong => Self::Unauthenticated,
        }
    }
}

/// What becomes of an answer.
pub type Verdict = Result<Judged, Unproven>;

/// Judges the answer to a ceremony of a session or login challenge. After a wrong one the ceremony is over.
///
/// # Errors
/// The database's.
pub async fn judge(app: &App, cx: &Context<'_>, bound: Bound, answer: &PublicKeyCredential) -> Result<Verdict, Error> {
    let db = &**app.read();
    // the key first: who answered the ceremony in between has changed its count, too
    let key = find(app, cx, bound.owner(), answer).await?;
    let found = ceremony::of(db, &bound.place()).await?;
    let named = answer.get_user_unique_id();
    let fits = named.is_none_or(|handle| handle == bound.owner().0.as_bytes());
    weigh(app, cx, (found, key.filter(|_| fits)), answer).await
}

/// Judges the answer to a ceremony that names no account: the key names it.
///
/// # Errors
/// The database's.
pub async fn judge_passkey(
    app: &App,
    cx: &Context<'_>,
    id: KeyCeremonyId,
    answer: &PublicKeyCredential,
) -> Result<Verdict, Error> {
    let named = app.tools.relying_party.identify_discoverable_authentication(answer);
    let key = match named {
        Ok((owner, _)) => find(app, cx, AccountId(owner), answer).await?,
        Err(_) => None,
    };
    let found = key_ceremony::Entity::find_by_id(id)
        .filter(key_ceremony::Column::Purpose.eq(domain::factor::Ceremony::Passkey))
        .one(&**app.read())
        .await?;
    let owner = key.as_ref().map(|key| key.account_id);
    let verdict = weigh(app, cx, (found, key), answer).await?;
    if let (Err(Unproven::Wrong), Some(owner)) = (&verdict, owner) {
        factor::refused(app, cx, owner, None).await?;
    }
    Ok(verdict)
}

/// The usable key of an account that an answer is from.
async fn find(
    app: &App,
    cx: &Context<'_>,
    owner: AccountId,
    answer: &PublicKeyCredential,
) -> Result<Option<Model>, Error> {
    let same = Column::CredentialHash.eq(hash(cx, answer.get_credential_id()));
    Ok(Entity::usable(owner).filter(same).one(&**app.read()).await?)
}

async fn weigh(
    app: &App,
    cx: &Context<'_>,
    (found, key): (Option<key_ceremony::Model>, Option<Model>),
    answer: &PublicKeyCredential,
) -> Result<Verdict, Error> {
    let state: Option<DiscoverableAuthentication> = ceremony::open(cx, found.as_ref())?;
    let (Some(state), Some(found)) = (state, found) else { return Ok(Err(Unproven::Ended)) };
    let Some(key) = key else {
        ceremony::spend(app, cx, found.id).await?;
        return Ok(Err(Unproven::Wrong));
    };
    let mut passkey = credential(cx, &key)?;
    match app.tools.relying_party.finish_discoverable_authentication_v2(answer, state, &passkey) {
        Ok(result) => {
            passkey.update_credential(&result);
            let (owner, sign_count) = (key.account_id, key.sign_count);
            Ok(Ok(Judged {
                owner,
                ceremony: found.id,
                key: key.id,
                added_at: key.created_at,
                sign_count,
                credential: passkey,
            }))
        }
        Err(WebauthnError::CredentialPossibleCompromise) => {
            suspend(app, cx, found.id, &key).await?;
            Ok(Err(Unproven::Wrong))
        }
        Err(error) => {
            // the cause tells an operator that origins or rp_id are set wrong
            tracing::info!(%error, "the answer of a security key was refused");
            ceremony::spend(app, cx, found.id).await?;
            Ok(Err(Unproven::Wrong))
        }
    }
}

/// Uses a right answer up: the ceremony and the key's count decide between requests at the same time.
///
/// # Errors
/// What the verdict says; `ceremony_ended`; [`Error::Unauthenticated`] when the key was used or changed
/// meanwhile; the database's.
pub(in crate::actions) async fn accept(
    tx: &Tx,
    cx: &Context<'_>,
    account: &account::Model,
    verdict: &Verdict,
) -> Result<DateTime<Utc>, Error> {
    let judged = verdict.as_ref().map_err(|unproven| *unproven)?;
    if judged.owner != account.id {
        return Err(Error::Unauthenticated);
    }
    if !ceremony::consume(tx, cx, judged.ceremony).await? {
        return Err(Refusal::CeremonyEnded.into());
    }
    let known = webauthn_rs::prelude::Credential::from(judged.credential.clone());
    let used = Entity::update_many()
        .col_expr(Column::SignCount, Expr::value(i64::from(known.counter)))
        .col_expr(Column::Synced, Expr::value(known.backup_state))
        .col_expr(Column::SealedCredential, Expr::value(super::seal(cx, judged.key, account.id, &judged.credential)?))
        .col_expr(Column::LastUsedAt, Expr::value(cx.real_now))
        .filter(Column::Id.eq(judged.key))
        .filter(Column::AccountId.eq(account.id))
        .filter(Column::SignCount.eq(judged.sign_count))
        .filter(Column::SuspendedAt.is_null())
        .exec(&**tx)
        .await?;
    if used.rows_affected == 1 { Ok(judged.added_at) } else { Err(Error::Unauthenticated) }
}

/// The signature is right and the count went back: somebody has a copy of the key. It proves nothing from now
/// on, every session ends, and the owner is told at every address.
async fn suspend(app: &App, cx: &Context<'_>, ceremony: KeyCeremonyId, key: &Model) -> Result<(), Error> {
    use crate::actions::account;
    use crate::mail::Message;
    app.transact(async |tx| {
        let owner = account::lock(tx, key.account_id).await?;
        let cx = &account::on_clock_of(tx, cx, &owner).await?;
        // the same answer twice is no copy: the first one has used the ceremony up
        if !ceremony::consume(tx, cx, ceremony).await? {
            return Ok(());
        }
        let suspended = Entity::update_many()
            .col_expr(Column::SuspendedAt, Expr::value(cx.real_now))
            .filter(Column::Id.eq(key.id))
            .filter(Column::SuspendedAt.is_null())
            .exec(&**tx)
            .await?;
        if suspended.rows_affected != 1 {
            return Ok(());
        }
        let message = Message::SecurityKeySuspended { name: key.name.clone(), copied: true };
        factor::changed(tx, cx, &owner, ("security_key.suspended", &message), None).await
    })
    .await
}
