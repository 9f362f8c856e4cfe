//! The dated history of an order's tracking steps.

use domain::id::OrderId;
use domain::order::{StepStatus, TrackingStep};
use sea_orm::entity::prelude::*;

/// A row of `order_step`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_step")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub order_id: OrderId,
    pub step: TrackingStep,
    pub status: StepStatus,
    pub at: DateTimeUtc,
    #[sea_orm(column_type = "String(StringLen::N(255))")]
    pub label_fr: String,
    #[sea_orm(column_type = "String(StringLen::N(255))")]
    pub label_en: String,
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
