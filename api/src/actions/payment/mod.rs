//! Payments: started, asked for at the gateway, settled. Three steps, each its own transaction: the
//! attempt and its key are written down, the gateway is called with none open, the outcome is recorded.

pub mod charge;
pub mod quote;
pub mod received;
pub mod reconcile;
pub mod settle;
pub mod start;

use super::{Context, Error};
use crate::app::App;
use crate::db::Tx;
use crate::payment::gateway::{Charge, ChargeOutcome, Found, Lookup, RefundOutcome};
use chrono::{DateTime, Utc};
use domain::id::AttemptId;
use domain::money::Money;
use domain::payment::{AttemptStatus, PaymentSource, PaymentStatus};
use domain::refusal::Refusal;
use entity::{account, attempt_target, payment, payment_attempt, payment_method};
use sea_orm::sea_query::Query;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, JoinType, PaginatorTrait,
    QueryFilter, QuerySelect, SqlErr,
};
use std::collections::BTreeSet;
use std::time::Duration;
use uuid::Uuid;

/// The step of an attempt that its customer started: no rung of the ladder.
pub const CUSTOMER_STEP: i32 = -1;
/// How long a gateway may take to answer.
const GATEWAY_TIMEOUT: Duration = Duration::from_secs(30);

/// What a payment is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// An order; its invoice is issued when the money came.
    Order,
    /// A renewal without invoice: in advance, or of a manual service.
    Renewal,
    /// An invoice that exists.
    Invoice,
}

impl Purpose {
    /// Its one spelling.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::Renewal => "renewal",
            Self::Invoice => "invoice",
        }
    }

    /// Reads what a row says.
    ///
    /// # Errors
    /// [`Error::Internal`] for anything else.
    pub fn of(row: &payment::Model) -> Result<Self, Error> {
        match row.purpose.as_str() {
            "order" => Ok(Self::Order),
            "renewal" => Ok(Self::Renewal),
            "invoice" => Ok(Self::Invoice),
            other => Err(Error::internal(format!("unknown purpose {other}"))),
        }
    }
}

/// A payment to be written down.
pub struct NewPayment<'a> {
    /// Whose.
    pub account: &'a account::Model,
    /// How much.
    pub amount: Money,
    /// What for.
    pub purpose: Purpose,
    /// From where.
    pub source: PaymentSource,
    /// With what.
    pub method: Option<&'a payment_method::Model>,
    /// The order, service or invoice.
    pub order: Option<domain::id::OrderId>,
    /// The service of a renewal.
    pub service: Option<domain::id::ServiceId>,
    /// The invoice.
    pub invoice: Option<domain::id::InvoiceId>,
    /// Periods of a renewal.
    pub periods: i32,
    /// What is paid, where no invoice exists yet.
    pub quote: Option<serde_json::Value>,
}

/// Writes a payment down.
///
/// # Errors
/// The database's.
pub async fn create(tx: &Tx, cx: &Context<'_>, new: &NewPayment<'_>) -> Result<payment::Model, Error> {
    let initiator = match cx.actor {
        super::Actor::Scheduler => "scheduler",
        super::Actor::Owner(_) | super::Actor::Operator(_) | super::Actor::Visitor => "customer",
    };
    let row = payment::Model {
        id: cx.id(),
        account_id: new.account.id,
        status: PaymentStatus::Pending,
        source: new.source,
        payment_method_id: new.method.map(|method| method.id),
        currency: new.amount.currency().to_string(),
        amount: new.amount.minor(),
        purpose: new.purpose.as_str().to_owned(),
        order_id: new.order,
        service_id: new.service,
        invoice_id: new.invoice,
        periods: new.periods,
        initiator: initiator.to_owned(),
        quote: new.quote.clone(),
        created_at: cx.now,
        settled_at: None,
    };
    payment::Entity::insert(row.clone().into_active_model()).exec_without_returning(&**tx).await?;
    Ok(row)
}

/// Writes an attempt down as `sent`, with what it pays. One live attempt per target.
///
/// # Errors
/// `payment_in_progress` when another attempt for the same target is live; the database's.
pub async fn attempt(
    tx: &Tx,
    cx: &Context<'_>,
    payment: &payment::Model,
    method: &payment_method::Model,
    (target, step): (Uuid, i32),
) -> Result<payment_attempt::Model, Error> {
    if is_live(tx, target).await? {
        return Err(Refusal::PaymentInProgress.into());
    }
    first_attempt(tx, cx, payment, method, (target, step)).await
}

/// As [`attempt`], for a target of which this transaction has seen that no attempt is live.
///
/// # Errors
/// As [`attempt`].
pub async fn first_attempt(
    tx: &Tx,
    cx: &Context<'_>,
    payment: &payment::Model,
    method: &payment_method::Model,
    (target, step): (Uuid, i32),
) -> Result<payment_attempt::Model, Error> {
    let row = payment_attempt::Model {
        id: cx.id(),
        payment_id: payment.id,
        account_id: payment.account_id,
        payment_method_id: method.id,
        gateway: method.gateway.clone(),
        status: AttemptStatus::Sent,
        currency: payment.currency.clone(),
        amount: payment.amount,
        gateway_reference: None,
        next_action: None,
        decline_kind: None,
        decline_code: None,
        step,
        checks: 0,
        created_at: cx.now,
        sent_at: Some(cx.now),
        resolved_at: None,
    };
    payment_attempt::Entity::insert(row.clone().into_active_model()).exec_without_returning(&**tx).await?;
    let target = attempt_target::ActiveModel { attempt_id: Set(row.id), target_id: Set(target), live: Set(true) };
    match attempt_target::Entity::insert(target).exec_without_returning(&**tx).await {
        Ok(_) => Ok(row),
        Err(error) if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) => {
            Err(Refusal::PaymentInProgress.into())
        }
        Err(error) => Err(error.into()),
    }
}

