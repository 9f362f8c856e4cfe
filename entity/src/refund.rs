//! Money that goes back through the gateway.

use domain::id::{AccountId, AttemptId};
use sea_orm::entity::prelude::*;

/// A row of `refund`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "refund")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub payment_attempt_id: AttemptId,
    pub account_id: AccountId,
    #[sea_orm(column_type = "String(StringLen::N(3))")]
    pub currency: String,
    pub amount: i64,
    /// pending, succeeded, to_balance.
    #[sea_orm(column_type = "String(StringLen::N(16))")]
    pub status: String,
    #[sea_orm(column_type = "String(StringLen::N(32))")]
    pub reason: String,
    pub created_at: DateTimeUtc,
    pub settled_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
