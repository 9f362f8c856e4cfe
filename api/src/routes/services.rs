//! Services: what the customer rents, how it goes on, how it ends.

pub mod ending;
pub mod offers;
pub mod renewal;
pub mod timeline;
pub mod view;
pub mod words;

use crate::actions::Error;
use crate::actions::service::{self as actions, rename};
use crate::app::App;
use crate::db::Tx;
use crate::http::body::{Params, Patch, PathId};
use crate::http::caller::{Caller, Require};
use crate::http::etag::IfMatch;
use crate::http::idempotency::Key;
use crate::http::page::{self, KeyColumn, Page, PageQuery};
use crate::http::reply::Reply;
use crate::http::scope::{ServicesRead, ServicesWrite};
use crate::problem::Problem;
use actix_web::web::Data;
use actix_web::{get, patch};
use chrono::NaiveDate;
use domain::id::ServiceId;
use domain::service::{RenewalMode, ServiceStatus};
use entity::{account, service};
use sea_orm::{ColumnTrait, QueryFilter};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use view::{ServiceView, show};

/// The routes.
pub fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(list_services)
        .service(get_service)
        .service(update_service)
        .service(timeline::get_service_timeline)
        .service(renewal::set_service_renewal)
        .service(offers::list_renewal_offers)
        .service(renewal::renew_service)
        .service(ending::get_service_cancellation)
        .service(ending::request_service_cancellation)
        .service(ending::revoke_service_cancellation)
        .service(ending::request_service_deletion)
        .service(ending::confirm_service_deletion);
}

/// Which services to list.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ServiceFilter {
    /// Only services in one of these states; may be given several times.
    #[serde(default)]
    #[param(value_type = Option<Vec<String>>, max_items = 5, example = json!(["active", "suspended"]))]
    pub status: Vec<ServiceStatus>,
    /// Only services that renew this way: `automatic` or `manual`.
    #[serde(default)]
    #[param(value_type = Option<String>, nullable = false, max_length = 16, example = "manual")]
    pub renewal_mode: Option<RenewalMode>,
    /// Only services that expire on or after this day.
    #[serde(default)]
    #[param(nullable = false, example = "2026-02-01")]
    pub expires_on_from: Option<NaiveDate>,
    /// Only services that expire on or before this day.
    #[serde(default)]
    #[param(nullable = false, example = "2026-02-28")]
    pub expires_on_to: Option<NaiveDate>,
    /// Only services that are cancelled for their expiry, or only those that are not.
    #[serde(default)]
    #[param(nullable = false, example = false)]
    pub cancelled: Option<bool>,
}

/// What changes about a service.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ServicePatch {
    /// What you call it.
    #[serde(default)]
    #[schema(nullable = false, min_length = 1, max_length = 100, example = "Web server")]
    pub display_name: Option<String>,
}

