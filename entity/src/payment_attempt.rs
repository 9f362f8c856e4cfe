//! Tries at the gateway. The id is the idempotency key.

use domain::id::{AccountId, AttemptId, PaymentId, PaymentMethodId};
use domain::payment::{AttemptStatus, DeclineKind};
use sea_orm::entity::prelude::*;

/// A row of `payment_attempt`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payment_attempt")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AttemptId,
    pub payment_id: PaymentId,
    pub account_id: AccountId,
    pub payment_method_id: PaymentMethodId,
    #[sea_orm(column_type = "String(StringLen::N(16))")]
    pub gateway: String,
    pub status: AttemptStatus,
    #[sea_orm(column_type = "String(StringLen::N(3))")]
    pub currency: String,
    pub amount: i64,
    #[sea_orm(column_type = "String(StringLen::N(128))")]
    pub gateway_reference: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(255))")]
    pub next_action: Option<String>,
    pub decline_kind: Option<DeclineKind>,
    #[sea_orm(column_type = "String(StringLen::N(64))")]
    pub decline_code: Option<String>,
    /// The rung of the retry ladder.
    pub step: i32,
    /// How often the reconciler asked.
    pub checks: i32,
    pub created_at: DateTimeUtc,
    pub sent_at: Option<DateTimeUtc>,
    pub resolved_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The attempts of an account.
    pub fn of(account: AccountId) -> Select<Self> {
        Self::find().filter(Column::AccountId.eq(account))
    }
}
