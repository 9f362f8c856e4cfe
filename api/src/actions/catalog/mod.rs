//! The catalogue: versions of plans, their prices, and the tax on what is sold.
//!
//! A version never changes once an order may have quoted it: [`publish()`] makes a new one.

use super::Error;
use domain::account::Language;
use domain::calendar::Period;
use domain::id::PlanId;
use domain::policy::RenewalPolicy;
use entity::{plan, plan_price};
use sea_orm::{ConnectionTrait, EntityTrait};

pub mod publish;
pub mod tax;

pub use publish::publish;

/// The price of a version of a plan for a period, net of tax; none where it is not sold for it.
///
/// # Errors
/// The database's.
pub async fn price<C: ConnectionTrait>(
    db: &C,
    plan: PlanId,
    period: Period,
) -> Result<Option<plan_price::Model>, Error> {
    Ok(plan_price::Entity::find_by_id((plan, period)).one(db).await?)
}

/// The renewal policy of a version of a plan.
///
/// # Errors
/// [`Error::Internal`] where what is stored cannot be read.
pub fn policy(plan: &plan::Model) -> Result<RenewalPolicy, Error> {
    serde_json::from_value(plan.policy.clone()).map_err(Error::internal)
}

/// The name of a plan in a language.
#[must_use]
pub const fn name(plan: &plan::Model, language: Language) -> &str {
    match language {
        Language::Fr => plan.name_fr.as_str(),
        Language::En => plan.name_en.as_str(),
    }
}

/// The description of a plan in a language.
#[must_use]
pub const fn description(plan: &plan::Model, language: Language) -> &str {
    match language {
        Language::Fr => plan.description_fr.as_str(),
        Language::En => plan.description_en.as_str(),
    }
}