/// The caller's services.
#[utoipa::path(
    operation_id = "list_services", tag = "Services", security(("bearer" = ["services:read"])),
    summary = "List your services",
    description = "Every service of the account, deleted ones included, the newest first. Sorts by `created_at`, or by `expires_on`, which leaves out services that are not delivered yet.",
    params(PageQuery, ServiceFilter),
    responses((status = 200, description = "A page of services", body = Page<ServiceView>)),
)]
#[get("/services")]
pub async fn list_services(
    app: Data<App>,
    caller: Require<ServicesRead>,
    query: PageQuery,
    Params(filter): Params<ServiceFilter>,
) -> Result<Reply, Problem> {
    let (caller, created_at, expires_on) = (caller.0, service::Column::CreatedAt, service::Column::ExpiresOn);
    let mut select = service::Entity::of(caller.id());
    if !filter.status.is_empty() {
        select = select.filter(service::Column::Status.is_in(filter.status));
    }
    if let Some(mode) = filter.renewal_mode {
        select = select.filter(service::Column::RenewalMode.eq(mode));
    }
    if let Some(from) = filter.expires_on_from {
        select = select.filter(expires_on.gte(from));
    }
    if let Some(to) = filter.expires_on_to {
        select = select.filter(expires_on.lte(to));
    }
    select = match filter.cancelled {
        None => select,
        Some(true) => select.filter(service::Column::CancelledOn.is_not_null()),
        Some(false) => select.filter(service::Column::CancelledOn.is_null()),
    };
    let key = query.sort(&[("created_at", created_at), ("expires_on", expires_on)], KeyColumn::Desc(created_at))?;
    if let KeyColumn::Asc(service::Column::ExpiresOn) | KeyColumn::Desc(service::Column::ExpiresOn) = key {
        select = select.filter(expires_on.is_not_null());
    }
    let page = page::keyset(app.read(), select, key, &query).await?;
    let known = actions::view::Known::load(&**app.read(), caller.id(), &page.items).await?;
    let cx = caller.cx(&app);
    let page = page.try_map(|service| ServiceView::of(&known, &cx, &caller, &service))?;
    Ok(Reply::page(&page, &query))
}

/// One of the caller's services.
#[utoipa::path(
    operation_id = "get_service", tag = "Services", security(("bearer" = ["services:read"])),
    summary = "Get a service",
    description = "One service: how it goes on, what will happen to it next, and what can be done with it now.",
    params(("id" = String, Path, description = "Id of the service.", pattern = "^svc_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "svc_01h455vb4pex5vsknk084sn02q")),
    responses((status = 200, description = "The service", body = ServiceView)),
    extensions(("x-etag" = json!(true))),
)]
#[get("/services/{id}")]
pub async fn get_service(
    app: Data<App>,
    caller: Require<ServicesRead>,
    PathId(id): PathId<ServiceId>,
) -> Result<Reply, Problem> {
    let caller = caller.0;
    let service = actions::load(&**app.read(), caller.id(), id).await?;
    Ok(Reply::ok(&show(&**app.read(), &app, &caller, &service).await?).etag(service.version))
}

/// Changes what a service is called.
#[utoipa::path(
    operation_id = "update_service", tag = "Services", security(("bearer" = ["services:write"])),
    summary = "Rename a service",
    description = "Changes the name that you, your mails and your next invoices call the service by; issued documents keep the former one. Refused with `service_deleted` once it is deleted.",
    params(
        ("id" = String, Path, description = "Id of the service.", pattern = "^svc_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "svc_01h455vb4pex5vsknk084sn02q"),
        ("If-Match" = Option<String>, Header, description = "Only if it is still this version.", example = "\"1\""),
    ),
    request_body = ServicePatch,
    responses((status = 200, description = "The service", body = ServiceView)),
    extensions(("x-etag" = json!(true)), ("x-error-codes" = json!(["service_deleted"]))),
)]
#[patch("/services/{id}")]
pub async fn update_service(
    app: Data<App>,
    caller: Require<ServicesWrite>,
    key: Key,
    expected: IfMatch,
    PathId(id): PathId<ServiceId>,
    Patch(patch): Patch<ServicePatch>,
) -> Result<Reply, Problem> {
    let caller = caller.0;
    key.once(&app, &caller.scope(), async |tx| {
        let (_, mut service) = locked(tx, &caller, id).await?;
        expected.check_version(service.version)?;
        if let Some(name) = &patch.display_name {
            service = rename::rename(tx, &caller.cx(&app), &service, name).await?;
        }
        Ok(Reply::ok(&show(&**tx, &app, &caller, &service).await?).etag(service.version))
    })
    .await
}

/// The caller's account, locked, and one of its services.
async fn locked(tx: &Tx, caller: &Caller, id: ServiceId) -> Result<(account::Model, service::Model), Error> {
    let account = actions::lock_account(tx, caller.id()).await?;
    let service = actions::load(&**tx, account.id, id).await?;
    Ok((account, service))
}
