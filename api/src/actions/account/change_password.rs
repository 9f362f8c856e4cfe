//! The owner sets another password, with the present one.

use super::password;
use crate::actions::session::device::{self, Kept};
use crate::actions::session::{self, throttle};
use crate::actions::{Context, Error, Invalid, record};
use crate::app::App;
use crate::db::Tx;
use crate::mail::{self, Message};
use domain::id::{AccountId, OneTimeCodeId, SessionId};
use domain::refusal::Refusal;
use entity::account;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, IntoActiveModel};
use serde_json::json;

/// What is to be done in the transaction, once everything that takes time is done.
#[derive(Clone)]
pub struct Checked {
    /// The account as it was when its password was proven.
    proven: account::Model,
    /// The hash of the new password.
    hash: String,
}

impl std::fmt::Debug for Checked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Checked").field("account", &self.proven.id).finish_non_exhaustive()
    }
}

/// Compares the present password, outside any transaction and counted before, then checks and hashes the
/// new one.
///
/// # Errors
/// [`Error::TooMany`] after too many wrong ones in this session; `password_wrong` at `/current_password`;
/// what [`password::check_new`] refuses at `/new_password`; the database's.
pub async fn check(
    app: &App,
    cx: &Context<'_>,
    (owner, session): (AccountId, Option<SessionId>),
    current: &str,
    new: &str,
) -> Result<Checked, Error> {
    let proven = super::load(&**app.read(), owner).await?;
    let attempt = throttle::begin_proof(app, cx, owner, session).await?;
    if !throttle::compare(app, &attempt, current, Some(&proven.password_hash)).await? {
        throttle::proof_failed(app, cx, &attempt, (owner, "password.change_refused")).await?;
        return Err(wrong());
    }
    throttle::proven(app, cx, attempt).await?;
    password::check_new(app, &proven, new, "/new_password").await?;
    let hash = app.passwords.hash(new).await?;
    Ok(Checked { proven, hash })
}

/// Sets the password, ends every other session and tells the owner at every address.
///
/// # Errors
/// `password_wrong` when the password changed meanwhile; the database's.
pub async fn change(tx: &Tx, cx: &Context<'_>, checked: &Checked, keep: Option<SessionId>) -> Result<(), Error> {
    let account = super::lock(tx, checked.proven.id).await?;
    if account.password_hash != checked.proven.password_hash {
        return Err(wrong());
    }
    let account = set(tx, cx, account, &checked.hash).await?;
    session::end_all(tx, cx, account.id, keep).await?;
    device::forget_all(tx, cx, account.id, Kept::ThisOne).await?;
    record::activity(tx, cx, account.id, "password.changed", None).await?;
    record::event(tx, cx, account.id, "account.password_changed", &account.id, json!({})).await?;
    mail::tell_everywhere(tx, cx, &account, &Message::PasswordChanged, &cx.id::<OneTimeCodeId>().to_string()).await
}

fn wrong() -> Error {
    Invalid::new("/current_password", Refusal::PasswordWrong.as_str()).into()
}

/// Puts a new hash in the place of the present one, which is kept as a former one.
///
/// # Errors
/// The database's.
pub(super) async fn set(
    tx: &Tx,
    cx: &Context<'_>,
    account: account::Model,
    hash: &str,
) -> Result<account::Model, Error> {
    password::retire(tx, cx, &account).await?;
    let version = account.version + 1;
    let mut row = account.into_active_model();
    row.password_hash = Set(hash.to_owned());
    row.password_changed_at = Set(cx.real_now);
    row.password_weak_since = Set(None);
    row.version = Set(version);
    Ok(row.update(&**tx).await?)
}
