//! The renewal policy: data on the plan, never constants in the code. The defaults here are only what
//! a plan gets that says nothing else.

use crate::calendar::Period;
use crate::text::words;
use serde::{Deserialize, Serialize};

words! {
    /// How the services of a plan become available.
    Delivery {
        /// By the scheduler, right after validation.
        Automatic = "automatic",
        /// By the provider's systems, step by step.
        Operator = "operator",
    }
}

/// What happens to a service of a plan around its expiry, in calendar days of the billing time zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RenewalPolicy {
    /// Notices before expiry, automatic renewal, periods of three months and more.
    pub automatic_notices: Vec<u32>,
    /// Notices before expiry, automatic renewal, monthly periods.
    pub automatic_notices_monthly: Vec<u32>,
    /// Notices before expiry, manual renewal, periods of three months and more.
    pub manual_notices: Vec<u32>,
    /// Notices before expiry, manual renewal, monthly periods.
    pub manual_notices_monthly: Vec<u32>,
    /// Days after expiry on which a declined charge is tried again.
    pub retries: Vec<u32>,
    /// Days after expiry at which an unpaid automatic service is suspended.
    pub suspend_after: u32,
    /// Days after the suspension at which an unpaid service is deleted.
    pub delete_after: u32,
    /// Notices before the deletion, besides the one at suspension.
    pub deletion_notices: Vec<u32>,
    /// How far in the future a service may be paid, in years (registries: 10).
    pub max_horizon_years: u32,
}

impl Default for RenewalPolicy {
    fn default() -> Self {
        Self {
            automatic_notices: vec![40, 15, 3],
            automatic_notices_monthly: vec![3],
            manual_notices: vec![40, 15, 7, 3, 1],
            manual_notices_monthly: vec![15, 7, 3, 1],
            retries: vec![1, 3, 5, 7],
            suspend_after: 7,
            delete_after: 15,
            deletion_notices: vec![7, 2],
            max_horizon_years: 10,
        }
    }
}

impl RenewalPolicy {
    /// The days before expiry on which a notice is due, largest first.
    #[must_use]
    pub fn notices(&self, mode: crate::service::RenewalMode, period: Period) -> Vec<u32> {
        use crate::service::RenewalMode::{Automatic, Manual};
        let monthly = period.months() < 3;
        let mut days = match (mode, monthly) {
            (Automatic, false) => self.automatic_notices.clone(),
            (Automatic, true) => self.automatic_notices_monthly.clone(),
            (Manual, false) => self.manual_notices.clone(),
            (Manual, true) => self.manual_notices_monthly.clone(),
        };
        days.sort_unstable_by(|a, b| b.cmp(a));
        days.dedup();
        days
    }
}
