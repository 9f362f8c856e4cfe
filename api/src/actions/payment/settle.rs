//! Records what became of an attempt. Callbacks and answers meet here: compare-and-set on the attempt
//! makes every outcome count once.

use super::received;
use crate::actions::invoice;
use crate::actions::milestone::{self, New};
use crate::actions::service::{self as services, OPEN, VOID, charge_failed};
use crate::actions::{Context, Error, record};
use crate::db::Tx;
use crate::mail::message::Message;
use crate::mail::{self, Letter};
use crate::payment::gateway::ChargeOutcome;
use chrono::TimeDelta;
use domain::id::AttemptId;
use domain::money::Money;
use domain::payment::{AttemptEvent, AttemptStatus, DeclineKind, PaymentMethodStatus, PaymentSource, PaymentStatus};
use domain::timeline::{MilestoneKind, MilestoneState, Rule};
use entity::{
    account, attempt_target, milestone as milestones, payment, payment_attempt, payment_method, service_period,
};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, JoinType, QueryFilter, QuerySelect};
use serde_json::json;

/// Minutes until the reconciler first asks about an attempt without a final outcome.
const FIRST_CHECK_MINUTES: i64 = 5;

/// Records an outcome. One that changes nothing, or that comes after the final one, is ignored.
///
/// # Errors
/// The database's.
pub async fn settle(
    tx: &Tx,
    cx: &Context<'_>,
    id: AttemptId,
    outcome: &ChargeOutcome,
) -> Result<payment::Model, Error> {
    let attempt = payment_attempt::Entity::find_by_id(id).one(&**tx).await?.ok_or(Error::NotFound)?;
    let account = services::lock_account(tx, attempt.account_id).await?;
    // read again under the lock
    let (attempt, payment) = load(tx, id).await?;
    let event = event_of(outcome);
    let Ok(status) = attempt.status.after(event) else { return Ok(payment) };
    if !compare_and_set(tx, cx, &attempt, status, outcome).await? {
        return Err(Error::PreconditionFailed);
    }
    if !status.is_live() {
        release_targets(tx, id).await?;
        milestone::drop_all(tx, cx, attempt.account_id, id.0).await?;
        wake(tx, &attempt, &payment).await?;
    }
    match status {
        AttemptStatus::Succeeded => {
            let attempt = payment_attempt::Model { status, ..attempt };
            received::received(tx, cx, &account, &attempt, &payment).await
        }
        AttemptStatus::Declined | AttemptStatus::Cancelled => failed(tx, cx, &attempt, &payment, outcome).await,
        AttemptStatus::Created | AttemptStatus::Sent => Ok(payment),
        AttemptStatus::Processing | AttemptStatus::RequiresAction | AttemptStatus::Unknown => {
            awaited(tx, cx, &attempt, &payment, (status, outcome)).await
        }
    }
}

async fn load(tx: &Tx, id: AttemptId) -> Result<(payment_attempt::Model, payment::Model), Error> {
    let payment = payment_attempt::Entity::belongs_to(payment::Entity)
        .from(payment_attempt::Column::PaymentId)
        .to(payment::Column::Id)
        .into();
    let found = payment_attempt::Entity::find_by_id(id)
        .join(JoinType::InnerJoin, payment)
        .select_also(payment::Entity)
        .one(&**tx)
        .await?;
    found.and_then(|(attempt, payment)| Some((attempt, payment?))).ok_or(Error::NotFound)
}

const fn event_of(outcome: &ChargeOutcome) -> AttemptEvent {
    match outcome {
        ChargeOutcome::Succeeded { .. } => AttemptEvent::Succeed,
        ChargeOutcome::Declined { .. } => AttemptEvent::Decline,
        ChargeOutcome::RequiresAction { .. } => AttemptEvent::RequireAction,
        ChargeOutcome::Processing { .. } => AttemptEvent::Process,
        ChargeOutcome::Unknown => AttemptEvent::Lose,
        ChargeOutcome::Cancelled => AttemptEvent::Cancel,
    }
}

