//! What nobody can use any more has an end: deleted once an hour, whatever the node's roles.

use crate::actions::{Error, account, export, factor, session};
use crate::app::App;
use crate::chain;
use crate::db::Tx;
use crate::http::idempotency;
use chrono::{DateTime, TimeDelta, Utc};
use entity::activity;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use std::convert::Infallible;
use std::time::Duration;

/// How long an Idempotency-Key repeats its answer.
const KEYS_KEPT: TimeDelta = TimeDelta::days(30);

/// Sweeps at the start and once an hour. Nodes that sweep at once do each other no harm.
pub async fn run(app: &App) -> Infallible {
    let mut every = tokio::time::interval(Duration::from_hours(1));
    loop {
        every.tick().await;
        sweep(app).await;
    }
}

/// Deletes what has ended, each kind in a transaction of its own; one that fails is logged, and the others
/// go on.
pub async fn sweep(app: &App) {
    let now = app.now();
    told(
        "idempotency keys",
        delete(app, now, async |tx, now| Ok(idempotency::forget(tx, now - KEYS_KEPT).await?)).await,
    );
    told("counted failures", delete(app, now, async |tx, now| Ok(session::throttle::forget(tx, now).await?)).await);
    told("key ceremonies", delete(app, now, factor::security_keys::ceremony::forget).await);
    told("login challenges", delete(app, now, factor::challenge::forget).await);
    told("sign-ups", Box::pin(account::lapse::lapse_due(app, now)).await);
    told("origins of visitors", delete(app, now, forget_visitors).await);
    told("exports", export::forget::forget(app, now).await);
    told("changes of addresses", delete(app, now, account::address_change::forget).await);
    told("remembered devices", delete(app, now, factor::remembered::forget_ended).await);
}

/// Empties the lines of nobody's that are older than anybody looks for: from where they came, and with what.
async fn forget_visitors(tx: &Tx, now: DateTime<Utc>) -> Result<u64, Error> {
    use activity::Column;
    let emptied = activity::Entity::update_many()
        .col_expr(Column::Address, Expr::value(None::<String>))
        .col_expr(Column::UserAgent, Expr::value(None::<String>))
        .col_expr(Column::RequestId, Expr::value(None::<String>))
        .col_expr(Column::Detail, Expr::value(None::<serde_json::Value>))
        .col_expr(Column::Salt, Expr::value(None::<String>))
        .filter(Column::AccountId.is_null())
        .filter(Column::Salt.is_not_null())
        .filter(Column::At.lt(now - chain::VISITORS_KEPT))
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