/// Whether an attempt for a target has no final outcome yet.
///
/// # Errors
/// The database's.
pub async fn is_live(tx: &Tx, target: Uuid) -> Result<bool, Error> {
    let found = attempt_target::Entity::find()
        .filter(attempt_target::Column::TargetId.eq(target))
        .filter(attempt_target::Column::Live.eq(true))
        .one(&**tx)
        .await?;
    Ok(found.is_some())
}

/// Those of some targets for which an attempt has no final outcome yet.
///
/// # Errors
/// The database's.
pub async fn live_among<C: ConnectionTrait>(
    db: &C,
    targets: impl IntoIterator<Item = Uuid>,
) -> Result<BTreeSet<Uuid>, Error> {
    let rows = attempt_target::Entity::find()
        .filter(attempt_target::Column::TargetId.is_in(targets))
        .filter(attempt_target::Column::Live.eq(true))
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| row.target_id).collect())
}

/// The targets of an attempt.
///
/// # Errors
/// The database's.
pub async fn targets(tx: &Tx, attempt: AttemptId) -> Result<Vec<Uuid>, Error> {
    let rows = attempt_target::Entity::find().filter(attempt_target::Column::AttemptId.eq(attempt)).all(&**tx).await?;
    Ok(rows.into_iter().map(|row| row.target_id).collect())
}

/// Sends an attempt to the gateway and waits for its answer. No transaction is open meanwhile. The key
/// is the attempt's id: sending it again is the same charge.
///
/// # Errors
/// The database's. A broken line is no error but [`ChargeOutcome::Unknown`].
pub async fn call(app: &App, id: AttemptId, now: DateTime<Utc>) -> Result<ChargeOutcome, Error> {
    let (attempt, method) = with_method(app, id).await?;
    let charge = Charge {
        key: attempt.id,
        token: open_token(app, &method)?,
        amount: Money::from_minor(attempt.amount, super::invoice::currency(&attempt.currency)?),
        sequence: sequence(app, &attempt).await?,
        now,
    };
    match tokio::time::timeout(GATEWAY_TIMEOUT, app.gateway.charge(&charge)).await {
        Ok(outcome) => Ok(outcome),
        Err(_) => Ok(ChargeOutcome::Unknown),
    }
}

/// Asks the gateway what became of an attempt; no answer in time is no answer.
pub async fn find(app: &App, lookup: &Lookup) -> Found {
    tokio::time::timeout(GATEWAY_TIMEOUT, app.gateway.find(lookup)).await.unwrap_or(Found::Unreachable)
}

/// Calls an attempt off that waits for its customer; no answer in time is no answer.
pub async fn cancel(app: &App, lookup: &Lookup) -> Found {
    tokio::time::timeout(GATEWAY_TIMEOUT, app.gateway.cancel(lookup)).await.unwrap_or(Found::Unreachable)
}

/// Gives money back; no answer in time is an unknown outcome.
pub async fn refund(app: &App, key: &str, lookup: &Lookup, amount: Money) -> RefundOutcome {
    let asked = app.gateway.refund(key, lookup, amount);
    tokio::time::timeout(GATEWAY_TIMEOUT, asked).await.unwrap_or(RefundOutcome::Unknown)
}

/// What the gateway needs to be asked about an attempt.
///
/// # Errors
/// The database's.
pub async fn lookup(app: &App, id: AttemptId, now: DateTime<Utc>) -> Result<Lookup, Error> {
    let (attempt, method) = with_method(app, id).await?;
    Ok(Lookup {
        key: attempt.id,
        token: open_token(app, &method)?,
        reference: attempt.gateway_reference,
        sent_at: attempt.sent_at.unwrap_or(attempt.created_at),
        now,
    })
}

async fn with_method(app: &App, id: AttemptId) -> Result<(payment_attempt::Model, payment_method::Model), Error> {
    let method = payment_attempt::Entity::belongs_to(payment_method::Entity)
        .from((payment_attempt::Column::PaymentMethodId, payment_attempt::Column::AccountId))
        .to((payment_method::Column::Id, payment_method::Column::AccountId))
        .into();
    let found = payment_attempt::Entity::find_by_id(id)
        .join(JoinType::InnerJoin, method)
        .select_also(payment_method::Entity)
        .one(&**app.read())
        .await?;
    found.and_then(|(attempt, method)| Some((attempt, method?))).ok_or(Error::NotFound)
}

fn open_token(app: &App, method: &payment_method::Model) -> Result<String, Error> {
    let [place, before] = super::payment_method::places(method.id, method.account_id);
    Ok(app.tools.sealer.open_either([&place, &before], &method.sealed_token)?)
}

/// Which try this is for its debt and method, from 1.
async fn sequence(app: &App, attempt: &payment_attempt::Model) -> Result<u32, Error> {
    let targets = |column| Query::select().column(column).from(attempt_target::Entity).to_owned();
    let debt = targets(attempt_target::Column::TargetId)
        .and_where(attempt_target::Column::AttemptId.eq(attempt.id))
        .to_owned();
    let same = targets(attempt_target::Column::AttemptId)
        .and_where(attempt_target::Column::TargetId.in_subquery(debt))
        .to_owned();
    let count = payment_attempt::Entity::find()
        .filter(payment_attempt::Column::Id.in_subquery(same))
        .filter(payment_attempt::Column::PaymentMethodId.eq(attempt.payment_method_id))
        .filter(payment_attempt::Column::CreatedAt.lte(attempt.created_at))
        .count(&**app.read())
        .await?;
    Ok(u32::try_from(count).unwrap_or(u32::MAX).max(1))
}