async fn compare_and_set(
    tx: &Tx,
    cx: &Context<'_>,
    attempt: &payment_attempt::Model,
    status: AttemptStatus,
    outcome: &ChargeOutcome,
) -> Result<bool, Error> {
    use payment_attempt::Column;
    let mut update = payment_attempt::Entity::update_many().col_expr(Column::Status, Expr::value(status));
    match outcome {
        ChargeOutcome::Succeeded { reference } | ChargeOutcome::Processing { reference } => {
            update = update.col_expr(Column::GatewayReference, Expr::value(Some(reference.clone())));
        }
        ChargeOutcome::RequiresAction { reference, href } => {
            update = update
                .col_expr(Column::GatewayReference, Expr::value(Some(reference.clone())))
                .col_expr(Column::NextAction, Expr::value(Some(href.clone())));
        }
        ChargeOutcome::Declined { kind, code } => {
            update = update
                .col_expr(Column::DeclineKind, Expr::value(Some(*kind)))
                .col_expr(Column::DeclineCode, Expr::value(Some(code.clone())));
        }
        ChargeOutcome::Unknown | ChargeOutcome::Cancelled => {}
    }
    if !status.is_live() {
        update = update.col_expr(Column::ResolvedAt, Expr::value(Some(cx.now)));
    }
    let done = update.filter(Column::Id.eq(attempt.id)).filter(Column::Status.eq(attempt.status)).exec(&**tx).await?;
    Ok(done.rows_affected == 1)
}

/// What waited for the outcome of this attempt runs when it is due.
async fn wake(tx: &Tx, attempt: &payment_attempt::Model, payment: &payment::Model) -> Result<(), Error> {
    let waited = match attempt.status {
        AttemptStatus::Processing | AttemptStatus::RequiresAction | AttemptStatus::Unknown => true,
        AttemptStatus::Created
        | AttemptStatus::Sent
        | AttemptStatus::Succeeded
        | AttemptStatus::Declined
        | AttemptStatus::Cancelled => payment.initiator == "customer",
    };
    if let (true, Some(service)) = (waited, payment.service_id) {
        milestones::Entity::update_many()
            .col_expr(milestones::Column::RunAt, Expr::col(milestones::Column::DueAt))
            .filter(milestones::Column::ServiceId.eq(service))
            .filter(milestones::Column::State.eq(MilestoneState::Planned))
            .filter(Expr::col(milestones::Column::RunAt).gt(Expr::col(milestones::Column::DueAt)))
            .exec(&**tx)
            .await?;
    }
    Ok(())
}

async fn release_targets(tx: &Tx, id: AttemptId) -> Result<(), Error> {
    attempt_target::Entity::update_many()
        .col_expr(attempt_target::Column::Live, Expr::value(false))
        .filter(attempt_target::Column::AttemptId.eq(id))
        .exec(&**tx)
        .await?;
    Ok(())
}

pub(super) async fn set_status(
    tx: &Tx,
    cx: &Context<'_>,
    payment: &payment::Model,
    status: PaymentStatus,
) -> Result<payment::Model, Error> {
    let settled_at = match status {
        PaymentStatus::Succeeded | PaymentStatus::Failed | PaymentStatus::Refunded => Some(cx.now),
        PaymentStatus::Pending | PaymentStatus::Processing | PaymentStatus::RequiresAction => None,
    };
    payment::Entity::update_many()
        .col_expr(payment::Column::Status, Expr::value(status))
        .col_expr(payment::Column::SettledAt, Expr::value(settled_at))
        .filter(payment::Column::Id.eq(payment.id))
        .exec(&**tx)
        .await?;
    Ok(payment::Model { status, settled_at, ..payment.clone() })
}

