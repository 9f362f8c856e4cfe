//! A service lived day by day under a policy: what is planned happens at the start of its day, what the
//! customer does comes after.

use super::{Outcome, Vector, text};
use chrono::{Days, NaiveDate, TimeDelta};
use domain::calendar::{Anchor, Boundaries, Period, Segment, Zone, start_of_day};
use domain::cancellation::{at_expiry_on, may_revoke};
use domain::closure::{Holdings, blockers};
use domain::deletion::{LiveAttempt, Notices, Verdict, may_delete};
use domain::id::ServiceId;
use domain::policy::RenewalPolicy;
use domain::refusal::Refusal;
use domain::service::{DeletionCause, RenewalMode, ServiceEvent, ServiceStatus};
use domain::timeline::{Debt, Facts, MilestoneKind, Planned, Retries, after, plan};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Life {
    expiry_date: NaiveDate,
    zone: String,
    period: Period,
    anchor_day: u32,
    delete_after_days: u32,
    mode: RenewalMode,
    events: Vec<Value>,
}

pub fn evaluate(vector: &Vector) -> Outcome {
    if vector.has("expiry_date") {
        return live(vector);
    }
    if vector.has("methods") {
        return last_method(vector);
    }
    closure(vector)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "the vectors' own name")]
struct Methods {
    methods: u32,
    #[serde(default)]
    automatic_services: u32,
    #[serde(default, rename = "manual_services")]
    _manual_services: u32,
}

