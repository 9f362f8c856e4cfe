//! Archives whose time is over are deleted, and some time after them their rows.

use crate::actions::Error;
use crate::app::App;
use crate::db::Tx;
use chrono::{DateTime, TimeDelta, Utc};
use domain::export::{ExportEvent, ExportStatus};
use entity::export::{self, Column, Entity};
use entity::export_part;
use sea_orm::sea_query::{Expr, ExprTrait, LockBehavior, LockType};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

/// How long a download that began in time may go on.
const GRACE: TimeDelta = TimeDelta::hours(1);
/// How long it is still told that there was an export.
const ROWS_KEPT: TimeDelta = TimeDelta::days(90);
/// Parts deleted in one transaction: a writer waits for it on SQLite.
const BATCH: i32 = 100;

/// Deletes what is due for it; answers in how many steps.
///
/// # Errors
/// The database's.
pub async fn forget(app: &App, now: DateTime<Utc>) -> Result<u64, Error> {
    let mut steps = 0;
    while app.transact(async |tx| step(tx, now).await).await? {
        steps += 1;
    }
    let old = app.transact(async |tx| rows(tx, now).await).await?;
    Ok(steps + old)
}

/// One step of one archive: its key first, so that the rest is noise whatever happens.
async fn step(tx: &Tx, now: DateTime<Utc>) -> Result<bool, Error> {
    let over = Column::Status.eq(ExportStatus::Ready).and(Column::ExpiresAt.lte(now - GRACE));
    let left = Column::Status.is_in([ExportStatus::Expired, ExportStatus::Failed]).and(Column::Parts.gt(0));
    let next = Entity::find()
        .filter(over.or(left))
        .order_by_asc(Column::Id)
        .limit(1)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
    let Some(export) = next.one(&**tx).await? else { return Ok(false) };
    let mut change = Entity::update_many().filter(Column::Id.eq(export.id)).filter(Column::Status.eq(export.status));
    if export.status == ExportStatus::Ready {
        change = change
            .col_expr(Column::Status, Expr::value(export.status.after(ExportEvent::Expire)?))
            .col_expr(Column::SealedKey, Expr::value(None::<String>))
            .col_expr(Column::EndedAt, Expr::value(export.expires_at));
    }
    let rest = if export.parts > BATCH { export.parts - BATCH } else { 0 };
    export_part::Entity::delete_many()
        .filter(export_part::Column::ExportId.eq(export.id))
        .filter(export_part::Column::Position.gte(rest))
        .exec(&**tx)
        .await?;
    change.col_expr(Column::Parts, Expr::value(rest)).exec(&**tx).await?;
    Ok(true)
}

/// Rows of exports that ended long ago.
async fn rows(tx: &Tx, now: DateTime<Utc>) -> Result<u64, Error> {
    let old = export::Entity::delete_many()
        .filter(Column::Status.is_in([ExportStatus::Expired, ExportStatus::Failed]))
        .filter(Column::Parts.eq(0))
        .filter(Column::EndedAt.lt(now - ROWS_KEPT));
    Ok(old.exec(&**tx).await?.rows_affected)
}
