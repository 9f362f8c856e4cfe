//! The gateway took the money, or the balance gave it: it pays what it was meant for, or goes back.

use super::settle::set_status;
use super::{Purpose, quote::Quote};
use crate::actions::invoice::{self, pay};
use crate::actions::ledger::{self, Ledger, Posting};
use crate::actions::milestone::{self, New};
use crate::actions::service::settle_renewal::{self, Payer};
use crate::actions::service::{self as services, OPEN, set_renewal};
use crate::actions::{Context, Error, order, record};
use crate::db::Tx;
use crate::mail::message::Message;
use crate::mail::{self, Letter};
use domain::invoice::InvoiceStatus;
use domain::money::Money;
use domain::payment::PaymentStatus;
use domain::service::ServiceStatus;
use domain::timeline::{MilestoneKind, Rule};
use entity::{account, payment, payment_attempt, refund, service_period};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

/// The gateway took the money: it pays what it was meant for, or goes back.
pub(super) async fn received(
    tx: &Tx,
    cx: &Context<'_>,
    account: &account::Model,
    attempt: &payment_attempt::Model,
    payment: &payment::Model,
) -> Result<payment::Model, Error> {
    if still_wanted(tx, payment).await? {
        paid(tx, cx, account, payment, pay::From::Cash).await
    } else {
        give_back(tx, cx, attempt, payment).await
    }
}

/// Whether what was paid for still exists and is unpaid.
async fn still_wanted(tx: &Tx, payment: &payment::Model) -> Result<bool, Error> {
    Ok(match Purpose::of(payment)? {
        Purpose::Order => match payment.order_id {
            Some(id) => order::settle::is_payable(tx, payment.account_id, id).await?,
            None => false,
        },
        Purpose::Renewal => match payment.service_id {
            Some(id) => {
                let service = services::load(&**tx, payment.account_id, id).await?;
                let reserved = service_period::Entity::find()
                    .filter(service_period::Column::PaymentId.eq(payment.id))
                    .filter(service_period::Column::State.eq(OPEN))
                    .one(&**tx)
                    .await?;
                service.status != ServiceStatus::Deleted && reserved.is_some()
            }
            None => false,
        },
        Purpose::Invoice => match payment.invoice_id {
            Some(id) => {
                let (_, balance) = invoice::load(&**tx, payment.account_id, id).await?;
                match balance.status {
                    InvoiceStatus::Open | InvoiceStatus::PastDue => balance.due == payment.amount,
                    InvoiceStatus::Draft
                    | InvoiceStatus::Paid
                    | InvoiceStatus::Credited
                    | InvoiceStatus::WrittenOff => false,
                }
            }
            None => false,
        },
    })
}

/// What the payment was meant for is paid now: with cash, or from the balance (already taken).
///
/// # Errors
/// The database's.
pub async fn succeeded(
    tx: &Tx,
    cx: &Context<'_>,
    payment: &payment::Model,
    from: pay::From,
) -> Result<payment::Model, Error> {
    let account = services::lock_account(tx, payment.account_id).await?;
    paid(tx, cx, &account, payment, from).await
}

async fn paid(
    tx: &Tx,
    cx: &Context<'_>,
    account: &account::Model,
    payment: &payment::Model,
    from: pay::From,
) -> Result<payment::Model, Error> {
    let amount = Money::from_minor(payment.amount, invoice::currency(&payment.currency)?);
    let settled = set_status(tx, cx, payment, PaymentStatus::Succeeded).await?;
    let paid = (amount, from, Some(payment.id));
    let issued = match Purpose::of(payment)? {
        Purpose::Order => order::settle::settle(tx, cx, account, payment, paid).await?,
        Purpose::Renewal => renewal(tx, cx, account, payment, paid).await?,
        Purpose::Invoice => existing(tx, cx, account, payment, paid).await?,
    };
    if settled.invoice_id != Some(issued) {
        payment::Entity::update_many()
            .col_expr(payment::Column::InvoiceId, Expr::value(Some(issued)))
            .filter(payment::Column::Id.eq(payment.id))
            .exec(&**tx)
            .await?;
    }
    let data = json!({ "amount": amount.to_string(), "currency": payment.currency, "invoice": issued });
    record::event(tx, cx, account.id, "payment.succeeded", &payment.id, data).await?;
    Ok(payment::Model { invoice_id: Some(issued), ..settled })
}

/// Who started a payment.
fn payer(payment: &payment::Model) -> Payer {
    if payment.initiator == "scheduler" { Payer::Scheduler } else { Payer::Owner }
}

type Paid = (Money, pay::From, Option<domain::id::PaymentId>);

