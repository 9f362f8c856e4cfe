//! The owner gives an unpaid order up.

use crate::actions::{Context, Error, milestone, record};
use crate::db::Tx;
use crate::mail::{self, Letter, message::Message};
use domain::id::{AccountId, OrderId};
use domain::order::OrderEvent;
use entity::{account, order};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, IntoActiveModel};
use serde_json::json;

/// Cancels an order that is not paid and has no payment under way.
///
/// # Errors
/// [`Error::NotFound`], `order_not_cancellable`, `payment_in_progress`, or the database's.
pub async fn cancel(tx: &Tx, cx: &Context<'_>, owner: AccountId, id: OrderId) -> Result<order::Model, Error> {
    let (account, order) = super::locked(tx, owner, id).await?;
    super::may_cancel(order.status, super::attempt(&**tx, id).await?)?;
    milestone::drop_all(tx, cx, owner, id.0).await?;
    end(tx, cx, &account, order, OrderEvent::Cancel).await
}

/// Ends an unpaid order: state, activity, event and mail.
pub(super) async fn end(
    tx: &Tx,
    cx: &Context<'_>,
    account: &account::Model,
    order: order::Model,
    event: OrderEvent,
) -> Result<order::Model, Error> {
    let status = order.status.after(event)?;
    let version = order.version + 1;
    let mut row = order.into_active_model();
    row.status = Set(status);
    row.version = Set(version);
    let order = row.update(&**tx).await?;
    let expired = event == OrderEvent::Expire;
    let kind = if expired { "order.expired" } else { "order.cancelled" };
    let data = json!({ "number": order.number, "status": order.status });
    record::activity(tx, cx, account.id, kind, Some(json!({ "number": order.number }))).await?;
    record::event(tx, cx, account.id, kind, &order.id, data).await?;
    let message = Message::OrderEnded { number: order.number.clone(), expired };
    mail::queue(tx, cx, Letter::new(account, &message, format!("order_ended:{}", order.id))).await?;
    Ok(order)
}
