//! An order is placed.

use super::quote::{Item, Quote};
use super::{history, quote};
use crate::actions::{Context, Error, account, milestone, record};
use crate::db::Tx;
use crate::mail::{self, Letter, message::Message};
use domain::id::AccountId;
use domain::money::Money;
use domain::order::{StepStatus, TrackingStep};
use domain::timeline::{MilestoneKind, Rule};
use entity::order_item;
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use serde_json::json;

/// Stores a quote as an order that waits for its payment.
///
/// # Errors
/// As [`quote()`].
pub async fn place(tx: &Tx, cx: &Context<'_>, owner: AccountId, items: &[Item]) -> Result<Quote, Error> {
    let account = account::lock(tx, owner).await?;
    let quote = quote(&**tx, cx, &account, items).await?;
    let order = &quote.order;
    order.clone().into_active_model().reset_all().insert(&**tx).await?;
    let rows = quote.items.iter().map(|item| item.clone().into_active_model().reset_all());
    order_item::Entity::insert_many(rows).exec_without_returning(&**tx).await?;
    history(tx, cx, order, TrackingStep::Validating, StepStatus::Todo).await?;
    milestone::add(
        tx,
        cx,
        milestone::New {
            account: &account,
            kind: MilestoneKind::ExpireOrder,
            subject: order.id.0,
            due_at: order.expires_at,
            rule: Rule::OrderUnpaid,
            step: 0,
        },
    )
    .await?;
    let gross = Money::from_minor(order.gross, crate::actions::invoice::currency(&order.currency)?);
    let amount = json!({ "amount": gross.to_string(), "currency": order.currency });
    let data = json!({ "number": order.number, "status": order.status, "gross": amount });
    record::activity(tx, cx, owner, "order.placed", Some(data.clone())).await?;
    record::event(tx, cx, owner, "order.placed", &order.id, data).await?;
    let message = Message::OrderPlaced { number: order.number.clone(), gross, pay_before: order.expires_at };
    mail::queue(tx, cx, Letter::new(&account, &message, format!("order_placed:{}", order.id))).await?;
    Ok(quote)
}
