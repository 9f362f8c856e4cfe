//! The owner takes the closure back, until it is done.

use super::{advance, mark, under_way};
use crate::actions::code::{self, Purpose};
use crate::actions::{Context, Error, account, milestone, record};
use crate::db::Tx;
use crate::mail::{self, Letter, Message};
use domain::account::AccountStatus;
use domain::closure::ClosureEvent;
use domain::id::AccountId;
use domain::refusal::Refusal;
use entity::account_closure;
use serde_json::json;

/// Takes the closure back; everything is as before.
///
/// # Errors
/// `no_closure` when none is under way; the database's.
pub async fn revoke(tx: &Tx, cx: &Context<'_>, owner: AccountId) -> Result<account_closure::Model, Error> {
    Ok(if_under_way(tx, cx, owner).await?.ok_or(Refusal::NoClosure)?)
}

/// Takes back the closure that is under way, if there is one.
///
/// # Errors
/// The database's.
pub async fn if_under_way(
    tx: &Tx,
    cx: &Context<'_>,
    owner: AccountId,
) -> Result<Option<account_closure::Model>, Error> {
    let account = account::lock(tx, owner).await?;
    let Some(before) = under_way(tx, owner).await? else { return Ok(None) };
    let status = before.status.after(ClosureEvent::Revoke)?;
    let closure = account_closure::Model { status, ended_at: Some(cx.now), ..before.clone() };
    advance(tx, &before, closure.clone()).await?;
    let account = mark(tx, &account, AccountStatus::Closing, AccountStatus::Active).await?;
    milestone::drop_all(tx, cx, owner, closure.id.0).await?;
    code::supersede(tx, cx, owner, Purpose::CloseAccount, Some(closure.id.0)).await?;
    record::activity(tx, cx, owner, "closure.revoked", Some(json!({ "closure": closure.id }))).await?;
    record::event(tx, cx, owner, "account.closure_revoked", &closure.id, json!({})).await?;
    let message = Message::ClosureRevoked;
    mail::queue(tx, cx, Letter::new(&account, &message, format!("closure_revoked:{}", closure.id))).await?;
    Ok(Some(closure))
}
