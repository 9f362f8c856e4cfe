//! Test clocks and the operations that move them.

use crate::actions::{self, test_clock as clocks};
use crate::app::App;
use crate::http::body::{Body, PathId};
use crate::http::caller::Operator;
use crate::http::idempotency::Key;
use crate::http::page::{self, KeyColumn, Page, PageQuery};
use crate::http::reply::Reply;
use crate::problem::{Code, Problem};
use actix_web::web::Data;
use actix_web::{get, post};
use chrono::{DateTime, Utc};
use domain::id::{OperationId, TestClockId};
use entity::{operation, test_clock};
use sea_orm::EntityTrait;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

/// The routes.
pub fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(create_test_clock)
        .service(list_test_clocks)
        .service(get_test_clock)
        .service(advance_test_clock)
        .service(get_operation);
}

/// A test clock.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = TestClock)]
pub struct ClockView {
    /// Its id.
    #[schema(value_type = String, pattern = "^clk_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "clk_01h455vb4pex5vsknk084sn02q")]
    pub id: TestClockId,
    /// What it is called.
    #[schema(max_length = 64, example = "A customer's year")]
    pub name: String,
    /// Tells its invoices apart: their series begin with `T` and this number.
    #[schema(minimum = 1, example = 1)]
    pub serial: i64,
    /// Where it stands.
    #[serde(rename = "now_at")]
    #[schema(example = "2026-01-30T10:00:00Z")]
    pub now: DateTime<Utc>,
    /// Where it is moving to, while it moves.
    #[serde(rename = "target_at", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-03-01T00:00:00Z")]
    pub target: Option<DateTime<Utc>>,
    /// The operation that moved it last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false, pattern = "^opn_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "opn_01h455vb4pex5vsknk084sn02q")]
    pub operation_id: Option<OperationId>,
    /// When it was made, in real time.
    #[schema(example = "2026-01-30T10:00:00Z")]
    pub created_at: DateTime<Utc>,
}

impl From<test_clock::Model> for ClockView {
    fn from(clock: test_clock::Model) -> Self {
        let test_clock::Model { id, name, serial, now, target, operation_id, created_at, lease_until: _ } = clock;
        Self { id, name, serial, now, target, operation_id, created_at }
    }
}

/// A long-running operation.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Operation)]
pub struct OperationView {
    /// Its id.
    #[schema(value_type = String, pattern = "^opn_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "opn_01h455vb4pex5vsknk084sn02q")]
    pub id: OperationId,
    /// What it does. Extensible enum.
    #[schema(max_length = 32, example = "test_clock_advance")]
    pub kind: String,
    /// `running`, `succeeded`, `failed`. Extensible enum.
    #[schema(max_length = 16, example = "running")]
    pub status: String,
    /// How far it is, in percent.
    #[schema(minimum = 0, maximum = 100, example = 40)]
    pub progress: i32,
    /// More about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 1000, example = "2026-01-30 10:00:00 UTC → 2026-03-01 00:00:00 UTC")]
    pub detail: Option<String>,
    /// When it was asked for.
    #[schema(example = "2026-01-30T10:00:00Z")]
    pub created_at: DateTime<Utc>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-01-30T10:00:03Z")]
    pub finished_at: Option<DateTime<Utc>>,
}

impl From<operation::Model> for OperationView {
    fn from(operation: operation::Model) -> Self {
        let operation::Model { id, kind, status, progress, detail, created_at, finished_at } = operation;
        Self { id, kind, status, progress, detail, created_at, finished_at }
    }
}

/// A test clock to make.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTestClock {
    /// What it is called.
    #[schema(min_length = 1, max_length = 64, example = "A customer's year")]
    pub name: String,
    /// Where it begins; real time when left out.
    #[serde(default, rename = "now_at")]
    #[schema(nullable = false, example = "2026-01-30T10:00:00Z")]
    pub now: Option<DateTime<Utc>>,
}

/// Where a test clock moves to.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TestClockAdvance {
    /// The instant at which it will stand.
    #[schema(example = "2026-03-01T00:00:00Z")]
    pub to: DateTime<Utc>,
}

/// Makes a test clock.
#[utoipa::path(
    operation_id = "create_test_clock", tag = "Operator", security(("bearer" = ["operator:*"])),
    summary = "Create a test clock",
    description = "Makes a clock that stands still until it is moved. Accounts are attached to it with `PATCH /v1/operator/accounts/{id}`. Only where the configuration allows test clocks; `not_found` otherwise.",
    request_body = NewTestClock,
    responses(
        (status = 201, description = "The clock", body = ClockView),
        (status = 404, description = "The configuration allows no test clocks", body = crate::problem::ProblemBody),
    ),
)]
#[post("/operator/test-clocks")]
pub async fn create_test_clock(
    app: Data<App>,
    operator: Operator,
    key: Key,
    Body(new): Body<NewTestClock>,
) -> Result<Reply, Problem> {
    enabled(&app)?;
    let now = new.now.unwrap_or(operator.real_now);
    key.once(&app, &operator.scope(), async |tx| {
        let clock = clocks::create(tx, &operator.cx(&app, operator.real_now), &new.name, now).await?;
        Ok(Reply::created(format!("/v1/operator/test-clocks/{}", clock.id), &ClockView::from(clock)))
    })
    .await
}

