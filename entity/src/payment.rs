//! Payments.

use domain::id::{AccountId, InvoiceId, OrderId, PaymentId, PaymentMethodId, ServiceId};
use domain::payment::{PaymentSource, PaymentStatus};
use sea_orm::entity::prelude::*;

/// A row of `payment`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payment")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PaymentId,
    pub account_id: AccountId,
    pub status: PaymentStatus,
    pub source: PaymentSource,
    pub payment_method_id: Option<PaymentMethodId>,
    #[sea_orm(column_type = "String(StringLen::N(3))")]
    pub currency: String,
    pub amount: i64,
    /// order, renewal, invoice.
    #[sea_orm(column_type = "String(StringLen::N(16))")]
    pub purpose: String,
    pub order_id: Option<OrderId>,
    pub service_id: Option<ServiceId>,
    pub invoice_id: Option<InvoiceId>,
    /// Periods that a renewal in advance pays.
    pub periods: i32,
    /// customer, scheduler.
    #[sea_orm(column_type = "String(StringLen::N(16))")]
    pub initiator: String,
    /// Lines and totals of what is paid, where no invoice exists yet.
    #[sea_orm(column_type = "JsonBinary")]
    pub quote: Option<Json>,
    pub created_at: DateTimeUtc,
    pub settled_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The payments of an account.
    pub fn of(account: AccountId) -> Select<Self> {
        Self::find().filter(Column::AccountId.eq(account))
    }
}
