//! The owner asks to close the account: nothing happens without the mailed token.

use super::{require_none, under_way};
use crate::actions::code::{self, New, Purpose, Secret};
use crate::actions::{Context, Error, account, record};
use crate::db::Tx;
use crate::mail::{self, Letter, Message};
use chrono::TimeDelta;
use domain::closure::ClosureStatus;
use domain::id::{AccountId, OneTimeCodeId};
use domain::refusal::Refusal;
use entity::account_closure;
use sea_orm::{ActiveModelTrait, IntoActiveModel};
use serde_json::json;

/// How long the token can be used, on the account's clock.
const VALID_HOURS: u32 = 24;

/// Asks for the closure and mails its token. One that still waits for its confirmation is asked for
/// again: the token before is replaced.
///
/// # Errors
/// [`Error::Blocked`] with everything that stands in the way; `closure_already_requested` once it is
/// confirmed; `email_not_verified`, `account_not_active`; the database's.
pub async fn request(tx: &Tx, cx: &Context<'_>, owner: AccountId) -> Result<account_closure::Model, Error> {
    let account = account::lock(tx, owner).await?;
    let closure = wanted(tx, cx, &account).await?;
    let new = New {
        account: owner,
        purpose: Purpose::CloseAccount,
        subject: Some(closure.id.0),
        target: None,
        bound_to: None,
        valid: TimeDelta::hours(i64::from(VALID_HOURS)),
        secret: Secret::Token,
    };
    let secret = code::issue(tx, cx, new).await?;
    let data = json!({ "closure": closure.id });
    record::activity(tx, cx, owner, "closure.requested", Some(data)).await?;
    record::event(tx, cx, owner, "account.closure_requested", &closure.id, json!({})).await?;
    let message = Message::ConfirmClosure { secret, valid_hours: VALID_HOURS };
    let cause = format!("confirm_closure:{}:{}", closure.id, cx.id::<OneTimeCodeId>());
    mail::queue(tx, cx, Letter::new(&account, &message, cause)).await?;
    Ok(closure)
}

async fn wanted(tx: &Tx, cx: &Context<'_>, account: &entity::account::Model) -> Result<account_closure::Model, Error> {
    account::require_active(account)?;
    let pending = under_way(tx, account.id).await?;
    if pending.as_ref().is_some_and(|closure| closure.status != ClosureStatus::AwaitingConfirmation) {
        return Err(Refusal::ClosureAlreadyRequested.into());
    }
    require_none(tx, account).await?;
    match pending {
        Some(pending) => Ok(pending),
        None => Ok(fresh(cx, account.id).into_active_model().insert(&**tx).await?),
    }
}

fn fresh(cx: &Context<'_>, owner: AccountId) -> account_closure::Model {
    account_closure::Model {
        id: cx.id(),
        account_id: owner,
        status: ClosureStatus::AwaitingConfirmation,
        requested_at: cx.now,
        confirmed_at: None,
        effective_on: None,
        ended_at: None,
    }
}
