//! Claims what is due: a lease and a fence that only grows, committed before anything is done.

use super::{Scope, safety};
use crate::actions::Error;
use crate::app::App;
use crate::db::Tx;
use chrono::{DateTime, TimeDelta, Utc};
use domain::id::MilestoneId;
use domain::timeline::{MilestoneKind, MilestoneState};
use entity::milestone;
use sea_orm::sea_query::{Alias, Condition, Expr, ExprTrait, LockBehavior, LockType, Query, SelectStatement};
use sea_orm::{ColumnTrait, DbBackend, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};

/// Claims the oldest due milestones of a scope, at most one for each service: an earlier live one of the
/// same service goes first, a parked one holds its suspension and deletion, a parked renewal its charge.
///
/// # Errors
/// The database's.
pub async fn claim(app: &App, scope: Scope, now: DateTime<Utc>) -> Result<Vec<milestone::Model>, Error> {
    let limits = &app.config().scheduler;
    let real_now = app.now();
    let lease = real_now + TimeDelta::seconds(limits.lease_seconds);
    app.transact(async |tx| {
        free_expired(tx, real_now, limits.max_attempts).await?;
        let paused = scope == Scope::Ordinary && safety::paused(tx, app, now).await?;
        let ids = due(tx, app.db.backend(), scope, (now, paused, limits.batch)).await?;
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let claimed = milestone::Entity::update_many()
            .col_expr(milestone::Column::State, Expr::value(MilestoneState::Running))
            .col_expr(milestone::Column::LeaseUntil, Expr::value(Some(lease)))
            .col_expr(milestone::Column::Fence, Expr::col(milestone::Column::Fence).add(1))
            // chosen in this transaction: locked rows on PostgreSQL, the only writer on SQLite
            .filter(milestone::Column::Id.is_in(ids))
            .exec_with_returning(&**tx)
            .await?;
        let mut claimed = claimed;
        claimed.sort_by_key(|row| (row.due_at, row.rank, row.id));
        Ok(claimed)
    })
    .await
}

/// A lease that ran out belongs to a process that died or hangs: what it held is planned again, and
/// counts as tried.
async fn free_expired(tx: &Tx, real_now: DateTime<Utc>, max_attempts: i32) -> Result<(), Error> {
    // one that never lets its process live is parked like any other that keeps failing
    milestone::Entity::update_many()
        .col_expr(milestone::Column::State, Expr::value(MilestoneState::Parked))
        .col_expr(milestone::Column::LeaseUntil, Expr::value(Option::<DateTime<Utc>>::None))
        .col_expr(milestone::Column::Fence, Expr::col(milestone::Column::Fence).add(1))
        .col_expr(milestone::Column::LastError, Expr::value(Some("its lease ran out too often")))
        .filter(milestone::is_in(MilestoneState::Running))
        .filter(milestone::Column::LeaseUntil.lt(real_now))
        .filter(milestone::Column::Attempts.gte(max_attempts))
        .exec(&**tx)
        .await?;
    milestone::Entity::update_many()
        .col_expr(milestone::Column::State, Expr::value(MilestoneState::Planned))
        .col_expr(milestone::Column::LeaseUntil, Expr::value(Option::<DateTime<Utc>>::None))
        .col_expr(milestone::Column::Fence, Expr::col(milestone::Column::Fence).add(1))
        .col_expr(milestone::Column::Attempts, Expr::col(milestone::Column::Attempts).add(1))
        .filter(milestone::is_in(MilestoneState::Running))
        .filter(milestone::Column::LeaseUntil.lt(real_now))
        .exec(&**tx)
        .await?;
    Ok(())
}

/// Gives back what is claimed and not begun, at shutdown.
///
/// # Errors
/// The database's.
pub async fn release(app: &App, ids: Vec<MilestoneId>) -> Result<(), Error> {
    app.transact(async |tx| {
        milestone::Entity::update_many()
            .col_expr(milestone::Column::State, Expr::value(MilestoneState::Planned))
            .col_expr(milestone::Column::LeaseUntil, Expr::value(Option::<DateTime<Utc>>::None))
            .filter(milestone::Column::Id.is_in(ids.clone()))
            .filter(milestone::Column::State.eq(MilestoneState::Running))
            .exec(&**tx)
            .await?;
        Ok(())
    })
    .await
}

async fn due(
    tx: &Tx,
    backend: DbBackend,
    scope: Scope,
    (now, paused, limit): (DateTime<Utc>, bool, u64),
) -> Result<Vec<MilestoneId>, Error> {
    let mut select = milestone::Entity::find()
        .select_only()
        .column(milestone::Column::Id)
        .filter(milestone::is_in(MilestoneState::Planned))
        .filter(milestone::Column::RunAt.lte(now))
        .filter(Expr::exists(earlier()).not());
    select = match scope {
        Scope::Ordinary => select.filter(milestone::Column::TestClockId.is_null()),
        Scope::Clock(clock) => select.filter(milestone::Column::TestClockId.eq(clock)),
    };
    if paused {
        select = select.filter(milestone::Column::Kind.is_not_in([MilestoneKind::Renew, MilestoneKind::Charge]));
    }
    select = select
        .order_by_asc(milestone::Column::RunAt)
        .order_by_asc(milestone::Column::Rank)
        .order_by_asc(milestone::Column::Id)
        .limit(limit);
    if backend == DbBackend::Postgres {
        QueryTrait::query(&mut select).lock_with_tables_behavior(
            LockType::Update,
            [milestone::Entity],
            LockBehavior::SkipLocked,
        );
    }
    Ok(select.into_tuple().all(&**tx).await?)
}

/// A milestone of the same service that goes first.
fn earlier() -> SelectStatement {
    let other = Alias::new("earlier");
    let theirs = |column: milestone::Column| Expr::col((other.clone(), column));
    let ours = |column: milestone::Column| Expr::col((milestone::Entity, column));
    let before = Condition::any()
        .add(theirs(milestone::Column::DueAt).lt(ours(milestone::Column::DueAt)))
        .add(
            theirs(milestone::Column::DueAt)
                .eq(ours(milestone::Column::DueAt))
                .and(theirs(milestone::Column::Rank).lt(ours(milestone::Column::Rank))),
        )
        .add(
            theirs(milestone::Column::DueAt)
                .eq(ours(milestone::Column::DueAt))
                .and(theirs(milestone::Column::Rank).eq(ours(milestone::Column::Rank)))
                .and(theirs(milestone::Column::Id).lt(ours(milestone::Column::Id))),
        );
    // a charge without its invoice would find nothing due, and be gone when the renewal is mended
    let charge_of_renewal = theirs(milestone::Column::Kind)
        .eq(MilestoneKind::Renew)
        .and(ours(milestone::Column::Kind).eq(MilestoneKind::Charge));
    let ending = ours(milestone::Column::Kind).is_in([MilestoneKind::Suspend.as_str(), MilestoneKind::Delete.as_str()]);
    let parked_holds = theirs(milestone::Column::State).eq(MilestoneState::Parked).and(ending.or(charge_of_renewal));
    let live = Condition::any()
        .add(
            theirs(milestone::Column::State)
                .is_in([MilestoneState::Planned.as_str(), MilestoneState::Running.as_str()]),
        )
        .add(parked_holds);
    Query::select()
        .expr(Expr::val(1))
        .from_as(milestone::Entity, other.clone())
        .and_where(theirs(milestone::Column::ServiceId).eq(ours(milestone::Column::ServiceId)))
        .cond_where(before)
        .cond_where(live)
        .to_owned()
}
