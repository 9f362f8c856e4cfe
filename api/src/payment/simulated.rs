//! A gateway without money: what happens follows from the method's token alone.
//!
//! | token | behaviour |
//! |---|---|
//! | `sim_ok` | succeeds |
//! | `sim_decline_soft` | declined, another try may work (it never does) |
//! | `sim_decline_hard` | declined for good |
//! | `sim_decline_soft_2` | declined softly twice for each debt, then succeeds |
//! | `sim_requires_action` | waits for the customer until it is called off |
//! | `sim_timeout` | succeeds, but the answer is lost: the outcome is unknown until asked for |
//! | `sim_processing_3d` | settles three days later |
//! | `sim_chargeback` | succeeds (and is charged back later) |
//!
//! A token may carry a suffix after `~`, e.g. `sim_ok~2`, to tell methods apart.

use super::gateway::{Charge, ChargeOutcome, Described, Found, Gateway, Lookup, RefundOutcome, UnknownToken};
use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use domain::id::AttemptId;
use domain::money::Money;
use domain::payment::{DeclineKind, PaymentMethodType};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Days until a `sim_processing_3d` charge settles.
const PROCESSING_DAYS: i64 = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Behaviour {
    Ok,
    DeclineSoft,
    DeclineHard,
    DeclineSoftTwice,
    RequiresAction,
    Timeout,
    Processing,
}

/// What a token says it does; what follows a `~` only tells tokens apart.
fn name_of(token: &str) -> &str {
    token.split('~').next().unwrap_or(token)
}

fn behaviour(token: &str) -> Option<Behaviour> {
    match name_of(token) {
        "sim_ok" | "sim_chargeback" => Some(Behaviour::Ok),
        "sim_decline_soft" => Some(Behaviour::DeclineSoft),
        "sim_decline_hard" => Some(Behaviour::DeclineHard),
        "sim_decline_soft_2" => Some(Behaviour::DeclineSoftTwice),
        "sim_requires_action" => Some(Behaviour::RequiresAction),
        "sim_timeout" => Some(Behaviour::Timeout),
        "sim_processing_3d" => Some(Behaviour::Processing),
        _ => None,
    }
}

/// What the gateway remembers, to be compared with our own books.
#[derive(Debug, Default)]
struct Memory {
    outcomes: BTreeMap<AttemptId, ChargeOutcome>,
    captured: BTreeMap<AttemptId, Money>,
    refunds: BTreeSet<String>,
}

/// The simulated gateway.
#[derive(Debug, Default)]
pub struct Simulated {
    memory: Mutex<Memory>,
}

impl Simulated {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every charge that took money, by its key.
    #[must_use]
    pub fn captured(&self) -> Vec<(AttemptId, Money)> {
        self.memory().captured.iter().map(|(key, amount)| (*key, *amount)).collect()
    }

    /// The keys of the refunds made.
    #[must_use]
    pub fn refunds(&self) -> Vec<String> {
        self.memory().refunds.iter().cloned().collect()
    }

    fn decide(charge: &Charge) -> ChargeOutcome {
        let reference = format!("sim_{}", charge.key);
        match behaviour(&charge.token) {
            Some(Behaviour::Ok | Behaviour::Timeout) => ChargeOutcome::Succeeded { reference },
            Some(Behaviour::DeclineSoftTwice) if charge.sequence > 2 => ChargeOutcome::Succeeded { reference },
            Some(Behaviour::DeclineSoft | Behaviour::DeclineSoftTwice) => {
                ChargeOutcome::Declined { kind: DeclineKind::Soft, code: "insufficient_funds".to_owned() }
            }
            Some(Behaviour::DeclineHard) | None => {
                ChargeOutcome::Declined { kind: DeclineKind::Hard, code: "card_lost".to_owned() }
            }
            Some(Behaviour::RequiresAction) => {
                let href = format!("https://gateway.example/confirm/{}", charge.key);
                ChargeOutcome::RequiresAction { reference, href }
            }
            Some(Behaviour::Processing) => ChargeOutcome::Processing { reference },
        }
    }
}

