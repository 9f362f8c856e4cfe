//! The owner takes the archive.

use super::load;
use crate::actions::{Context, Error, record};
use crate::db::Tx;
use chrono::{DateTime, Utc};
use domain::export::ExportStatus;
use domain::id::{AccountId, ExportId};
use domain::refusal::Refusal;
use entity::export::{self, Column};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde_json::json;

/// An export whose archive can be downloaded now.
///
/// # Errors
/// [`Error::NotFound`], `export_not_ready`, `export_expired`; the database's.
pub async fn available<C: ConnectionTrait>(
    db: &C,
    owner: AccountId,
    id: ExportId,
    now: DateTime<Utc>,
) -> Result<export::Model, Error> {
    let export = load(db, owner, id).await?;
    match export.status.shown(export.expires_at, now) {
        ExportStatus::Pending | ExportStatus::Failed => Err(Refusal::ExportNotReady.into()),
        ExportStatus::Expired => Err(Refusal::ExportExpired.into()),
        ExportStatus::Ready => Ok(export),
    }
}

/// Notes that the archive is taken; it is sent after that, part by part.
///
/// # Errors
/// As [`available`].
pub async fn download(tx: &Tx, cx: &Context<'_>, owner: AccountId, id: ExportId) -> Result<export::Model, Error> {
    let export = available(&**tx, owner, id, cx.real_now).await?;
    let noted = export::Entity::update_many()
        .col_expr(Column::Downloads, Expr::col(Column::Downloads).add(1))
        .col_expr(Column::LastDownloadedAt, Expr::value(Some(cx.real_now)))
        .filter(Column::Id.eq(id))
        .filter(Column::AccountId.eq(owner))
        .filter(Column::Status.eq(ExportStatus::Ready))
        .exec(&**tx)
        .await?;
    if noted.rows_affected != 1 {
        return Err(Refusal::ExportExpired.into());
    }
    record::activity(tx, cx, owner, "export.downloaded", Some(json!({ "export": id }))).await?;
    Ok(export)
}
