//! Cancellations of services, with their history.

use domain::cancellation::{CancellationKind, CancellationReason, CancellationStatus};
use domain::id::{AccountId, CancellationId, ServiceId};
use sea_orm::entity::prelude::*;

/// A row of `cancellation`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "cancellation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CancellationId,
    pub account_id: AccountId,
    pub service_id: ServiceId,
    pub kind: CancellationKind,
    pub status: CancellationStatus,
    pub reason: Option<CancellationReason>,
    #[sea_orm(column_type = "String(StringLen::N(1000))")]
    pub comment: Option<String>,
    pub effective_on: Option<Date>,
    pub requested_at: DateTimeUtc,
    pub confirmed_at: Option<DateTimeUtc>,
    pub ended_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The cancellations of an account.
    pub fn of(account: AccountId) -> Select<Self> {
        Self::find().filter(Column::AccountId.eq(account))
    }
}
