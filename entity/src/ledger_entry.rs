//! Double-entry ledger, append-only; each transaction sums to zero.

use domain::id::{AccountId, InvoiceId, LedgerTransactionId, PaymentId};
use sea_orm::entity::prelude::*;

/// A row of `ledger_entry`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ledger_entry")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub transaction_id: LedgerTransactionId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i32,
    pub account_id: AccountId,
    /// cash, receivable, revenue, tax, balance.
    #[sea_orm(column_type = "String(StringLen::N(24))")]
    pub ledger: String,
    #[sea_orm(column_type = "String(StringLen::N(3))")]
    pub currency: String,
    /// Debit positive, credit negative.
    pub amount: i64,
    pub invoice_id: Option<InvoiceId>,
    pub payment_id: Option<PaymentId>,
    #[sea_orm(column_type = "String(StringLen::N(32))")]
    pub cause: String,
    pub at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
