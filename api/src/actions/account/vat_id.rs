//! Whether the VAT id of an account exists. Until that is known it counts for nothing: VAT is charged.
//!
//! | from | by | to |
//! |---|---|---|
//! | – | the owner writes an id; nobody but its form can be asked | `valid` |
//! | – | the owner writes an id | `pending` |
//! | `pending`, `valid`, `invalid` | the register answers | `valid` (asked again in 30 days), `invalid` (in a day) |
//! | each | the register does not answer | the same, asked again later |
//!
//! Each answer is a row of its own and stays: reverse charge rests on it.

use crate::actions::{Context, Error, record};
use crate::app::App;
use crate::db::Tx;
use crate::mail::{self, Letter, Message};
use crate::vies::{Answer, CHECK_TIMEOUT, Unavailable, Vies};
use chrono::{DateTime, TimeDelta, Utc};
use domain::id::{AccountId, VatCheckId};
use domain::tax::{TaxScheme, VatIdStatus};
use entity::vat_check::{ActiveModel, Column, Entity, Model};
use entity::{account, invoice};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, Select,
};
use serde_json::json;

/// Only the form was looked at.
const FORM: &str = "form";
/// The register was asked.
pub const VIES: &str = "vies";
/// How long an answer that the id exists is relied on.
const VALID_FOR: TimeDelta = TimeDelta::days(30);
/// When an id that does not exist is asked for again: a new one takes days to appear.
const AGAIN: TimeDelta = TimeDelta::days(1);
/// How often.
const MOST_AGAIN: u64 = 30;
/// Answers that an account gets in a day before it has to wait.
const CHECKS_A_DAY: u64 = 5;
/// How long.
const NOT_SO_FAST: TimeDelta = TimeDelta::hours(1);
/// How long a claimed check belongs to its claimer.
const LEASE: TimeDelta = TimeDelta::seconds(60);

/// What is known of an id that was just written.
#[must_use]
pub fn at_first(cx: &Context<'_>) -> VatIdStatus {
    if cx.tools.config.tax.vies_url.is_empty() { VatIdStatus::Valid } else { VatIdStatus::Pending }
}

/// Notes that the id of an account is another one: what was asked about the one before is of no interest any more.
///
/// # Errors
/// The database's.
pub(super) async fn changed(tx: &Tx, cx: &Context<'_>, account: &account::Model) -> Result<(), Error> {
    give_up(tx, account.id).await?;
    let Some(vat_id) = &account.vat_id else { return Ok(()) };
    let status = at_first(cx);
    let answered = status != VatIdStatus::Pending;
    let today = Entity::of(account.id).filter(Column::CreatedAt.gt(cx.real_now - TimeDelta::days(1)));
    let due_at = if today.count(&**tx).await? < CHECKS_A_DAY { cx.real_now } else { cx.real_now + NOT_SO_FAST };
    let row = ActiveModel {
        checker: Set(if answered { FORM } else { VIES }.to_owned()),
        status: Set(status),
        checked_at: Set(answered.then_some(cx.real_now)),
        due_at: Set(Some(due_at)),
        ..fresh(cx, account.id, vat_id)
    };
    row.insert(&**tx).await?;
    Ok(())
}

fn fresh(cx: &Context<'_>, owner: AccountId, vat_id: &str) -> ActiveModel {
    ActiveModel {
        id: Set(cx.id()),
        account_id: Set(owner),
        vat_id: Set(vat_id.to_owned()),
        checker: Set(VIES.to_owned()),
        status: Set(VatIdStatus::Pending),
        consultation_number: Set(None),
        name: Set(None),
        address: Set(None),
        created_at: Set(cx.real_now),
        checked_at: Set(None),
        due_at: Set(Some(cx.real_now)),
        attempts: Set(0),
        lease_until: Set(None),
        fence: Set(0),
        last_error: Set(None),
    }
}

