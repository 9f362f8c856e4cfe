//! The scheduler: whether it lives, and whether renewals are paused.

use crate::actions::operator::release_scheduler::{ROW, release_scheduler};
use crate::app::App;
use crate::http::caller::Operator;
use crate::http::idempotency::RequiredKey;
use crate::http::reply::Reply;
use crate::problem::Problem;
use actix_web::web::Data;
use actix_web::{delete, get};
use chrono::{DateTime, Utc};
use domain::timeline::MilestoneState;
use entity::{milestone, scheduler_state};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

/// The routes.
pub fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(get_scheduler).service(release_renewals);
}

/// The scheduler.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Scheduler)]
pub struct SchedulerView {
    /// Whether renewals and charges wait for an operator.
    #[schema(example = false)]
    pub renewals_paused: bool,
    /// Why they wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 1000, example = "40 % of the services are due at once")]
    pub pause_reason: Option<String>,
    /// When it last looked at what is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-01-30T10:00:00Z")]
    pub last_tick_at: Option<DateTime<Utc>>,
    /// Milestones that are due and not done, test clocks aside.
    #[schema(minimum = 0, example = 0)]
    pub due: u64,
    /// Milestones that failed too often and wait for an operator.
    #[schema(minimum = 0, example = 0)]
    pub parked: u64,
}

/// Whether the scheduler lives.
#[utoipa::path(
    operation_id = "get_scheduler", tag = "Operator", security(("bearer" = ["operator:*"])),
    summary = "Get the state of the scheduler",
    description = "When the scheduler last looked at what is due, how much is due or parked, and whether renewals and charges are paused.",
    responses((status = 200, description = "The scheduler", body = SchedulerView)),
)]
#[get("/operator/scheduler")]
pub async fn get_scheduler(app: Data<App>, operator: Operator) -> Result<Reply, Problem> {
    use milestone::Column;
    let db = &**app.read();
    let state = scheduler_state::Entity::find_by_id(ROW).one(db).await?;
    let due = milestone::Entity::find()
        .filter(milestone::is_in(MilestoneState::Planned))
        .filter(Column::TestClockId.is_null())
        .filter(Column::RunAt.lte(operator.real_now));
    let parked = milestone::Entity::find().filter(milestone::is_in(MilestoneState::Parked));
    Ok(Reply::ok(&SchedulerView {
        renewals_paused: state.as_ref().is_some_and(|state| state.renewals_paused),
        pause_reason: state.as_ref().and_then(|state| state.pause_reason.clone()),
        last_tick_at: state.and_then(|state| state.last_tick_at),
        due: due.count(db).await?,
        parked: parked.count(db).await?,
    }))
}

/// Ends the pause of renewals.
#[utoipa::path(
    operation_id = "release_renewals", tag = "Operator", security(("bearer" = ["operator:*"])),
    summary = "End the pause of renewals",
    description = "Lets renewals and charges go on that the scheduler paused because too much was due at once or its clock jumped; a service with several unbilled periods is renewed one period at a time. Where nothing is paused it changes nothing.",
    responses((status = 204, description = "Renewals go on")),
    extensions(("x-idempotency" = json!("required"))),
)]
#[delete("/operator/scheduler/pause")]
pub async fn release_renewals(app: Data<App>, operator: Operator, key: RequiredKey) -> Result<Reply, Problem> {
    key.0
        .once(&app, &operator.scope(), async |tx| {
            release_scheduler(tx, &operator.cx(&app, operator.real_now)).await?;
            Ok(Reply::no_content())
        })
        .await
}
