//! What concerns the server itself: its health, its contract, its keys, its time.

use crate::app::App;
use crate::http::reply::Reply;
use crate::problem::{Code, Fault, Place, Problem, page};
use crate::serve::Server;
use actix_web::http::header::LOCATION;
use actix_web::web::Data;
use actix_web::{HttpResponse, get, web};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use entity::scheduler_state;
use migration::{Migrator, MigratorTrait};
use sea_orm::sea_query::{Alias, Query};
use sea_orm::{ConnectionTrait, DbErr, EntityTrait};
use serde::Serialize;
use std::sync::atomic::Ordering;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

/// How long the scheduler may be silent before the process is not ready.
const HEARTBEAT: TimeDelta = TimeDelta::seconds(60);
/// Caching of what is public and changes with a release only.
const CACHED: &str = "public, max-age=300";

/// Routes of this file outside `/v1`.
pub(super) fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(get_liveness)
        .service(get_readiness)
        .service(get_metrics)
        .service(get_openapi)
        .service(get_openapi_client)
        .service(get_openapi_three_zero)
        .service(get_signing_keys)
        .map(pages);
}

/// Routes of this file under `/v1`.
pub(super) fn time(cfg: &mut ServiceConfig<'_>) {
    cfg.service(get_time);
}

/// Pages for people: no part of the contract.
fn pages(cfg: &mut web::ServiceConfig) -> &mut web::ServiceConfig {
    let config = utoipa_swagger_ui::Config::from("/openapi.json").validator_url("none").persist_authorization(true);
    cfg.route("/docs/errors", web::get().to(page::list))
        .route("/docs/errors/{code}", web::get().to(page::one))
        .route(
            "/docs",
            web::get().to(async || HttpResponse::PermanentRedirect().insert_header((LOCATION, "/docs/")).finish()),
        )
        .service(utoipa_swagger_ui::SwaggerUi::new("/docs/{_:.*}").config(config))
}

/// How the process is.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Health)]
pub struct HealthView {
    /// `ok`, or `unavailable`.
    #[schema(max_length = 16, example = "ok")]
    pub status: String,
    /// What was looked at.
    #[schema(max_items = 10)]
    pub checks: Vec<CheckView>,
}

/// One thing that was looked at.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = HealthCheck)]
pub struct CheckView {
    /// What. Extensible enum.
    #[schema(max_length = 16, example = "database")]
    pub name: String,
    /// Whether it is as it should be.
    #[schema(example = true)]
    pub ok: bool,
}

impl HealthView {
    fn of(checks: &[(&str, bool)]) -> Self {
        let good = checks.iter().all(|(_, ok)| *ok);
        let check = |(name, ok): &(&str, bool)| CheckView { name: (*name).to_owned(), ok: *ok };
        Self { status: if good { "ok" } else { "unavailable" }.to_owned(), checks: checks.iter().map(check).collect() }
    }

    fn reply(&self) -> Reply {
        Reply::ok(self).header("cache-control", "no-store")
    }
}

/// Alive.
#[utoipa::path(
    operation_id = "get_liveness", tag = "Meta", security(()),
    summary = "Tell whether the process runs",
    description = "Answers as long as the process runs; looks at nothing else.",
    responses((status = 200, description = "It runs", body = HealthView)),
)]
#[get("/health/live")]
pub async fn get_liveness() -> Reply {
    HealthView::of(&[("process", true)]).reply()
}

/// Ready.
#[utoipa::path(
    operation_id = "get_readiness", tag = "Meta", security(()),
    summary = "Tell whether requests can be served",
    description = "Looks at the database, its schema and the scheduler, and whether the process is about to stop.",
    responses(
        (status = 200, description = "Requests can be served", body = HealthView),
        (status = 503, description = "Requests should go elsewhere; `errors` names what is not as it should be"),
    ),
)]
#[get("/health/ready")]
pub async fn get_readiness(app: Data<App>, server: Data<Server>) -> Result<Reply, Problem> {
    let schema = schema_is_current(&app).await;
    let mut checks = vec![("database", schema.is_ok()), ("schema", schema.unwrap_or(false))];
    if server.has_scheduler.load(Ordering::Relaxed) {
        checks.push(("scheduler", scheduler_is_alive(&app).await.unwrap_or(false)));
    }
    checks.push(("accepting", !server.draining.load(Ordering::Relaxed)));
    let failed: Vec<Fault> = checks
        .iter()
        .filter(|(_, ok)| !ok)
        .map(|(name, _)| Fault::new(Place::Parameter((*name).to_owned()), "not_ready"))
        .collect();
    if failed.is_empty() {
        Ok(HealthView::of(&checks).reply())
    } else {
        Err(Problem::parameters(Code::Unavailable, failed).after(5))
    }
}