/// Test clocks, the last made first.
#[utoipa::path(
    operation_id = "list_test_clocks", tag = "Operator", security(("bearer" = ["operator:*"])),
    summary = "List test clocks",
    description = "Every test clock, the last made first. Sorts by `serial`.",
    params(PageQuery),
    responses(
        (status = 200, description = "A page of clocks", body = Page<ClockView>),
        (status = 404, description = "The configuration allows no test clocks", body = crate::problem::ProblemBody),
    ),
)]
#[get("/operator/test-clocks")]
pub async fn list_test_clocks(app: Data<App>, _operator: Operator, query: PageQuery) -> Result<Reply, Problem> {
    enabled(&app)?;
    let serial = test_clock::Column::Serial;
    let key = query.sort(&[("serial", serial)], KeyColumn::Desc(serial))?;
    let page = page::keyset(app.read(), test_clock::Entity::find(), key, &query).await?;
    Ok(Reply::page(&page.map(ClockView::from), &query))
}

/// One test clock.
#[utoipa::path(
    operation_id = "get_test_clock", tag = "Operator", security(("bearer" = ["operator:*"])),
    summary = "Get a test clock",
    description = "Where a test clock stands and, while it moves, where it moves to.",
    params(("id" = String, Path, description = "Id of the clock.", pattern = "^clk_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "clk_01h455vb4pex5vsknk084sn02q")),
    responses((status = 200, description = "The clock", body = ClockView)),
)]
#[get("/operator/test-clocks/{id}")]
pub async fn get_test_clock(
    app: Data<App>,
    _operator: Operator,
    PathId(id): PathId<TestClockId>,
) -> Result<Reply, Problem> {
    enabled(&app)?;
    let clock = test_clock::Entity::find_by_id(id).one(&**app.read()).await?;
    Ok(Reply::ok(&ClockView::from(clock.ok_or(Problem::new(Code::NotFound))?)))
}

/// Moves a test clock.
#[utoipa::path(
    operation_id = "advance_test_clock", tag = "Operator", security(("bearer" = ["operator:*"])),
    summary = "Move a test clock",
    description = "The clock moves to the instant `to`, and all that falls due on the way happens, in order, to its accounts only. The answer is an operation; it has succeeded once everything is done, mails included. Refused with `clock_goes_back` and `clock_advancing`.",
    params(("id" = String, Path, description = "Id of the clock.", pattern = "^clk_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "clk_01h455vb4pex5vsknk084sn02q")),
    request_body = TestClockAdvance,
    responses((status = 202, description = "The operation that moves it", body = OperationView)),
)]
#[post("/operator/test-clocks/{id}/advance")]
pub async fn advance_test_clock(
    app: Data<App>,
    operator: Operator,
    key: Key,
    PathId(id): PathId<TestClockId>,
    Body(advance): Body<TestClockAdvance>,
) -> Result<Reply, Problem> {
    enabled(&app)?;
    key.once(&app, &operator.scope(), async |tx| {
        let operation = clocks::advance(tx, &operator.cx(&app, operator.real_now), id, advance.to).await?;
        Ok(Reply::accepted(Some(format!("/v1/operations/{}", operation.id)), &OperationView::from(operation)))
    })
    .await
}

/// How far a long-running operation is.
#[utoipa::path(
    operation_id = "get_operation", tag = "Operator", security(("bearer" = ["operator:*"])),
    summary = "Get a long-running operation",
    description = "How far an operation is that was answered with 202.",
    params(("id" = String, Path, description = "Id of the operation.", pattern = "^opn_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "opn_01h455vb4pex5vsknk084sn02q")),
    responses((status = 200, description = "The operation", body = OperationView)),
)]
#[get("/operations/{id}")]
pub async fn get_operation(
    app: Data<App>,
    _operator: Operator,
    PathId(id): PathId<OperationId>,
) -> Result<Reply, Problem> {
    let operation = operation::Entity::find_by_id(id).one(&**app.read()).await?;
    Ok(Reply::ok(&OperationView::from(operation.ok_or(Problem::new(Code::NotFound))?)))
}

fn enabled(app: &App) -> Result<(), actions::Error> {
    if app.config().test_clocks { Ok(()) } else { Err(actions::Error::NotFound) }
}
