//! The monthly reminder of what is essential and missing: many accounts in one transaction.
//!
//! An account's row says when it is looked at next. Whoever looks locks the row, queues the mail and moves the
//! row to the next month in one transaction: once, whatever dies and however many nodes there are.

use super::observe::{Day, observe};
use crate::actions::{Context, Error, today};
use crate::app::{App, Tools};
use crate::db::Tx;
use crate::mail::{self, Letter, Mailboxes, Message};
use crate::words;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::account::AccountStatus;
use domain::checkup::{REMINDER_LATE, Severity, assess, essential, next_reminder, score};
use domain::id::{AccountId, TestClockId};
use entity::check_up_reminder::{ActiveModel, Column, Entity};
use entity::{account, test_clock};
use sea_orm::sea_query::{Expr, LockBehavior, LockType, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::BTreeMap;

/// Accounts in one transaction.
const CHUNK: u64 = 200;
/// How long one that fails is left alone.
const RETRY_AFTER: TimeDelta = TimeDelta::days(1);

/// Plans the first reminder of an account. Planning it twice changes nothing.
///
/// # Errors
/// The database's.
pub async fn begin(tx: &Tx, cx: &Context<'_>, account: &account::Model) -> Result<(), Error> {
    let Some(due_at) = next_reminder(account.created_at, cx.real_now) else { return Ok(()) };
    let row = ActiveModel { account_id: Set(account.id), due_at: Set(due_at) };
    let once = OnConflict::column(Column::AccountId).do_nothing().to_owned();
    Entity::insert_many([row]).on_conflict(once).exec_without_returning(&**tx).await?;
    Ok(())
}

/// Looks at the accounts that are due longest and that no other node looks at; answers how many there were.
/// One that fails is noted and left alone for a day, and stops no other.
///
/// # Errors
/// The database's.
pub async fn remind_next(app: &App, now: DateTime<Utc>) -> Result<u64, Error> {
    let due = Entity::find().select_only().column(Column::AccountId).filter(Column::DueAt.lte(now));
    let due = due.order_by_asc(Column::DueAt).order_by_asc(Column::AccountId).limit(CHUNK);
    let ids: Vec<AccountId> = due.into_tuple().all(&**app.read()).await?;
    if ids.is_empty() {
        return Ok(0);
    }
    let error = match app.transact(async |tx| look(tx, &app.tools, now, &ids).await).await {
        Ok(done) => return Ok(done),
        Err(error) => error,
    };
    tracing::warn!(%error, accounts = ids.len(), "looking at check-ups one by one");
    let mut done = 0;
    for id in ids {
        match app.transact(async |tx| look(tx, &app.tools, now, &[id]).await).await {
            Ok(looked) => done += looked,
            Err(error) => {
                tracing::error!(account = %id, %error, "looking at a check-up");
                app.transact(async |tx| put_off(tx, id, now).await).await?;
                done += 1;
            }
        }
    }
    Ok(done)
}

/// Looks at some accounts, mails those that lack something, and moves all of them to their next month.
async fn look(tx: &Tx, tools: &Tools, now: DateTime<Utc>, ids: &[AccountId]) -> Result<u64, Error> {
    let rows = Entity::find()
        .filter(Column::AccountId.is_in(ids.iter().copied()))
        .filter(Column::DueAt.lte(now))
        .order_by_asc(Column::AccountId)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .all(&**tx)
        .await?;
    let due: BTreeMap<AccountId, DateTime<Utc>> = rows.into_iter().map(|row| (row.account_id, row.due_at)).collect();
    // one that is being changed is looked at in the next round; nobody is blocked, closed or erased meanwhile
    let accounts = account::Entity::find()
        .filter(account::Column::Id.is_in(due.keys().copied()))
        .order_by_asc(account::Column::Id)
        .lock_with_behavior(LockType::KeyShare, LockBehavior::SkipLocked)
        .all(&**tx)
        .await?;
    let next = accounts.iter().filter_map(|account| {
        let due_at = next_reminder(account.created_at, now)?;
        Some(ActiveModel { account_id: Set(account.id), due_at: Set(due_at) })
    });
    let next: Vec<_> = next.collect();
    let looked = u64::try_from(accounts.len()).unwrap_or(u64::MAX);
    let in_time = |account: &account::Model| due.get(&account.id).is_some_and(|due| now - *due <= REMINDER_LATE);
    let open = accounts.into_iter().filter(|account| account.status == AccountStatus::Active && in_time(account));
    remind(tx, &Context::scheduler(tools, now, now), open.collect(), &due).await?;
    if !next.is_empty() {
        let moved = OnConflict::column(Column::AccountId).update_column(Column::DueAt).to_owned();
        Entity::insert_many(next).on_conflict(moved).exec_without_returning(&**tx).await?;
    }
    Ok(looked)
}

/// Mails those of the accounts that want to be told and lack something essential.
async fn remind(
    tx: &Tx,
    cx: &Context<'_>,
    accounts: Vec<account::Model>,
    due: &BTreeMap<AccountId, DateTime<Utc>>,
) -> Result<(), Error> {
    let mailboxes = Mailboxes::of(&**tx, &accounts).await?;
    let clocks = clocks(tx, &accounts).await?;
    let mut days: BTreeMap<NaiveDate, Vec<(DateTime<Utc>, account::Model)>> = BTreeMap::new();
    for account in accounts {
        if mailboxes.addresses(account.id).is_some_and(|addresses| addresses.check_up_reminder) {
            let now = account.test_clock_id.and_then(|clock| clocks.get(&clock)).copied().unwrap_or(cx.now);
            days.entry(today(&account, now)?).or_default().push((now, account));
        }
    }
    let mut told = Vec::new();
    for (on, those) in days {
        let (instants, accounts): (Vec<_>, Vec<_>) = those.into_iter().unzip();
        let seen = observe(&**tx, &accounts, &mailboxes, Day::of(on, cx)).await?;
        for (now, account) in instants.into_iter().zip(accounts) {
            let items = assess(&seen.get(&account.id).copied().unwrap_or_default());
            let missing = essential(&items).into_iter();
            let said = |item| words::check_up::detail(item, Severity::Critical, account.language).to_owned();
            let missing: Vec<String> = missing.map(said).collect();
            if !missing.is_empty() {
                told.push((now, account, Message::CheckUpReminder { missing, score: score(&items) }));
            }
        }
    }
    let letters = told.iter().filter_map(|(now, account, message)| {
        let month = due.get(&account.id)?.format("%Y-%m");
        let letter = Letter::new(account, message, format!("check_up_reminder:{}:{month}", account.id));
        Some((*now, letter, mailboxes.addresses(account.id)?))
    });
    mail::queue_many(tx, cx, letters).await
}

/// Where the test clocks of accounts stand.
async fn clocks(tx: &Tx, accounts: &[account::Model]) -> Result<BTreeMap<TestClockId, DateTime<Utc>>, Error> {
    let ids: Vec<TestClockId> = accounts.iter().filter_map(|account| account.test_clock_id).collect();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let clocks = test_clock::Entity::find().filter(test_clock::Column::Id.is_in(ids)).all(&**tx).await?;
    Ok(clocks.into_iter().map(|clock| (clock.id, clock.now)).collect())
}

async fn put_off(tx: &Tx, id: AccountId, now: DateTime<Utc>) -> Result<(), Error> {
    Entity::update_many()
        .col_expr(Column::DueAt, Expr::value(now + RETRY_AFTER))
        .filter(Column::AccountId.eq(id))
        .filter(Column::DueAt.lte(now))
        .exec(&**tx)
        .await?;
    Ok(())
}
