//! The simulated gateway, and a method `sim_slow` whose charges settle only when a test says so.

use api::payment::gateway::{Charge, ChargeOutcome, Described, Found, Gateway, Lookup, RefundOutcome, UnknownToken};
use api::payment::simulated::Simulated;
use chrono::{DateTime, Utc};
use domain::money::Money;
use domain::payment::PaymentMethodType;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::sync::Mutex;

/// The token whose charges wait for [`TestGateway::release`].
pub const SLOW: &str = "sim_slow";

/// See the module.
#[derive(Debug, Default)]
pub struct TestGateway {
    /// The simulated gateway behind it.
    pub simulated: Simulated,
    released: Mutex<bool>,
    refunds: Mutex<Vec<String>>,
}

impl TestGateway {
    /// From now on the slow charges have succeeded.
    pub fn release(&self) {
        *self.released.lock().unwrap() = true;
    }

    /// The keys of refunds of slow charges.
    pub fn slow_refunds(&self) -> Vec<String> {
        self.refunds.lock().unwrap().clone()
    }

    fn slow(&self, key: &impl std::fmt::Display) -> ChargeOutcome {
        let reference = format!("slow_{key}");
        if *self.released.lock().unwrap() {
            ChargeOutcome::Succeeded { reference }
        } else {
            ChargeOutcome::Processing { reference }
        }
    }
}

impl Gateway for TestGateway {
    fn name(&self) -> &'static str {
        "simulated"
    }

    fn describe(&self, token: &str, now: DateTime<Utc>) -> Result<Described, UnknownToken> {
        if token == SLOW {
            let kind = PaymentMethodType::SepaDebit;
            return Ok(Described { kind, label: "Slow debit".to_owned(), expires_on: None });
        }
        self.simulated.describe(token, now)
    }

    fn charge<'a>(&'a self, charge: &'a Charge) -> BoxFuture<'a, ChargeOutcome> {
        if charge.token == SLOW {
            return std::future::ready(self.slow(&charge.key)).boxed();
        }
        self.simulated.charge(charge)
    }

    fn find<'a>(&'a self, lookup: &'a Lookup) -> BoxFuture<'a, Found> {
        if lookup.token == SLOW {
            return std::future::ready(Found::Charge(self.slow(&lookup.key))).boxed();
        }
        self.simulated.find(lookup)
    }

    fn cancel<'a>(&'a self, lookup: &'a Lookup) -> BoxFuture<'a, Found> {
        self.simulated.cancel(lookup)
    }

    fn refund<'a>(&'a self, key: &'a str, lookup: &'a Lookup, amount: Money) -> BoxFuture<'a, RefundOutcome> {
        if lookup.token == SLOW {
            self.refunds.lock().unwrap().push(key.to_owned());
            return std::future::ready(RefundOutcome::Accepted).boxed();
        }
        self.simulated.refund(key, lookup, amount)
    }
}
