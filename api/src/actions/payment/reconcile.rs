//! Asks the gateway what became of attempts without a final outcome, and sends money back that has
//! nothing to pay.

use super::{call, lookup, settle};
use crate::actions::milestone::Effect;
use crate::actions::milestone::{self, New};
use crate::actions::service::lock_account;
use crate::actions::{Context, Error, invoice, ledger};
use crate::app::App;
use crate::db::Tx;
use crate::mail::message::Message;
use crate::mail::{self, Letter};
use crate::payment::gateway::{ChargeOutcome, Found, RefundOutcome};
use chrono::{DateTime, TimeDelta, Utc};
use domain::id::AttemptId;
use domain::money::Money;
use domain::payment::{AttemptEvent, AttemptStatus};
use domain::timeline::{MilestoneKind, Rule};
use entity::{account, milestone as milestones, payment_attempt, refund};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

/// The step of the milestone that sends money back.
pub const REFUND_STEP: i32 = 900;
/// Days after which an outcome that nobody can tell is parked for an operator.
const HORIZON_DAYS: i64 = 7;
/// Hours that a customer has to confirm a payment at the gateway.
const ACTION_HOURS: i64 = 24;

/// What was learnt outside any transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Learnt {
    /// Final already, nothing to ask.
    Final,
    /// The gateway knows it.
    Outcome(ChargeOutcome),
    /// Nothing new.
    Nothing,
    /// Nobody can tell after the horizon.
    Undecidable,
    /// What became of a refund.
    Refund(RefundOutcome),
}

/// Asks the gateway. No transaction is open. An attempt that it has certainly never seen is sent again
/// with the same key.
///
/// # Errors
/// The database's.
pub async fn ask(app: &App, due: &milestones::Model, now: DateTime<Utc>) -> Result<Learnt, Error> {
    let id = AttemptId(due.subject_id.ok_or(Error::NotFound)?);
    let attempt = payment_attempt::Entity::find_by_id(id).one(&**app.read()).await?.ok_or(Error::NotFound)?;
    if due.step == REFUND_STEP {
        // without its method's token, the gateway cannot be asked: the balance keeps the money
        let Ok(lookup) = lookup(app, id, now).await else { return Ok(Learnt::Refund(RefundOutcome::Refused)) };
        let amount = Money::from_minor(attempt.amount, invoice::currency(&attempt.currency)?);
        let key = format!("refund:{id}");
        return Ok(Learnt::Refund(super::refund(app, &key, &lookup, amount).await));
    }
    let lookup = lookup(app, id, now).await?;
    if !attempt.status.is_live() {
        return Ok(Learnt::Final);
    }
    let found = if attempt.status == AttemptStatus::RequiresAction
        && now >= attempt.created_at + TimeDelta::hours(ACTION_HOURS)
    {
        super::cancel(app, &lookup).await
    } else {
        super::find(app, &lookup).await
    };
    Ok(match found {
        Found::Charge(outcome) => Learnt::Outcome(outcome),
        Found::Absent => {
            resend(app, &attempt, now).await?;
            Learnt::Outcome(call(app, id, now).await?)
        }
        Found::Unreachable if now >= attempt.created_at + TimeDelta::days(HORIZON_DAYS) => Learnt::Undecidable,
        Found::Unreachable => Learnt::Nothing,
    })
}

/// Looks up an attempt whose outcome was never recorded: what the gateway knows of it, or, where it has
/// certainly never seen it, the answer to sending it again with the same key.
///
/// # Errors
/// The database's.
pub async fn recover(app: &App, id: AttemptId, now: DateTime<Utc>) -> Result<ChargeOutcome, Error> {
    let lookup = lookup(app, id, now).await?;
    match super::find(app, &lookup).await {
        Found::Charge(outcome) => Ok(outcome),
        Found::Absent => call(app, id, now).await,
        Found::Unreachable => Ok(ChargeOutcome::Unknown),
    }
}

async fn resend(app: &App, attempt: &payment_attempt::Model, now: DateTime<Utc>) -> Result<(), Error> {
    let Ok(status) = attempt.status.after(AttemptEvent::Send) else { return Ok(()) };
    app.transact(async |tx| -> Result<(), Error> {
        payment_attempt::Entity::update_many()
            .col_expr(payment_attempt::Column::Status, Expr::value(status))
            .col_expr(payment_attempt::Column::SentAt, Expr::value(Some(now)))
            .filter(payment_attempt::Column::Id.eq(attempt.id))
            .filter(payment_attempt::Column::Status.eq(attempt.status))
            .exec(&**tx)
            .await?;
        Ok(())
    })
    .await
}

