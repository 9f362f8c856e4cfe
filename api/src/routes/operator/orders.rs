//! The delivery of orders, as the provider's systems report it.

use crate::actions::order::{self as actions, history};
use crate::app::App;
use crate::http::body::{Patch, PathId, segment};
use crate::http::caller::Operator;
use crate::http::idempotency::Key;
use crate::http::reply::Reply;
use crate::problem::Problem;
use crate::routes::orders::tracking::{TrackingView, tracking};
use crate::routes::views;
use actix_web::web::Data;
use actix_web::{HttpRequest, patch};
use domain::id::OrderId;
use domain::order::{StepStatus, TrackingStep};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

/// The routes.
pub fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(set_order_step);
}

/// How far a step is.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderStepPatch {
    /// How far it is now.
    #[schema(schema_with = views::step_statuses)]
    pub status: StepStatus,
}

/// Reports a step of an order.
#[utoipa::path(
    operation_id = "set_order_step", tag = "Operator", security(("bearer" = ["operator:*"])),
    summary = "Report a delivery step of an order",
    description = "Sets a tracking step of a paid order: `validating`, `validated`, `delivering`, `available`, each once the one before is done (`step_out_of_order` otherwise). `available` done makes every service of the order available, on its owner's billing day, and ends the order. Setting the present status again changes nothing.",
    params(
        ("id" = String, Path, description = "Id of the order.", pattern = "^ord_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "ord_01h455vb4pex5vsknk084sn02q"),
        ("step" = String, Path, description = "The step.", max_length = 16, example = "delivering"),
    ),
    request_body = OrderStepPatch,
    responses((status = 200, description = "The order's tracking", body = TrackingView)),
)]
#[patch("/operator/orders/{id}/steps/{step}")]
pub async fn set_order_step(
    app: Data<App>,
    operator: Operator,
    key: Key,
    request: HttpRequest,
    PathId(id): PathId<OrderId>,
    Patch(patch): Patch<OrderStepPatch>,
) -> Result<Reply, Problem> {
    let step: TrackingStep = segment(&request, "step")?;
    key.once(&app, &operator.scope(), async |tx| {
        // the action moves to the clock of the order's owner
        let cx = operator.cx(&app, operator.real_now);
        let order = actions::set_step(tx, &cx, id, step, patch.status).await?;
        let lines = history::lines(&**tx, id).await?;
        Ok(Reply::ok(&tracking(&order, &lines, operator.client.language)))
    })
    .await
}