async fn schema_is_current(app: &App) -> Result<bool, DbErr> {
    let known = Query::select().column(Alias::new("version")).from(Alias::new("seaql_migrations")).to_owned();
    let rows = app.read().query_all(&known).await?;
    let applied: Vec<String> = rows.iter().map(|row| row.try_get("", "version")).collect::<Result<_, _>>()?;
    Ok(Migrator::migrations().iter().all(|migration| applied.iter().any(|name| name == migration.name())))
}

async fn scheduler_is_alive(app: &App) -> Result<bool, DbErr> {
    let state = scheduler_state::Entity::find().one(&**app.read()).await?;
    let last = state.and_then(|state| state.last_tick_at);
    Ok(last.is_some_and(|last| app.now().signed_duration_since(last) < HEARTBEAT))
}

/// Numbers.
#[utoipa::path(
    operation_id = "get_metrics", tag = "Meta", security(()),
    summary = "Read metrics", description = "Counters and durations, in Prometheus' text format.",
    responses((status = 200, description = "The metrics", body = String, content_type = "text/plain",
        example = json!("http_requests_total{method=\"GET\",route=\"/v1/services\",status=\"200\"} 3\n"))),
)]
#[get("/metrics")]
pub async fn get_metrics(server: Data<Server>) -> Reply {
    Reply::bytes("text/plain; version=0.0.4; charset=utf-8", server.metrics.render())
        .header("cache-control", "no-store")
}

/// The contract.
#[utoipa::path(
    operation_id = "get_openapi", tag = "Meta", security(()),
    summary = "Read the contract", description = "This API as OpenAPI 3.1.",
    responses((status = 200, description = "The document", body = Object)),
)]
#[get("/openapi.json")]
pub async fn get_openapi(server: Data<Server>) -> Reply {
    contract(&server.documents.full)
}

/// The contract for client generators.
#[utoipa::path(
    operation_id = "get_openapi_client", tag = "Meta", security(()),
    summary = "Read the contract for client generators", description = "The same contract without webhooks, which some generators cannot read.",
    responses((status = 200, description = "The document", body = Object)),
)]
#[get("/openapi-client.json")]
pub async fn get_openapi_client(server: Data<Server>) -> Reply {
    contract(&server.documents.client)
}

/// The contract as OpenAPI 3.0.
#[utoipa::path(
    operation_id = "get_openapi_three_zero", tag = "Meta", security(()),
    summary = "Read the contract as OpenAPI 3.0", description = "The same contract for generators that cannot read OpenAPI 3.1.",
    responses((status = 200, description = "The document", body = Object)),
)]
#[get("/openapi-3.0.json")]
pub async fn get_openapi_three_zero(server: Data<Server>) -> Reply {
    contract(&server.documents.three_zero)
}

fn contract(document: &web::Bytes) -> Reply {
    Reply::bytes("application/json", document.clone()).header("cache-control", CACHED)
}

/// The keys that sign access tokens.
#[utoipa::path(
    operation_id = "get_signing_keys", tag = "Meta", security(()),
    summary = "Read the public signing keys", description = "The keys with which access tokens can be checked, as a JSON Web Key Set (RFC 7517).",
    responses((status = 200, description = "The keys", body = KeySetView)),
)]
#[get("/.well-known/jwks.json")]
pub async fn get_signing_keys(app: Data<App>) -> Reply {
    Reply::ok(&app.access_tokens.jwks()).header("cache-control", CACHED)
}

/// A JSON Web Key Set.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = KeySet, example = json!({"keys": [{"kty": "OKP", "use": "sig", "alg": "EdDSA", "kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}))]
pub struct KeySetView {
    /// The keys.
    #[schema(max_items = 10, value_type = Vec<Object>)]
    pub keys: Vec<serde_json::Value>,
}

/// The server's time.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Time)]
pub struct TimeView {
    /// The server's instant.
    #[schema(example = "2026-01-30T10:00:00Z")]
    pub now_at: DateTime<Utc>,
    /// The billing day in the seller's time zone.
    #[schema(example = "2026-01-30")]
    pub billing_on: NaiveDate,
    /// The seller's time zone.
    #[schema(max_length = 48, example = "Europe/Paris")]
    pub time_zone: String,
}

/// What time it is.
#[utoipa::path(
    operation_id = "get_time", tag = "Meta", security(()),
    summary = "Read the server's time", description = "The instant on the server's clock and the seller's billing day. Accounts on a test clock live in that clock's time instead.",
    responses((status = 200, description = "The time", body = TimeView)),
)]
#[get("/time")]
pub async fn get_time(app: Data<App>) -> Result<Reply, Problem> {
    let (now, time_zone) = (app.now(), app.config().seller.time_zone.clone());
    let zone: chrono_tz::Tz = time_zone.parse().map_err(crate::actions::Error::internal)?;
    let billing_on = domain::calendar::billing_day(now, zone);
    Ok(Reply::ok(&TimeView { now_at: now, billing_on, time_zone }).header("cache-control", "no-store"))
}
