//! What will happen to a service, and when: THE one place that says so.
//!
//! [`plan`] is pure. Whatever changes a service calls it again in the same transaction; the caller
//! reconciles the stored milestones with the answer by [`Planned::key`].

use crate::calendar::{Boundaries, CalendarError, Period, start_of_day};
use crate::id::ServiceId;
use crate::policy::RenewalPolicy;
use crate::service::{RenewalMode, ServiceStatus};
use crate::text::words;
use chrono::{DateTime, Days, NaiveDate, Utc};
use chrono_tz::Tz;
use std::collections::BTreeSet;

words! {
    /// What a milestone does. On one service and one instant they run in the order of [`MilestoneKind::rank`].
    MilestoneKind {
        /// Tells that an expiry or a renewal comes.
        Notice = "notice",
        /// Tells that a deletion comes.
        DeletionNotice = "deletion_notice",
        /// Opens the next period and issues its invoice.
        Renew = "renew",
        /// Charges what is owed.
        Charge = "charge",
        /// Asks the gateway about an attempt without a final outcome.
        Reconcile = "reconcile",
        /// Stops access.
        Suspend = "suspend",
        /// Deletes the service definitively.
        Delete = "delete",
        /// Makes what was ordered available.
        DeliverOrder = "deliver_order",
        /// Gives up an order that was not paid.
        ExpireOrder = "expire_order",
        /// Closes the account.
        CloseAccount = "close_account",
        /// Tells of the recovery of a lost second factor.
        FactorRecovery = "factor_recovery",
        /// Tells that an access token ends.
        AccessTokenEnd = "access_token_end",
    }
}

impl MilestoneKind {
    /// Order among milestones of one service that are due at the same instant:
    /// notice < renew < charge < suspend < delete.
    #[must_use]
    pub const fn rank(self) -> i16 {
        match self {
            Self::Notice | Self::DeletionNotice => 10,
            Self::DeliverOrder => 15,
            Self::Renew => 20,
            Self::Charge => 30,
            Self::Reconcile => 35,
            Self::Suspend => 40,
            Self::Delete | Self::ExpireOrder => 50,
            Self::CloseAccount => 60,
            Self::FactorRecovery | Self::AccessTokenEnd => 70,
        }
    }
}

words! {
    /// How far a milestone is.
    MilestoneState {
        /// Will happen.
        Planned = "planned",
        /// Somebody holds its lease.
        Running = "running",
        /// It happened.
        Done = "done",
        /// It will not happen: something changed.
        Dropped = "dropped",
        /// It failed too often and waits for an operator.
        Parked = "parked",
    }
}

words! {
    /// Why a milestone is on the timeline.
    Rule {
        /// A notice before an automatic renewal.
        RenewalNotice = "renewal_notice",
        /// A reminder before the expiry of a manual service.
        ExpiryReminder = "expiry_reminder",
        /// The automatic renewal at expiry.
        AutomaticRenewal = "automatic_renewal",
        /// The first charge of a renewal.
        RenewalCharge = "renewal_charge",
        /// Another try after a declined charge.
        ChargeRetry = "charge_retry",
        /// A charge because a new default method was given.
        NewMethod = "new_payment_method",
        /// Suspension at expiry of a manual service.
        NotRenewed = "not_renewed",
        /// Suspension because the renewal stayed unpaid.
        Unpaid = "renewal_unpaid",
        /// A notice before the deletion of a suspended service.
        DeletionWarning = "deletion_warning",
        /// Deletion because nothing was paid.
        UnpaidDeletion = "unpaid_deletion",
        /// Deletion asked for by the owner for the expiry.
        CancelledAtExpiry = "cancelled_at_expiry",
        /// The delivery of an order.
        OrderPaid = "order_paid",
        /// The end of an order's validity.
        OrderUnpaid = "order_unpaid",
        /// The outcome of an attempt is awaited.
        OutcomeAwaited = "outcome_awaited",
        /// The end of an account's cooling-off.
        CoolingOffOver = "cooling_off_over",
        /// A second factor was lost.
        FactorsLost = "factors_lost",
        /// An access token has an end.
        AccessTokenEnds = "access_token_ends",
    }
}

