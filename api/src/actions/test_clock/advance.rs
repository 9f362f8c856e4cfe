//! A test clock begins to move; the scheduler walks it to its target through all that falls due.

use crate::actions::{Context, Error, operator};
use crate::db::Tx;
use chrono::{DateTime, SubsecRound, Utc};
use domain::id::TestClockId;
use domain::refusal::Refusal;
use entity::{operation, test_clock};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel, QuerySelect};
use serde_json::json;

/// The kind of operation that moves a clock.
pub const OPERATION: &str = "test_clock_advance";
/// An operation that goes on.
pub const RUNNING: &str = "running";

/// Sets the clock's target and opens the operation that tells how far it is.
///
/// # Errors
/// [`Error::NotFound`], `clock_advancing` while it moves, `clock_goes_back`, or the database's.
pub async fn advance(
    tx: &Tx,
    cx: &Context<'_>,
    id: TestClockId,
    target: DateTime<Utc>,
) -> Result<operation::Model, Error> {
    let clock = test_clock::Entity::find_by_id(id).lock_exclusive().one(&**tx).await?.ok_or(Error::NotFound)?;
    if clock.target.is_some() {
        return Err(Refusal::ClockAdvancing.into());
    }
    let target = target.trunc_subsecs(6);
    if target < clock.now {
        return Err(Refusal::ClockGoesBack.into());
    }
    let data = json!({ "from": clock.now, "to": target });
    let operation = operation::ActiveModel {
        id: Set(cx.id()),
        kind: Set(OPERATION.to_owned()),
        status: Set(RUNNING.to_owned()),
        progress: Set(0),
        detail: Set(Some(format!("{} → {target}", clock.now))),
        created_at: Set(cx.real_now),
        finished_at: Set(None),
    };
    let operation = operation.insert(&**tx).await?;
    let mut row = clock.into_active_model();
    row.target = Set(Some(target));
    row.operation_id = Set(Some(operation.id));
    row.lease_until = Set(None);
    row.update(&**tx).await?;
    operator::note(tx, cx, "test_clock.advancing", &id, data).await?;
    Ok(operation)
}
