//! What a renewal costs, before its invoice exists.

use crate::actions::invoice::issue::{Draft, DraftLine};
use crate::actions::service::{boundaries, boundary, plan_of};
use crate::actions::{Context, Error, Invalid, catalog, today};
use chrono::{Datelike, NaiveDate};
use domain::calendar::{Anchor, Boundaries, Period, Segment, late_periods, within_horizon};
use domain::money::Scaled6;
use domain::refusal::Refusal;
use domain::service::ServiceStatus;
use domain::tax::{TaxCategory, TaxDecision, TaxMention, TaxScheme};
use entity::{account, plan, plan_price, service};
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
    pub category: TaxCategory,
    /// VAT rate.
    pub rate: Scaled6,
    /// VAT scheme; quotes from before there were others have none.
    #[serde(default = "domestic")]
    pub scheme: TaxScheme,
    /// What the law wants on the document.
    #[serde(default)]
    pub mention: Option<TaxMention>,
}

const fn domestic() -> TaxScheme {
    TaxScheme::Domestic
}

impl Quote {
    /// The document to issue for it.
    #[must_use]
    pub fn draft<'a>(&self, account: &'a account::Model, service: &service::Model) -> Draft<'a> {
        Draft {
            account,
            order: None,
            tax: TaxDecision { category: self.category, rate: self.rate, scheme: self.scheme, mention: self.mention },
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
    with_period(boundaries(db, service.id).await?, boundary(service), period)
}

fn with_period(known: Boundaries, at: u32, period: Period) -> Result<Boundaries, Error> {
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

/// Whether a service can be renewed by its owner now.
///
/// # Errors
/// `service_deleted`, `service_not_delivered`, `service_cancelled`.
pub fn allowed(service: &service::Model) -> Result<(), Refusal> {
    match service.status {
        ServiceStatus::Deleted => Err(Refusal::ServiceDeleted),
        ServiceStatus::Delivering => Err(Refusal::ServiceNotDelivered),
        ServiceStatus::Active if service.cancelled_on.is_some() => Err(Refusal::ServiceCancelled),
        ServiceStatus::Active | ServiceStatus::PastDue | ServiceStatus::Suspended => Ok(()),
    }
}

/// What is read to quote a renewal.
#[derive(Debug)]
pub struct Terms<'a> {
    /// The plan.
    pub plan: &'a plan::Model,
    /// Its price for the period asked for; none where it is not sold for it.
    pub price: Option<&'a plan_price::Model>,
    /// The days of the service's boundaries as they are.
    pub boundaries: Boundaries,
}

/// Quotes a renewal. Early it adds to the current expiry; late it goes on from the old one, with as many
/// periods as are needed to reach beyond today.
///
/// # Errors
/// As [`allowed`]; `horizon_exceeded`; a period that the plan does not sell; the database's.
pub async fn quote<C: ConnectionTrait>(
    db: &C,
    cx: &Context<'_>,
    account: &account::Model,
    service: &service::Model,
    (period, wanted): (Period, u32),
) -> Result<Quote, Error> {
    allowed(service)?;
    let plan = plan_of(db, service).await?;
    let price = catalog::price(db, service.plan_id, period).await?;
    let boundaries = boundaries(db, service.id).await?;
    let terms = Terms { plan: &plan, price: price.as_ref(), boundaries };
    compute(cx, account, service, terms, (period, wanted))
}

/// [`quote`] from what was read before.
///
/// # Errors
/// As [`quote`].
pub fn compute(
    cx: &Context<'_>,
    account: &account::Model,
    service: &service::Model,
    terms: Terms<'_>,
    (period, wanted): (Period, u32),
) -> Result<Quote, Error> {
    allowed(service)?;
    let Some(price) = terms.price else {
        return Err(Invalid::new("/period", "plan_not_available").into());
    };
    let boundaries = with_period(terms.boundaries, boundary(service), period)?;
    let starts_on = boundaries.date(boundary(service))?;
    let today = today(account, cx.now)?;
    let day = boundaries.segments().last().map_or(starts_on.day(), |segment| segment.anchor.day);
    let periods = late_periods(Anchor { date: starts_on, day }, period.step(), wanted.max(1), today)?;
    let ends_on = boundaries.date(boundary(service) + periods)?;
    let policy = catalog::policy(terms.plan)?;
    within_horizon(ends_on, today, policy.max_horizon_years).map_err(|_| Refusal::HorizonExceeded)?;
    let tax = catalog::tax::decide(cx.tools, account, starts_on)?;
    Ok(Quote {
        period,
        periods,
        starts_on,
        ends_on,
        unit_price: price.unit_price,
        label: format!("{} - {}", catalog::name(terms.plan, account.language), service.display_name),
        category: tax.category,
        rate: tax.rate,
        scheme: tax.scheme,
        mention: tax.mention,
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
