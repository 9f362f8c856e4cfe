//! The cooling-off is over: the account is closed, unless something new stands in the way.

use super::{advance, erase, mark, obstacles};
use crate::actions::milestone::Effect;
use crate::actions::{Context, Error, account, milestone, record, session, today, zone};
use crate::db::Tx;
use crate::mail::{self, Letter, Message};
use chrono::{Months, NaiveDate};
use domain::account::AccountStatus;
use domain::calendar::start_of_day;
use domain::closure::{ClosureEvent, ClosureStatus};
use domain::id::ClosureId;
use entity::account_closure;
use sea_orm::EntityTrait;
use serde_json::json;

/// How long invoices are kept: ten years (French commercial code, art. L123-22).
const INVOICES_KEPT: Months = Months::new(120);

/// Closes the account of a closure that is due; called once its day has come. One that was taken back,
/// or whose day has not come on the account's clock, is left as it is.
///
/// # Errors
/// [`Error::NotFound`] for an unknown closure; the database's.
pub async fn complete(tx: &Tx, cx: &Context<'_>, id: ClosureId) -> Result<Effect, Error> {
    let found = account_closure::Entity::find_by_id(id).one(&**tx).await?.ok_or(Error::NotFound)?;
    let account = account::lock(tx, found.account_id).await?;
    // read again under the account's lock
    let before = account_closure::Entity::find_by_id(id).one(&**tx).await?.ok_or(Error::NotFound)?;
    let today = today(&account, cx.now)?;
    let Some(day) = before.effective_on.filter(|_| before.status == ClosureStatus::CoolingOff) else {
        return Ok(Effect::Dropped("no_longer_holds"));
    };
    if day > today {
        // a change of time zone moved the day while this was waiting for its turn
        return Ok(Effect::Wait(start_of_day(day, zone(&account)?), "day_moved"));
    }
    // real time is what changes of addresses keep: an account on a clock of its own does not wait for it
    let undoable = account::address_change::undoable_until(&**tx, account.id, cx.real_now).await?;
    if let Some(until) = undoable.filter(|_| account.test_clock_id.is_none()) {
        // whoever asked for the closure may be who changed the address
        return Ok(Effect::Wait(until, "address_can_be_restored"));
    }
    if obstacles(&**tx, &account).await?.is_empty() {
        close(tx, cx, &account, &before, today).await?;
        return Ok(Effect::Done("completed"));
    }
    halt(tx, cx, &account, &before).await?;
    Ok(Effect::Done("halted"))
}

async fn halt(
    tx: &Tx,
    cx: &Context<'_>,
    account: &entity::account::Model,
    before: &account_closure::Model,
) -> Result<(), Error> {
    let status = before.status.after(ClosureEvent::Halt)?;
    advance(tx, before, account_closure::Model { status, ended_at: Some(cx.now), ..before.clone() }).await?;
    let account = &mark(tx, account, AccountStatus::Closing, AccountStatus::Active).await?;
    record::activity(tx, cx, account.id, "closure.halted", Some(json!({ "closure": before.id }))).await?;
    record::event(tx, cx, account.id, "account.closure_halted", &before.id, json!({})).await?;
    let message = Message::ClosureHalted;
    mail::queue(tx, cx, Letter::new(account, &message, format!("closure_halted:{}", before.id))).await
}

async fn close(
    tx: &Tx,
    cx: &Context<'_>,
    account: &entity::account::Model,
    before: &account_closure::Model,
    today: NaiveDate,
) -> Result<(), Error> {
    let status = before.status.after(ClosureEvent::Complete)?;
    advance(tx, before, account_closure::Model { status, ended_at: Some(cx.now), ..before.clone() }).await?;
    milestone::drop_all(tx, cx, account.id, before.id.0).await?;
    let until = today.checked_add_months(INVOICES_KEPT).unwrap_or(NaiveDate::MAX);
    let message = Message::AccountClosed { invoices_kept_until: until };
    let receipt = format!("account_closed:{}", before.id);
    // before the address is gone
    mail::queue(tx, cx, Letter::new(account, &message, receipt.clone())).await?;
    session::end_all(tx, cx, account.id, None).await?;
    record::activity(tx, cx, account.id, "account.closed", Some(json!({ "closure": before.id }))).await?;
    let data = json!({ "invoices_kept_until": until });
    record::event(tx, cx, account.id, "account.closed", &account.id, data).await?;
    let names = erase::erase(tx, cx, account, Some(&receipt)).await?;
    erase::visitors_answers(tx, &names).await
}
