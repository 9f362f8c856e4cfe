//! The time to pay an order is over.

use super::Attempt;
use crate::actions::{Context, Error, milestone};
use crate::db::Tx;
use chrono::TimeDelta;
use domain::id::OrderId;
use domain::order::{OrderEvent, OrderStatus};
use domain::timeline::{MilestoneKind, Rule};

/// Ends an order that still waits for its payment. While a payment is under way the end moves by a day;
/// an order that was paid or given up meanwhile stays as it is.
///
/// # Errors
/// The database's.
pub async fn expire(tx: &Tx, cx: &Context<'_>, id: OrderId) -> Result<(), Error> {
    let (account, order) = super::locked_any(tx, id).await?;
    if order.status != OrderStatus::AwaitingPayment {
        return Ok(());
    }
    match super::attempt(&**tx, id).await? {
        Attempt::None => super::cancel::end(tx, cx, &account, order, OrderEvent::Expire).await.map(drop),
        Attempt::Live => {
            let days = (cx.now - order.expires_at).num_days().max(0) + 1;
            milestone::add(
                tx,
                cx,
                milestone::New {
                    account: &account,
                    kind: MilestoneKind::ExpireOrder,
                    subject: id.0,
                    due_at: order.expires_at + TimeDelta::days(days),
                    rule: Rule::OrderUnpaid,
                    step: i32::try_from(days).map_err(Error::internal)?,
                },
            )
            .await
        }
    }
}
