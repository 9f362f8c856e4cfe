//! Ceremonies: what is asked of a key, kept until it is answered once. Their state never leaves the server.

use super::credential;
use crate::actions::{Context, Error, account};
use crate::app::App;
use crate::db::Tx;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::factor::{CEREMONY, Ceremony};
use domain::id::{AccountId, KeyCeremonyId, LoginChallengeId, SessionId};
use domain::refusal::Refusal;
use entity::key_ceremony::{self, Column, Entity, Model};
use entity::security_key;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Keys of one account.
pub(super) const MAX_KEYS: u64 = 10;

/// A ceremony that began.
#[derive(Debug, Clone)]
pub struct Begun {
    /// Names it where nothing else does.
    pub id: KeyCeremonyId,
    /// The options, in the JSON form of the WebAuthn standard.
    pub public_key: Value,
}

/// What a ceremony belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// A fresh proof in a session.
    Proof(AccountId, SessionId),
    /// The second factor of a login.
    Login(AccountId, LoginChallengeId),
}

impl Bound {
    /// Whose key is asked.
    #[must_use]
    pub const fn owner(self) -> AccountId {
        match self {
            Self::Proof(owner, _) | Self::Login(owner, _) => owner,
        }
    }

    pub(super) fn place(self) -> (Ceremony, String) {
        match self {
            Self::Proof(_, session) => (Ceremony::Proof, session.to_string()),
            Self::Login(_, challenge) => (Ceremony::Login, challenge.to_string()),
        }
    }
}

/// Asks for a new key, one that verifies its user, and that can name its account if it is able to.
///
/// # Errors
/// `too_many_factors`; the database's.
pub async fn register(tx: &Tx, cx: &Context<'_>, owner: AccountId, session: SessionId) -> Result<Begun, Error> {
    let account = account::lock(tx, owner).await?;
    account::require_active(&account)?;
    if security_key::Entity::of(owner).count(&**tx).await? >= MAX_KEYS {
        return Err(Refusal::TooManyFactors.into());
    }
    let mut known = Vec::new();
    for key in security_key::Entity::of(owner).all(&**tx).await? {
        known.push(credential(cx, &key)?.cred_id().clone());
    }
    let name = account.email.as_deref().unwrap_or(account.handle.as_str());
    let party = &cx.tools.relying_party;
    let asked = party.start_passkey_registration(owner.0, name, name, Some(known)).map_err(Error::internal)?;
    let (options, state) = asked;
    let mut public_key = json!(options.public_key);
    // the library discourages what a login without name needs; a key that cannot is welcome too
    if let Some(Value::Object(selection)) = public_key.get_mut("authenticatorSelection") {
        selection.insert("residentKey".to_owned(), json!("preferred"));
        selection.insert("requireResidentKey".to_owned(), json!(false));
    }
    let place = (Ceremony::Registration, Some(session.to_string()));
    let id = keep(tx, cx, Some(owner), place, &state).await?;
    Ok(Begun { id, public_key })
}

/// Asks for any usable key of an account.
///
/// # Errors
/// `no_security_key`; the database's.
pub async fn assert(tx: &Tx, cx: &Context<'_>, bound: Bound) -> Result<Begun, Error> {
    let mut allowed = Vec::new();
    for key in security_key::Entity::usable(bound.owner()).all(&**tx).await? {
        let known = webauthn_rs::prelude::Credential::from(credential(cx, &key)?);
        let mut descriptor = json!({ "type": "public-key", "id": URL_SAFE_NO_PAD.encode(&known.cred_id) });
        if let (Some(transports), Some(members)) = (known.transports, descriptor.as_object_mut()) {
            members.insert("transports".to_owned(), json!(transports));
        }
        allowed.push(descriptor);
    }
    if allowed.is_empty() {
        return Err(Refusal::NoSecurityKey.into());
    }
    let (purpose, bound_to) = bound.place();
    ask(tx, cx, Some(bound.owner()), (purpose, Some(bound_to)), allowed).await
}

/// Asks for any key that names its account itself: the same for everybody.
///
/// # Errors
/// The database's.
pub async fn discover(tx: &Tx, cx: &Context<'_>) -> Result<Begun, Error> {
    ask(tx, cx, None, (Ceremony::Passkey, None), Vec::new()).await
}

