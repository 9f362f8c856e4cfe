//! A customer starts a payment: of an order, of a renewal, of an invoice. The first of the three steps.

use super::{NewPayment, Purpose, attempt, create, quote, received, settle};
use crate::actions::service::{OPEN, lock_account, open_invoice, period_at};
use crate::actions::{Context, Error, catalog, invoice, ledger, payment_method, service as services};
use crate::db::Tx;
use domain::calendar::Period;
use domain::deletion::LiveAttempt;
use domain::id::{AccountId, AttemptId, InvoiceId, OrderId, PaymentMethodId, PeriodId, ServiceId};
use domain::money::Money;
use domain::order::OrderStatus;
use domain::payment::{PaymentMethodStatus, PaymentSource};
use domain::refusal::Refusal;
use entity::{account, order, payment, payment_method as methods, service, service_period};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

/// From where the money comes.
#[derive(Debug, Clone, Copy)]
pub struct Source {
    /// Balance or method.
    pub from: PaymentSource,
    /// Which method; the default one if left out.
    pub method: Option<PaymentMethodId>,
}

/// What was written down.
#[derive(Debug, Clone)]
pub enum Started {
    /// Paid from the balance: nothing more to do.
    Settled(payment::Model),
    /// The gateway has to be called with this attempt.
    Call(payment::Model, AttemptId),
}

impl Started {
    /// The payment.
    #[must_use]
    pub const fn payment(&self) -> &payment::Model {
        match self {
            Self::Settled(payment) | Self::Call(payment, _) => payment,
        }
    }
}

struct Due {
    amount: Money,
    purpose: Purpose,
    target: Uuid,
    order: Option<OrderId>,
    service: Option<ServiceId>,
    invoice: Option<InvoiceId>,
    quote: Option<quote::Quote>,
}

/// Starts the payment of an order.
///
/// # Errors
/// `order_not_payable`, `order_tax_changed`, `payment_in_progress`, `no_payment_method`, `balance_insufficient`.
pub async fn order(
    tx: &Tx,
    cx: &Context<'_>,
    account: AccountId,
    id: OrderId,
    source: Source,
) -> Result<Started, Error> {
    let account = lock_account(tx, account).await?;
    let order = order::Entity::find_by_id(id)
        .filter(order::Column::AccountId.eq(account.id))
        .one(&**tx)
        .await?
        .ok_or(Error::NotFound)?;
    if order.status != OrderStatus::AwaitingPayment || order.expires_at <= cx.now {
        return Err(Refusal::OrderNotPayable.into());
    }
    // the invoice comes with the money: it must not say one VAT and show a buyer, or a day, of another
    if catalog::tax::decide(cx.tools, &account, invoice::number::today(cx)?)? != order.tax_decision() {
        return Err(Refusal::OrderTaxChanged.into());
    }
    let amount = Money::from_minor(order.gross, invoice::currency(&order.currency)?);
    let due = Due {
        amount,
        purpose: Purpose::Order,
        target: order.id.0,
        order: Some(order.id),
        service: None,
        invoice: None,
        quote: None,
    };
    begin(tx, cx, &account, due, source).await
}

/// Whether a debt can be paid now.
///
/// # Errors
/// `nothing_due`, `payment_in_progress`.
pub const fn may_pay(due: Money, live: LiveAttempt) -> Result<(), Refusal> {
    if !due.is_positive() {
        return Err(Refusal::NothingDue);
    }
    match live {
        LiveAttempt::Yes => Err(Refusal::PaymentInProgress),
        LiveAttempt::No => Ok(()),
    }
}

/// Starts the payment of an invoice.
///
/// # Errors
/// `nothing_due`, `payment_in_progress`, `no_payment_method`, `balance_insufficient`.
pub async fn invoice(
    tx: &Tx,
    cx: &Context<'_>,
    account: AccountId,
    id: InvoiceId,
    source: Source,
) -> Result<Started, Error> {
    let account = lock_account(tx, account).await?;
    let amount = invoice::due(tx, account.id, id).await?;
    let live = if super::is_live(tx, id.0).await? { LiveAttempt::Yes } else { LiveAttempt::No };
    may_pay(amount, live)?;
    let service = service_period::Entity::find()
        .filter(service_period::Column::InvoiceId.eq(id))
        .filter(service_period::Column::State.eq(OPEN))
        .one(&**tx)
        .await?
        .map(|period| period.service_id);
    let due =
        Due { amount, purpose: Purpose::Invoice, target: id.0, order: None, service, invoice: Some(id), quote: None };
    begin(tx, cx, &account, due, source).await
}

