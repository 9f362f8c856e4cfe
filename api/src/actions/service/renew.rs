//! Automatic renewal at the boundary: opens the next periods and issues their invoices, many services
//! in one transaction.

use super::{OPEN, to_boundaries};
use crate::actions::invoice::issue::{self, Draft, DraftLine};
use crate::actions::{Context, Error, catalog, record, today};
use crate::db::Tx;
use chrono::NaiveDate;
use domain::id::{AccountId, MilestoneId, PeriodId, PlanId, ServiceId};
use domain::money::Scaled6;
use domain::service::{RenewalMode, ServiceStatus};
use entity::{account, milestone, plan, plan_price, service, service_period, service_segment};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;
use std::collections::BTreeMap;

/// What became of one renewal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renewed {
    /// Its invoice exists now; the charge follows.
    Invoiced,
    /// Its invoice existed already.
    Adopted,
    /// It does not hold any more.
    Dropped,
    /// Its owner is paying it right now: wait for the outcome.
    BeingPaid,
    /// More than one boundary is unbilled: an operator must look first.
    TooManyUnbilled,
}

/// Whether several unbilled boundaries of one service stop its renewal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CatchUp {
    /// They do: something is wrong with the clock, or an outage was long.
    Refused,
    /// An operator released what was due until then: one boundary at a time.
    DueBefore(chrono::DateTime<chrono::Utc>),
    /// An operator released it, or it is a test clock: one boundary at a time.
    Allowed,
}

struct World {
    accounts: BTreeMap<AccountId, account::Model>,
    services: BTreeMap<ServiceId, service::Model>,
    segments: BTreeMap<ServiceId, Vec<service_segment::Model>>,
    periods: BTreeMap<ServiceId, service_period::Model>,
    plans: BTreeMap<PlanId, plan::Model>,
    prices: BTreeMap<(PlanId, domain::calendar::Period), plan_price::Model>,
}

/// Renews what the milestones are about; all accounts live on the same clock. Takes the locks itself,
/// accounts in ascending order.
///
/// # Errors
/// The database's, or the first that makes the whole batch fail.
pub async fn renew(
    tx: &Tx,
    cx: &Context<'_>,
    due: &[milestone::Model],
    catch_up: CatchUp,
) -> Result<Vec<(MilestoneId, Renewed)>, Error> {
    let world = load(tx, due).await?;
    let mut outcomes = Vec::with_capacity(due.len());
    let mut planned = Vec::new();
    for row in due {
        match consider(cx, &world, row, catch_up)? {
            Considered::Open(opening) => {
                planned.push(opening);
                outcomes.push((row.id, Renewed::Invoiced));
            }
            Considered::Not(why) => outcomes.push((row.id, why)),
        }
    }
    let drafts = planned.iter().map(|opening| draft(cx, &world, opening)).collect::<Result<Vec<_>, _>>()?;
    let invoices = issue::invoices(tx, cx, &drafts).await?;
    let mut periods = Vec::with_capacity(planned.len());
    let mut events = Vec::with_capacity(planned.len());
    for (opening, invoice) in planned.iter().zip(&invoices) {
        periods.push(period_row(cx, opening, invoice.id));
        let data = json!({ "number": invoice.number, "service": opening.service.id, "gross": invoice.gross });
        events.push(record::event_row(cx, invoice.account_id, "invoice.issued", &invoice.id, data));
    }
    issue::insert_chunks(tx, periods).await?;
    issue::insert_chunks(tx, events).await?;
    Ok(outcomes)
}

struct Opening<'a> {
    account: &'a account::Model,
    service: &'a service::Model,
    starts_on: NaiveDate,
    ends_on: NaiveDate,
}

enum Considered<'a> {
    Open(Opening<'a>),
    Not(Renewed),
}

fn consider<'a>(
    cx: &Context<'_>,
    world: &'a World,
    row: &milestone::Model,
    catch_up: CatchUp,
) -> Result<Considered<'a>, Error> {
    let Some((account, service)) = row
        .service_id
        .and_then(|id| world.services.get(&id))
        .and_then(|service| world.accounts.get(&service.account_id).map(|account| (account, service)))
    else {
        return Ok(Considered::Not(Renewed::Dropped));
    };
    let holds = service.status == ServiceStatus::Active
        && service.renewal_mode == RenewalMode::Automatic
        && service.cancelled_on.is_none()
        && service.boundary == row.boundary
        && service.cycle == row.cycle;
    if !holds {
        return Ok(Considered::Not(Renewed::Dropped));
    }
    if let Some(period) = world.periods.get(&service.id) {
        let invoiced = period.state == OPEN && period.invoice_id.is_some();
        return Ok(Considered::Not(if invoiced { Renewed::Adopted } else { Renewed::BeingPaid }));
    }
    let segments = world.segments.get(&service.id).map(Vec::as_slice).unwrap_or_default();
    let boundaries = to_boundaries(segments)?;
    let boundary = super::boundary(service);
    let (starts_on, ends_on) = (boundaries.date(boundary)?, boundaries.date(boundary + 1)?);
    let allowed = match catch_up {
        CatchUp::Allowed => true,
        CatchUp::DueBefore(released) => row.due_at <= released,
        CatchUp::Refused => false,
    };
    if !allowed && ends_on <= today(account, cx.now)? {
        return Ok(Considered::Not(Renewed::TooManyUnbilled));
    }
    Ok(Considered::Open(Opening { account, service, starts_on, ends_on }))
}

