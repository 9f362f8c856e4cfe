//! Exports of customers' data, as operators see them: how far they are, never what is in them.

use crate::actions::operator::retry_export::retry_export;
use crate::app::App;
use crate::http::body::{Params, PathId};
use crate::http::caller::Operator;
use crate::http::idempotency::Key;
use crate::http::page::{self, KeyColumn, Page, PageQuery};
use crate::http::reply::Reply;
use crate::problem::{Problem, ProblemBody};
use actix_web::web::Data;
use actix_web::{get, post};
use chrono::{DateTime, Utc};
use domain::export::ExportStatus;
use domain::id::{AccountId, ExportId};
use entity::export::{self, Column};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

/// The routes.
pub fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(list_operator_exports).service(request_export_retry);
}

/// An export as operators see it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = OperatorExport)]
pub struct ExportView {
    /// Its id.
    #[schema(value_type = String, pattern = "^exp_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "exp_01h455vb4pex5vsknk084sn02q")]
    pub id: ExportId,
    /// Whose.
    #[schema(value_type = String, pattern = "^acc_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "acc_01h455vb4pex5vsknk084sn02q")]
    pub account_id: AccountId,
    /// How far it is: `pending`, `ready`, `expired` or `failed`. Extensible enum.
    #[schema(max_length = 16, example = "failed")]
    pub status: String,
    /// When it was asked for.
    #[schema(example = "2026-01-30T09:00:00Z")]
    pub requested_at: DateTime<Utc>,
    /// When it may be tried next, while it is pending.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-01-30T09:06:00Z")]
    pub due_at: Option<DateTime<Utc>>,
    /// How often it was tried.
    #[schema(minimum = 0, example = 6)]
    pub attempts: i32,
    /// What its last try said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 500, example = "unknown currency XXX")]
    pub last_error: Option<String>,
    /// Bytes of the archive.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 0, example = 48_213)]
    pub size: Option<i64>,
    /// When it failed, or when its archive was deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-01-30T17:30:00Z")]
    pub ended_at: Option<DateTime<Utc>>,
}

impl ExportView {
    fn of(export: export::Model, now: DateTime<Utc>) -> Self {
        let status = export.status.shown(export.expires_at, now);
        Self {
            id: export.id,
            account_id: export.account_id,
            status: status.to_string(),
            requested_at: export.requested_at,
            due_at: (status == ExportStatus::Pending).then_some(export.due_at),
            attempts: export.attempts,
            last_error: export.last_error,
            size: export.size,
            ended_at: export.ended_at,
        }
    }
}

/// Which exports to list.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExportFilter {
    /// Only those in one of these states, as they are stored; may be given several times.
    #[serde(default)]
    #[param(value_type = Option<Vec<String>>, max_items = 4, example = json!(["failed"]))]
    pub status: Vec<ExportStatus>,
    /// Only those of this account.
    #[serde(default)]
    #[param(value_type = Option<String>, nullable = false, pattern = "^acc_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "acc_01h455vb4pex5vsknk084sn02q")]
    pub account_id: Option<AccountId>,
}

/// Exports, the last first.
#[utoipa::path(
    operation_id = "list_operator_exports", tag = "Operator", security(("bearer" = ["operator:*"])),
    summary = "List exports of customers' data",
    description = "Exports of all accounts, the newest first; `status=failed` are those that failed too often and wait for you. What is in an archive is its owner's alone. Sorts by `requested_at`.",
    params(PageQuery, ExportFilter),
    responses((status = 200, description = "A page of exports", body = Page<ExportView>)),
)]
#[get("/operator/exports")]
pub async fn list_operator_exports(
    app: Data<App>,
    operator: Operator,
    query: PageQuery,
    Params(filter): Params<ExportFilter>,
) -> Result<Reply, Problem> {
    let mut select = export::Entity::find();
    if !filter.status.is_empty() {
        select = select.filter(Column::Status.is_in(filter.status));
    }
    if let Some(account) = filter.account_id {
        select = select.filter(Column::AccountId.eq(account));
    }
    let key = query.sort(&[("requested_at", Column::RequestedAt)], KeyColumn::Desc(Column::RequestedAt))?;
    let page = page::keyset(app.read(), select, key, &query).await?;
    Ok(Reply::page(&page.map(|export| ExportView::of(export, operator.real_now)), &query))
}

/// Makes a failed export after all.
#[utoipa::path(
    operation_id = "request_export_retry", tag = "Operator", security(("bearer" = ["operator:*"])),
    summary = "Make a failed export again",
    description = "Has an export that failed made again, at once and with all its tries before it. Refused with `export_not_failed` for any other, and while another one of the account is being made.",
    params(("id" = String, Path, description = "Id of the export.", pattern = "^exp_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "exp_01h455vb4pex5vsknk084sn02q")),
    responses(
        (status = 202, description = "The export, being made", body = ExportView),
        (status = 409, description = "It has not failed, or another one is being made", body = ProblemBody),
    ),
)]
#[post("/operator/exports/{id}/retry-request")]
pub async fn request_export_retry(
    app: Data<App>,
    operator: Operator,
    key: Key,
    PathId(id): PathId<ExportId>,
) -> Result<Reply, Problem> {
    key.once(&app, &operator.scope(), async |tx| {
        let export = retry_export(tx, &operator.cx(&app, operator.real_now), id).await?;
        Ok(Reply::accepted(None, &ExportView::of(export, operator.real_now)))
    })
    .await
}