/// The state that is kept names no keys: an answer is compared with the key as it is then.
async fn ask(
    tx: &Tx,
    cx: &Context<'_>,
    owner: Option<AccountId>,
    place: (Ceremony, Option<String>),
    allowed: Vec<Value>,
) -> Result<Begun, Error> {
    let asked = cx.tools.relying_party.start_discoverable_authentication().map_err(Error::internal)?;
    let (options, state) = asked;
    let mut public_key = json!(options.public_key);
    if let Some(members) = public_key.as_object_mut() {
        members.insert("allowCredentials".to_owned(), Value::Array(allowed));
    }
    let id = keep(tx, cx, owner, place, &state).await?;
    Ok(Begun { id, public_key })
}

/// Keeps a ceremony in place of the one before; those that ended are deleted.
async fn keep(
    tx: &Tx,
    cx: &Context<'_>,
    owner: Option<AccountId>,
    (purpose, bound_to): (Ceremony, Option<String>),
    state: &impl Serialize,
) -> Result<KeyCeremonyId, Error> {
    if let Some(bound_to) = &bound_to {
        Entity::delete_many()
            .filter(Column::Purpose.eq(purpose))
            .filter(Column::BoundTo.eq(bound_to.as_str()))
            .exec(&**tx)
            .await?;
    }
    let id: KeyCeremonyId = cx.id();
    let state = serde_json::to_string(state).map_err(Error::internal)?;
    let row = key_ceremony::ActiveModel {
        id: Set(id),
        purpose: Set(purpose),
        account_id: Set(owner),
        bound_to: Set(bound_to),
        sealed_state: Set(cx.tools.sealer.seal(&*cx.tools.entropy, &place(id, owner), &state)),
        created_at: Set(cx.real_now),
        expires_at: Set(cx.real_now + CEREMONY),
        consumed_at: Set(None),
    };
    row.insert(&**tx).await?;
    Ok(id)
}

/// What was asked, if it can still be answered.
pub(super) fn open<S: DeserializeOwned>(cx: &Context<'_>, found: Option<&Model>) -> Result<Option<S>, Error> {
    let Some(row) = found.filter(|row| row.consumed_at.is_none() && row.expires_at > cx.real_now) else {
        return Ok(None);
    };
    let state = cx.tools.sealer.open(&place(row.id, row.account_id), &row.sealed_state)?;
    serde_json::from_str(&state).map(Some).map_err(Error::internal)
}

/// The ceremony of a session or login challenge.
pub(super) async fn of<C: ConnectionTrait>(
    db: &C,
    (purpose, bound_to): &(Ceremony, String),
) -> Result<Option<Model>, Error> {
    Ok(Entity::bound_to(*purpose, bound_to).one(db).await?)
}

/// Uses a ceremony up; the update decides between requests at the same time. Answers whether it was there.
pub(super) async fn consume(tx: &Tx, cx: &Context<'_>, id: KeyCeremonyId) -> Result<bool, Error> {
    let used = Entity::update_many()
        .col_expr(Column::ConsumedAt, Expr::value(cx.real_now))
        .filter(Column::Id.eq(id))
        .filter(Column::ConsumedAt.is_null())
        .filter(Column::ExpiresAt.gt(cx.real_now))
        .exec(&**tx)
        .await?;
    Ok(used.rows_affected == 1)
}

/// As [`consume`], durably, after a wrong answer: there is no second one.
pub(super) async fn spend(app: &App, cx: &Context<'_>, id: KeyCeremonyId) -> Result<(), Error> {
    app.transact(async |tx| consume(tx, cx, id).await.map(drop)).await
}

/// Deletes ceremonies that ended before `now`; answers how many.
///
/// # Errors
/// The database's.
pub async fn forget(tx: &Tx, now: chrono::DateTime<chrono::Utc>) -> Result<u64, Error> {
    Ok(Entity::delete_many().filter(Column::ExpiresAt.lt(now)).exec(&**tx).await?.rows_affected)
}

/// The place where a ceremony's state opens.
pub(crate) fn place(id: KeyCeremonyId, owner: Option<AccountId>) -> String {
    owner.map_or_else(|| format!("key_ceremony:{id}"), |owner| format!("key_ceremony:{id}:{owner}"))
}