impl Gateway for Simulated {
    fn name(&self) -> &'static str {
        "simulated"
    }

    fn describe(&self, token: &str, now: DateTime<Utc>) -> Result<Described, UnknownToken> {
        let behaviour = behaviour(token).ok_or(UnknownToken)?;
        let kind = match behaviour {
            Behaviour::Processing => PaymentMethodType::SepaDebit,
            Behaviour::Ok
            | Behaviour::DeclineSoft
            | Behaviour::DeclineHard
            | Behaviour::DeclineSoftTwice
            | Behaviour::RequiresAction
            | Behaviour::Timeout => PaymentMethodType::Card,
        };
        let name = name_of(token);
        let (label, expires_on) = match kind {
            PaymentMethodType::Card => {
                let last_day = NaiveDate::from_ymd_opt(now.year() + 4, 12, 31);
                (format!("Simulated card ({name})"), last_day)
            }
            PaymentMethodType::SepaDebit | PaymentMethodType::Wallet => (format!("Simulated debit ({name})"), None),
        };
        Ok(Described { kind, label: label.chars().take(64).collect(), expires_on })
    }

    fn charge<'a>(&'a self, charge: &'a Charge) -> BoxFuture<'a, ChargeOutcome> {
        let mut memory = self.memory();
        let outcome = memory.outcomes.entry(charge.key).or_insert_with(|| Self::decide(charge)).clone();
        if matches!(outcome, ChargeOutcome::Succeeded { .. } | ChargeOutcome::Processing { .. }) {
            memory.captured.insert(charge.key, charge.amount);
        }
        drop(memory);
        let answer = match behaviour(&charge.token) {
            Some(Behaviour::Timeout) => ChargeOutcome::Unknown,
            _ => outcome,
        };
        std::future::ready(answer).boxed()
    }

    fn find<'a>(&'a self, lookup: &'a Lookup) -> BoxFuture<'a, Found> {
        let known = self.memory().outcomes.get(&lookup.key).cloned();
        // a restarted process remembers nothing, but a reference proves that the charge was seen
        let known = known.or_else(|| {
            let reference = lookup.reference.clone()?;
            Some(match behaviour(&lookup.token) {
                Some(Behaviour::RequiresAction) => {
                    let href = format!("https://gateway.example/confirm/{}", lookup.key);
                    ChargeOutcome::RequiresAction { reference, href }
                }
                _ => ChargeOutcome::Processing { reference },
            })
        });
        let found = match known {
            None => Found::Absent,
            Some(ChargeOutcome::Processing { reference })
                if lookup.now >= lookup.sent_at + TimeDelta::days(PROCESSING_DAYS) =>
            {
                Found::Charge(ChargeOutcome::Succeeded { reference })
            }
            Some(outcome) => Found::Charge(outcome),
        };
        std::future::ready(found).boxed()
    }

    fn cancel<'a>(&'a self, lookup: &'a Lookup) -> BoxFuture<'a, Found> {
        let mut memory = self.memory();
        let found = match memory.outcomes.get(&lookup.key) {
            Some(ChargeOutcome::RequiresAction { .. }) | None => {
                memory.outcomes.insert(lookup.key, ChargeOutcome::Cancelled);
                Found::Charge(ChargeOutcome::Cancelled)
            }
            Some(other) => Found::Charge(other.clone()),
        };
        drop(memory);
        std::future::ready(found).boxed()
    }

    fn refund<'a>(&'a self, key: &'a str, _lookup: &'a Lookup, _amount: Money) -> BoxFuture<'a, RefundOutcome> {
        self.memory().refunds.insert(key.to_owned());
        std::future::ready(RefundOutcome::Accepted).boxed()
    }
}
