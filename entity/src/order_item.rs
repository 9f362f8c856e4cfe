//! The lines of orders, at the prices of the catalogue version quoted.

use domain::calendar::Period;
use domain::id::{OrderId, OrderItemId, PlanId};
use domain::money::Scaled6;
use domain::service::RenewalMode;
use sea_orm::entity::prelude::*;

/// A row of `order_item`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_item")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OrderItemId,
    pub order_id: OrderId,
    pub position: i32,
    pub plan_id: PlanId,
    #[sea_orm(column_type = "String(StringLen::N(255))")]
    pub label: String,
    pub period: Period,
    pub renewal_mode: RenewalMode,
    pub quantity: i32,
    #[sea_orm(column_type = "String(StringLen::N(100))")]
    pub display_name: Option<String>,
    pub unit_price: Scaled6,
    pub net: i64,
}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// What belongs to one order; the order itself is looked up by its owner.
    pub fn of(order: OrderId) -> Select<Self> {
        Self::of_all([order])
    }

    /// What belongs to several orders.
    pub fn of_all(orders: impl IntoIterator<Item = OrderId>) -> Select<Self> {
        Self::find().filter(Column::OrderId.is_in(orders))
    }
}
