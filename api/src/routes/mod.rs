//! The surface, on one page. A handler translates: it reads the request by extractors, asks an
//! action, and writes the view.
//!
//! ```text
//! /// Reads one service.
//! #[utoipa::path(
//!     operation_id = "get_service", tag = "Services",
//!     summary = "Read a service", description = "The service, its renewal and what will happen next.",
//!     security(("bearer" = ["services:read"])),
//!     params(("id" = String, Path, description = "The service.", pattern = "^svc_[0-7][0-9a-hjkmnp-tv-z]{25}$",
//!         max_length = 30, example = "svc_01h455vb4pex5vsknk084sn02q")),
//!     responses((status = 200, description = "The service", body = ServiceView)),
//!     extensions(("x-etag" = json!(true)))
//! )]
//! #[get("/services/{id}")]
//! async fn get_service(app: Data<App>, caller: Require<ServicesRead>, id: PathId<ServiceId>) -> Result<Reply, Problem> {
//!     let Require(caller, ..) = caller;
//!     let row = service::find(&**app.read(), caller.id(), id.0).await?.ok_or(Code::NotFound)?;
//!     Ok(Reply::ok(&ServiceView::of(&row)).etag(row.version))
//! }
//!
//! /// Asks that a service ends at its expiry.
//! #[utoipa::path(
//!     operation_id = "request_cancellation", tag = "Services",
//!     summary = "Cancel at expiry", description = "...",
//!     security(("bearer" = ["services:write"])),
//!     params(("id" = String, Path, ...), DryRun, ("If-Match" = Option<String>, Header, ...)),
//!     request_body(content = NewCancellation, example = json!({"reason": "too_expensive"})),
//!     responses((status = 200, description = "The cancellation", body = CancellationView)),
//!     extensions(("x-idempotency" = json!("required")))
//! )]
//! #[put("/services/{id}/cancellation")]
//! async fn request_cancellation(
//!     app: Data<App>, caller: Require<ServicesWrite>, id: PathId<ServiceId>, expected: IfMatch,
//!     key: RequiredKey, body: Body<NewCancellation>,
//! ) -> Result<Reply, Problem> {
//!     let (Require(caller, ..), input) = (caller, body.0);
//!     key.0.once(&app, &caller.scope(), async |tx| {
//!         let row = cancellation::request(tx, &caller.cx(&app), id.0, &expected, &input).await?;
//!         Ok(Reply::ok(&CancellationView::from(row)))
//!     }).await
//! }
//!
//! /// Lists services.
//! #[utoipa::path(..., params(PageQuery, ServiceFilters), responses((status = 200, body = Page<ServiceView>)))]
//! #[get("/services")]
//! async fn list_services(
//!     app: Data<App>, caller: Require<ServicesRead>, query: PageQuery, filters: Params<ServiceFilters>,
//! ) -> Result<Reply, Problem> {
//!     let select = filters.0.narrow(service::of(caller.0.id()));
//!     let key = query.sort(&[("created_at", Column::CreatedAt)], KeyColumn::Desc(Column::CreatedAt))?;
//!     let page = page::keyset(app.read(), select, key, &query).await?;
//!     Ok(Reply::page(&page.map(ServiceView::from), &query))
//! }
//! ```
//!
//! Paths are written without `/v1`. The actix macro gives method and path; `#[utoipa::path]` stands above it and repeats neither. The
//! errors, `Idempotency-Key`, common headers and limits are added to the contract by the crate
//! `openapi`. A query parameter that the contract does not declare is refused before the handler, a
//! method likewise: nothing has to be done for that. `dry_run=true` makes `Key::once` undo its work.

use utoipa_actix_web::scope as under;
use utoipa_actix_web::service_config::ServiceConfig;

pub mod account;
pub mod account_rules;
pub mod accounts;
pub mod authenticity;
pub mod cancellations;
pub mod catalog;
pub mod closure;
pub mod emails;
mod evidence;
pub mod invoices;
pub mod meta;
pub mod operator;
pub mod orders;
pub mod payment_methods;
pub mod payments;
pub mod security;
pub mod services;
pub mod sessions;
pub mod views;

/// The parameter of operations that can be tried without effect.
#[derive(Debug, Clone, Copy, Default, serde::Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DryRun {
    /// Whether to answer what would happen and store nothing.
    #[param(nullable = false, default = false, example = false)]
    pub dry_run: Option<bool>,
}

/// Every route.
pub fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.configure(meta::configure);
    cfg.service(
        under("/v1")
            .configure(meta::time)
            // sign-up and sessions
            .configure(account_rules::configure)
            .configure(accounts::configure)
            .configure(sessions::configure)
            // account
            .configure(account::configure)
            .configure(emails::configure)
            .configure(authenticity::configure)
            .configure(closure::configure)
            .configure(security::configure)
            // what is bought and rented
            .configure(catalog::configure)
            .configure(orders::configure)
            .configure(services::configure)
            .configure(cancellations::configure)
            // what is paid
            .configure(payment_methods::configure)
            .configure(invoices::configure)
            .configure(payments::configure)
            // the provider
            .configure(operator::configure),
    );
}
