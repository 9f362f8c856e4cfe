//! The mailed token sets a new password. Nobody is logged in by it.

use super::request_reset::credentials;
use super::{change_password, on_clock_of};
use crate::actions::code::{self, Purpose};
use crate::actions::session::device::{self, Kept};
use crate::actions::{Context, Error, access_token, record, session};
use crate::db::Tx;
use crate::mail::{self, Message};
use domain::id::OneTimeCodeId;
use domain::refusal::Refusal;
use entity::{account, one_time_code};
use sea_orm::ConnectionTrait;
use serde_json::json;

/// The account a token was mailed for, so that the new password can be checked against its details and
/// the former ones before it is hashed. A token that ended leads to none: nothing is said about any
/// password to who has only that.
///
/// # Errors
/// As [`reset_password`].
pub async fn account_of<C: ConnectionTrait>(db: &C, cx: &Context<'_>, token: &str) -> Result<account::Model, Error> {
    let code = code::find_token(db, &cx.tools.sealer, Purpose::ResetPassword, token).await?;
    let account = super::load(db, code.account_id).await?;
    code::require_unused(cx, Purpose::ResetPassword, &code)?;
    require_bound(cx, &account, &code)?;
    Ok(account)
}

/// The token is good for the address and password of its issue only, and for an account that is open.
fn require_bound(cx: &Context<'_>, account: &account::Model, code: &one_time_code::Model) -> Result<(), Error> {
    let bound = credentials(&cx.tools.sealer, account);
    let holds = code.bound_to.as_deref() == Some(bound.as_str()) && super::is_open(account.status);
    if holds { Ok(()) } else { Err(Refusal::CodeExpired.into()) }
}

/// Sets the password, forgets the failures of logins and the known devices, ends every session and access token, and
/// tells the owner at every address.
///
/// # Errors
/// `code_invalid` for an unknown token; `code_expired` for one that is used, replaced, too old, or
/// issued before the address or the password changed; the database's.
pub async fn reset_password(tx: &Tx, cx: &Context<'_>, token: &str, password_hash: &str) -> Result<(), Error> {
    let code = code::find_token(&**tx, &cx.tools.sealer, Purpose::ResetPassword, token).await?;
    let account = super::lock(tx, code.account_id).await?;
    let cx = &on_clock_of(tx, cx, &account).await?;
    let code = code::redeem_token(tx, cx, Purpose::ResetPassword, (account.id, None), token).await?;
    require_bound(cx, &account, &code)?;
    let account = change_password::set(tx, cx, account, password_hash).await?;
    session::throttle::forgive(tx, cx, account.id).await?;
    session::end_all(tx, cx, account.id, None).await?;
    device::forget_all(tx, cx, account.id, Kept::None).await?;
    // whoever had the account meanwhile may have made some
    access_token::revoke_all(tx, cx, account.id).await?;
    record::activity(tx, cx, account.id, "password.reset", None).await?;
    record::event(tx, cx, account.id, "account.password_changed", &account.id, json!({})).await?;
    mail::tell_everywhere(tx, cx, &account, &Message::PasswordChanged, &cx.id::<OneTimeCodeId>().to_string()).await
}
