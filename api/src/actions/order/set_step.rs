//! The provider's systems report how far the delivery of an order is.

use super::{deliver, history};
use crate::actions::{Context, Error, account, record};
use crate::db::Tx;
use domain::id::OrderId;
use domain::order::{OrderStatus, StepStatus, TrackingStep};
use domain::refusal::Refusal;
use entity::order;
use serde_json::json;

/// Sets a tracking step. `validated` done lets the delivery begin, `available` done delivers every
/// service that is not yet and ends the order. The step's present status set again changes nothing.
///
/// # Errors
/// [`Error::NotFound`], `step_out_of_order` when an earlier step is not done, the step cannot go there or
/// the order is unpaid or at its end, or the database's.
pub async fn set_step(
    tx: &Tx,
    cx: &Context<'_>,
    id: OrderId,
    step: TrackingStep,
    status: StepStatus,
) -> Result<order::Model, Error> {
    let (account, order) = super::locked_any(tx, id).await?;
    let cx = &account::on_clock_of(tx, cx, &account).await?;
    let lines = history::lines(&**tx, id).await?;
    if !may_set(order.status, &history::standing(&lines), step, status)? {
        return Ok(order);
    }
    let order = match (step, status) {
        (TrackingStep::Validated, StepStatus::Done) => deliver::validate(tx, cx, order).await?,
        (TrackingStep::Available, StepStatus::Done) => {
            history(tx, cx, &order, step, status).await?;
            let items = super::items(&**tx, id).await?;
            deliver::finish(tx, cx, &account, order, &items).await?
        }
        (TrackingStep::Validating | TrackingStep::Delivery, _)
        | (
            TrackingStep::Validated | TrackingStep::Available,
            StepStatus::Todo | StepStatus::Doing | StepStatus::Error,
        ) => {
            history(tx, cx, &order, step, status).await?;
            order
        }
    };
    let data = json!({ "number": order.number, "step": step, "step_status": status, "status": order.status });
    record::activity(tx, cx, account.id, "order.step_changed", Some(data.clone())).await?;
    record::event(tx, cx, account.id, "order.step_changed", &id, data).await?;
    Ok(order)
}

/// Whether something changes, if the step may be set at all.
fn may_set(
    order: OrderStatus,
    standing: &[(TrackingStep, StepStatus)],
    step: TrackingStep,
    status: StepStatus,
) -> Result<bool, Refusal> {
    let mut before = standing.iter().take_while(|(each, _)| *each != step);
    let now = standing.iter().find(|(each, _)| *each == step).map_or(StepStatus::Todo, |(_, status)| *status);
    if now == status {
        return Ok(false);
    }
    match order {
        OrderStatus::Checking | OrderStatus::Delivering => {}
        OrderStatus::AwaitingPayment
        | OrderStatus::DocumentsRequested
        | OrderStatus::Delivered
        | OrderStatus::Cancelled
        | OrderStatus::Expired
        | OrderStatus::Withdrawn => return Err(Refusal::StepOutOfOrder),
    }
    if before.all(|(_, status)| *status == StepStatus::Done) && now.may_become(status) {
        Ok(true)
    } else {
        Err(Refusal::StepOutOfOrder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use StepStatus::{Doing, Done, Error, Todo};
    use TrackingStep::{Available, Delivery, Validated, Validating};

    #[test]
    fn a_step_follows_the_one_before() {
        let standing = [(Validating, Done), (Validated, Done), (Delivery, Doing), (Available, Todo)];
        let set = |order, step, status| may_set(order, &standing, step, status);
        assert_eq!(set(OrderStatus::Delivering, Delivery, Done), Ok(true));
        assert_eq!(set(OrderStatus::Delivering, Delivery, Error), Ok(true));
        assert_eq!(set(OrderStatus::Delivering, Delivery, Doing), Ok(false));
        assert_eq!(set(OrderStatus::Delivering, Delivery, Todo), Err(Refusal::StepOutOfOrder));
        assert_eq!(set(OrderStatus::Delivering, Available, Done), Err(Refusal::StepOutOfOrder));
        assert_eq!(set(OrderStatus::Delivering, Validated, Error), Err(Refusal::StepOutOfOrder));
        assert_eq!(set(OrderStatus::Cancelled, Delivery, Done), Err(Refusal::StepOutOfOrder));
    }
}
