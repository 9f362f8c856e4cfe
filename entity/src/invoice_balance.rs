//! What changes after the issue of an invoice: how much of it is paid or credited.

use domain::id::{AccountId, InvoiceId};
use domain::invoice::InvoiceStatus;
use sea_orm::entity::prelude::*;

/// A row of `invoice_balance`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "invoice_balance")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub invoice_id: InvoiceId,
    pub account_id: AccountId,
    pub status: InvoiceStatus,
    pub paid: i64,
    pub credited: i64,
    pub due: i64,
    pub paid_at: Option<DateTimeUtc>,
    pub version: i64,
}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// What is left to pay on the invoices of an account.
    pub fn of(account: AccountId) -> Select<Self> {
        Self::find().filter(Column::AccountId.eq(account))
    }
}
