//! An account moves to a test clock, or back to real time, before its first order.

use crate::actions::account::lock;
use crate::actions::{Context, Error, Invalid, record};
use crate::db::Tx;
use domain::id::{AccountId, TestClockId};
use domain::refusal::Refusal;
use entity::{account, order, test_clock};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel, PaginatorTrait};
use serde_json::json;

/// Attaches an account to a clock; `None` brings it back to real time.
///
/// # Errors
/// [`Error::NotFound`] for an unknown account, [`Error::Invalid`] for an unknown clock,
/// `account_has_orders` once it has one, or the database's.
pub async fn attach_clock(
    tx: &Tx,
    cx: &Context<'_>,
    id: AccountId,
    clock: Option<TestClockId>,
) -> Result<account::Model, Error> {
    let account = lock(tx, id).await?;
    if account.test_clock_id == clock {
        return Ok(account);
    }
    if order::Entity::of(id).count(&**tx).await? > 0 {
        return Err(Refusal::AccountHasOrders.into());
    }
    if let Some(clock) = clock
        && test_clock::Entity::find_by_id(clock).one(&**tx).await?.is_none()
    {
        return Err(Invalid::new("/test_clock_id", "not_found").into());
    }
    let version = account.version + 1;
    let mut row = account.into_active_model();
    row.test_clock_id = Set(clock);
    row.version = Set(version);
    let account = row.update(&**tx).await?;
    let data = json!({ "test_clock_id": clock });
    record::activity(tx, cx, id, "account.test_clock_changed", Some(data.clone())).await?;
    record::event(tx, cx, id, "account.test_clock_changed", &id, data).await?;
    Ok(account)
}
