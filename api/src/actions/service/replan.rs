//! Makes the stored milestones of a service say what [`domain::timeline::plan`] says now.

use super::{OPEN, boundaries, boundary, load, period_at, plan_of};
use crate::actions::{Context, Error, catalog, today, zone};
use crate::db::Tx;
use chrono::{DateTime, NaiveDate, Utc};
use domain::service::{RenewalMode, ServiceStatus};
use domain::timeline::{self, Debt, Facts, MilestoneKind, MilestoneState, Planned, Retries, Rule};
use entity::{account, milestone, service};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use std::collections::{BTreeMap, BTreeSet};

/// Plans a service's future anew: what is no longer planned is dropped, what is new is inserted, the
/// same occurrence with another date is moved. What already happened never happens again.
///
/// # Errors
/// The database's.
pub async fn replan(
    tx: &Tx,
    cx: &Context<'_>,
    account: &account::Model,
    service: &service::Model,
) -> Result<(), Error> {
    let live: Vec<milestone::Model> = milestone::Entity::find()
        .filter(milestone::Column::ServiceId.eq(service.id))
        .filter(milestone::Column::State.is_in([
            MilestoneState::Planned,
            MilestoneState::Running,
            MilestoneState::Parked,
        ]))
        .all(&**tx)
        .await?;
    let known: BTreeSet<String> = live.iter().map(|row| row.occurrence_key.clone()).collect();
    let wanted = plan_now(tx, account, service, (cx.now, &known)).await?;
    let mut wanted: BTreeMap<String, Planned> = wanted.into_iter().map(|each| (each.key.clone(), each)).collect();
    let owing = matches!(service.status, ServiceStatus::PastDue | ServiceStatus::Active);
    let mut dropped = Vec::new();
    for row in &live {
        let outside_ladder = row.rule == Rule::NewMethod && owing && row.boundary == service.boundary;
        match wanted.remove(&row.occurrence_key) {
            Some(planned) if planned.due_at != row.due_at => move_to(tx, row, &planned).await?,
            Some(_) => {}
            // what runs now is finished by whoever holds its lease
            None if row.state == MilestoneState::Running || outside_ladder => {}
            None => dropped.push(row.id),
        }
    }
    if !dropped.is_empty() {
        milestone::Entity::update_many()
            .col_expr(milestone::Column::State, Expr::value(MilestoneState::Dropped))
            .col_expr(milestone::Column::Outcome, Expr::value("no_longer_planned"))
            .col_expr(milestone::Column::FinishedAt, Expr::value(cx.now))
            .filter(milestone::Column::Id.is_in(dropped))
            .exec(&**tx)
            .await?;
    }
    let rows: Vec<_> = wanted.into_values().map(|planned| row(cx, account, service, &planned)).collect();
    if !rows.is_empty() {
        milestone::Entity::insert_many(rows)
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .exec_without_returning(&**tx)
            .await?;
    }
    Ok(())
}

async fn plan_now(
    tx: &Tx,
    account: &account::Model,
    service: &service::Model,
    now: (DateTime<Utc>, &BTreeSet<String>),
) -> Result<Vec<Planned>, Error> {
    if !service.status.is_live() {
        return Ok(Vec::new());
    }
    let plan = plan_of(&**tx, service).await?;
    let boundaries = boundaries(&**tx, service.id).await?;
    let owing_since = owing_since(&**tx, account, service).await?;
    let facts = facts(account, service, &boundaries, owing_since, now)?;
    Ok(timeline::plan(&facts, &catalog::policy(&plan)?)?)
}

/// The billing day on which the renewal at the service's boundary was invoiced, while it is unpaid.
///
/// # Errors
/// The database's.
pub async fn owing_since<C: ConnectionTrait>(
    db: &C,
    account: &account::Model,
    service: &service::Model,
) -> Result<Option<NaiveDate>, Error> {
    period_at(db, service.id, service.boundary)
        .await?
        .filter(|period| period.state == OPEN && period.invoice_id.is_some())
        .map(|period| today(account, period.created_at))
        .transpose()
}

/// What the plan of a service depends on.
///
/// # Errors
/// [`Error::Internal`] for an unknown time zone.
pub fn facts<'a>(
    account: &account::Model,
    service: &service::Model,
    boundaries: &'a domain::calendar::Boundaries,
    owing_since: Option<NaiveDate>,
    (from, planned): (DateTime<Utc>, &'a BTreeSet<String>),
) -> Result<Facts<'a>, Error> {
    let stopped = service.retries_stopped || service.renewal_mode == RenewalMode::Manual;
    let debt = owing_since.map(|opened_on| Debt {
        boundary: boundary(service),
        opened_on,
        retries: if stopped { Retries::Stopped } else { Retries::Planned },
    });
    Ok(Facts {
        service: service.id,
        status: service.status,
        mode: service.renewal_mode,
        period: service.period,
        boundary: boundary(service),
        boundaries,
        cycle: u32::try_from(service.cycle).unwrap_or_default(),
        debt,
        cancelled_on: service.cancelled_on,
        delete_on: service.delete_on,
        announced_suspension: service.suspend_on,
        zone: zone(account)?,
        from,
        planned,
    })
}

