//! The scheduler charges an unpaid renewal: prepaid balance first, then the default method.

use super::{CUSTOMER_STEP, NewPayment, Purpose, create, first_attempt, received, settle};
use crate::actions::invoice::{self, pay};
use crate::actions::milestone::Effect;
use crate::actions::service::settle_renewal::Payer;
use crate::actions::service::{self as services, charge_failed, lock_account, open_invoice, period_at};
use crate::actions::{Context, Error, ledger, payment_method, today};
use crate::db::Tx;
use chrono::TimeDelta;
use domain::id::{AttemptId, InvoiceId};
use domain::money::Money;
use domain::payment::{AttemptStatus, DeclineKind, PaymentSource};
use domain::service::ServiceStatus;
use domain::timeline::{MilestoneState, Rule};
use entity::{account, attempt_target, milestone, payment_attempt, service};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

/// Minutes until a charge looks again whether another attempt has its outcome; the outcome itself wakes it.
const RECHECK_MINUTES: i64 = 360;

/// What the first transaction of a charge decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prepared {
    /// Nothing is left to do but to note this.
    Finished(Effect),
    /// The gateway has to be called with this attempt.
    Call(AttemptId),
    /// A process died between sending this attempt and recording its outcome: the gateway is asked first,
    /// for it may have forgotten the key since.
    Recover(AttemptId),
    /// An attempt waits for its customer: it is called off at the gateway before another one begins.
    CallOff(AttemptId),
}

/// Decides about a charge that is due, and writes its attempt down.
///
/// # Errors
/// The database's.
pub async fn prepare(tx: &Tx, cx: &Context<'_>, due: &milestone::Model) -> Result<Prepared, Error> {
    let account = lock_account(tx, due.account_id).await?;
    let Some(id) = due.service_id else { return Ok(Prepared::Finished(Effect::Dropped("no_service"))) };
    let service = services::load(&**tx, account.id, id).await?;
    if overtaken(tx, cx, due).await? {
        return Ok(Prepared::Finished(Effect::Dropped("overtaken_by_the_next")));
    }
    if !holds(&service, due) {
        return Ok(Prepared::Finished(Effect::Dropped("no_longer_holds")));
    }
    let Some((invoice, owed)) = open_invoice(&**tx, &service).await? else {
        return without_invoice(tx, cx, &service).await;
    };
    if let Some(live) = live_attempt(tx, invoice).await? {
        return Ok(meet(cx, &live, due));
    }
    let owed = from_balance(tx, cx, &account, invoice, owed).await?;
    if owed.is_zero() {
        let (issued, _) = invoice::load(&**tx, account.id, invoice).await?;
        received::invoice_settled(tx, cx, &account, &issued, Payer::Scheduler).await?;
        return Ok(Prepared::Finished(Effect::Done("paid_from_balance")));
    }
    let day = today(&account, cx.now)?;
    let Some(method) = payment_method::default_of(&**tx, account.id, day).await? else {
        let (issued, _) = invoice::load(&**tx, account.id, invoice).await?;
        let failed = (&issued, owed, DeclineKind::Soft, format!("no_method:{}", due.id));
        charge_failed::charge_failed(tx, cx, &account, &service, failed).await?;
        return Ok(Prepared::Finished(Effect::Done("no_payment_method")));
    };
    let new = NewPayment {
        account: &account,
        amount: owed,
        purpose: Purpose::Invoice,
        source: PaymentSource::Method,
        method: Some(&method),
        order: None,
        service: Some(service.id),
        invoice: Some(invoice),
        periods: 1,
        quote: None,
    };
    let payment = create(tx, cx, &new).await?;
    let attempt = first_attempt(tx, cx, &payment, &method, (invoice.0, due.step)).await?;
    // whatever becomes of this milestone, somebody asks for the outcome
    settle::await_outcome(tx, cx, &account, attempt.id).await?;
    Ok(Prepared::Call(attempt.id))
}

/// After an outage, a retry is dropped once the next one is due: one charge, not all of them at once.
async fn overtaken(tx: &Tx, cx: &Context<'_>, due: &milestone::Model) -> Result<bool, Error> {
    if due.rule != Rule::ChargeRetry {
        return Ok(false);
    }
    let next = milestone::Entity::find()
        .filter(milestone::Column::ServiceId.eq(due.service_id))
        .filter(milestone::Column::Kind.eq(due.kind))
        .filter(milestone::Column::Boundary.eq(due.boundary))
        .filter(milestone::Column::State.eq(MilestoneState::Planned))
        .filter(milestone::Column::DueAt.gt(due.due_at))
        .filter(milestone::Column::DueAt.lte(cx.now))
        .one(&**tx)
        .await?;
    Ok(next.is_some())
}