/// What was not answered yet is not asked any more, and no evidence of anything.
async fn give_up(tx: &Tx, owner: AccountId) -> Result<(), Error> {
    let unanswered = Entity::delete_many().filter(Column::AccountId.eq(owner)).filter(Column::CheckedAt.is_null());
    unanswered.exec(&**tx).await?;
    Entity::update_many()
        .col_expr(Column::DueAt, Expr::value(None::<DateTime<Utc>>))
        .col_expr(Column::LeaseUntil, Expr::value(None::<DateTime<Utc>>))
        .filter(Column::AccountId.eq(owner))
        .filter(Column::DueAt.is_not_null())
        .exec(&**tx)
        .await?;
    Ok(())
}

/// Erases what nothing rests on; evidence of a reverse charge is kept as long as its invoices.
///
/// # Errors
/// The database's.
pub(in crate::actions) async fn erase(tx: &Tx, owner: AccountId) -> Result<(), Error> {
    give_up(tx, owner).await?;
    let reversed = invoice::Entity::find()
        .filter(invoice::Column::AccountId.eq(owner))
        .filter(invoice::Column::TaxScheme.eq(TaxScheme::ReverseCharge));
    let mut gone = Entity::delete_many().filter(Column::AccountId.eq(owner));
    if reversed.limit(1).count(&**tx).await? > 0 {
        gone = gone.filter(Column::Status.ne(VatIdStatus::Valid));
    }
    gone.exec(&**tx).await?;
    Ok(())
}

/// Asks the register for the id that waits longest: claimed in one transaction, asked with none open, recorded in
/// another. Answers whether there was an answer; `None` when nothing is due.
///
/// # Errors
/// The database's. What the register says is recorded, not answered.
pub async fn check_next(app: &App, register: &Vies) -> Result<Option<bool>, Error> {
    let now = app.now();
    if due(now).one(&**app.read()).await?.is_none() {
        return Ok(None);
    }
    let Some(check) = app.transact(async |tx| claim(tx, app, now).await).await? else { return Ok(None) };
    let answer = register.check(&check.vat_id).await;
    let is_there = answer.is_ok();
    app.transact(async |tx| record_answer(tx, app, &check, &answer).await).await?;
    Ok(Some(is_there))
}

fn due(now: DateTime<Utc>) -> Select<Entity> {
    Entity::find()
        .filter(Column::DueAt.lte(now))
        .filter(Column::LeaseUntil.is_null().or(Column::LeaseUntil.lte(now)))
        // what is new first: a member state that is away holds up no other
        .order_by_asc(Column::Attempts)
        .order_by_asc(Column::DueAt)
        .order_by_asc(Column::Id)
}

/// Claims a check. One that was answered before stays as it is, and another one follows it.
async fn claim(tx: &Tx, app: &App, now: DateTime<Utc>) -> Result<Option<Model>, Error> {
    let Some(found) = due(now).one(&**tx).await? else { return Ok(None) };
    // the account first, as whoever writes another id has it
    super::lock(tx, found.account_id).await?;
    let Some(found) = due(now).filter(Column::Id.eq(found.id)).one(&**tx).await? else { return Ok(None) };
    let lease = Some(now + LEASE + TimeDelta::from_std(CHECK_TIMEOUT).unwrap_or(LEASE));
    if found.checked_at.is_some() {
        let cx = Context::scheduler(&app.tools, now, now);
        let next = ActiveModel {
            attempts: Set(1),
            lease_until: Set(lease),
            fence: Set(1),
            ..fresh(&cx, found.account_id, &found.vat_id)
        };
        let mut before = found.into_active_model();
        before.due_at = Set(None);
        before.update(&**tx).await?;
        return Ok(Some(next.insert(&**tx).await?));
    }
    let (attempts, fence) = (found.attempts.saturating_add(1), found.fence + 1);
    let mut row = found.into_active_model();
    row.attempts = Set(attempts);
    row.fence = Set(fence);
    row.lease_until = Set(lease);
    Ok(Some(row.update(&**tx).await?))
}