/// The unpaid renewal of an automatic service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Debt {
    /// The boundary whose renewal is unpaid; equals the service's boundary.
    pub boundary: u32,
    /// The billing day on which it was invoiced: the expiry, or later after an outage. The ladder of
    /// retries and the suspension keep their distance from it.
    pub opened_on: NaiveDate,
    /// Retries go on. `false` after a hard decline without another method, and after a switch to manual.
    pub retries: Retries,
}

/// Whether declined charges are tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retries {
    /// On the days that the policy names.
    Planned,
    /// Not any more: hard decline, or the owner switched to manual.
    Stopped,
}

/// Everything that the plan of a service depends on.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    /// The service.
    pub service: ServiceId,
    /// Its state.
    pub status: ServiceStatus,
    /// Automatic or manual.
    pub mode: RenewalMode,
    /// The period of its next renewal.
    pub period: Period,
    /// The number of the boundary at which the last paid period ends.
    pub boundary: u32,
    /// The days of the boundaries.
    pub boundaries: &'a Boundaries,
    /// Rises when the boundary's date moves or its debt reopens; part of every key.
    pub cycle: u32,
    /// The unpaid renewal, once its invoice exists.
    pub debt: Option<Debt>,
    /// The day a cancellation at expiry takes effect.
    pub cancelled_on: Option<NaiveDate>,
    /// The announced day of deletion of a suspended service.
    pub delete_on: Option<NaiveDate>,
    /// The day of the coming suspension if one was announced already (kept when the mode changes).
    pub announced_suspension: Option<NaiveDate>,
    /// The account's billing time zone.
    pub zone: Tz,
    /// Notices and retries due before this instant are not planned: they would tell old news, or come in a
    /// heap ...
    pub from: DateTime<Utc>,
    /// ... unless they are planned already (by their keys): what was owed before stays owed.
    pub planned: &'a BTreeSet<String>,
}

/// One dated thing that will happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// What.
    pub kind: MilestoneKind,
    /// On which billing day.
    pub on: NaiveDate,
    /// The instant that day begins in the account's zone.
    pub due_at: DateTime<Utc>,
    /// Why.
    pub rule: Rule,
    /// The boundary it belongs to.
    pub boundary: u32,
    /// Day offset that tells milestones of one kind apart (days before expiry, after it, before deletion).
    pub step: i32,
    /// `service:kind:boundary:cycle:step`: once per occurrence, whatever happens.
    pub key: String,
}

/// The key under which an occurrence is unique.
#[must_use]
pub fn occurrence_key(service: ServiceId, kind: MilestoneKind, boundary: u32, cycle: u32, step: i32) -> String {
    format!("{}:{kind}:{boundary}:{cycle}:{step}", service.0.simple())
}

/// Every coming milestone of a service up to the end of its next period, in the order in which they run.
///
/// | state | planned |
/// |---|---|
/// | cancelled at expiry | deletion on its day, nothing else |
/// | active, automatic | notices, renewal and its charge at expiry |
/// | active, manual | reminders, suspension at expiry |
/// | past due | retries (unless stopped), suspension |
/// | suspended | notices of deletion, deletion |
/// | delivering, deleted | nothing |
///
/// Due at the start of a billing day in the account's zone, counted in calendar days.
///
/// # Errors
/// [`CalendarError`] when a date leaves the calendar.
pub fn plan(facts: &Facts<'_>, policy: &RenewalPolicy) -> Result<Vec<Planned>, CalendarError> {
    let expiry = facts.boundaries.date(facts.boundary)?;
    let mut plan = Planner { facts, out: Vec::new() };
    match facts.status {
        ServiceStatus::Delivering | ServiceStatus::Deleted => {}
        ServiceStatus::Active | ServiceStatus::PastDue | ServiceStatus::Suspended => {
            if let Some(day) = facts.cancelled_on {
                plan.add(MilestoneKind::Delete, day, 0, Rule::CancelledAtExpiry);
            } else {
                plan.uncancelled(expiry, policy)?;
            }
        }
    }
    let mut out = plan.out;
    out.sort_by_key(|milestone| (milestone.due_at, milestone.kind.rank(), milestone.step));
    Ok(out)
}

struct Planner<'a> {
    facts: &'a Facts<'a>,
    out: Vec<Planned>,
}