/// Starts the payment of a renewal: of the unpaid one if there is one, else of `periods` more periods.
/// Opens the periods, so that the automatic renewal of the same boundary and this are one charge.
///
/// # Errors
/// As [`quote::quote`]; `payment_in_progress`, `no_payment_method`, `balance_insufficient`.
pub async fn renewal(
    tx: &Tx,
    cx: &Context<'_>,
    (account, id): (AccountId, ServiceId),
    (period, periods): (Option<Period>, u32),
    source: Source,
) -> Result<Started, Error> {
    let account = lock_account(tx, account).await?;
    let service = services::load(&**tx, account.id, id).await?;
    if let Some((unpaid, amount)) = open_invoice(&**tx, &service).await? {
        let due = Due {
            amount,
            purpose: Purpose::Invoice,
            target: unpaid.0,
            order: None,
            service: Some(service.id),
            invoice: Some(unpaid),
            quote: None,
        };
        return begin(tx, cx, &account, due, source).await;
    }
    if period_at(&**tx, service.id, service.boundary).await?.is_some() {
        return Err(Refusal::PaymentInProgress.into());
    }
    let wanted = (period.unwrap_or(service.period), periods);
    let quote = quote::quote(&**tx, cx, &account, &service, wanted).await?;
    let amount = invoice::issue::total(&quote.draft(&account, &service))?.gross;
    let due = Due {
        amount,
        purpose: Purpose::Renewal,
        target: service.id.0,
        order: None,
        service: Some(service.id),
        invoice: None,
        quote: Some(quote.clone()),
    };
    // the rows first: paying from the balance settles them in the same transaction
    let reserved = open_periods(tx, cx, &service, &quote).await?;
    let started = begin(tx, cx, &account, due, source).await?;
    claim_periods(tx, &reserved, started.payment().id).await?;
    Ok(started)
}

async fn open_periods(
    tx: &Tx,
    cx: &Context<'_>,
    service: &service::Model,
    quote: &quote::Quote,
) -> Result<Vec<PeriodId>, Error> {
    let boundaries = quote::boundaries_with(&**tx, service, quote.period).await?;
    let first = services::boundary(service);
    let mut made = Vec::new();
    for number in first..first.saturating_add(quote.periods) {
        let id: PeriodId = cx.id();
        service_period::ActiveModel {
            id: Set(id),
            service_id: Set(service.id),
            boundary: Set(i32::try_from(number).map_err(Error::internal)?),
            state: Set(OPEN.to_owned()),
            starts_on: Set(Some(boundaries.date(number)?)),
            ends_on: Set(Some(boundaries.date(number + 1)?)),
            invoice_id: Set(None),
            payment_id: Set(None),
            created_at: Set(cx.now),
        }
        .insert(&**tx)
        .await?;
        made.push(id);
    }
    Ok(made)
}

async fn claim_periods(tx: &Tx, periods: &[PeriodId], payment: domain::id::PaymentId) -> Result<(), Error> {
    service_period::Entity::update_many()
        .col_expr(service_period::Column::PaymentId, sea_orm::sea_query::Expr::value(Some(payment)))
        .filter(service_period::Column::Id.is_in(periods.iter().copied()))
        .exec(&**tx)
        .await?;
    Ok(())
}

async fn begin(
    tx: &Tx,
    cx: &Context<'_>,
    account: &account::Model,
    due: Due,
    source: Source,
) -> Result<Started, Error> {
    if super::is_live(tx, due.target).await? {
        return Err(Refusal::PaymentInProgress.into());
    }
    let method = match source.from {
        PaymentSource::Balance => None,
        PaymentSource::Method => Some(usable_method(tx, cx, account, source.method).await?),
    };
    let periods = due.quote.as_ref().map_or(0, |quote| i32::try_from(quote.periods).unwrap_or(i32::MAX));
    let quote = due.quote.as_ref().map(serde_json::to_value).transpose().map_err(Error::internal)?;
    let new = NewPayment {
        account,
        amount: due.amount,
        purpose: due.purpose,
        source: source.from,
        method: method.as_ref(),
        order: due.order,
        service: due.service,
        invoice: due.invoice,
        periods,
        quote,
    };
    let payment = create(tx, cx, &new).await?;
    match method {
        None => {
            if !ledger::take(tx, account.id, due.amount).await? {
                return Err(Refusal::BalanceInsufficient.into());
            }
            let settled = received::succeeded(tx, cx, &payment, invoice::pay::From::Balance).await?;
            Ok(Started::Settled(settled))
        }
        Some(method) => {
            let attempt = attempt(tx, cx, &payment, &method, (due.target, super::CUSTOMER_STEP)).await?;
            settle::await_outcome(tx, cx, account, attempt.id).await?;
            Ok(Started::Call(payment, attempt.id))
        }
    }
}

async fn usable_method(
    tx: &Tx,
    cx: &Context<'_>,
    account: &account::Model,
    wanted: Option<PaymentMethodId>,
) -> Result<methods::Model, Error> {
    let today = crate::actions::today(account, cx.now)?;
    let Some(id) = wanted else {
        return payment_method::default_of(&**tx, account.id, today)
            .await?
            .ok_or_else(|| Refusal::NoPaymentMethod.into());
    };
    let method = methods::Entity::find_by_id(id)
        .filter(methods::Column::AccountId.eq(account.id))
        .one(&**tx)
        .await?
        .ok_or_else(|| Error::from(crate::actions::Invalid::new("/payment_method_id", "not_found")))?;
    let usable = method.status == PaymentMethodStatus::Valid && method.expires_on.is_none_or(|day| day >= today);
    if usable { Ok(method) } else { Err(Refusal::NoPaymentMethod.into()) }
}
