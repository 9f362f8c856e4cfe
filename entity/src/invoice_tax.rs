//! VAT of issued documents per category and rate, on the summed base.

use domain::id::InvoiceId;
use domain::money::Scaled6;
use domain::tax::TaxCategory;
use sea_orm::entity::prelude::*;

/// A row of `invoice_tax`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "invoice_tax")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub invoice_id: InvoiceId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub tax_category: TaxCategory,
    #[sea_orm(primary_key, auto_increment = false)]
    pub tax_rate: Scaled6,
    pub base: i64,
    pub tax: i64,
}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The VAT of one document; the document itself is looked up by its owner.
    pub fn of(document: InvoiceId) -> Select<Self> {
        Self::of_all([document])
    }

    /// The VAT of several documents.
    pub fn of_all(documents: impl IntoIterator<Item = InvoiceId>) -> Select<Self> {
        Self::find().filter(Column::InvoiceId.is_in(documents))
    }
}
