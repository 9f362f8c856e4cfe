//! Periods of services. One per service and boundary while open or settled.

use domain::id::{InvoiceId, PaymentId, PeriodId, ServiceId};
use sea_orm::entity::prelude::*;

/// A row of `service_period`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "service_period")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PeriodId,
    pub service_id: ServiceId,
    /// The boundary at which the period starts.
    pub boundary: i32,
    /// open, settled, void.
    #[sea_orm(column_type = "String(StringLen::N(8))")]
    pub state: String,
    /// Absent until delivery for the first period of an order.
    pub starts_on: Option<Date>,
    pub ends_on: Option<Date>,
    pub invoice_id: Option<InvoiceId>,
    pub payment_id: Option<PaymentId>,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
