//! What keeps a wrong clock or a long outage from charging everybody: renewals pause until an operator
//! has looked. Test clocks are left alone.

use crate::actions::Error;
use crate::actions::service::renew::CatchUp;
use crate::app::App;
use crate::db::Tx;
use chrono::{DateTime, TimeDelta, Utc};
use domain::service::{RenewalMode, ServiceStatus};
use domain::timeline::{MilestoneKind, MilestoneState};
use entity::{milestone, scheduler_state, service};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};
use std::time::Duration;

/// How far the wall clock may move away from real time between two rounds.
const JUMP: TimeDelta = TimeDelta::minutes(10);
/// The one row's key.
const ROW: i32 = 1;

/// The state, made when it is missing.
///
/// # Errors
/// The database's.
pub async fn state<C: ConnectionTrait>(db: &C) -> Result<Option<scheduler_state::Model>, Error> {
    Ok(scheduler_state::Entity::find_by_id(ROW).one(db).await?)
}

async fn ensure(tx: &Tx) -> Result<(), Error> {
    let row = scheduler_state::ActiveModel {
        id: Set(ROW),
        renewals_paused: Set(false),
        pause_reason: Set(None),
        released_at: Set(None),
        last_tick_at: Set(None),
    };
    scheduler_state::Entity::insert(row)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(&**tx)
        .await?;
    Ok(())
}

/// Notes that the scheduler is alive.
///
/// # Errors
/// The database's.
pub async fn heartbeat(app: &App, now: DateTime<Utc>) -> Result<(), Error> {
    app.transact(async |tx| {
        ensure(tx).await?;
        scheduler_state::Entity::update_many()
            .col_expr(scheduler_state::Column::LastTickAt, Expr::value(Some(now)))
            .filter(scheduler_state::Column::Id.eq(ROW))
            .exec(&**tx)
            .await?;
        Ok(())
    })
    .await
}

/// Compares how far the wall clock moved between two rounds with how much time really passed; pauses renewals
/// and charges when they differ. A process that was not running cannot tell: see [`paused`] for that.
///
/// # Errors
/// The database's.
pub async fn clock_moved(app: &App, wall: TimeDelta, real: Duration) -> Result<(), Error> {
    let real = TimeDelta::from_std(real).unwrap_or(TimeDelta::MAX);
    if (wall - real).abs() <= JUMP {
        return Ok(());
    }
    tracing::error!(seconds = (wall - real).num_seconds(), "renewals are paused: the clock jumped");
    app.transact(async |tx| pause(tx, "the clock jumped").await).await
}

/// Pauses renewals and charges until an operator releases them.
///
/// # Errors
/// The database's.
pub async fn pause(tx: &Tx, reason: &str) -> Result<(), Error> {
    ensure(tx).await?;
    scheduler_state::Entity::update_many()
        .col_expr(scheduler_state::Column::RenewalsPaused, Expr::value(true))
        .col_expr(scheduler_state::Column::PauseReason, Expr::value(Some(reason)))
        .filter(scheduler_state::Column::Id.eq(ROW))
        .exec(&**tx)
        .await?;
    Ok(())
}

/// Releases renewals: what was due before `now` runs, one boundary of a service at a time.
///
/// # Errors
/// The database's.
pub async fn release(tx: &Tx, now: DateTime<Utc>) -> Result<(), Error> {
    ensure(tx).await?;
    scheduler_state::Entity::update_many()
        .col_expr(scheduler_state::Column::RenewalsPaused, Expr::value(false))
        .col_expr(scheduler_state::Column::PauseReason, Expr::value(Option::<String>::None))
        .col_expr(scheduler_state::Column::ReleasedAt, Expr::value(Some(now)))
        .filter(scheduler_state::Column::Id.eq(ROW))
        .exec(&**tx)
        .await?;
    Ok(())
}

/// Whether renewals and charges are paused; pauses them when too many services are due at once.
///
/// # Errors
/// The database's.
pub async fn paused(tx: &Tx, app: &App, now: DateTime<Utc>) -> Result<bool, Error> {
    let state = state(&**tx).await?;
    if state.as_ref().is_some_and(|state| state.renewals_paused) {
        return Ok(true);
    }
    let limits = &app.config().scheduler;
    if limits.max_due_share >= 100 {
        return Ok(false);
    }
    let mut due = milestone::Entity::find()
        .filter(milestone::is_in(MilestoneState::Planned))
        .filter(milestone::Column::TestClockId.is_null())
        .filter(milestone::Column::Kind.eq(MilestoneKind::Renew))
        .filter(milestone::Column::RunAt.lte(now));
    if let Some(released_at) = state.and_then(|state| state.released_at) {
        due = due.filter(milestone::Column::DueAt.gt(released_at));
    }
    let due = due.count(&**tx).await?;
    if due <= limits.max_due_floor {
        return Ok(false);
    }
    let all = service::Entity::find()
        .filter(service::Column::Status.is_in([ServiceStatus::Active, ServiceStatus::PastDue]))
        .filter(service::Column::RenewalMode.eq(RenewalMode::Automatic))
        .count(&**tx)
        .await?;
    let too_many = due.saturating_mul(100) > all.saturating_mul(u64::from(limits.max_due_share));
    if too_many {
        tracing::error!(due, all, "renewals are paused: too many are due at once");
        pause(tx, "too many renewals due at once").await?;
    }
    Ok(too_many)
}

/// Whether several unbilled boundaries are let through: an operator released what was due before.
///
/// # Errors
/// The database's.
pub async fn catch_up(app: &App) -> Result<CatchUp, Error> {
    let released = state(&**app.read()).await?.and_then(|state| state.released_at);
    Ok(released.map_or(CatchUp::Refused, CatchUp::DueBefore))
}