impl Planner<'_> {
    fn add(&mut self, kind: MilestoneKind, on: NaiveDate, step: i32, rule: Rule) {
        let facts = self.facts;
        self.out.push(Planned {
            kind,
            on,
            due_at: start_of_day(on, facts.zone),
            rule,
            boundary: facts.boundary,
            step,
            key: occurrence_key(facts.service, kind, facts.boundary, facts.cycle, step),
        });
    }

    fn add_unless_past(&mut self, kind: MilestoneKind, on: NaiveDate, step: i32, rule: Rule) {
        let facts = self.facts;
        let key = occurrence_key(facts.service, kind, facts.boundary, facts.cycle, step);
        if start_of_day(on, facts.zone) >= facts.from || facts.planned.contains(&key) {
            self.add(kind, on, step, rule);
        }
    }

    fn uncancelled(&mut self, expiry: NaiveDate, policy: &RenewalPolicy) -> Result<(), CalendarError> {
        match (self.facts.status, self.facts.debt) {
            (ServiceStatus::Suspended, _) => self.suspended(expiry, policy),
            (ServiceStatus::Active | ServiceStatus::PastDue, Some(debt)) => self.owing(debt, policy),
            (ServiceStatus::Active | ServiceStatus::PastDue, None) => self.paid(expiry, policy),
            (ServiceStatus::Delivering | ServiceStatus::Deleted, _) => Ok(()),
        }
    }

    fn paid(&mut self, expiry: NaiveDate, policy: &RenewalPolicy) -> Result<(), CalendarError> {
        let rule = match self.facts.mode {
            RenewalMode::Automatic => Rule::RenewalNotice,
            RenewalMode::Manual => Rule::ExpiryReminder,
        };
        for days in policy.notices(self.facts.mode, self.facts.period) {
            let on = before(expiry, days)?;
            self.add_unless_past(MilestoneKind::Notice, on, step(days), rule);
        }
        match self.facts.mode {
            RenewalMode::Automatic => {
                self.add(MilestoneKind::Renew, expiry, 0, Rule::AutomaticRenewal);
                self.add(MilestoneKind::Charge, expiry, 0, Rule::RenewalCharge);
            }
            RenewalMode::Manual => self.add(MilestoneKind::Suspend, expiry, 0, Rule::NotRenewed),
        }
        Ok(())
    }

    fn owing(&mut self, debt: Debt, policy: &RenewalPolicy) -> Result<(), CalendarError> {
        if debt.retries == Retries::Planned {
            self.add(MilestoneKind::Charge, debt.opened_on, 0, Rule::RenewalCharge);
            for days in &policy.retries {
                let on = after(debt.opened_on, *days)?;
                self.add_unless_past(MilestoneKind::Charge, on, step(*days), Rule::ChargeRetry);
            }
        }
        let day = match self.facts.announced_suspension {
            Some(day) => day,
            None => after(debt.opened_on, policy.suspend_after)?,
        };
        self.add(MilestoneKind::Suspend, day, step(policy.suspend_after), Rule::Unpaid);
        Ok(())
    }

    fn suspended(&mut self, expiry: NaiveDate, policy: &RenewalPolicy) -> Result<(), CalendarError> {
        let day = match self.facts.delete_on {
            Some(day) => day,
            None => after(expiry, policy.delete_after)?,
        };
        for days in &policy.deletion_notices {
            let on = before(day, *days)?;
            self.add_unless_past(MilestoneKind::DeletionNotice, on, step(*days), Rule::DeletionWarning);
        }
        self.add(MilestoneKind::Delete, day, 0, Rule::UnpaidDeletion);
        Ok(())
    }
}

fn step(days: u32) -> i32 {
    i32::try_from(days).unwrap_or(i32::MAX)
}

/// The day `days` before `day`.
///
/// # Errors
/// [`CalendarError`] when the date leaves the calendar.
pub fn before(day: NaiveDate, days: u32) -> Result<NaiveDate, CalendarError> {
    day.checked_sub_days(Days::new(u64::from(days))).ok_or(CalendarError::OutOfRange)
}

/// The day `days` after `day`.
///
/// # Errors
/// [`CalendarError`] when the date leaves the calendar.
pub fn after(day: NaiveDate, days: u32) -> Result<NaiveDate, CalendarError> {
    day.checked_add_days(Days::new(u64::from(days))).ok_or(CalendarError::OutOfRange)
}
