//! What accounts chose about their service e-mails. No row: everything to the primary address.

use domain::id::AccountId;
use sea_orm::entity::prelude::*;

/// A row of `email_setting`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "email_setting")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: AccountId,
    /// What the primary address receives, separated by spaces.
    #[sea_orm(column_type = "String(StringLen::N(64))")]
    pub primary_categories: String,
    /// Whether there are rows of `email_address`: most accounts have none, and each mail asks.
    pub has_addresses: bool,
    /// The anti-phishing phrase, encrypted.
    #[sea_orm(column_type = "Text")]
    pub sealed_phrase: Option<String>,
    pub phrase_set_at: Option<DateTimeUtc>,
    /// Whether a mail each month tells what the check-up finds essential and missing.
    pub check_up_reminder: bool,
}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The choices of an account.
    pub fn of(account: AccountId) -> Select<Self> {
        Self::find().filter(Column::AccountId.eq(account))
    }
}
