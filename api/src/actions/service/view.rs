//! What is computed to show services: how their renewal stands, what comes next, what can be done now
//! and why not. Everything is asked of the functions that guard the actions themselves.

use super::{OPEN, to_boundaries};
use crate::actions::cancellation::{at_expiry, immediate};
use crate::actions::payment::quote::{self, Quote, Terms};
use crate::actions::payment::{live_among, start};
use crate::actions::{Context, Error, invoice, zone};
use chrono::NaiveDate;
use domain::calendar::Period;
use domain::cancellation::{CancellationKind, CancellationStatus, may_revoke};
use domain::deletion::LiveAttempt;
use domain::id::{AccountId, InvoiceId, PlanId, ServiceId};
use domain::money::Money;
use domain::refusal::Refusal;
use domain::service::RenewalMode;
use domain::timeline::{MilestoneKind, MilestoneState};
use entity::{account, cancellation, invoice as documents, invoice_balance, milestone, plan, plan_price, service};
use entity::{service_period, service_segment};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// How the renewal at a service's boundary stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing is open: what was invoiced is paid.
    Paid,
    /// Its owner pays it right now; there is no invoice yet.
    BeingPaid,
    /// Its invoice is unpaid; so much is left to pay.
    Owes(InvoiceId, Money),
}

/// What can be done with a service now, and why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdicts {
    /// Paying the next renewal, or the unpaid one.
    pub renew: Result<(), Refusal>,
    /// Another mode or period.
    pub change_renewal: Result<(), Refusal>,
    /// Cancelling at expiry.
    pub cancel: Result<(), Refusal>,
    /// Taking that back.
    pub revoke_cancellation: Result<(), Refusal>,
    /// Deleting at once.
    pub delete: Result<(), Refusal>,
    /// Paying what is owed.
    pub pay: Result<(), Refusal>,
}

/// What is read once to show any number of an account's services.
#[derive(Debug)]
pub struct Known {
    plans: BTreeMap<PlanId, plan::Model>,
    prices: BTreeMap<(PlanId, Period), plan_price::Model>,
    segments: BTreeMap<ServiceId, Vec<service_segment::Model>>,
    milestones: BTreeMap<ServiceId, Vec<milestone::Model>>,
    cancellations: BTreeMap<ServiceId, cancellation::Model>,
    standing: BTreeMap<ServiceId, Standing>,
    live: BTreeSet<Uuid>,
}

impl Known {
    /// Reads it: so many statements whatever the number of services.
    ///
    /// # Errors
    /// The database's.
    pub async fn load<C: ConnectionTrait>(
        db: &C,
        account: AccountId,
        services: &[service::Model],
    ) -> Result<Self, Error> {
        let ids: Vec<ServiceId> = services.iter().map(|service| service.id).collect();
        let plan_ids: BTreeSet<PlanId> = services.iter().map(|service| service.plan_id).collect();
        let plans = plan::Entity::find().filter(plan::Column::Id.is_in(plan_ids.iter().copied())).all(db).await?;
        let prices = plan_price::Entity::of_all(plan_ids).all(db).await?;
        let segments = service_segment::Entity::find()
            .filter(service_segment::Column::ServiceId.is_in(ids.iter().copied()))
            .order_by_asc(service_segment::Column::FirstBoundary)
            .all(db)
            .await?;
        let milestones = milestone::Entity::of(account)
            .filter(milestone::Column::ServiceId.is_in(ids.iter().copied()))
            .filter(milestone::Column::State.is_in([MilestoneState::Planned, MilestoneState::Running]))
            .order_by_asc(milestone::Column::DueAt)
            .order_by_asc(milestone::Column::Rank)
            .order_by_asc(milestone::Column::Step)
            .all(db)
            .await?;
        let cancellations = cancellation::Entity::of(account)
            .filter(cancellation::Column::ServiceId.is_in(ids.iter().copied()))
            .filter(cancellation::Column::Kind.eq(CancellationKind::AtExpiry))
            .filter(cancellation::Column::Status.eq(CancellationStatus::Scheduled))
            .all(db)
            .await?;
        let standing = standing(db, account, services).await?;
        let debts = standing.values().filter_map(|standing| match standing {
            Standing::Owes(invoice, _) => Some(invoice.0),
            Standing::Paid | Standing::BeingPaid => None,
        });
        let live = live_among(db, ids.iter().map(|id| id.0).chain(debts)).await?;
        let mut by_service: BTreeMap<ServiceId, Vec<milestone::Model>> = BTreeMap::new();
        for row in milestones {
            if let Some(id) = row.service_id {
                by_service.entry(id).or_default().push(row);
            }
        }
        let mut segments_of: BTreeMap<ServiceId, Vec<service_segment::Model>> = BTreeMap::new();
        for row in segments {
            segments_of.entry(row.service_id).or_default().push(row);
        }
        Ok(Self {
            plans: plans.into_iter().map(|plan| (plan.id, plan)).collect(),
            prices: prices.into_iter().map(|price| ((price.plan_id, price.period), price)).collect(),
            segments: segments_of,
            milestones: by_service,
            cancellations: cancellations.into_iter().map(|row| (row.service_id, row)).collect(),
            standing,
            live,
        })
    }