async fn renewal(
    tx: &Tx,
    cx: &Context<'_>,
    account: &account::Model,
    payment: &payment::Model,
    paid: Paid,
) -> Result<domain::id::InvoiceId, Error> {
    let id = payment.service_id.ok_or_else(|| Error::internal("a renewal without service"))?;
    let service = services::load(&**tx, account.id, id).await?;
    let quote = payment.quote.clone().ok_or_else(|| Error::internal("a renewal without quote"))?;
    let quote: Quote = serde_json::from_value(quote).map_err(Error::internal)?;
    let issued = invoice::issue::invoice(tx, cx, quote.draft(account, &service)).await?;
    pay::book(tx, cx, account.id, issued.id, paid).await?;
    let first = services::boundary(&service);
    let range = service.boundary..service.boundary.saturating_add(payment.periods);
    service_period::Entity::update_many()
        .col_expr(service_period::Column::InvoiceId, Expr::value(Some(issued.id)))
        .filter(service_period::Column::ServiceId.eq(service.id))
        .filter(service_period::Column::Boundary.gte(range.start))
        .filter(service_period::Column::Boundary.lt(range.end))
        .filter(service_period::Column::State.eq(OPEN))
        .exec(&**tx)
        .await?;
    let service = if quote.period == service.period {
        service
    } else {
        tracing::debug!(boundary = first, "another period from here on");
        set_renewal::open_segment(tx, &service, quote.period).await?;
        services::save(tx, &entity::service::Model { period: quote.period, ..service }).await?
    };
    settle_renewal::settle_renewal(tx, cx, account, &service, (&issued, payer(payment))).await?;
    Ok(issued.id)
}

async fn existing(
    tx: &Tx,
    cx: &Context<'_>,
    account: &account::Model,
    payment: &payment::Model,
    paid: Paid,
) -> Result<domain::id::InvoiceId, Error> {
    let id = payment.invoice_id.ok_or_else(|| Error::internal("a payment without invoice"))?;
    if let Some(issued) = pay::book(tx, cx, account.id, id, paid).await? {
        invoice_settled(tx, cx, account, &issued, payer(payment)).await?;
    }
    Ok(id)
}

/// An invoice has nothing left to pay: a renewal goes on, any other gets its receipt.
///
/// # Errors
/// The database's.
pub async fn invoice_settled(
    tx: &Tx,
    cx: &Context<'_>,
    account: &account::Model,
    issued: &entity::invoice::Model,
    payer: Payer,
) -> Result<(), Error> {
    let period = service_period::Entity::find()
        .filter(service_period::Column::InvoiceId.eq(issued.id))
        .filter(service_period::Column::State.eq(OPEN))
        .one(&**tx)
        .await?;
    if let Some(period) = period {
        let service = services::load(&**tx, account.id, period.service_id).await?;
        settle_renewal::settle_renewal(tx, cx, account, &service, (issued, payer)).await?;
        return Ok(());
    }
    let gross = Money::from_minor(issued.gross, invoice::currency(&issued.currency)?);
    let message = Message::InvoicePaid { invoice: issued.number.clone(), gross };
    let cause = format!("invoice_paid:{}", issued.id);
    mail::queue(tx, cx, Letter { account, message: &message, cause, to: None, service: None, names_on: None }).await
}

/// Money came for something that is gone or paid: it is booked and goes back to where it came from.
async fn give_back(
    tx: &Tx,
    cx: &Context<'_>,
    attempt: &payment_attempt::Model,
    payment: &payment::Model,
) -> Result<payment::Model, Error> {
    let account = services::lock_account(tx, payment.account_id).await?;
    let amount = Money::from_minor(attempt.amount, invoice::currency(&attempt.currency)?);
    let booked = set_status(tx, cx, payment, PaymentStatus::Refunded).await?;
    ledger::post(
        tx,
        cx,
        Posting {
            account: account.id,
            cause: "unexpected_payment",
            invoice: None,
            payment: Some(payment.id),
            entries: &[(Ledger::Cash, amount), (Ledger::Unapplied, amount.negate())],
        },
    )
    .await?;
    let row = refund::ActiveModel {
        id: Set(cx.id::<uuid::Uuid>()),
        payment_attempt_id: Set(attempt.id),
        account_id: Set(account.id),
        currency: Set(attempt.currency.clone()),
        amount: Set(attempt.amount),
        status: Set("pending".to_owned()),
        reason: Set("nothing_to_pay".to_owned()),
        created_at: Set(cx.now),
        settled_at: Set(None),
    };
    refund::Entity::insert(row)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(&**tx)
        .await?;
    milestone::add(
        tx,
        cx,
        New {
            account: &account,
            kind: MilestoneKind::Reconcile,
            subject: attempt.id.0,
            due_at: cx.now,
            rule: Rule::OutcomeAwaited,
            step: super::reconcile::REFUND_STEP,
        },
    )
    .await?;
    tracing::warn!(attempt = %attempt.id, "money came for something gone: it is sent back");
    let data = json!({ "amount": amount.to_string(), "currency": attempt.currency });
    record::event(tx, cx, account.id, "payment.unexpected", &payment.id, data).await?;
    Ok(booked)
}