fn draft<'a>(cx: &Context<'_>, world: &'a World, opening: &Opening<'a>) -> Result<Draft<'a>, Error> {
    let service = opening.service;
    let price = world
        .prices
        .get(&(service.plan_id, service.period))
        .ok_or_else(|| Error::internal(format!("no price for {} {}", service.plan_id, service.period)))?;
    let plan = world.plans.get(&service.plan_id).ok_or(Error::NotFound)?;
    let name = catalog::name(plan, opening.account.language);
    Ok(Draft {
        account: opening.account,
        order: None,
        tax: catalog::tax::decide(cx.tools, opening.account, opening.starts_on)?,
        lines: vec![DraftLine {
            label: format!("{name} - {}", service.display_name),
            service: Some(service.id),
            quantity: Scaled6::ONE,
            unit_price: price.unit_price,
            starts_on: Some(opening.starts_on),
            ends_on: Some(opening.ends_on),
            period: service.period,
        }],
    })
}

fn period_row(cx: &Context<'_>, opening: &Opening<'_>, invoice: domain::id::InvoiceId) -> service_period::ActiveModel {
    service_period::ActiveModel {
        id: Set(cx.id::<PeriodId>()),
        service_id: Set(opening.service.id),
        boundary: Set(opening.service.boundary),
        state: Set(OPEN.to_owned()),
        starts_on: Set(Some(opening.starts_on)),
        ends_on: Set(Some(opening.ends_on)),
        invoice_id: Set(Some(invoice)),
        payment_id: Set(None),
        created_at: Set(cx.now),
    }
}

async fn load(tx: &Tx, due: &[milestone::Model]) -> Result<World, Error> {
    let mut accounts: Vec<AccountId> = due.iter().map(|row| row.account_id).collect();
    accounts.sort_unstable();
    accounts.dedup();
    let services: Vec<ServiceId> = due.iter().filter_map(|row| row.service_id).collect();
    let accounts = account::Entity::find()
        .filter(account::Column::Id.is_in(accounts))
        .order_by_asc(account::Column::Id)
        .lock_exclusive()
        .all(&**tx)
        .await?;
    let rows = service::Entity::find().filter(service::Column::Id.is_in(services.clone())).all(&**tx).await?;
    let segments = service_segment::Entity::find()
        .filter(service_segment::Column::ServiceId.is_in(services.clone()))
        .order_by_asc(service_segment::Column::FirstBoundary)
        .all(&**tx)
        .await?;
    let periods = periods_at_boundary(tx, &rows, services).await?;
    let mut plans: Vec<PlanId> = rows.iter().map(|row| row.plan_id).collect();
    plans.sort_unstable();
    plans.dedup();
    let prices = plan_price::Entity::find().filter(plan_price::Column::PlanId.is_in(plans.clone())).all(&**tx).await?;
    let plans = plan::Entity::find().filter(plan::Column::Id.is_in(plans)).all(&**tx).await?;
    let mut by_service: BTreeMap<ServiceId, Vec<service_segment::Model>> = BTreeMap::new();
    for segment in segments {
        by_service.entry(segment.service_id).or_default().push(segment);
    }
    Ok(World {
        accounts: accounts.into_iter().map(|row| (row.id, row)).collect(),
        services: rows.into_iter().map(|row| (row.id, row)).collect(),
        segments: by_service,
        periods,
        plans: plans.into_iter().map(|row| (row.id, row)).collect(),
        prices: prices.into_iter().map(|row| ((row.plan_id, row.period), row)).collect(),
    })
}

async fn periods_at_boundary(
    tx: &Tx,
    services: &[service::Model],
    ids: Vec<ServiceId>,
) -> Result<BTreeMap<ServiceId, service_period::Model>, Error> {
    let boundary: BTreeMap<ServiceId, i32> = services.iter().map(|row| (row.id, row.boundary)).collect();
    // settled periods end at or before the boundary: only open ones can begin there
    let open = service_period::Entity::find()
        .filter(service_period::Column::ServiceId.is_in(ids))
        .filter(service_period::Column::State.eq(OPEN))
        .all(&**tx)
        .await?;
    Ok(open
        .into_iter()
        .filter(|period| boundary.get(&period.service_id) == Some(&period.boundary))
        .map(|period| (period.service_id, period))
        .collect())
}
