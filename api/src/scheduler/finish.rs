//! Records what became of a milestone, in the transaction that carries its effect or, after a failure,
//! in one of its own.

use super::{Effect, agenda};
use crate::actions::Error;
use crate::app::App;
use crate::db::Tx;
use chrono::{DateTime, Utc};
use domain::id::MilestoneId;
use domain::timeline::MilestoneState;
use entity::milestone;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::BTreeMap;

/// Characters of an error kept with a milestone.
const ERROR_LENGTH: usize = 500;

/// Locks claimed milestones, which must still be this runner's, all of them.
///
/// # Errors
/// [`Error::PreconditionFailed`] when another runner took one over; the database's.
pub async fn still_mine(tx: &Tx, chunk: &[milestone::Model]) -> Result<(), Error> {
    let rows = milestone::Entity::find()
        .filter(milestone::Column::Id.is_in(chunk.iter().map(|due| due.id)))
        .order_by_asc(milestone::Column::Id)
        .lock_exclusive()
        .all(&**tx)
        .await?;
    let fences: BTreeMap<MilestoneId, i64> = chunk.iter().map(|due| (due.id, due.fence)).collect();
    let mine = rows
        .iter()
        .filter(|row| row.state == MilestoneState::Running && fences.get(&row.id) == Some(&row.fence))
        .count();
    if mine == chunk.len() { Ok(()) } else { Err(Error::PreconditionFailed) }
}

/// Writes the effect of a claimed milestone; fails, and so undoes the whole transaction, when the
/// milestone is not this runner's any more.
///
/// # Errors
/// [`Error::PreconditionFailed`] when the fence moved; the database's.
pub async fn effect(tx: &Tx, now: DateTime<Utc>, due: &milestone::Model, effect: Effect) -> Result<(), Error> {
    use milestone::Column;
    let (state, outcome) = match effect {
        Effect::Done(outcome) => (MilestoneState::Done, outcome),
        Effect::Dropped(outcome) => (MilestoneState::Dropped, outcome),
        Effect::Wait(_, outcome) | Effect::Moved(outcome) => (MilestoneState::Planned, outcome),
        Effect::Park(outcome) => (MilestoneState::Parked, outcome),
    };
    let mut update = milestone::Entity::update_many()
        .col_expr(Column::State, Expr::value(state))
        .col_expr(Column::Outcome, Expr::value(Some(outcome)))
        .col_expr(Column::LeaseUntil, Expr::value(Option::<DateTime<Utc>>::None));
    update = match effect {
        Effect::Done(_) | Effect::Dropped(_) => update.col_expr(Column::FinishedAt, Expr::value(Some(now))),
        Effect::Wait(at, _) => update.col_expr(Column::RunAt, Expr::value(at)),
        Effect::Moved(_) => update.col_expr(Column::RunAt, Expr::col(Column::DueAt)),
        Effect::Park(_) => update,
    };
    let written = update
        .filter(Column::Id.eq(due.id))
        .filter(Column::State.eq(MilestoneState::Running))
        .filter(Column::Fence.eq(due.fence))
        .exec(&**tx)
        .await?;
    if written.rows_affected == 1 { Ok(()) } else { Err(Error::PreconditionFailed) }
}

/// Records a failure after its transaction was undone: again later, or parked after the last try.
/// Losing the milestone to another runner is no failure.
///
/// # Errors
/// The database's.
pub async fn failure(app: &App, now: DateTime<Utc>, due: &milestone::Model, error: &Error) -> Result<(), Error> {
    if matches!(error, Error::PreconditionFailed) {
        tracing::info!(milestone = %due.id, kind = %due.kind, "changed meanwhile, tried again");
    } else {
        tracing::warn!(milestone = %due.id, kind = %due.kind, %error, "failed");
    }
    let attempts = due.attempts + 1;
    let parked = attempts >= app.config().scheduler.max_attempts;
    let state = if parked { MilestoneState::Parked } else { MilestoneState::Planned };
    let text: String = error.to_string().chars().take(ERROR_LENGTH).collect();
    app.transact(async |tx| {
        milestone::Entity::update_many()
            .col_expr(milestone::Column::State, Expr::value(state))
            .col_expr(milestone::Column::Attempts, Expr::value(attempts))
            .col_expr(milestone::Column::RunAt, Expr::value(now + agenda::backoff(attempts)))
            .col_expr(milestone::Column::LastError, Expr::value(Some(text.clone())))
            .col_expr(milestone::Column::LeaseUntil, Expr::value(Option::<DateTime<Utc>>::None))
            .filter(milestone::Column::Id.eq(due.id))
            .filter(milestone::Column::State.eq(MilestoneState::Running))
            .filter(milestone::Column::Fence.eq(due.fence))
            .exec(&**tx)
            .await?;
        Ok(())
    })
    .await
}
