//! Payment methods: gateway tokens, never card numbers.

use domain::id::{AccountId, PaymentMethodId};
use domain::payment::{PaymentMethodStatus, PaymentMethodType};
use sea_orm::entity::prelude::*;

/// A row of `payment_method`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payment_method")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PaymentMethodId,
    pub account_id: AccountId,
    pub kind: PaymentMethodType,
    #[sea_orm(column_type = "String(StringLen::N(16))")]
    pub gateway: String,
    #[sea_orm(column_type = "Text")]
    pub sealed_token: String,
    #[sea_orm(column_type = "String(StringLen::N(64))")]
    pub label: String,
    pub status: PaymentMethodStatus,
    /// Last day of validity.
    pub expires_on: Option<Date>,
    pub is_default: bool,
    pub version: i64,
    pub created_at: DateTimeUtc,
    pub removed_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The payment methods of an account that were not removed.
    pub fn of(account: AccountId) -> Select<Self> {
        Self::find().filter(Column::AccountId.eq(account)).filter(Column::RemovedAt.is_null())
    }
}
