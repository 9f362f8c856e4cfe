//! An export that was given up is made after all.

use crate::actions::account::{is_open, lock};
use crate::actions::{Context, Error, record};
use crate::clock::now_for;
use crate::db::Tx;
use chrono::{DateTime, Utc};
use domain::export::{ExportEvent, ExportStatus};
use domain::id::ExportId;
use domain::refusal::Refusal;
use entity::export::{self, Column, Entity};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::json;

/// Has a failed export made again, at once and with all its tries before it.
///
/// # Errors
/// [`Error::NotFound`]; `export_not_failed` for any other, for one of an account that is not open, and while
/// another one of the account is being made; the database's.
pub async fn retry_export(tx: &Tx, cx: &Context<'_>, id: ExportId) -> Result<export::Model, Error> {
    let load = || Entity::find_by_id(id).one(&**tx);
    let found = load().await?.ok_or(Error::NotFound)?;
    let owner = lock(tx, found.account_id).await?;
    let pending = Entity::of(owner.id).filter(Column::Status.eq(ExportStatus::Pending)).count(&**tx).await?;
    if pending > 0 || !is_open(owner.status) {
        return Err(Refusal::ExportNotFailed.into());
    }
    let again = Entity::update_many()
        .col_expr(Column::Status, Expr::value(ExportStatus::Failed.after(ExportEvent::Retry)?))
        .col_expr(Column::Attempts, Expr::value(0))
        .col_expr(Column::DueAt, Expr::value(cx.real_now))
        .col_expr(Column::EndedAt, Expr::value(None::<DateTime<Utc>>))
        .filter(Column::Id.eq(id))
        .filter(Column::Status.eq(ExportStatus::Failed))
        .exec(&**tx)
        .await?;
    if again.rows_affected == 0 {
        return Err(Refusal::ExportNotFailed.into());
    }
    let cx = &cx.at(now_for(&**tx, cx.real_now, &owner).await?);
    record::activity(tx, cx, owner.id, "export.retry_requested", Some(json!({ "export": id }))).await?;
    record::event(tx, cx, owner.id, "account.export_retry_requested", &id, json!({})).await?;
    load().await?.ok_or(Error::NotFound)
}