    /// The plan of a service.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a service that was not read.
    pub fn plan(&self, service: &service::Model) -> Result<&plan::Model, Error> {
        self.plans.get(&service.plan_id).ok_or(Error::NotFound)
    }

    /// The cancellation at expiry that is scheduled.
    #[must_use]
    pub fn cancellation(&self, id: ServiceId) -> Option<&cancellation::Model> {
        self.cancellations.get(&id)
    }

    /// How the renewal at its boundary stands.
    #[must_use]
    pub fn standing(&self, id: ServiceId) -> Standing {
        self.standing.get(&id).copied().unwrap_or(Standing::Paid)
    }

    /// What will happen to it next.
    #[must_use]
    pub fn upcoming(&self, id: ServiceId) -> Option<&milestone::Model> {
        self.milestones.get(&id).and_then(|rows| rows.first())
    }

    /// The billing day of its next renewal or charge; none where nothing will be charged by itself.
    #[must_use]
    pub fn next_charge_on(&self, service: &service::Model) -> Option<NaiveDate> {
        let charged = |row: &&milestone::Model| matches!(row.kind, MilestoneKind::Renew | MilestoneKind::Charge);
        match service.renewal_mode {
            RenewalMode::Manual => None,
            RenewalMode::Automatic => self.milestones.get(&service.id)?.iter().find(charged).map(|row| row.planned_on),
        }
    }

    /// What its next renewal costs with tax: what is left of the unpaid one, else one period at the
    /// present price. None where it cannot be renewed.
    ///
    /// # Errors
    /// [`Error::Internal`] where amounts or dates leave their range.
    pub fn next_amount(
        &self,
        cx: &Context<'_>,
        account: &account::Model,
        service: &service::Model,
    ) -> Result<Option<Money>, Error> {
        if let Standing::Owes(_, due) = self.standing(service.id) {
            return Ok(Some(due));
        }
        match self.quote(cx, account, service)? {
            Ok(quote) => Ok(Some(invoice::issue::total(&quote.draft(account, service))?.gross)),
            Err(_) => Ok(None),
        }
    }

    /// What can be done with it now.
    ///
    /// # Errors
    /// [`Error::Internal`] where dates leave their range.
    pub fn verdicts(
        &self,
        cx: &Context<'_>,
        account: &account::Model,
        service: &service::Model,
    ) -> Result<Verdicts, Error> {
        let zone = zone(account)?;
        Ok(Verdicts {
            renew: self.may_renew(cx, account, service)?,
            change_renewal: super::set_renewal::allowed(service),
            cancel: at_expiry::allowed(service, cx.now, zone).map(|_| ()),
            revoke_cancellation: may_revoke(service.status, service.cancelled_on, cx.now, zone),
            delete: immediate::allowed(service),
            pay: self.may_pay(service.id),
        })
    }

