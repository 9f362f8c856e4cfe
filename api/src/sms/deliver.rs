//! Hands over what is queued: claimed by lease in one transaction, sent with none open, recorded in another.
//! A node that dies in between leaves its lease to expire; the text goes out again under the same id, by
//! which a provider knows it. A code is soon of no use: what cannot be handed over until then is given up.

use super::opened;
use super::transport::{OutgoingText, SEND_TIMEOUT, TextError};
use crate::actions::Error;
use crate::app::App;
use crate::db::Tx;
use chrono::{DateTime, TimeDelta, Utc};
use domain::id::SmsId;
use entity::sms::{Column, Entity, Model};
use futures_util::{StreamExt, stream};
use sea_orm::sea_query::{Expr, LockBehavior, LockType};
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, Select};

/// Waits for its delivery.
pub const QUEUED: &str = "queued";
/// Claimed by a node.
const SENDING: &str = "sending";
/// The provider took it.
const ACCEPTED: &str = "accepted";
/// Given up.
pub const FAILED: &str = "failed";

/// How long a claimed text belongs to its claimer, in seconds.
const LEASE_SECONDS: i64 = 60;
/// Texts claimed at once.
const BATCH: u64 = 20;
/// Texts sent at once.
const CONCURRENCY: usize = 4;
/// Tries after which a text is given up.
const MAX_ATTEMPTS: i32 = 6;

enum Outcome {
    Accepted,
    Later(String),
    Never(String),
    /// The lease ran out before its turn.
    NotTried,
}

/// Hands over what is due, until nothing is left; answers how many were accepted or given up.
///
/// # Errors
/// The database's. What the provider says is recorded, not answered.
pub async fn deliver_due(app: &App) -> Result<usize, Error> {
    let mut finished = 0;
    // a look costs no write while there is nothing
    while due(app.now()).one(&**app.read()).await?.is_some() {
        let texts = app.transact(async |tx: &Tx| claim(tx, app.now()).await).await?;
        if texts.is_empty() {
            break;
        }
        let tries = texts.into_iter().map(|text| send(app, text));
        let tried: Vec<_> = stream::iter(tries).buffer_unordered(CONCURRENCY).collect().await;
        finished += app.transact(async |tx: &Tx| record(tx, app.now(), &tried).await).await?;
    }
    Ok(finished)
}

fn due(now: DateTime<Utc>) -> Select<Entity> {
    Entity::find()
        .filter(Column::State.is_in([QUEUED, SENDING]))
        .filter(Column::DueAt.lte(now))
        .filter(Column::LeaseUntil.is_null().or(Column::LeaseUntil.lte(now)))
}

async fn claim(tx: &Tx, now: DateTime<Utc>) -> Result<Vec<Model>, Error> {
    let mut texts = due(now)
        .order_by_asc(Column::DueAt)
        .order_by_asc(Column::Id)
        .limit(BATCH)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .all(&**tx)
        .await?;
    if texts.is_empty() {
        return Ok(texts);
    }
    let lease = now + TimeDelta::seconds(LEASE_SECONDS);
    let ids: Vec<SmsId> = texts.iter().map(|text| text.id).collect();
    Entity::update_many()
        .col_expr(Column::State, Expr::value(SENDING))
        .col_expr(Column::LeaseUntil, Expr::value(lease))
        .col_expr(Column::Fence, Expr::col(Column::Fence).add(1_i64))
        .col_expr(Column::Attempts, Expr::col(Column::Attempts).add(1_i32))
        .filter(Column::Id.is_in(ids))
        .exec(&**tx)
        .await?;
    for text in &mut texts {
        text.fence += 1;
        text.attempts += 1;
        text.lease_until = Some(lease);
    }
    Ok(texts)
}

