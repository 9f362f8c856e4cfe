//! Runs what was claimed: renewals set-based, charges side by side, everything else one by one.

use super::agenda::{Mode, mode, single};
use super::{Effect, Scope, charges, finish, safety};
use crate::actions::payment::{charge, reconcile};
use crate::actions::service::renew::{CatchUp, Renewed, renew};
use crate::actions::{Context, Error};
use crate::app::App;
use crate::db::Tx;
use chrono::{DateTime, Utc};
use domain::id::MilestoneId;
use domain::timeline::MilestoneState;
use entity::milestone;
use futures_util::{StreamExt, stream};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use std::collections::BTreeMap;

/// Runs claimed milestones. What fails is recorded with its milestone and stops nothing else.
///
/// # Errors
/// The database's, when even that cannot be recorded.
pub async fn run(app: &App, scope: Scope, now: DateTime<Utc>, claimed: Vec<milestone::Model>) -> Result<(), Error> {
    let mut batch = Vec::new();
    let mut charged = Vec::new();
    let mut others = Vec::new();
    for due in claimed {
        match mode(due.kind) {
            Mode::Batch => batch.push(due),
            Mode::Charge => charged.push(due),
            Mode::Single | Mode::Reconcile => others.push(due),
        }
    }
    // one claim holds at most one milestone of a service, so these groups do not depend on each other
    for chunk in batch.chunks(app.config().scheduler.renewal_chunk.max(1)) {
        renew_chunk(app, scope, now, chunk).await?;
    }
    charges::run(app, now, &charged).await?;
    let (asked, others): (Vec<_>, Vec<_>) = others.into_iter().partition(|due| mode(due.kind) == Mode::Reconcile);
    for due in &others {
        let outcome = run_single(app, now, due).await;
        note(app, now, due, outcome).await?;
    }
    let at_once = app.config().scheduler.gateway_concurrency.max(1);
    let questions =
        asked.iter().map(|due| async move { note(app, now, due, run_reconcile(app, now, due).await).await });
    let mut running = stream::iter(questions).buffer_unordered(at_once);
    while let Some(outcome) = running.next().await {
        outcome?;
    }
    Ok(())
}

async fn note(app: &App, now: DateTime<Utc>, due: &milestone::Model, outcome: Result<(), Error>) -> Result<(), Error> {
    match outcome {
        Ok(()) => Ok(()),
        Err(error) => finish::failure(app, now, due, &error).await,
    }
}

async fn run_single(app: &App, now: DateTime<Utc>, due: &milestone::Model) -> Result<(), Error> {
    let cx = Context::scheduler(&app.tools, now, app.now());
    app.transact(async |tx| {
        let effect = single(tx, &cx, due).await?;
        finish::effect(tx, now, due, effect).await
    })
    .await
}

async fn run_reconcile(app: &App, now: DateTime<Utc>, due: &milestone::Model) -> Result<(), Error> {
    let cx = Context::scheduler(&app.tools, now, app.now());
    let learnt = reconcile::ask(app, due, now).await?;
    app.transact(async |tx| {
        // the milestone first: recording a final outcome drops what is still planned for the attempt
        charge::still_mine(tx, due).await?;
        let effect = reconcile::record(tx, &cx, due, &learnt).await?;
        finish::effect(tx, now, due, effect).await
    })
    .await
}

/// Renews a chunk in one transaction; if that fails, each alone, and the one that fails is recorded.
async fn renew_chunk(app: &App, scope: Scope, now: DateTime<Utc>, chunk: &[milestone::Model]) -> Result<(), Error> {
    match renew_together(app, scope, now, chunk).await {
        Ok(()) => Ok(()),
        Err(error) if chunk.len() > 1 => {
            tracing::warn!(%error, services = chunk.len(), "renewing one by one");
            for due in chunk {
                let outcome = renew_together(app, scope, now, std::slice::from_ref(due)).await;
                note(app, now, due, outcome).await?;
            }
            Ok(())
        }
        Err(error) => match chunk.first() {
            Some(due) => finish::failure(app, now, due, &error).await,
            None => Ok(()),
        },
    }
}

async fn renew_together(app: &App, scope: Scope, now: DateTime<Utc>, chunk: &[milestone::Model]) -> Result<(), Error> {
    let cx = Context::scheduler(&app.tools, now, app.now());
    let catch_up = match scope {
        Scope::Clock(_) => CatchUp::Allowed,
        Scope::Ordinary => safety::catch_up(app).await?,
    };
    let pause = app
        .transact(async |tx| {
            let outcomes = renew(tx, &cx, chunk, catch_up).await?;
            finish::still_mine(tx, chunk).await?;
            let stopped = outcomes.iter().any(|(_, outcome)| *outcome == Renewed::TooManyUnbilled);
            record(tx, now, chunk, outcomes).await?;
            if stopped {
                safety::pause(tx, "more than one unbilled boundary").await?;
            }
            Ok::<_, Error>(stopped)
        })
        .await?;
    if pause {
        tracing::error!("renewals are paused: a service has more than one unbilled boundary");
    }
    Ok(())
}

async fn record(
    tx: &Tx,
    now: DateTime<Utc>,
    chunk: &[milestone::Model],
    outcomes: Vec<(MilestoneId, Renewed)>,
) -> Result<(), Error> {
    let mut done: BTreeMap<&'static str, Vec<MilestoneId>> = BTreeMap::new();
    for (id, outcome) in outcomes {
        let Some(due) = chunk.iter().find(|due| due.id == id) else { continue };
        match outcome {
            Renewed::Invoiced => done.entry("invoiced").or_default().push(id),
            Renewed::Adopted => done.entry("adopted").or_default().push(id),
            Renewed::Dropped => finish::effect(tx, now, due, Effect::Dropped("no_longer_holds")).await?,
            Renewed::BeingPaid => {
                let later = now + chrono::TimeDelta::hours(6);
                finish::effect(tx, now, due, Effect::Wait(later, "being_paid")).await?;
            }
            Renewed::TooManyUnbilled => finish::effect(tx, now, due, Effect::Wait(now, "paused")).await?,
        }
    }
    for (outcome, ids) in done {
        milestone::Entity::update_many()
            .col_expr(milestone::Column::State, Expr::value(MilestoneState::Done))
            .col_expr(milestone::Column::Outcome, Expr::value(Some(outcome)))
            .col_expr(milestone::Column::FinishedAt, Expr::value(Some(now)))
            .col_expr(milestone::Column::LeaseUntil, Expr::value(Option::<DateTime<Utc>>::None))
            .filter(milestone::Column::Id.is_in(ids))
            .exec(&**tx)
            .await?;
    }
    Ok(())
}