fn holds(service: &service::Model, due: &milestone::Model) -> bool {
    let status = match service.status {
        ServiceStatus::Active | ServiceStatus::PastDue => true,
        ServiceStatus::Delivering | ServiceStatus::Suspended | ServiceStatus::Deleted => false,
    };
    status
        && service.cancelled_on.is_none()
        && service.boundary == due.boundary
        && service.cycle == due.cycle
        && service.renewal_mode == domain::service::RenewalMode::Automatic
        && (!service.retries_stopped || due.rule != Rule::ChargeRetry)
}

/// No invoice: either its owner pays the renewal right now, or its milestone has not run.
async fn without_invoice(tx: &Tx, cx: &Context<'_>, service: &service::Model) -> Result<Prepared, Error> {
    if period_at(&**tx, service.id, service.boundary).await?.is_some() {
        let later = cx.now + TimeDelta::minutes(RECHECK_MINUTES);
        return Ok(Prepared::Finished(Effect::Wait(later, "being_paid")));
    }
    Ok(Prepared::Finished(Effect::Dropped("nothing_due")))
}

async fn live_attempt(tx: &Tx, invoice: InvoiceId) -> Result<Option<payment_attempt::Model>, Error> {
    let target = attempt_target::Entity::find()
        .filter(attempt_target::Column::TargetId.eq(invoice.0))
        .filter(attempt_target::Column::Live.eq(true))
        .one(&**tx)
        .await?;
    match target {
        None => Ok(None),
        Some(target) => Ok(payment_attempt::Entity::find_by_id(target.attempt_id).one(&**tx).await?),
    }
}

/// A charge that meets a live attempt: its own that a crash left behind is looked up; one that
/// waits for the customer is called off before the next rung; any other is waited for.
fn meet(cx: &Context<'_>, live: &payment_attempt::Model, due: &milestone::Model) -> Prepared {
    let later = Effect::Wait(cx.now + TimeDelta::minutes(RECHECK_MINUTES), "payment_in_progress");
    match live.status {
        AttemptStatus::Sent if live.step == due.step => Prepared::Recover(live.id),
        AttemptStatus::RequiresAction if live.step == CUSTOMER_STEP => Prepared::Finished(later),
        AttemptStatus::RequiresAction if live.step != due.step => Prepared::CallOff(live.id),
        AttemptStatus::RequiresAction if live.step == due.step => Prepared::Finished(Effect::Done("requires_action")),
        AttemptStatus::Created
        | AttemptStatus::Sent
        | AttemptStatus::Processing
        | AttemptStatus::RequiresAction
        | AttemptStatus::Unknown
        | AttemptStatus::Succeeded
        | AttemptStatus::Declined
        | AttemptStatus::Cancelled => Prepared::Finished(later),
    }
}

/// Takes what the balance holds; what is left to charge.
async fn from_balance(
    tx: &Tx,
    cx: &Context<'_>,
    account: &account::Model,
    invoice: InvoiceId,
    owed: Money,
) -> Result<Money, Error> {
    let held = Money::from_minor(account.balance, owed.currency());
    let share = if held.minor() < owed.minor() { held } else { owed };
    if owed.is_zero() {
        // nothing to pay is paid, too
        pay::book(tx, cx, account.id, invoice, (owed, pay::From::Balance, None)).await?;
        return Ok(owed);
    }
    if !share.is_positive() || !ledger::take(tx, account.id, share).await? {
        return Ok(owed);
    }
    pay::book(tx, cx, account.id, invoice, (share, pay::From::Balance, None)).await?;
    Ok(owed.checked_sub(share)?)
}

/// Whether a milestone is still this runner's.
///
/// # Errors
/// [`Error::PreconditionFailed`] when another runner took it over.
pub async fn still_mine(tx: &Tx, due: &milestone::Model) -> Result<(), Error> {
    let row = milestone::Entity::find_by_id(due.id).one(&**tx).await?.ok_or(Error::NotFound)?;
    if row.state == MilestoneState::Running && row.fence == due.fence { Ok(()) } else { Err(Error::PreconditionFailed) }
}
