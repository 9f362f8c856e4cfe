//! The price of a plan for a period, net of tax.

use domain::calendar::Period;
use domain::id::PlanId;
use domain::money::Scaled6;
use sea_orm::entity::prelude::*;

/// A row of `plan_price`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "plan_price")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub plan_id: PlanId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub period: Period,
    #[sea_orm(column_type = "String(StringLen::N(3))")]
    pub currency: String,
    pub unit_price: Scaled6,
}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The prices of one version of a plan.
    pub fn of(plan: PlanId) -> Select<Self> {
        Self::of_all([plan])
    }

    /// The prices of several versions.
    pub fn of_all(plans: impl IntoIterator<Item = PlanId>) -> Select<Self> {
        Self::find().filter(Column::PlanId.is_in(plans))
    }
}
