//! Security keys and passkeys (WebAuthn). Every key verifies its user by PIN or body, so that one alone is two
//! factors: it can be the second factor of a login, a fresh proof, or, where it names its account, a login.

use super::{backup_codes, changed, enrolled, recovery};
use crate::actions::session::{self, Device, Opened, Opening};
use crate::actions::{Context, Error, account, record};
use crate::app::App;
use crate::db::Tx;
use crate::mail::Message;
use chrono::{DateTime, Utc};
use domain::factor::Ceremony;
use domain::id::{AccountId, KeyCeremonyId, SecurityKeyId, SessionId};
use domain::refusal::Refusal;
use entity::security_key::{self, Column, Entity, Model};
use entity::{account as accounts, key_ceremony};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QueryOrder,
};
use serde_json::json;
use webauthn_rs::prelude::{Credential, Passkey, PasskeyRegistration, RegisterPublicKeyCredential};

pub mod answer;
pub mod ceremony;

/// A new key that answered what was asked, and is not stored yet.
pub struct Registered {
    ceremony: KeyCeremonyId,
    credential: Passkey,
    discoverable: Option<bool>,
}

/// Judges the answer of a new key, outside any transaction. After a wrong one the ceremony is over.
///
/// # Errors
/// The database's; what is wrong with the answer is in the value.
pub async fn judge_new(
    app: &App,
    cx: &Context<'_>,
    session: SessionId,
    answer: &RegisterPublicKeyCredential,
) -> Result<Result<Registered, Refusal>, Error> {
    let found = ceremony::of(&**app.read(), &(Ceremony::Registration, session.to_string())).await?;
    let state: Option<PasskeyRegistration> = ceremony::open(cx, found.as_ref())?;
    let (Some(state), Some(found)) = (state, found) else { return Ok(Err(Refusal::CeremonyEnded)) };
    match app.tools.relying_party.finish_passkey_registration(answer, &state) {
        Ok(credential) => {
            let discoverable = answer.extensions.cred_props.as_ref().and_then(|known| known.rk);
            Ok(Ok(Registered { ceremony: found.id, credential, discoverable }))
        }
        Err(error) => {
            tracing::info!(%error, "a new security key was refused");
            ceremony::spend(app, cx, found.id).await?;
            Ok(Err(Refusal::SecurityKeyRefused))
        }
    }
}

/// Stores a key: a second factor from now on. With the first factor come backup codes.
///
/// # Errors
/// `ceremony_ended`; `security_key_refused` for one that any account has already; `too_many_factors`; the
/// database's.
pub async fn add(
    tx: &Tx,
    cx: &Context<'_>,
    (owner, keep): (AccountId, SessionId),
    name: &str,
    new: &Registered,
) -> Result<(Model, Option<Vec<String>>), Error> {
    let account = account::lock(tx, owner).await?;
    if !ceremony::consume(tx, cx, new.ceremony).await? {
        return Err(Refusal::CeremonyEnded.into());
    }
    if Entity::of(owner).count(&**tx).await? >= ceremony::MAX_KEYS {
        return Err(Refusal::TooManyFactors.into());
    }
    let first = enrolled(&**tx, owner).await?.is_empty();
    let key = insert(tx, cx, owner, name, new).await?;
    let message = Message::FactorAdded { name: key.name.clone() };
    changed(tx, cx, &account, ("security_key.added", &message), Some(keep)).await?;
    session::note_factor(tx, cx, owner, keep).await?;
    let codes = if first { Some(backup_codes::issue(tx, cx, &account).await?) } else { None };
    Ok((key, codes))
}

async fn insert(tx: &Tx, cx: &Context<'_>, owner: AccountId, name: &str, new: &Registered) -> Result<Model, Error> {
    let id: SecurityKeyId = cx.id();
    let known = Credential::from(new.credential.clone());
    let row = security_key::ActiveModel {
        id: Set(id),
        account_id: Set(owner),
        name: Set(name.to_owned()),
        credential_hash: Set(hash(cx, new.credential.cred_id())),
        sealed_credential: Set(seal(cx, id, owner, &new.credential)?),
        sign_count: Set(i64::from(known.counter)),
        discoverable: Set(new.discoverable),
        synced: Set(known.backup_state),
        created_at: Set(cx.real_now),
        last_used_at: Set(None),
        suspended_at: Set(None),
    };
    let once = OnConflict::column(Column::CredentialHash).do_nothing().to_owned();
    let inserted = Entity::insert(row).on_conflict(once).exec_without_returning(&**tx).await?;
    if inserted != 1 {
        return Err(Refusal::SecurityKeyRefused.into());
    }
    find(tx, owner, id).await
}

