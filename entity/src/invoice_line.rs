//! Lines of issued documents.

use domain::calendar::Period;
use domain::id::{InvoiceId, ServiceId};
use domain::money::Scaled6;
use domain::tax::TaxCategory;
use sea_orm::entity::prelude::*;

/// A row of `invoice_line`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "invoice_line")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub invoice_id: InvoiceId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i32,
    #[sea_orm(column_type = "String(StringLen::N(255))")]
    pub label: String,
    pub service_id: Option<ServiceId>,
    pub quantity: Scaled6,
    pub unit_price: Scaled6,
    pub net: i64,
    pub tax_category: TaxCategory,
    pub tax_rate: Scaled6,
    pub starts_on: Option<Date>,
    pub ends_on: Option<Date>,
    /// The length, where the dates are not known at issue.
    pub period: Option<Period>,
}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The lines of one document; the document itself is looked up by its owner.
    pub fn of(document: InvoiceId) -> Select<Self> {
        Self::of_all([document])
    }

    /// The lines of several documents.
    pub fn of_all(documents: impl IntoIterator<Item = InvoiceId>) -> Select<Self> {
        Self::find().filter(Column::InvoiceId.is_in(documents))
    }
}
