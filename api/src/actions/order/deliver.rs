//! A paid order is validated and what it ordered becomes available.

use super::history;
use crate::actions::{Context, Error, record, service};
use crate::db::Tx;
use crate::mail::{self, Letter, message::Message};
use domain::id::{OrderId, PlanId};
use domain::order::{OrderEvent, OrderStatus, StepStatus, TrackingStep};
use domain::policy::Delivery;
use domain::service::ServiceStatus;
use entity::{account, order, order_item, plan};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde_json::json;
use std::collections::BTreeSet;

/// Validates the order and delivers the services of plans with automatic delivery. If others are among
/// them, the order waits for the steps that the provider's systems report. Done again, it changes nothing.
///
/// # Errors
/// The database's, or what a delivery says.
pub async fn deliver(tx: &Tx, cx: &Context<'_>, id: OrderId) -> Result<(), Error> {
    let (account, order) = super::locked_any(tx, id).await?;
    let order = match order.status {
        OrderStatus::Checking => validate(tx, cx, order).await?,
        OrderStatus::Delivering => order,
        OrderStatus::AwaitingPayment
        | OrderStatus::DocumentsRequested
        | OrderStatus::Delivered
        | OrderStatus::Cancelled
        | OrderStatus::Expired
        | OrderStatus::Withdrawn => return Ok(()),
    };
    let items = super::items(&**tx, id).await?;
    let by_operator = operator_plans(tx, &items).await?;
    reach(tx, cx, &order, TrackingStep::Delivery, StepStatus::Doing).await?;
    let automatic: Vec<_> = items.iter().filter(|item| !by_operator.contains(&item.plan_id)).cloned().collect();
    deliver_items(tx, cx, &account, &automatic).await?;
    if by_operator.is_empty() {
        reach(tx, cx, &order, TrackingStep::Delivery, StepStatus::Done).await?;
        reach(tx, cx, &order, TrackingStep::Available, StepStatus::Done).await?;
        finish(tx, cx, &account, order, &items).await?;
    }
    Ok(())
}

/// The check ended well.
pub(super) async fn validate(tx: &Tx, cx: &Context<'_>, order: order::Model) -> Result<order::Model, Error> {
    let status = order.status.after(OrderEvent::Validate)?;
    let version = order.version + 1;
    let mut row = order.into_active_model();
    row.status = Set(status);
    row.version = Set(version);
    let order = row.update(&**tx).await?;
    reach(tx, cx, &order, TrackingStep::Validating, StepStatus::Done).await?;
    reach(tx, cx, &order, TrackingStep::Validated, StepStatus::Done).await?;
    record::event(tx, cx, order.account_id, "order.validated", &order.id, json!({ "number": order.number })).await?;
    Ok(order)
}

/// Everything ordered is available: what is not delivered yet is, and the owner is told.
pub(super) async fn finish(
    tx: &Tx,
    cx: &Context<'_>,
    account: &account::Model,
    order: order::Model,
    items: &[order_item::Model],
) -> Result<order::Model, Error> {
    deliver_items(tx, cx, account, items).await?;
    let status = order.status.after(OrderEvent::Deliver)?;
    let version = order.version + 1;
    let mut row = order.into_active_model();
    row.status = Set(status);
    row.delivered_at = Set(Some(cx.now));
    row.version = Set(version);
    let order = row.update(&**tx).await?;
    let services = super::services(&**tx, account.id, items).await?;
    let names = services.iter().map(|service| service.display_name.clone()).collect();
    let ids: Vec<_> = services.iter().map(|service| service.id).collect();
    let data = json!({ "number": order.number, "status": order.status, "service_ids": ids });
    record::activity(tx, cx, account.id, "order.delivered", Some(json!({ "number": order.number }))).await?;
    record::event(tx, cx, account.id, "order.delivered", &order.id, data).await?;
    let message = Message::OrderDelivered { number: order.number.clone(), services: names };
    mail::queue(tx, cx, Letter::new(account, &message, format!("order_delivered:{}", order.id))).await?;
    Ok(order)
}

/// Makes the services of these lines available that are not yet.
async fn deliver_items(
    tx: &Tx,
    cx: &Context<'_>,
    account: &account::Model,
    items: &[order_item::Model],
) -> Result<(), Error> {
    for service in super::services(&**tx, account.id, items).await? {
        if service.status == ServiceStatus::Delivering {
            service::deliver(tx, cx, account, &service).await?;
        }
    }
    Ok(())
}

/// Notes a step, unless it is as far already.
async fn reach(
    tx: &Tx,
    cx: &Context<'_>,
    order: &order::Model,
    step: TrackingStep,
    status: StepStatus,
) -> Result<(), Error> {
    let lines = history::lines(&**tx, order.id).await?;
    let now = lines.iter().rev().find(|line| line.step == step).map_or(StepStatus::Todo, |line| line.status);
    if now.may_become(status) { history(tx, cx, order, step, status).await } else { Ok(()) }
}

/// The plans among these lines that the provider's systems deliver.
async fn operator_plans(tx: &Tx, items: &[order_item::Model]) -> Result<BTreeSet<PlanId>, Error> {
    let plans =
        plan::Entity::find().filter(plan::Column::Id.is_in(items.iter().map(|item| item.plan_id))).all(&**tx).await?;
    let by_operator = plans.into_iter().filter(|plan| match plan.delivery {
        Delivery::Operator => true,
        Delivery::Automatic => false,
    });
    Ok(by_operator.map(|plan| plan.id).collect())
}
