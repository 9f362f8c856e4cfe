//! Milestones that belong to an order, an attempt or a closure; those of services come from
//! [`super::service::replan()`].

use super::{Context, Error};
use crate::db::Tx;
use chrono::{DateTime, Utc};
use domain::id::{AccountId, TestClockId};
use domain::timeline::{MilestoneKind, MilestoneState, Rule};
use entity::{account, milestone};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use uuid::Uuid;

/// What became of a milestone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It happened.
    Done(&'static str),
    /// It does not hold any more.
    Dropped(&'static str),
    /// Not now: again at this instant.
    Wait(DateTime<Utc>, &'static str),
    /// Its day was moved by re-planning.
    Moved(&'static str),
    /// An operator must look.
    Park(&'static str),
}

/// One thing that will happen to something that is no service.
#[derive(Debug, Clone)]
pub struct New<'a> {
    /// Whose.
    pub account: &'a account::Model,
    /// What.
    pub kind: MilestoneKind,
    /// The order, attempt or closure.
    pub subject: Uuid,
    /// When.
    pub due_at: DateTime<Utc>,
    /// Why.
    pub rule: Rule,
    /// Tells occurrences of one kind and subject apart.
    pub step: i32,
}

/// Plans it. The same subject, kind and step is planned once: a second call changes nothing.
///
/// # Errors
/// The database's.
pub async fn add(tx: &Tx, cx: &Context<'_>, new: New<'_>) -> Result<(), Error> {
    let clock = new.account.test_clock_id;
    insert(tx, cx, new, clock).await
}

/// As [`add`], on real time whatever clock the account has: authentication.
///
/// # Errors
/// The database's.
pub async fn add_on_real_time(tx: &Tx, cx: &Context<'_>, new: New<'_>) -> Result<(), Error> {
    insert(tx, cx, new, None).await
}

async fn insert(tx: &Tx, cx: &Context<'_>, new: New<'_>, clock: Option<TestClockId>) -> Result<(), Error> {
    let key = format!("{}:{}:{}", new.subject.simple(), new.kind, new.step);
    let row = milestone::ActiveModel {
        id: Set(cx.id()),
        account_id: Set(new.account.id),
        service_id: Set(None),
        subject_id: Set(Some(new.subject)),
        test_clock_id: Set(clock),
        kind: Set(new.kind),
        rank: Set(new.kind.rank()),
        state: Set(MilestoneState::Planned),
        rule: Set(new.rule),
        occurrence_key: Set(key),
        boundary: Set(0),
        cycle: Set(0),
        step: Set(new.step),
        planned_on: Set(super::today(new.account, new.due_at)?),
        due_at: Set(new.due_at),
        run_at: Set(new.due_at),
        attempts: Set(0),
        lease_until: Set(None),
        fence: Set(0),
        outcome: Set(None),
        last_error: Set(None),
        created_at: Set(cx.now),
        finished_at: Set(None),
    };
    milestone::Entity::insert(row)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(&**tx)
        .await?;
    Ok(())
}

/// Drops everything still planned for a subject.
///
/// # Errors
/// The database's.
pub async fn drop_all(tx: &Tx, cx: &Context<'_>, account: AccountId, subject: Uuid) -> Result<(), Error> {
    milestone::Entity::update_many()
        .col_expr(milestone::Column::State, Expr::value(MilestoneState::Dropped))
        .col_expr(milestone::Column::FinishedAt, Expr::value(cx.now))
        .filter(milestone::Column::AccountId.eq(account))
        .filter(milestone::Column::SubjectId.eq(subject))
        .filter(milestone::Column::State.eq(MilestoneState::Planned))
        .exec(&**tx)
        .await?;
    Ok(())
}
