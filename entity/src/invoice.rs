//! Issued invoices and credit notes. A row never changes.

use domain::id::{AccountId, InvoiceId, OrderId};
use domain::invoice::DocumentKind;
use domain::tax::TaxScheme;
use sea_orm::entity::prelude::*;

/// A row of `invoice`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "invoice")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: InvoiceId,
    pub account_id: AccountId,
    pub kind: DocumentKind,
    #[sea_orm(column_type = "String(StringLen::N(16))")]
    pub series: String,
    pub year: i32,
    pub sequence: i64,
    #[sea_orm(unique, column_type = "String(StringLen::N(35))")]
    pub number: String,
    pub issued_on: Date,
    pub due_on: Date,
    pub issued_at: DateTimeUtc,
    pub order_id: Option<OrderId>,
    pub credited_invoice_id: Option<InvoiceId>,
    #[sea_orm(column_type = "String(StringLen::N(64))")]
    pub reason: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(3))")]
    pub currency: String,
    pub net: i64,
    pub tax: i64,
    pub gross: i64,
    #[sea_orm(column_type = "JsonBinary")]
    pub seller: Json,
    #[sea_orm(column_type = "JsonBinary")]
    pub buyer: Json,
    #[sea_orm(column_type = "String(StringLen::N(255))")]
    pub mention: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(24))")]
    pub tax_scheme: TaxScheme,
}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The documents of an account, of both kinds.
    pub fn of(account: AccountId) -> Select<Self> {
        Self::find().filter(Column::AccountId.eq(account))
    }
}
