//! The pause of renewals ends.

use crate::actions::{Context, Error};
use crate::db::Tx;
use entity::scheduler_state;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel, QuerySelect};
use serde_json::json;

/// The only row of `scheduler_state`.
pub const ROW: i32 = 1;

/// Lets `renew` and `charge` go on. Nothing changes where nothing was paused.
///
/// # Errors
/// The database's.
pub async fn release_scheduler(tx: &Tx, cx: &Context<'_>) -> Result<(), Error> {
    let Some(state) = scheduler_state::Entity::find_by_id(ROW).lock_exclusive().one(&**tx).await? else {
        return Ok(());
    };
    if !state.renewals_paused {
        return Ok(());
    }
    let reason = state.pause_reason.clone();
    let mut row = state.into_active_model();
    row.renewals_paused = Set(false);
    row.pause_reason = Set(None);
    row.released_at = Set(Some(cx.real_now));
    row.update(&**tx).await?;
    super::note(tx, cx, "scheduler.released", &"scheduler", json!({ "reason": reason })).await
}
