//! The renewal policy of a plan, as operators read and write it.

use domain::policy::RenewalPolicy;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What happens to a service around its expiry, in calendar days of the billing time zone. What is left
/// out has the house's default.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(default = json!({}))]
pub struct PlanPolicy {
    /// Days before an automatic renewal on which it is announced (periods of 3 months or more).
    #[schema(required = false, max_items = 20, example = json!([40, 15, 3]))]
    pub automatic_notices: Vec<u32>,
    /// The same for monthly periods.
    #[schema(required = false, max_items = 20, example = json!([3]))]
    pub automatic_notices_monthly: Vec<u32>,
    /// Days before the expiry of a manual service on which it is reminded of (periods of 3 months or more).
    #[schema(required = false, max_items = 20, example = json!([40, 15, 7, 3, 1]))]
    pub manual_notices: Vec<u32>,
    /// The same for monthly periods.
    #[schema(required = false, max_items = 20, example = json!([15, 7, 3, 1]))]
    pub manual_notices_monthly: Vec<u32>,
    /// Days after expiry on which a declined charge is tried again.
    #[schema(required = false, max_items = 20, example = json!([1, 3, 5, 7]))]
    pub retries: Vec<u32>,
    /// Days after expiry at which an unpaid automatic service is suspended.
    #[schema(required = false, maximum = 365, example = 7)]
    pub suspend_after: u32,
    /// Days after the suspension at which an unpaid service is deleted.
    #[schema(required = false, maximum = 365, example = 15)]
    pub delete_after: u32,
    /// Days before the deletion on which it is announced, besides the suspension itself.
    #[schema(required = false, max_items = 20, example = json!([7, 2]))]
    pub deletion_notices: Vec<u32>,
    /// How far in the future a service may be paid, in years.
    #[schema(required = false, minimum = 1, maximum = 10, example = 10)]
    pub max_horizon_years: u32,
}

impl Default for PlanPolicy {
    fn default() -> Self {
        RenewalPolicy::default().into()
    }
}

impl From<RenewalPolicy> for PlanPolicy {
    fn from(policy: RenewalPolicy) -> Self {
        let RenewalPolicy {
            automatic_notices,
            automatic_notices_monthly,
            manual_notices,
            manual_notices_monthly,
            retries,
            suspend_after,
            delete_after,
            deletion_notices,
            max_horizon_years,
        } = policy;
        Self {
            automatic_notices,
            automatic_notices_monthly,
            manual_notices,
            manual_notices_monthly,
            retries,
            suspend_after,
            delete_after,
            deletion_notices,
            max_horizon_years,
        }
    }
}

impl From<PlanPolicy> for RenewalPolicy {
    fn from(policy: PlanPolicy) -> Self {
        Self {
            automatic_notices: policy.automatic_notices,
            automatic_notices_monthly: policy.automatic_notices_monthly,
            manual_notices: policy.manual_notices,
            manual_notices_monthly: policy.manual_notices_monthly,
            retries: policy.retries,
            suspend_after: policy.suspend_after,
            delete_after: policy.delete_after,
            deletion_notices: policy.deletion_notices,
            max_horizon_years: policy.max_horizon_years,
        }
    }
}