/// The last payment method stays while a service renews automatically (Y7).
fn last_method(vector: &Vector) -> Outcome {
    let input: Methods = vector.input()?;
    Ok(json!({ "deletable": input.methods > 1 || input.automatic_services == 0 }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Closing {
    #[serde(default)]
    active_services: u64,
    #[serde(default)]
    unpaid_invoices: u64,
    #[serde(default)]
    open_orders: u64,
    #[serde(default)]
    prepaid_balance: Option<String>,
}

fn closure(vector: &Vector) -> Outcome {
    let input: Closing = vector.input()?;
    let balance = match &input.prepaid_balance {
        Some(amount) => domain::money::Money::parse(amount, domain::money::Currency::EUR).map_err(text)?.minor(),
        None => 0,
    };
    let holdings = Holdings {
        services: input.active_services,
        unpaid_invoices: input.unpaid_invoices,
        open_orders: input.open_orders,
        balance,
        live_attempts: 0,
    };
    let found: Vec<&str> = blockers(&holdings)
        .into_iter()
        .map(|blocker| match blocker {
            Refusal::ServicesRemain => "active_services",
            Refusal::InvoicesUnpaid => "unpaid_invoices",
            Refusal::OrdersOpen => "open_orders",
            Refusal::BalanceNotZero => "prepaid_balance",
            other => other.as_str(),
        })
        .collect();
    let mut out = json!({ "closable": found.is_empty(), "blockers": found });
    if let (Some(first), Some(object)) = (found.first(), out.as_object_mut()) {
        object.insert("blocker".to_owned(), json!(first));
    }
    Ok(out)
}

struct Service {
    policy: RenewalPolicy,
    boundaries: Boundaries,
    zone: Zone,
    period: Period,
    status: ServiceStatus,
    mode: RenewalMode,
    boundary: u32,
    debt: Option<NaiveDate>,
    cancelled_on: Option<NaiveDate>,
    suspended_on: Option<NaiveDate>,
    delete_on: Option<NaiveDate>,
    done: BTreeSet<String>,
    payable: BTreeSet<NaiveDate>,
    charges: u32,
    charged_on: Option<NaiveDate>,
    refused: Vec<String>,
}

fn live(vector: &Vector) -> Outcome {
    let input: Life = vector.input()?;
    let mut events: Vec<(NaiveDate, String)> = Vec::new();
    for event in &input.events {
        let name = event.get(0).and_then(Value::as_str).ok_or("an event without name")?;
        let on = event.get(1).and_then(Value::as_str).ok_or("an event without day")?;
        // a day, or an instant whose local day counts
        let day = on.parse().or_else(|_| on.get(..10).unwrap_or_default().parse()).map_err(text)?;
        events.push((day, name.to_owned()));
    }
    let watched: Vec<NaiveDate> = vector
        .expected
        .as_object()
        .ok_or("expected output is no object")?
        .keys()
        .filter_map(|key| key.parse().ok())
        .collect();
    let all = || events.iter().map(|(day, _)| *day).chain(watched.iter().copied()).chain([input.expiry_date]);
    let (Some(first), Some(last)) = (all().min(), all().max()) else { return Err("no days".to_owned()) };
    let segment = Segment {
        first_boundary: 0,
        anchor: Anchor { date: input.expiry_date, day: input.anchor_day },
        period: input.period,
    };
    let mut service = Service {
        policy: RenewalPolicy { delete_after: input.delete_after_days, ..RenewalPolicy::default() },
        boundaries: Boundaries::new(vec![segment]).map_err(text)?,
        zone: input.zone.parse::<Zone>().map_err(text)?,
        period: input.period,
        status: ServiceStatus::Active,
        mode: input.mode,
        boundary: 0,
        debt: None,
        cancelled_on: None,
        suspended_on: None,
        delete_on: None,
        done: BTreeSet::new(),
        payable: events.iter().filter(|(_, name)| name == "charge_ok").map(|(day, _)| *day).collect(),
        charges: 0,
        charged_on: None,
        refused: Vec::new(),
    };
    let mut out = Map::new();
    let mut day = first;
    while day <= last {
        service.morning(day)?;
        for (_, name) in events.iter().filter(|(on, _)| *on == day) {
            service.event(name, day)?;
        }
        out.insert(day.to_string(), json!(service.word()));
        day = day.checked_add_days(Days::new(1)).ok_or("end of the calendar")?;
    }
    out.insert("expiry".to_owned(), json!(service.expiry()?));
    out.insert("charges".to_owned(), json!(service.charges));
    if let Some(first) = service.refused.first() {
        out.insert("error".to_owned(), json!(first));
        out.insert("refused".to_owned(), json!(service.refused));
    }
    Ok(Value::Object(out))
}

impl Service {
    fn expiry(&self) -> Result<NaiveDate, String> {
        self.boundaries.date(self.boundary).map_err(text)
    }

    /// The words of the vectors: an unpaid service that is not suspended is still `active` there.
    fn word(&self) -> &'static str {
        match self.status {
            ServiceStatus::Active | ServiceStatus::PastDue if self.cancelled_on.is_some() => "active_cancelling",
            ServiceStatus::Active | ServiceStatus::PastDue => "active",
            other => other.as_str(),
        }
    }

    fn plan(&self) -> Result<Vec<Planned>, String> {
        let facts = Facts {
            service: ServiceId(uuid::Uuid::nil()),
            status: self.status,
            mode: self.mode,
            period: self.period,
            boundary: self.boundary,
            boundaries: &self.boundaries,
            cycle: 0,
            debt: self.debt.map(|opened_on| Debt {
                boundary: self.boundary,
                opened_on,
                retries: if self.mode == RenewalMode::Manual { Retries::Stopped } else { Retries::Planned },
            }),
            cancelled_on: self.cancelled_on,
            delete_on: self.delete_on,
            announced_suspension: None,
            zone: self.zone,
            from: chrono::DateTime::UNIX_EPOCH,
            planned: &self.done,
        };
        plan(&facts, &self.policy).map_err(text)
    }

    /// Everything that is due when the day begins, in its order.
    fn morning(&mut self, day: NaiveDate) -> Result<(), String> {
        let now = start_of_day(day, self.zone);
        while let Some(due) = self.plan()?.into_iter().find(|each| each.due_at <= now && !self.done.contains(&each.key))
        {
            self.done.insert(due.key.clone());
            self.happen(&due, day)?;
        }
        Ok(())
    }

    fn happen(&mut self, due: &Planned, day: NaiveDate) -> Result<(), String> {
        match due.kind {
            MilestoneKind::Renew => self.debt = Some(day),
            MilestoneKind::Charge if self.payable.contains(&day) => {
                self.charges += 1;
                self.charged_on = Some(day);
                self.settle()?;
            }
            MilestoneKind::Charge => self.status = self.status.after(ServiceEvent::ChargeFailed).map_err(text)?,
            MilestoneKind::Suspend => {
                self.status = self.status.after(ServiceEvent::Suspend).map_err(text)?;
                self.suspended_on = Some(day);
                self.delete_on = Some(after(day, self.policy.delete_after).map_err(text)?);
            }
            MilestoneKind::Delete => self.delete(day)?,
            MilestoneKind::Notice
            | MilestoneKind::DeletionNotice
            | MilestoneKind::Reconcile
            | MilestoneKind::DeliverOrder
            | MilestoneKind::ExpireOrder
            | MilestoneKind::CloseAccount
            | MilestoneKind::FactorRecovery
            | MilestoneKind::AccessTokenEnd => {}
        }
        Ok(())
    }

    fn delete(&mut self, day: NaiveDate) -> Result<(), String> {
        let cause =
            if self.cancelled_on.is_some() { DeletionCause::CancelledAtExpiry } else { DeletionCause::NotRenewed };
        // every notice was accepted when it was due
        let told = self.suspended_on.map(|day| start_of_day(day, self.zone));
        let warned = start_of_day(day, self.zone) - TimeDelta::days(2);
        let notices = Notices { suspension_accepted_at: told, final_accepted: Some((day, warned)) };
        match may_delete(cause, &notices, LiveAttempt::No, start_of_day(day, self.zone)) {
            Verdict::Delete => {
                self.status = self.status.after(ServiceEvent::Delete).map_err(text)?;
                Ok(())
            }
            other => Err(format!("the deletion is held back: {other:?}")),
        }
    }

    fn settle(&mut self) -> Result<(), String> {
        self.status = self.status.after(ServiceEvent::Settle).map_err(text)?;
        self.boundary += 1;
        self.debt = None;
        self.suspended_on = None;
        self.delete_on = None;
        Ok(())
    }

    fn event(&mut self, name: &str, day: NaiveDate) -> Result<(), String> {
        // noon of the billing day
        let now = start_of_day(day, self.zone) + TimeDelta::hours(12);
        match name {
            // the charge ran at the start of the day
            "charge_ok" if self.charged_on == Some(day) => {}
            "charge_ok" | "charge_retry_ok" | "pay" | "paid" | "pay_ok" | "payment" | "manual_pay" | "renew" => {
                if name.starts_with("charge") {
                    self.charges += 1;
                }
                if self.settle().is_err() {
                    self.refused.push(Refusal::ServiceDeleted.to_string());
                }
            }
            // what fails, and what nobody confirms, changes nothing by itself
            "charge_fail" | "charge_failed" | "charge_declined" | "charge_ko" | "terminate_now" | "terminate"
            | "delete_now" => {}
            "cancel" => match at_expiry_on(self.status, self.cancelled_on, self.expiry()?, now, self.zone) {
                Ok(on) => self.cancelled_on = Some(on),
                Err(refusal) => self.refused.push(refusal.to_string()),
            },
            "uncancel" | "undo_cancel" | "cancel_undo" | "undo" | "revoke" | "revoke_cancel" | "cancel_revoke" => {
                match may_revoke(self.status, self.cancelled_on, now, self.zone) {
                    Ok(()) => self.cancelled_on = None,
                    Err(refusal) => self.refused.push(refusal.to_string()),
                }
            }
            "confirm"
            | "confirm_terminate"
            | "confirm_terminate_now"
            | "confirm_termination"
            | "terminate_confirm"
            | "terminate_confirmed"
            | "confirm_deletion"
            | "confirm_delete" => {
                self.status = self.status.after(ServiceEvent::Delete).map_err(text)?;
            }
            "set_manual" | "mode_manual" => self.mode = RenewalMode::Manual,
            "set_automatic" | "mode_automatic" => self.mode = RenewalMode::Automatic,
            other => return Err(format!("unknown event {other}")),
        }
        Ok(())
    }
}
