//! The provider blocks an account, and lets it in again.

use crate::actions::account::lock;
use crate::actions::{Context, Error, record, session};
use crate::db::Tx;
use domain::account::AccountStatus;
use domain::closure::ClosureStatus;
use domain::id::AccountId;
use domain::refusal::Refusal;
use entity::{account, account_closure};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, IntoActiveModel, PaginatorTrait, QueryFilter};
use serde_json::json;

/// Blocks an account and ends its sessions; its access tokens are refused as long as it is. Its services go on: what ends them has its own rules.
///
/// # Errors
/// [`Error::NotFound`], `account_not_active` for a closed account, or the database's.
pub async fn block(tx: &Tx, cx: &Context<'_>, id: AccountId, reason: Option<&str>) -> Result<account::Model, Error> {
    let account = lock(tx, id).await?;
    match account.status {
        AccountStatus::Blocked => return Ok(account),
        AccountStatus::Closed => return Err(Refusal::AccountNotActive.into()),
        AccountStatus::Pending | AccountStatus::Active | AccountStatus::Closing => {}
    }
    session::end_all(tx, cx, id, None).await?;
    let data = json!({ "reason": reason });
    record::activity(tx, cx, id, "account.blocked", Some(data.clone())).await?;
    record::event(tx, cx, id, "account.blocked", &id, data).await?;
    set(tx, account, AccountStatus::Blocked).await
}

/// Lets a blocked account in again.
///
/// # Errors
/// [`Error::NotFound`] or the database's.
pub async fn unblock(tx: &Tx, cx: &Context<'_>, id: AccountId) -> Result<account::Model, Error> {
    let account = lock(tx, id).await?;
    match account.status {
        AccountStatus::Blocked => {}
        AccountStatus::Pending | AccountStatus::Active | AccountStatus::Closing | AccountStatus::Closed => {
            return Ok(account);
        }
    }
    // the closure went on meanwhile
    let closing = account_closure::Entity::of(id)
        .filter(account_closure::Column::Status.eq(ClosureStatus::CoolingOff))
        .count(&**tx)
        .await?;
    let status = if account.email_verified_at.is_none() {
        // blocked before its address was proven: the code still has to come
        AccountStatus::Pending
    } else if closing > 0 {
        AccountStatus::Closing
    } else {
        AccountStatus::Active
    };
    record::activity(tx, cx, id, "account.unblocked", None).await?;
    record::event(tx, cx, id, "account.unblocked", &id, json!({})).await?;
    set(tx, account, status).await
}

async fn set(tx: &Tx, account: account::Model, status: AccountStatus) -> Result<account::Model, Error> {
    let version = account.version + 1;
    let mut row = account.into_active_model();
    row.status = Set(status);
    row.version = Set(version);
    Ok(row.update(&**tx).await?)
}
