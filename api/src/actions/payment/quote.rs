//! What a renewal costs, before its invoice exists.

use crate::actions::invoice::issue::{Draft, DraftLine};
use crate::actions::service::{boundaries, boundary, plan_of};
use crate::actions::{Context, Error, Invalid, catalog, today};
use chrono::{Datelike, NaiveDate};
use domain::calendar::{Anchor, Boundaries, Period, Segment, late_periods, within_horizon};
use domain::money::Scaled6;
use domain::refusal::Refusal;
use domain::service::ServiceStatus;
use domain::tax::TaxDecision;
use entity::{account, service};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};

/// What a renewal pays: kept with the payment, so that the invoice says exactly what was charged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// The period.
    pub period: Period,
    /// How many of it.
    pub periods: u32,
    /// First day paid.
    pub starts_on: NaiveDate,
    /// The new expiry.
    pub ends_on: NaiveDate,
    /// Price of one period, net.
    pub unit_price: Scaled6,
    /// The line's text.
    pub label: String,
    /// VAT category.
    pub category: domain::tax::TaxCategory,
    /// VAT rate.
    pub rate: Scaled6,
}

impl Quote {
    /// The document to issue for it.
    #[must_use]
    pub fn draft<'a>(&self, account: &'a account::Model, service: &service::Model) -> Draft<'a> {
        Draft {
            account,
            order: None,
            tax: TaxDecision { category: self.category, rate: self.rate, mention: None },
            lines: vec![DraftLine {
                label: self.label.clone(),
                service: Some(service.id),
                quantity: Scaled6::whole(i32::try_from(self.periods).unwrap_or(i32::MAX)),
                unit_price: self.unit_price,
                starts_on: Some(self.starts_on),
                ends_on: Some(self.ends_on),
                period: self.period,
            }],
        }
    }
}

/// The boundaries that a service has once another period begins at its boundary.
///
/// # Errors
/// The database's.
pub async fn boundaries_with<C: ConnectionTrait>(
    db: &C,
    service: &service::Model,
    period: Period,
) -> Result<Boundaries, Error> {
    let known = boundaries(db, service.id).await?;
    let at = boundary(service);
    let date = known.date(at)?;
    let Some(last) = known.segments().last().copied() else { return Ok(known) };
    if last.period == period {
        return Ok(known);
    }
    let mut segments: Vec<Segment> =
        known.segments().iter().filter(|segment| segment.first_boundary < at).copied().collect();
    let day = last.anchor.day.max(date.day());
    segments.push(Segment { first_boundary: at, anchor: Anchor { date, day }, period });
    Ok(Boundaries::new(segments)?)
}

/// Quotes a renewal. Early it adds to the current expiry; late it goes on from the old one, with as many
/// periods as are needed to reach beyond today.
///
/// # Errors
/// `service_deleted`, `service_not_delivered`, `service_cancelled`, `horizon_exceeded`; a period that
/// the plan does not sell; the database's.
pub async fn quote<C: ConnectionTrait>(
    db: &C,
    cx: &Context<'_>,
    account: &account::Model,
    service: &service::Model,
    (period, wanted): (Period, u32),
) -> Result<Quote, Error> {
    match service.status {
        ServiceStatus::Deleted => return Err(Refusal::ServiceDeleted.into()),
        ServiceStatus::Delivering => return Err(Refusal::ServiceNotDelivered.into()),
        ServiceStatus::Active | ServiceStatus::PastDue | ServiceStatus::Suspended => {}
    }
    if service.cancelled_on.is_some() && service.status == ServiceStatus::Active {
        return Err(Refusal::ServiceCancelled.into());
    }
    let plan = plan_of(db, service).await?;
    let Some(price) = catalog::price(db, service.plan_id, period).await? else {
        return Err(Invalid::new("/period", "plan_not_available").into());
    };
    let boundaries = boundaries_with(db, service, period).await?;
    let starts_on = boundaries.date(boundary(service))?;
    let today = today(account, cx.now)?;
    let day = boundaries.segments().last().map_or(starts_on.day(), |segment| segment.anchor.day);
    let periods = late_periods(Anchor { date: starts_on, day }, period.step(), wanted.max(1), today)?;
    let ends_on = boundaries.date(boundary(service) + periods)?;
    let policy = catalog::policy(&plan)?;
    within_horizon(ends_on, today, policy.max_horizon_years).map_err(|_| Refusal::HorizonExceeded)?;
    let tax = catalog::tax::decide(&cx.tools.config, account, starts_on)?;
    Ok(Quote {
        period,
        periods,
        starts_on,
        ends_on,
        unit_price: price.unit_price,
        label: format!("{} - {}", catalog::name(&plan, account.language), service.display_name),
        category: tax.category,
        rate: tax.rate,
    })
}

/// The document that a renewal would be invoiced by.
///
/// # Errors
/// As [`quote`].
pub async fn draft<'a, C: ConnectionTrait>(
    db: &C,
    cx: &Context<'_>,
    account: &'a account::Model,
    service: &service::Model,
    wanted: (Period, u32),
) -> Result<Draft<'a>, Error> {
    Ok(quote(db, cx, account, service, wanted).await?.draft(account, service))
}
