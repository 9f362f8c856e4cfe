//! Cancellations and deletions of services, with their history.

use crate::app::App;
use crate::http::body::{Params, PathId};
use crate::http::caller::Require;
use crate::http::page::{self, KeyColumn, Page, PageQuery};
use crate::http::reply::Reply;
use crate::http::scope::ServicesRead;
use crate::problem::{Code, Problem};
use actix_web::get;
use actix_web::web::Data;
use chrono::{DateTime, NaiveDate, Utc};
use domain::cancellation::{CancellationKind, CancellationStatus};
use domain::id::{CancellationId, ServiceId};
use entity::cancellation;
use sea_orm::{ColumnTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

/// The routes.
pub fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(list_cancellations).service(get_cancellation);
}

/// The end of a service, asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Cancellation)]
pub struct CancellationView {
    /// Its id.
    #[schema(value_type = String, pattern = "^can_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "can_01h455vb4pex5vsknk084sn02q")]
    pub id: CancellationId,
    /// The service.
    #[schema(value_type = String, pattern = "^svc_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "svc_01h455vb4pex5vsknk084sn02q")]
    pub service_id: ServiceId,
    /// `at_expiry`, or `immediate`: a deletion. Extensible enum.
    #[schema(max_length = 16, example = "at_expiry")]
    pub kind: String,
    /// `awaiting_confirmation`: nothing happens without the mailed token; `scheduled`: it takes effect on
    /// `effective_on`; `revoked`; `lapsed`: replaced, or the service ended otherwise; `completed`: the
    /// service is gone. Extensible enum.
    #[schema(max_length = 24, example = "scheduled")]
    pub status: String,
    /// Why, out of the list of the catalogue. Extensible enum.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 32, example = "too_expensive")]
    pub reason: Option<String>,
    /// What else you said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 1000, example = "The project ends in March.")]
    pub comment: Option<String>,
    /// The day at whose start the service is deleted, in the billing time zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-02-28")]
    pub effective_on: Option<NaiveDate>,
    /// When it was asked for.
    #[schema(example = "2026-01-30T10:00:00Z")]
    pub requested_at: DateTime<Utc>,
    /// When it was confirmed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-01-30T10:00:00Z")]
    pub confirmed_at: Option<DateTime<Utc>>,
    /// When it was revoked, lapsed, or completed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-02-27T23:00:00Z")]
    pub ended_at: Option<DateTime<Utc>>,
}

impl From<cancellation::Model> for CancellationView {
    fn from(row: cancellation::Model) -> Self {
        Self {
            id: row.id,
            service_id: row.service_id,
            kind: row.kind.to_string(),
            status: row.status.to_string(),
            reason: row.reason.map(|reason| reason.to_string()),
            comment: row.comment,
            effective_on: row.effective_on,
            requested_at: row.requested_at,
            confirmed_at: row.confirmed_at,
            ended_at: row.ended_at,
        }
    }
}

/// Which cancellations to list.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CancellationFilter {
    /// Only those of this service.
    #[serde(default)]
    #[param(value_type = Option<String>, nullable = false, pattern = "^svc_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "svc_01h455vb4pex5vsknk084sn02q")]
    pub service_id: Option<ServiceId>,
    /// Only those of this kind: `at_expiry` or `immediate`.
    #[serde(default)]
    #[param(value_type = Option<String>, nullable = false, max_length = 16, example = "at_expiry")]
    pub kind: Option<CancellationKind>,
    /// Only those in one of these states; may be given several times.
    #[serde(default)]
    #[param(value_type = Option<Vec<String>>, max_items = 5, example = json!(["scheduled"]))]
    pub status: Vec<CancellationStatus>,
}

/// The caller's cancellations.
#[utoipa::path(
    operation_id = "list_cancellations", tag = "Cancellations", security(("bearer" = ["services:read"])),
    summary = "List your cancellations",
    description = "Every cancellation and every deletion that was asked for, also those that were revoked or never confirmed, the newest first. Sorts by `requested_at`.",
    params(PageQuery, CancellationFilter),
    responses((status = 200, description = "A page of cancellations", body = Page<CancellationView>)),
)]
#[get("/cancellations")]
pub async fn list_cancellations(
    app: Data<App>,
    caller: Require<ServicesRead>,
    query: PageQuery,
    Params(filter): Params<CancellationFilter>,
) -> Result<Reply, Problem> {
    let requested_at = cancellation::Column::RequestedAt;
    let mut select = cancellation::Entity::of(caller.0.id());
    if let Some(service) = filter.service_id {
        select = select.filter(cancellation::Column::ServiceId.eq(service));
    }
    if let Some(kind) = filter.kind {
        select = select.filter(cancellation::Column::Kind.eq(kind));
    }
    if !filter.status.is_empty() {
        select = select.filter(cancellation::Column::Status.is_in(filter.status));
    }
    let key = query.sort(&[("requested_at", requested_at)], KeyColumn::Desc(requested_at))?;
    let page = page::keyset(app.read(), select, key, &query).await?;
    Ok(Reply::page(&page.map(CancellationView::from), &query))
}

/// One of the caller's cancellations.
#[utoipa::path(
    operation_id = "get_cancellation", tag = "Cancellations", security(("bearer" = ["services:read"])),
    summary = "Get a cancellation",
    description = "One cancellation or deletion: what was asked for, when, and what became of it.",
    params(("id" = String, Path, description = "Id of the cancellation.", pattern = "^can_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "can_01h455vb4pex5vsknk084sn02q")),
    responses((status = 200, description = "The cancellation", body = CancellationView)),
)]
#[get("/cancellations/{id}")]
pub async fn get_cancellation(
    app: Data<App>,
    caller: Require<ServicesRead>,
    PathId(id): PathId<CancellationId>,
) -> Result<Reply, Problem> {
    let mine = cancellation::Entity::of(caller.0.id()).filter(cancellation::Column::Id.eq(id));
    let row = mine.one(&**app.read()).await?.ok_or(Code::NotFound)?;
    Ok(Reply::ok(&CancellationView::from(row)))
}
