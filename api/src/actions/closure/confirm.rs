//! The mailed token confirms the closure: the cooling-off begins.

use super::{advance, mark, plan, require_none, under_way};
use crate::actions::code::{self, Purpose};
use crate::actions::{Context, Error, account, record, today};
use crate::db::Tx;
use crate::mail::{self, Letter, Message};
use chrono::Days;
use domain::account::AccountStatus;
use domain::closure::{COOLING_OFF_DAYS, ClosureEvent};
use domain::id::AccountId;
use domain::refusal::Refusal;
use entity::account_closure;
use serde_json::json;

/// Begins the seven days after which the account is closed.
///
/// # Errors
/// `no_closure` when none waits for its confirmation, `code_invalid`, `code_expired`,
/// [`Error::Blocked`] with what came in the way since; the database's.
pub async fn confirm(
    tx: &Tx,
    cx: &Context<'_>,
    owner: AccountId,
    token: &str,
) -> Result<account_closure::Model, Error> {
    let account = account::lock(tx, owner).await?;
    account::require_active(&account)?;
    let Some(before) = under_way(tx, owner).await? else {
        // a token of a closure that was taken back is told from one that never was
        let known = code::find_token(&**tx, &cx.tools.sealer, Purpose::CloseAccount, token).await;
        return Err(known.map_or(Refusal::NoClosure, |_| Refusal::CodeExpired).into());
    };
    code::redeem_token(tx, cx, Purpose::CloseAccount, (owner, Some(before.id.0)), token).await?;
    let status = before.status.after(ClosureEvent::Confirm)?;
    require_none(tx, &account).await?;
    let day = today(&account, cx.now)?.checked_add_days(Days::new(COOLING_OFF_DAYS));
    let day = day.ok_or_else(|| Error::internal("the end of the cooling-off leaves the calendar"))?;
    let closure =
        account_closure::Model { status, confirmed_at: Some(cx.now), effective_on: Some(day), ..before.clone() };
    advance(tx, &before, closure.clone()).await?;
    let account = mark(tx, &account, AccountStatus::Active, AccountStatus::Closing).await?;
    plan(tx, cx, &account, &closure).await?;
    let data = json!({ "closure": closure.id, "effective_on": day });
    record::activity(tx, cx, owner, "closure.confirmed", Some(data)).await?;
    record::event(tx, cx, owner, "account.closure_confirmed", &closure.id, json!({ "effective_on": day })).await?;
    let message = Message::ClosureScheduled { on: day };
    let cause = format!("closure_scheduled:{}", closure.id);
    mail::queue(tx, cx, Letter::new(&account, &message, cause.clone())).await?;
    // whoever asks for it may be who changed the address
    let former = account::address_change::former(&**tx, owner, cx.real_now).await?;
    for (number, to) in former.into_iter().filter(|to| account.email.as_ref() != Some(to)).enumerate() {
        let letter = Letter::new(&account, &message, format!("{cause}:former:{number}"));
        mail::queue(tx, cx, Letter { to: Some(to), ..letter }).await?;
    }
    Ok(closure)
}
