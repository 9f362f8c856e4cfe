//! Services.

use domain::calendar::Period;
use domain::id::{AccountId, OrderItemId, PlanId, ServiceId};
use domain::service::{DeletionCause, RenewalMode, ServiceStatus};
use sea_orm::entity::prelude::*;

/// A row of `service`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "service")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ServiceId,
    pub account_id: AccountId,
    pub plan_id: PlanId,
    pub order_item_id: Option<OrderItemId>,
    #[sea_orm(column_type = "String(StringLen::N(100))")]
    pub display_name: String,
    pub status: ServiceStatus,
    pub renewal_mode: RenewalMode,
    pub period: Period,
    /// Number of the boundary at which the last paid period ends.
    pub boundary: i32,
    /// Part of every occurrence key.
    pub cycle: i32,
    pub starts_on: Option<Date>,
    /// The date of `boundary`, kept for lists and claims.
    pub expires_on: Option<Date>,
    /// Declined charges are not tried again.
    pub retries_stopped: bool,
    /// The announced day of suspension, while a debt is open.
    pub suspend_on: Option<Date>,
    pub suspended_on: Option<Date>,
    /// The announced day of deletion of a suspended service.
    pub delete_on: Option<Date>,
    /// The day a cancellation at expiry takes effect.
    pub cancelled_on: Option<Date>,
    pub deleted_at: Option<DateTimeUtc>,
    pub deletion_cause: Option<DeletionCause>,
    pub version: i64,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The services of an account.
    pub fn of(account: AccountId) -> Select<Self> {
        Self::find().filter(Column::AccountId.eq(account))
    }
}