async fn record_answer(tx: &Tx, app: &App, check: &Model, answer: &Result<Answer, Unavailable>) -> Result<(), Error> {
    let account = super::lock(tx, check.account_id).await?;
    let now = app.now();
    let cx = &super::on_clock_of(tx, &Context::scheduler(&app.tools, now, now), &account).await?;
    // still the one that is asked, of the id that the account still has
    let ours = Entity::find_by_id(check.id).filter(Column::Fence.eq(check.fence)).filter(Column::DueAt.is_not_null());
    let Some(row) = ours.one(&**tx).await? else { return Ok(()) };
    let mut row = row.into_active_model();
    row.lease_until = Set(None);
    match answer {
        Err(Unavailable(why)) => {
            tracing::warn!(check = %check.id, attempts = check.attempts, why, "a VAT id could not be checked yet");
            row.due_at = Set(Some(now + back_off(check.attempts)));
            row.last_error = Set(Some(why.chars().take(255).collect()));
            row.update(&**tx).await?;
            Ok(())
        }
        Ok(answer) => {
            let status = if answer.valid { VatIdStatus::Valid } else { VatIdStatus::Invalid };
            row.status = Set(status);
            row.consultation_number = Set(answer.consultation_number.clone());
            row.name = Set(answer.name.clone());
            row.address = Set(answer.address.clone());
            row.checked_at = Set(Some(now));
            row.due_at = Set(again(tx, check, status, now).await?);
            row.last_error = Set(None);
            row.update(&**tx).await?;
            known(tx, cx, account, (check.id, status)).await
        }
    }
}

/// When an id is asked for again.
async fn again(
    tx: &Tx,
    check: &Model,
    status: VatIdStatus,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, Error> {
    if status == VatIdStatus::Valid {
        return Ok(Some(now + VALID_FOR));
    }
    let before = Entity::of(check.account_id)
        .filter(Column::VatId.eq(&check.vat_id))
        .filter(Column::Status.eq(VatIdStatus::Invalid))
        .filter(Column::CheckedAt.gt(now - AGAIN * i32::try_from(MOST_AGAIN + 1).unwrap_or(i32::MAX)));
    Ok((before.count(&**tx).await? < MOST_AGAIN).then_some(now + AGAIN))
}

/// Writes what is known by now to the account, if that is something new, and tells the owner what costs money.
async fn known(
    tx: &Tx,
    cx: &Context<'_>,
    account: account::Model,
    (check, status): (VatCheckId, VatIdStatus),
) -> Result<(), Error> {
    if account.vat_id_status == Some(status) {
        return Ok(());
    }
    let (owner, version) = (account.id, account.version + 1);
    let mut row = account.into_active_model();
    row.vat_id_status = Set(Some(status));
    row.version = Set(version);
    let account = row.update(&**tx).await?;
    let kind = if status == VatIdStatus::Valid { "account.vat_id_confirmed" } else { "account.vat_id_refused" };
    record::activity(tx, cx, owner, kind, Some(json!({ "check": check }))).await?;
    record::event(tx, cx, owner, "account.vat_id_checked", &owner, json!({ "status": status })).await?;
    let (VatIdStatus::Invalid, Some(vat_id)) = (status, account.vat_id.clone()) else { return Ok(()) };
    if vat_id.starts_with("FR") {
        // it changes nothing of what a buyer in France pays
        return Ok(());
    }
    let message = Message::VatIdRefused { vat_id };
    mail::queue(tx, cx, Letter::new(&account, &message, format!("vat_id_refused:{check}"))).await
}

/// How long to wait after so many tries: registers of member states are away for hours at night.
fn back_off(attempts: i32) -> TimeDelta {
    match attempts {
        ..=1 => TimeDelta::minutes(1),
        2 => TimeDelta::minutes(5),
        3 => TimeDelta::minutes(30),
        4.. => TimeDelta::hours(2),
    }
}
