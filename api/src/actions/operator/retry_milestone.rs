//! Parked work runs again.

use crate::actions::account::lock;
use crate::actions::{Context, Error, record};
use crate::db::Tx;
use domain::id::MilestoneId;
use domain::refusal::Refusal;
use domain::timeline::MilestoneState;
use entity::milestone;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect,
};
use serde_json::json;

/// Plans a parked milestone again, at once, with all its attempts before it.
///
/// # Errors
/// [`Error::NotFound`], `milestone_not_parked`, or the database's.
pub async fn retry_milestone(tx: &Tx, cx: &Context<'_>, id: MilestoneId) -> Result<milestone::Model, Error> {
    let found = milestone::Entity::find_by_id(id).one(&**tx).await?.ok_or(Error::NotFound)?;
    // accounts are locked before milestones, everywhere
    lock(tx, found.account_id).await?;
    let parked = milestone::Entity::find_by_id(id)
        .filter(milestone::Column::State.eq(MilestoneState::Parked))
        .lock_exclusive()
        .one(&**tx)
        .await?
        .ok_or(Refusal::MilestoneNotParked)?;
    let (account, fence) = (parked.account_id, parked.fence + 1);
    // on a test clock what is due stays due at its own instant
    let run_at = parked.due_at;
    let mut row = parked.into_active_model();
    row.state = Set(MilestoneState::Planned);
    row.run_at = Set(run_at);
    row.attempts = Set(0);
    row.lease_until = Set(None);
    row.fence = Set(fence);
    row.finished_at = Set(None);
    let row = row.update(&**tx).await?;
    let data = json!({ "kind": row.kind, "service_id": row.service_id });
    record::activity(tx, cx, account, "milestone.retry_requested", Some(data.clone())).await?;
    record::event(tx, cx, account, "milestone.retry_requested", &row.id, data).await?;
    Ok(row)
}
