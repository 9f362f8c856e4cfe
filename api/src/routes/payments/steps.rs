//! The three steps of a payment that a customer asks for. The attempt and an answer that it is under way
//! are committed; the gateway is called with no transaction open; the outcome and its answer are
//! committed together. Whatever breaks in between, the key has an answer and the reconciler an attempt.

use super::view;
use crate::actions::payment::{self as actions, settle, start::Started};
use crate::actions::{Blocker, Error};
use crate::app::App;
use crate::db::Tx;
use crate::http::caller::Caller;
use crate::http::idempotency::{Claim, Key};
use crate::http::reply::Reply;
use crate::payment::gateway::ChargeOutcome;
use crate::problem::{Code, Problem};
use actix_web::web::Data;
use domain::id::{AttemptId, PaymentId};
use domain::payment::PaymentStatus;
use domain::refusal::Refusal;
use entity::payment;
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter};

/// What the first step leaves to be done.
enum Begun {
    /// Nothing: this is the answer.
    Answered(Reply),
    /// The gateway has to be called.
    Call(PaymentId, AttemptId),
}

/// Starts a payment by `start` and carries it to its answer: 201 when it succeeded, 202 while its
/// outcome is not final, the problem `payment_declined` otherwise.
///
/// # Errors
/// What `start` answers; what [`Key::claim`] refuses.
pub async fn pay<F>(app: &Data<App>, caller: &Caller, key: &Key, start: F) -> Result<Reply, Problem>
where
    F: AsyncFn(&Tx) -> Result<Started, Error>,
{
    let scope = caller.scope();
    if key.is_dry_run() {
        let tried = async |tx: &Tx| {
            let started = start(tx).await?;
            Ok(Reply::ok(&view::show(&**tx, started.payment()).await?))
        };
        return key.once(app, &scope, tried).await;
    }
    let now = app.now();
    let begun: Result<Begun, Error> = app
        .transact(async |tx| {
            if let Claim::Replay(reply) = key.claim(tx, &scope, now).await? {
                return Ok(Begun::Answered(reply));
            }
            let started = start(tx).await?;
            let reply = answer(&**tx, started.payment()).await?;
            key.complete(tx, &scope, &reply).await?;
            Ok(match started {
                Started::Settled(_) => Begun::Answered(reply),
                Started::Call(payment, attempt) => Begun::Call(payment.id, attempt),
            })
        })
        .await;
    let (payment, attempt) = match begun? {
        Begun::Answered(reply) => return Ok(reply),
        Begun::Call(payment, attempt) => (payment, attempt),
    };
    // a task of its own: a caller that hangs up does not stop it halfway
    let (app, caller, key) = (app.clone(), caller.clone(), key.clone());
    let carried = actix_web::rt::spawn(async move { finish(&app, &caller, &key, (payment, attempt)).await });
    match carried.await {
        Ok(answered) => answered,
        Err(error) => {
            tracing::error!(%error, %attempt, "a payment was left halfway");
            Err(Code::Internal.into())
        }
    }
}

/// Calls the gateway and records what it says.
async fn finish(
    app: &App,
    caller: &Caller,
    key: &Key,
    (payment, attempt): (PaymentId, AttemptId),
) -> Result<Reply, Problem> {
    let outcome = actions::call(app, attempt, caller.now).await.unwrap_or_else(|error| {
        tracing::error!(%error, %attempt, "the gateway could not be called");
        ChargeOutcome::Unknown
    });
    let settled: Result<Reply, Error> = app
        .transact(async |tx| {
            let payment = settle::settle(tx, &caller.cx(app), attempt, &outcome).await?;
            let reply = answer(&**tx, &payment).await?;
            key.complete(tx, &caller.scope(), &reply).await?;
            Ok(reply)
        })
        .await;
    match settled {
        Ok(reply) => Ok(reply),
        Err(error) => {
            // somebody else recorded it, or the reconciler will: what is known now is the answer
            tracing::warn!(%error, %attempt, "recording the outcome of a payment");
            let mine = payment::Entity::of(caller.id()).filter(payment::Column::Id.eq(payment));
            let row = mine.one(&**app.read()).await?.ok_or(Code::NotFound)?;
            Ok(answer(&**app.read(), &row).await?)
        }
    }
}

/// What a payment answers to whoever asked for it.
async fn answer<C: ConnectionTrait>(db: &C, payment: &payment::Model) -> Result<Reply, Error> {
    let path = format!("/v1/payments/{}", payment.id);
    Ok(match payment.status {
        PaymentStatus::Succeeded => Reply::created(path, &view::show(db, payment).await?),
        PaymentStatus::Failed => declined(payment).into(),
        PaymentStatus::Pending
        | PaymentStatus::Processing
        | PaymentStatus::RequiresAction
        | PaymentStatus::Refunded => Reply::accepted(Some(path), &view::show(db, payment).await?),
    })
}

/// The refusal names the payment, and where another method is added.
fn declined(payment: &payment::Model) -> Problem {
    let code = Refusal::PaymentDeclined;
    let blocker = Blocker { code, resource: Some(payment.id.to_string()), href: "/v1/payment-methods".to_owned() };
    Error::Blocked { code, blockers: vec![blocker] }.into()
}