/// Changes what a key is called.
///
/// # Errors
/// [`Error::NotFound`]; the database's.
pub async fn rename(
    tx: &Tx,
    cx: &Context<'_>,
    owner: AccountId,
    id: SecurityKeyId,
    name: Option<&str>,
) -> Result<Model, Error> {
    let key = find(tx, owner, id).await?;
    let Some(name) = name.filter(|name| *name != key.name) else { return Ok(key) };
    let mut row = key.into_active_model();
    row.name = Set(name.to_owned());
    let key = row.update(&**tx).await?;
    record::activity(tx, cx, owner, "security_key.renamed", Some(json!({ "key": id }))).await?;
    record::event(tx, cx, owner, "security_key.renamed", &id, json!({})).await?;
    Ok(key)
}

/// Removes a key.
///
/// # Errors
/// [`Error::NotFound`]; the database's.
pub async fn remove(
    tx: &Tx,
    cx: &Context<'_>,
    (owner, keep): (AccountId, Option<SessionId>),
    id: SecurityKeyId,
) -> Result<(), Error> {
    let account = account::lock(tx, owner).await?;
    let key = find(tx, owner, id).await?;
    Entity::delete_many().filter(Column::Id.eq(id)).filter(Column::AccountId.eq(owner)).exec(&**tx).await?;
    let last = enrolled(&**tx, owner).await?.is_empty();
    let message = Message::FactorRemoved { name: key.name, last };
    changed(tx, cx, &account, ("security_key.removed", &message), keep).await
}

/// Suspends the keys that an account has got since a moment: who was in it may have brought them. They count as
/// second factors nevertheless, so that the account does not fall back to its password alone.
///
/// # Errors
/// The database's.
pub(in crate::actions) async fn suspend_added_since(
    tx: &Tx,
    cx: &Context<'_>,
    account: &accounts::Model,
    since: DateTime<Utc>,
) -> Result<(), Error> {
    let keys = Entity::usable(account.id).filter(Column::CreatedAt.gte(since)).order_by_asc(Column::Id);
    for key in keys.all(&**tx).await? {
        let message = Message::SecurityKeySuspended { name: key.name.clone(), copied: false };
        let mut row = key.into_active_model();
        row.suspended_at = Set(Some(cx.real_now));
        row.update(&**tx).await?;
        changed(tx, cx, account, ("security_key.suspended", &message), None).await?;
    }
    Ok(())
}

/// Opens a session for the owner of a key that named its account and verified its user.
///
/// # Errors
/// What the verdict says; [`Error::Unauthenticated`] for an account that is not open; the database's.
pub async fn log_in(
    tx: &Tx,
    cx: &Context<'_>,
    verdict: &answer::Verdict,
    device: &Device,
) -> Result<(accounts::Model, Opened), Error> {
    let owner = verdict.as_ref().map_err(|unproven| *unproven)?.owner;
    let account = account::lock(tx, owner).await?;
    if !account::is_open(account.status) {
        return Err(Error::Unauthenticated);
    }
    let cx = &account::on_clock_of(tx, cx, &account).await?;
    let since = answer::accept(tx, cx, &account, verdict).await?;
    recovery::cancel_by_factor(tx, cx, &account, since).await?;
    let opened = session::open_by(tx, cx, &account, (device, Opening::Passkey)).await?;
    Ok((account, opened))
}

/// Deletes every key and ceremony of an account.
pub(super) async fn erase(tx: &Tx, owner: AccountId) -> Result<(), Error> {
    Entity::delete_many().filter(Column::AccountId.eq(owner)).exec(&**tx).await?;
    let ceremonies = key_ceremony::Entity::delete_many().filter(key_ceremony::Column::AccountId.eq(owner));
    ceremonies.exec(&**tx).await?;
    Ok(())
}

async fn find(tx: &Tx, owner: AccountId, id: SecurityKeyId) -> Result<Model, Error> {
    Entity::of(owner).filter(Column::Id.eq(id)).one(&**tx).await?.ok_or(Error::NotFound)
}

/// The credential of a key, opened.
fn credential(cx: &Context<'_>, key: &Model) -> Result<Passkey, Error> {
    let text = cx.tools.sealer.open(&place(key.id, key.account_id), &key.sealed_credential)?;
    serde_json::from_str(&text).map_err(Error::internal)
}

fn seal(cx: &Context<'_>, id: SecurityKeyId, owner: AccountId, credential: &Passkey) -> Result<String, Error> {
    let text = serde_json::to_string(credential).map_err(Error::internal)?;
    Ok(cx.tools.sealer.seal(&*cx.tools.entropy, &place(id, owner), &text))
}

pub(crate) fn place(id: SecurityKeyId, owner: AccountId) -> String {
    format!("security_key:{id}:{owner}")
}

fn hash(cx: &Context<'_>, credential_id: &[u8]) -> String {
    cx.tools.sealer.hash_bytes("security_key", credential_id)
}
