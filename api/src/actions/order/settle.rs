//! An order is paid: its invoice is issued, its services are made, their delivery is planned.

use crate::actions::invoice::issue::{self, Draft, DraftLine};
use crate::actions::invoice::pay;
use crate::actions::milestone::{self, New};
use crate::actions::{Context, Error, record, service};
use crate::db::Tx;
use crate::mail::message::Message;
use crate::mail::{self, Letter};
use domain::id::{AccountId, InvoiceId, OrderId, PaymentId};
use domain::money::{Money, Scaled6};
use domain::order::{OrderEvent, OrderStatus, StepStatus, TrackingStep};
use domain::policy::Delivery;
use domain::timeline::{MilestoneKind, Rule};
use entity::{account, order, order_item, payment, plan};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;

/// Whether money for an order is still wanted.
///
/// # Errors
/// The database's.
pub async fn is_payable(tx: &Tx, account: AccountId, id: OrderId) -> Result<bool, Error> {
    let order = order::Entity::find_by_id(id).filter(order::Column::AccountId.eq(account)).one(&**tx).await?;
    Ok(order.is_some_and(|order| order.status == OrderStatus::AwaitingPayment))
}

/// Issues the invoice of a paid order, books the money, makes its services and plans their delivery.
///
/// # Errors
/// `invalid_transition` unless it waits for its payment; the database's.
pub async fn settle(
    tx: &Tx,
    cx: &Context<'_>,
    account: &account::Model,
    payment: &payment::Model,
    paid: (Money, pay::From, Option<PaymentId>),
) -> Result<InvoiceId, Error> {
    let id = payment.order_id.ok_or_else(|| Error::internal("an order payment without order"))?;
    let order = order::Entity::find_by_id(id)
        .filter(order::Column::AccountId.eq(account.id))
        .one(&**tx)
        .await?
        .ok_or(Error::NotFound)?;
    let status = order.status.after(OrderEvent::Pay)?;
    let items = order_item::Entity::find()
        .filter(order_item::Column::OrderId.eq(order.id))
        .order_by_asc(order_item::Column::Position)
        .all(&**tx)
        .await?;
    let invoice = issue::invoice(tx, cx, draft(account, &order, &items)).await?;
    if invoice.gross != order.gross {
        return Err(Error::internal(format!("order {} and its invoice differ", order.number)));
    }
    pay::book(tx, cx, account.id, invoice.id, paid).await?;
    order::Entity::update_many()
        .col_expr(order::Column::Status, Expr::value(status))
        .col_expr(order::Column::PaidAt, Expr::value(Some(cx.now)))
        .col_expr(order::Column::InvoiceId, Expr::value(Some(invoice.id)))
        .col_expr(order::Column::Version, Expr::col(order::Column::Version).add(1))
        .filter(order::Column::Id.eq(order.id))
        .filter(order::Column::Status.eq(order.status))
        .exec(&**tx)
        .await?;
    for item in &items {
        service::create_for_item(tx, cx, account, item, invoice.id).await?;
    }
    milestone::drop_all(tx, cx, account.id, order.id.0).await?;
    super::history(tx, cx, &order, TrackingStep::Validating, StepStatus::Doing).await?;
    if delivers_itself(tx, &items).await? {
        plan_delivery(tx, cx, account, order.id).await?;
    }
    receipt(tx, cx, account, &order, &invoice).await?;
    let data = json!({ "number": order.number, "invoice": invoice.number });
    record::event(tx, cx, account.id, "order.paid", &order.id, data).await?;
    Ok(invoice.id)
}

fn draft<'a>(account: &'a account::Model, order: &order::Model, items: &[order_item::Model]) -> Draft<'a> {
    Draft {
        account,
        order: Some(order.id),
        tax: order.tax_decision(),
        lines: items
            .iter()
            .map(|item| DraftLine {
                label: item.label.clone(),
                service: None,
                quantity: Scaled6::whole(item.quantity),
                unit_price: item.unit_price,
                starts_on: None,
                ends_on: None,
                period: item.period,
            })
            .collect(),
    }
}

/// Whether something of the order becomes available without the provider's systems.
async fn delivers_itself(tx: &Tx, items: &[order_item::Model]) -> Result<bool, Error> {
    let automatic = plan::Entity::find()
        .filter(plan::Column::Id.is_in(items.iter().map(|item| item.plan_id)))
        .filter(plan::Column::Delivery.eq(Delivery::Automatic))
        .one(&**tx)
        .await?;
    Ok(automatic.is_some())
}

async fn plan_delivery(tx: &Tx, cx: &Context<'_>, account: &account::Model, order: OrderId) -> Result<(), Error> {
    let new = New {
        account,
        kind: MilestoneKind::DeliverOrder,
        subject: order.0,
        due_at: cx.now,
        rule: Rule::OrderPaid,
        step: 0,
    };
    milestone::add(tx, cx, new).await
}

async fn receipt(
    tx: &Tx,
    cx: &Context<'_>,
    account: &account::Model,
    order: &order::Model,
    invoice: &entity::invoice::Model,
) -> Result<(), Error> {
    let gross = Money::from_minor(invoice.gross, crate::actions::invoice::currency(&invoice.currency)?);
    let message = Message::OrderPaid { number: order.number.clone(), gross, invoice: invoice.number.clone() };
    let cause = format!("order_paid:{}", order.id);
    mail::queue(tx, cx, Letter { account, message: &message, cause, to: None, service: None, names_on: None }).await
}
