//! Orders.

use domain::id::{AccountId, InvoiceId, OrderId};
use domain::money::Scaled6;
use domain::order::OrderStatus;
use domain::tax::{TaxCategory, TaxDecision, TaxMention, TaxScheme};
use sea_orm::entity::prelude::*;

/// A row of `order`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OrderId,
    pub account_id: AccountId,
    #[sea_orm(unique, column_type = "String(StringLen::N(24))")]
    pub number: String,
    pub status: OrderStatus,
    #[sea_orm(column_type = "String(StringLen::N(3))")]
    pub currency: String,
    pub net: i64,
    pub tax: i64,
    pub gross: i64,
    pub tax_category: TaxCategory,
    pub tax_rate: Scaled6,
    #[sea_orm(column_type = "String(StringLen::N(24))")]
    pub tax_scheme: TaxScheme,
    #[sea_orm(column_type = "String(StringLen::N(255))")]
    pub tax_mention: Option<TaxMention>,
    pub version: i64,
    pub created_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
    pub paid_at: Option<DateTimeUtc>,
    pub delivered_at: Option<DateTimeUtc>,
    pub invoice_id: Option<InvoiceId>,
}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The VAT that was quoted.
    #[must_use]
    pub const fn tax_decision(&self) -> TaxDecision {
        TaxDecision {
            category: self.tax_category,
            rate: self.tax_rate,
            scheme: self.tax_scheme,
            mention: self.tax_mention,
        }
    }
}

impl Entity {
    /// The orders of an account.
    pub fn of(account: AccountId) -> Select<Self> {
        Self::find().filter(Column::AccountId.eq(account))
    }
}
