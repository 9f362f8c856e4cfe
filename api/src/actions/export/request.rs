//! The owner asks for an export.

use crate::actions::{Context, Error, account, record};
use crate::db::Tx;
use chrono::{DateTime, TimeDelta, Utc};
use domain::export::{ExportStatus, LIMIT_HOURS};
use domain::id::AccountId;
use entity::export::{self, Column};
use sea_orm::{ActiveModelTrait, ColumnTrait, IntoActiveModel, QueryFilter, QuerySelect};
use serde_json::json;

/// Asks for an export; the scheduler makes it. While one is waited for, that one is the answer.
///
/// # Errors
/// [`Error::TooMany`] when so many were asked for within a day; the database's.
pub async fn request(tx: &Tx, cx: &Context<'_>, owner: AccountId) -> Result<export::Model, Error> {
    // the account's lock makes requests take turns; the partial index has the last word
    account::lock(tx, owner).await?;
    let pending = export::Entity::of(owner).filter(Column::Status.eq(ExportStatus::Pending));
    if let Some(pending) = pending.one(&**tx).await? {
        return Ok(pending);
    }
    let asked: Vec<DateTime<Utc>> = export::Entity::of(owner)
        .select_only()
        .column(Column::RequestedAt)
        .filter(Column::RequestedAt.gt(cx.real_now - TimeDelta::hours(LIMIT_HOURS)))
        .into_tuple()
        .all(&**tx)
        .await?;
    if let Some(wait) = domain::export::wait(&asked, cx.tools.config.export.per_day, cx.real_now) {
        return Err(Error::TooMany { retry_after: u64::try_from(wait.num_seconds()).unwrap_or_default().max(1) });
    }
    let export = export::Model {
        id: cx.id(),
        account_id: owner,
        status: ExportStatus::Pending,
        requested_at: cx.real_now,
        due_at: cx.real_now,
        attempts: 0,
        lease_until: None,
        fence: 0,
        last_error: None,
        sealed_key: None,
        parts: 0,
        size: None,
        sha256: None,
        ready_at: None,
        expires_at: None,
        ended_at: None,
        downloads: 0,
        last_downloaded_at: None,
    };
    let export = export.into_active_model().insert(&**tx).await?;
    record::activity(tx, cx, owner, "export.requested", Some(json!({ "export": export.id }))).await?;
    record::event(tx, cx, owner, "account.export_requested", &export.id, json!({})).await?;
    Ok(export)
}
