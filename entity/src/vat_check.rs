//! Checks of VAT ids: what was asked, and the answer as evidence.

use domain::id::{AccountId, VatCheckId};
use domain::tax::VatIdStatus;
use sea_orm::entity::prelude::*;

/// A row of `vat_check`. Its instants are real time.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "vat_check")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: VatCheckId,
    pub account_id: AccountId,
    #[sea_orm(column_type = "String(StringLen::N(20))")]
    pub vat_id: String,
    /// form, vies.
    #[sea_orm(column_type = "String(StringLen::N(8))")]
    pub checker: String,
    pub status: VatIdStatus,
    /// The number under which the authority knows that it was asked.
    #[sea_orm(column_type = "String(StringLen::N(64))")]
    pub consultation_number: Option<String>,
    /// Whose id it is, as the authority says.
    #[sea_orm(column_type = "String(StringLen::N(255))")]
    pub name: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(500))")]
    pub address: Option<String>,
    pub created_at: DateTimeUtc,
    pub checked_at: Option<DateTimeUtc>,
    /// When it is asked, or the id asked for again; absent once it is not asked any more.
    pub due_at: Option<DateTimeUtc>,
    pub attempts: i32,
    pub lease_until: Option<DateTimeUtc>,
    pub fence: i64,
    #[sea_orm(column_type = "String(StringLen::N(255))")]
    pub last_error: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The checks of an account.
    pub fn of(account: AccountId) -> Select<Self> {
        Self::find().filter(Column::AccountId.eq(account))
    }
}