/// Records what was learnt; asks again later while the outcome is not final.
///
/// # Errors
/// The database's.
pub async fn record(tx: &Tx, cx: &Context<'_>, due: &milestones::Model, learnt: &Learnt) -> Result<Effect, Error> {
    let account = lock_account(tx, due.account_id).await?;
    let id = AttemptId(due.subject_id.ok_or(Error::NotFound)?);
    match learnt {
        Learnt::Final => Ok(Effect::Done("final_already")),
        Learnt::Undecidable => Ok(Effect::Park("outcome_undecidable")),
        Learnt::Refund(outcome) => refunded(tx, cx, &account, (id, *outcome)).await,
        Learnt::Nothing => again(tx, cx, &account, due).await,
        Learnt::Outcome(outcome) => {
            settle::settle(tx, cx, id, outcome).await?;
            let attempt = payment_attempt::Entity::find_by_id(id).one(&**tx).await?.ok_or(Error::NotFound)?;
            if attempt.status.is_live() {
                again(tx, cx, &account, due).await
            } else {
                Ok(Effect::Done(attempt.status.as_str()))
            }
        }
    }
}

/// Five minutes after the attempt, then an hour later, then daily.
async fn again(tx: &Tx, cx: &Context<'_>, account: &account::Model, due: &milestones::Model) -> Result<Effect, Error> {
    let delay = if due.step == 0 { TimeDelta::hours(1) } else { TimeDelta::days(1) };
    payment_attempt::Entity::update_many()
        .col_expr(payment_attempt::Column::Checks, Expr::col(payment_attempt::Column::Checks).add(1))
        .filter(payment_attempt::Column::Id.eq(due.subject_id))
        .exec(&**tx)
        .await?;
    milestone::add(
        tx,
        cx,
        New {
            account,
            kind: MilestoneKind::Reconcile,
            subject: due.subject_id.ok_or(Error::NotFound)?,
            due_at: cx.now + delay,
            rule: Rule::OutcomeAwaited,
            step: due.step + 1,
        },
    )
    .await?;
    Ok(Effect::Done("asked_again_later"))
}

async fn refunded(
    tx: &Tx,
    cx: &Context<'_>,
    account: &account::Model,
    (id, outcome): (AttemptId, RefundOutcome),
) -> Result<Effect, Error> {
    let row = refund::Entity::find()
        .filter(refund::Column::PaymentAttemptId.eq(id))
        .filter(refund::Column::Status.eq("pending"))
        .one(&**tx)
        .await?;
    let Some(row) = row else { return Ok(Effect::Done("final_already")) };
    let gross = Money::from_minor(row.amount, invoice::currency(&row.currency)?);
    let to_balance = match outcome {
        RefundOutcome::Unknown => return Ok(Effect::Wait(cx.now + TimeDelta::hours(1), "refund_unknown")),
        RefundOutcome::Refused => true,
        RefundOutcome::Accepted => false,
    };
    let (status, whereto) = if to_balance {
        ledger::give(tx, account.id, gross).await?;
        ("to_balance", ledger::Ledger::Balance)
    } else {
        ("succeeded", ledger::Ledger::Cash)
    };
    ledger::post(
        tx,
        cx,
        ledger::Posting {
            account: account.id,
            cause: "refund",
            invoice: None,
            payment: None,
            entries: &[(ledger::Ledger::Unapplied, gross), (whereto, gross.negate())],
        },
    )
    .await?;
    refund::Entity::update_many()
        .col_expr(refund::Column::Status, Expr::value(status))
        .col_expr(refund::Column::SettledAt, Expr::value(Some(cx.now)))
        .filter(refund::Column::Id.eq(row.id))
        .exec(&**tx)
        .await?;
    let message = Message::Refunded { invoice: None, gross, to_balance };
    let cause = format!("refunded:{}", row.id);
    mail::queue(tx, cx, Letter { account, message: &message, cause, to: None, service: None, names_on: None }).await?;
    Ok(Effect::Done(if to_balance { "to_balance" } else { "refunded" }))
}