    fn may_renew(
        &self,
        cx: &Context<'_>,
        account: &account::Model,
        service: &service::Model,
    ) -> Result<Result<(), Refusal>, Error> {
        match self.standing(service.id) {
            Standing::Owes(..) => Ok(self.may_pay(service.id)),
            Standing::BeingPaid => Ok(Err(Refusal::PaymentInProgress)),
            Standing::Paid => match self.live(service.id.0) {
                LiveAttempt::Yes => Ok(Err(Refusal::PaymentInProgress)),
                LiveAttempt::No => Ok(self.quote(cx, account, service)?.map(|_| ())),
            },
        }
    }

    fn may_pay(&self, id: ServiceId) -> Result<(), Refusal> {
        match self.standing(id) {
            Standing::Owes(invoice, due) => start::may_pay(due, self.live(invoice.0)),
            Standing::BeingPaid => Err(Refusal::PaymentInProgress),
            Standing::Paid => Err(Refusal::NothingDue),
        }
    }

    fn live(&self, target: Uuid) -> LiveAttempt {
        if self.live.contains(&target) { LiveAttempt::Yes } else { LiveAttempt::No }
    }

    /// One more period, or why not.
    fn quote(
        &self,
        cx: &Context<'_>,
        account: &account::Model,
        service: &service::Model,
    ) -> Result<Result<Quote, Refusal>, Error> {
        // before its delivery it has no boundaries
        if let Err(refusal) = quote::allowed(service) {
            return Ok(Err(refusal));
        }
        let terms = Terms {
            plan: self.plan(service)?,
            price: self.prices.get(&(service.plan_id, service.period)),
            boundaries: to_boundaries(self.segments.get(&service.id).map(Vec::as_slice).unwrap_or_default())?,
        };
        match quote::compute(cx, account, service, terms, (service.period, 1)) {
            Ok(quote) => Ok(Ok(quote)),
            Err(Error::Refused(refusal)) => Ok(Err(refusal)),
            Err(Error::Invalid(_)) => Ok(Err(Refusal::PlanNotAvailable)),
            Err(other) => Err(other),
        }
    }
}

/// How the renewals at the boundaries of services stand.
async fn standing<C: ConnectionTrait>(
    db: &C,
    account: AccountId,
    services: &[service::Model],
) -> Result<BTreeMap<ServiceId, Standing>, Error> {
    let boundary: BTreeMap<ServiceId, i32> = services.iter().map(|row| (row.id, row.boundary)).collect();
    let mut open = service_period::Entity::find()
        .filter(service_period::Column::ServiceId.is_in(boundary.keys().copied()))
        .filter(service_period::Column::State.eq(OPEN))
        .all(db)
        .await?;
    open.retain(|period| boundary.get(&period.service_id) == Some(&period.boundary));
    let ids: Vec<InvoiceId> = open.iter().filter_map(|period| period.invoice_id).collect();
    if open.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows = documents::Entity::of(account).filter(documents::Column::Id.is_in(ids.iter().copied())).all(db).await?;
    let currencies: BTreeMap<InvoiceId, String> = rows.into_iter().map(|row| (row.id, row.currency)).collect();
    let balances =
        invoice_balance::Entity::of(account).filter(invoice_balance::Column::InvoiceId.is_in(ids)).all(db).await?;
    let balances: BTreeMap<InvoiceId, i64> = balances.into_iter().map(|row| (row.invoice_id, row.due)).collect();
    let mut found = BTreeMap::new();
    for period in open {
        let standing = match period.invoice_id {
            None => Standing::BeingPaid,
            Some(id) => {
                let currency = currencies.get(&id).ok_or(Error::NotFound)?;
                let due = balances.get(&id).copied().ok_or(Error::NotFound)?;
                Standing::Owes(id, Money::from_minor(due, invoice::currency(currency)?))
            }
        };
        found.insert(period.service_id, standing);
    }
    Ok(found)
}
