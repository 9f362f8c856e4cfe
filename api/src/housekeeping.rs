//! What nobody can use any more has an end: deleted once an hour, whatever the node's roles.

use crate::actions::{Actor, Error, account, export, factor, session};
use crate::app::App;
use crate::chain;
use crate::db::Tx;
use crate::http::idempotency;
use chrono::{DateTime, TimeDelta, Utc};
use domain::id::ActivityId;
use entity::activity;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use std::convert::Infallible;
use std::time::Duration;

/// How long an Idempotency-Key repeats its answer.
const KEYS_KEPT: TimeDelta = TimeDelta::days(30);

/// How far back is looked for what stays as a row and is only emptied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// As far as there is anything: once, at the start.
    All,
    /// What came to its end in the last days: the sweeps before have had the rest.
    Recent,
}

/// Lines of the activity log that are emptied in one transaction.
const LINES: u64 = 500;
/// How far the sweep of each hour looks back.
const RECENT: TimeDelta = TimeDelta::days(7);

/// Sweeps at the start and once an hour. Nodes that sweep at once do each other no harm.
pub async fn run(app: &App) -> Infallible {
    let mut every = tokio::time::interval(Duration::from_hours(1));
    let mut reach = Reach::All;
    loop {
        every.tick().await;
        sweep(app, reach).await;
        reach = Reach::Recent;
    }
}

/// Deletes what has ended, each kind in a transaction of its own; one that fails is logged, and the others
/// go on.
pub async fn sweep(app: &App, reach: Reach) {
    let now = app.now();
    told(
        "idempotency keys",
        delete(app, now, async |tx, now| Ok(idempotency::forget(tx, now - KEYS_KEPT).await?)).await,
    );
    told("counted failures", delete(app, now, async |tx, now| Ok(session::throttle::forget(tx, now).await?)).await);
    told("key ceremonies", delete(app, now, factor::security_keys::ceremony::forget).await);
    told("login challenges", delete(app, now, factor::challenge::forget).await);
    told("sign-ups", Box::pin(account::lapse::lapse_due(app, now)).await);
    told("origins of visitors", forget_visitors(app, now, reach).await);
    told("exports", export::forget::forget(app, now).await);
    told("changes of addresses", delete(app, now, account::address_change::forget).await);
    told("remembered devices", delete(app, now, factor::remembered::forget_ended).await);
}

/// Empties the lines of visitors that are older than anybody looks for: from where they came, and with what. What
/// operators did stays as it is.
async fn forget_visitors(app: &App, now: DateTime<Utc>, reach: Reach) -> Result<u64, Error> {
    use activity::Column;
    let until = now - chain::VISITORS_KEPT;
    let mut old = activity::Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::AccountId.is_null())
        .filter(Column::At.lt(until))
        .filter(Column::Actor.eq(Actor::Visitor.to_string()))
        .filter(Column::Salt.is_not_null());
    if reach == Reach::Recent {
        old = old.filter(Column::At.gte(until - RECENT));
    }
    let mut emptied = 0;
    loop {
        let ids: Vec<ActivityId> = old.clone().limit(LINES).into_tuple().all(&**app.read()).await?;
        if ids.is_empty() {
            return Ok(emptied);
        }
        emptied += app.transact(async |tx| empty(tx, &ids).await).await?;
    }
}

async fn empty(tx: &Tx, ids: &[ActivityId]) -> Result<u64, Error> {
    use activity::Column;
    let emptied = activity::Entity::update_many()
        .col_expr(Column::Address, Expr::value(None::<String>))
        .col_expr(Column::UserAgent, Expr::value(None::<String>))
        .col_expr(Column::RequestId, Expr::value(None::<String>))
        .col_expr(Column::Detail, Expr::value(None::<serde_json::Value>))
        .col_expr(Column::Salt, Expr::value(None::<String>))
        .filter(Column::Id.is_in(ids.iter().copied()))
        .exec(&**tx)
        .await?;
    Ok(emptied.rows_affected)
}

async fn delete(
    app: &App,
    now: DateTime<Utc>,
    forget: impl AsyncFn(&Tx, DateTime<Utc>) -> Result<u64, Error>,
) -> Result<u64, Error> {
    app.transact(async |tx| forget(tx, now).await).await
}

fn told(what: &'static str, outcome: Result<u64, Error>) {
    match outcome {
        Ok(0) => {}
        Ok(count) => tracing::info!(what, count, "deleted what has ended"),
        Err(error) => tracing::warn!(what, %error, "deleting what has ended"),
    }
}