async fn send(app: &App, text: Model) -> (Model, Outcome) {
    let now = app.now();
    if text.useful_until <= now {
        return (text, Outcome::Never("its code is too old by now".to_owned()));
    }
    if text.attempts > MAX_ATTEMPTS {
        // nobody who tried it lived to record what became of it
        return (text, Outcome::Never("each try ended without an outcome".to_owned()));
    }
    let enough = TimeDelta::from_std(SEND_TIMEOUT).unwrap_or(TimeDelta::MAX);
    if text.lease_until.is_none_or(|lease| lease - now < enough) {
        return (text, Outcome::NotTried);
    }
    let Ok(body) = opened(&app.tools, &text) else {
        return (text, Outcome::Never("its code cannot be opened".to_owned()));
    };
    let outgoing = OutgoingText { id: text.id, to: text.to_number.clone(), body };
    let outcome = match app.texter.send(&outgoing).await {
        Ok(()) => Outcome::Accepted,
        Err(TextError::Permanent(why)) => Outcome::Never(why),
        Err(TextError::Temporary(why)) if text.attempts >= MAX_ATTEMPTS => Outcome::Never(why),
        Err(TextError::Temporary(why)) => Outcome::Later(why),
    };
    (text, outcome)
}

async fn record(tx: &Tx, now: DateTime<Utc>, tried: &[(Model, Outcome)]) -> Result<usize, Error> {
    let mut finished = 0;
    for (text, outcome) in tried {
        let change = Entity::update_many()
            .filter(Column::Id.eq(text.id))
            .filter(Column::Fence.eq(text.fence))
            .filter(Column::State.eq(SENDING))
            .col_expr(Column::LeaseUntil, Expr::value(None::<DateTime<Utc>>));
        let (change, ends) = match outcome {
            Outcome::Accepted => (
                change
                    .col_expr(Column::State, Expr::value(ACCEPTED))
                    .col_expr(Column::AcceptedAt, Expr::value(now))
                    .col_expr(Column::SealedSecret, Expr::value(None::<String>))
                    .col_expr(Column::LastError, Expr::value(None::<String>)),
                true,
            ),
            Outcome::Never(why) => (
                change
                    .col_expr(Column::State, Expr::value(FAILED))
                    .col_expr(Column::SealedSecret, Expr::value(None::<String>))
                    .col_expr(Column::LastError, Expr::value(why.as_str())),
                true,
            ),
            Outcome::Later(why) => (
                change
                    .col_expr(Column::State, Expr::value(QUEUED))
                    .col_expr(Column::DueAt, Expr::value(now + back_off(text.attempts)))
                    .col_expr(Column::LastError, Expr::value(why.as_str())),
                false,
            ),
            Outcome::NotTried => (
                change
                    .col_expr(Column::State, Expr::value(QUEUED))
                    .col_expr(Column::Attempts, Expr::value(text.attempts - 1)),
                false,
            ),
        };
        let done = change.exec(&**tx).await?.rows_affected == 1;
        finished += usize::from(done && ends);
        if done {
            told(text, outcome);
        }
    }
    Ok(finished)
}

/// How long to wait after so many tries: all of them fit into the life of a code.
fn back_off(attempts: i32) -> TimeDelta {
    match attempts {
        ..=1 => TimeDelta::seconds(5),
        2 => TimeDelta::seconds(20),
        3 => TimeDelta::seconds(60),
        4.. => TimeDelta::seconds(120),
    }
}

fn told(text: &Model, outcome: &Outcome) {
    let (id, attempts) = (text.id, text.attempts);
    let count = |outcome: &'static str| metrics::counter!("sms_total", "outcome" => outcome).increment(1);
    match outcome {
        Outcome::Accepted => {
            count("accepted");
            tracing::debug!(sms = %id, kind = text.kind, "accepted");
        }
        Outcome::Later(why) => tracing::warn!(sms = %id, kind = text.kind, attempts, why, "not sent yet"),
        Outcome::Never(why) => {
            count("failed");
            tracing::error!(sms = %id, kind = text.kind, attempts, why, "given up");
        }
        Outcome::NotTried => tracing::debug!(sms = %id, kind = text.kind, "its lease ran out before its turn"),
    }
}