/// No money and none will come from this attempt.
async fn failed(
    tx: &Tx,
    cx: &Context<'_>,
    attempt: &payment_attempt::Model,
    payment: &payment::Model,
    outcome: &ChargeOutcome,
) -> Result<payment::Model, Error> {
    let account = services::lock_account(tx, payment.account_id).await?;
    let kind = match outcome {
        ChargeOutcome::Declined { kind, .. } => *kind,
        ChargeOutcome::Succeeded { .. }
        | ChargeOutcome::RequiresAction { .. }
        | ChargeOutcome::Processing { .. }
        | ChargeOutcome::Unknown
        | ChargeOutcome::Cancelled => DeclineKind::Soft,
    };
    let settled = set_status(tx, cx, payment, PaymentStatus::Failed).await?;
    if kind == DeclineKind::Hard {
        payment_method::Entity::update_many()
            .col_expr(payment_method::Column::Status, Expr::value(PaymentMethodStatus::Failed))
            .filter(payment_method::Column::Id.eq(attempt.payment_method_id))
            .filter(payment_method::Column::Status.eq(PaymentMethodStatus::Valid))
            .exec(&**tx)
            .await?;
    }
    // a renewal without invoice leaves nothing open behind it
    service_period::Entity::update_many()
        .col_expr(service_period::Column::State, Expr::value(VOID))
        .filter(service_period::Column::PaymentId.eq(payment.id))
        .filter(service_period::Column::State.eq(OPEN))
        .exec(&**tx)
        .await?;
    if let Some(service) = payment.service_id {
        services::replan::replan_by_id(tx, cx, &account, service).await?;
    }
    renewal_failed(tx, cx, &account, payment, (attempt, kind)).await?;
    let data = json!({ "decline": kind, "initiator": payment.initiator });
    record::event(tx, cx, account.id, "payment.failed", &payment.id, data).await?;
    Ok(settled)
}

/// A charge of the scheduler that fails makes its service past due; a customer's own try does not.
async fn renewal_failed(
    tx: &Tx,
    cx: &Context<'_>,
    account: &account::Model,
    payment: &payment::Model,
    (attempt, kind): (&payment_attempt::Model, DeclineKind),
) -> Result<(), Error> {
    let scheduled = payment.initiator == "scheduler" && payment.source == PaymentSource::Method;
    let (Some(service), Some(id), true) = (payment.service_id, payment.invoice_id, scheduled) else { return Ok(()) };
    let service = services::load(&**tx, account.id, service).await?;
    if services::open_invoice(&**tx, &service).await?.is_none_or(|(open, _)| open != id) {
        return Ok(());
    }
    let (issued, balance) = invoice::load(&**tx, account.id, id).await?;
    let due = Money::from_minor(balance.due, invoice::currency(&issued.currency)?);
    let cause = attempt.id.to_string();
    charge_failed::charge_failed(tx, cx, account, &service, (&issued, due, kind, cause)).await
}

/// The outcome is not final: the reconciler asks later, and the customer is told what to do.
async fn awaited(
    tx: &Tx,
    cx: &Context<'_>,
    attempt: &payment_attempt::Model,
    payment: &payment::Model,
    (status, outcome): (AttemptStatus, &ChargeOutcome),
) -> Result<payment::Model, Error> {
    let account = services::lock_account(tx, payment.account_id).await?;
    let settled = set_status(tx, cx, payment, status.payment_status()).await?;
    await_outcome(tx, cx, &account, attempt.id).await?;
    // what comes if the outcome is no is planned meanwhile, and waits for it
    if let Some(service) = payment.service_id {
        services::replan::replan_by_id(tx, cx, &account, service).await?;
    }
    if let (ChargeOutcome::RequiresAction { href, .. }, Some(id)) = (outcome, payment.invoice_id) {
        let (issued, _) = invoice::load(&**tx, account.id, id).await?;
        let gross = Money::from_minor(payment.amount, invoice::currency(&payment.currency)?);
        let message = Message::PaymentActionRequired { invoice: issued.number, gross, href: href.clone() };
        let cause = format!("payment_action:{}", attempt.id);
        mail::queue(
            tx,
            cx,
            Letter { account: &account, message: &message, cause, to: None, service: None, names_on: None },
        )
        .await?;
    }
    Ok(settled)
}

/// Plans the first question to the gateway about an attempt; a final outcome drops it.
///
/// # Errors
/// The database's.
pub async fn await_outcome(
    tx: &Tx,
    cx: &Context<'_>,
    account: &account::Model,
    attempt: AttemptId,
) -> Result<(), Error> {
    let new = New {
        account,
        kind: MilestoneKind::Reconcile,
        subject: attempt.0,
        due_at: cx.now + TimeDelta::minutes(FIRST_CHECK_MINUTES),
        rule: Rule::OutcomeAwaited,
        step: 0,
    };
    milestone::add(tx, cx, new).await
}
