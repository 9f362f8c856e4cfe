//! Clocks that an operator moves, for accounts that are attached to them.

use domain::id::{OperationId, TestClockId};
use sea_orm::entity::prelude::*;

/// A row of `test_clock`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "test_clock")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TestClockId,
    #[sea_orm(column_type = "String(StringLen::N(64))")]
    pub name: String,
    /// Distinguishes the clock's invoice series: `T<serial>FC`.
    #[sea_orm(unique)]
    pub serial: i64,
    /// Where the clock stands.
    pub now: DateTimeUtc,
    /// Where it is moving to, while it moves.
    pub target: Option<DateTimeUtc>,
    pub operation_id: Option<OperationId>,
    pub lease_until: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