async fn move_to(tx: &Tx, row: &milestone::Model, planned: &Planned) -> Result<(), Error> {
    milestone::Entity::update_many()
        .col_expr(milestone::Column::DueAt, Expr::value(planned.due_at))
        .col_expr(milestone::Column::RunAt, Expr::value(planned.due_at))
        .col_expr(milestone::Column::PlannedOn, Expr::value(planned.on))
        .filter(milestone::Column::Id.eq(row.id))
        .exec(&**tx)
        .await?;
    Ok(())
}

/// The row of something planned.
#[must_use]
pub fn row(
    cx: &Context<'_>,
    account: &account::Model,
    service: &service::Model,
    planned: &Planned,
) -> milestone::ActiveModel {
    milestone::ActiveModel {
        id: Set(cx.id()),
        account_id: Set(account.id),
        service_id: Set(Some(service.id)),
        subject_id: Set(None),
        test_clock_id: Set(account.test_clock_id),
        kind: Set(planned.kind),
        rank: Set(planned.kind.rank()),
        state: Set(MilestoneState::Planned),
        rule: Set(planned.rule),
        occurrence_key: Set(planned.key.clone()),
        boundary: Set(service.boundary),
        cycle: Set(service.cycle),
        step: Set(planned.step),
        planned_on: Set(planned.on),
        due_at: Set(planned.due_at),
        run_at: Set(planned.due_at),
        attempts: Set(0),
        lease_until: Set(None),
        fence: Set(0),
        outcome: Set(None),
        last_error: Set(None),
        created_at: Set(cx.now),
        finished_at: Set(None),
    }
}

/// Plans all live services of an account anew, after its time zone changed.
///
/// # Errors
/// The database's.
pub async fn replan_account(tx: &Tx, cx: &Context<'_>, account: &account::Model) -> Result<(), Error> {
    let services = service::Entity::find()
        .filter(service::Column::AccountId.eq(account.id))
        .filter(service::Column::Status.is_in([
            ServiceStatus::Active,
            ServiceStatus::PastDue,
            ServiceStatus::Suspended,
        ]))
        .all(&**tx)
        .await?;
    for service in services {
        replan(tx, cx, account, &service).await?;
    }
    Ok(())
}

/// A new default payment method while a renewal is unpaid: one charge at once, outside the ladder, and
/// the ladder goes on if it had stopped.
///
/// # Errors
/// The database's.
pub async fn on_new_method(tx: &Tx, cx: &Context<'_>, account: &account::Model) -> Result<(), Error> {
    let services = service::Entity::find()
        .filter(service::Column::AccountId.eq(account.id))
        .filter(service::Column::Status.eq(ServiceStatus::PastDue))
        .filter(service::Column::RenewalMode.eq(RenewalMode::Automatic))
        .filter(service::Column::CancelledOn.is_null())
        .all(&**tx)
        .await?;
    for service in services {
        let service = if service.retries_stopped {
            super::save(tx, &service::Model { retries_stopped: false, ..service.clone() }).await?
        } else {
            service
        };
        charge_now(tx, cx, account, &service).await?;
        replan(tx, cx, account, &service).await?;
    }
    Ok(())
}

/// Steps of charges outside the ladder begin here, one for each second of real time.
const OUTSIDE_LADDER: i64 = 1_000;

async fn charge_now(
    tx: &Tx,
    cx: &Context<'_>,
    account: &account::Model,
    service: &service::Model,
) -> Result<(), Error> {
    let step = i32::try_from(OUTSIDE_LADDER + cx.real_now.timestamp().rem_euclid(2_000_000_000)).unwrap_or(i32::MAX);
    let cycle = u32::try_from(service.cycle).unwrap_or_default();
    let planned = Planned {
        kind: MilestoneKind::Charge,
        on: today(account, cx.now)?,
        due_at: cx.now,
        rule: Rule::NewMethod,
        boundary: boundary(service),
        step,
        key: timeline::occurrence_key(service.id, MilestoneKind::Charge, boundary(service), cycle, step),
    };
    milestone::Entity::insert(row(cx, account, service, &planned))
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(&**tx)
        .await?;
    Ok(())
}

/// Plans one service anew by its id.
///
/// # Errors
/// [`Error::NotFound`]; the database's.
pub async fn replan_by_id(
    tx: &Tx,
    cx: &Context<'_>,
    account: &account::Model,
    id: domain::id::ServiceId,
) -> Result<(), Error> {
    let service = load(&**tx, account.id, id).await?;
    replan(tx, cx, account, &service).await
}
