//! Service e-mails: stored in the transaction that causes them, delivered later.

use domain::account::Language;
use domain::id::{AccountId, EmailId, ServiceId};
use domain::mailing::BounceKind;
use sea_orm::entity::prelude::*;

/// A row of `email`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "email")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: EmailId,
    pub account_id: Option<AccountId>,
    pub service_id: Option<ServiceId>,
    #[sea_orm(column_type = "String(StringLen::N(48))")]
    pub kind: String,
    #[sea_orm(column_type = "String(StringLen::N(16))")]
    pub category: String,
    pub language: Language,
    #[sea_orm(column_type = "String(StringLen::N(254))")]
    pub to_address: String,
    #[sea_orm(column_type = "String(StringLen::N(255))")]
    pub subject: String,
    /// With a place-holder where a secret stands.
    #[sea_orm(column_type = "Text")]
    pub text_body: String,
    #[sea_orm(column_type = "Text")]
    pub html_body: String,
    /// The code or token, encrypted; erased once the relay accepted the mail.
    #[sea_orm(column_type = "Text")]
    pub sealed_secret: Option<String>,
    /// What caused it: no cause sends twice.
    #[sea_orm(unique, column_type = "String(StringLen::N(160))")]
    pub cause: String,
    /// The boundary that a renewal mail is about.
    pub boundary: Option<i32>,
    pub cycle: Option<i32>,
    /// The day that a deletion notice names.
    pub names_on: Option<Date>,
    /// queued, sending, accepted, failed, bounced.
    #[sea_orm(column_type = "String(StringLen::N(16))")]
    pub state: String,
    pub attempts: i32,
    /// Real time of the next delivery.
    pub due_at: DateTimeUtc,
    pub lease_until: Option<DateTimeUtc>,
    pub fence: i64,
    /// On the account's clock.
    pub created_at: DateTimeUtc,
    /// On the account's clock.
    pub accepted_at: Option<DateTimeUtc>,
    #[sea_orm(column_type = "Text")]
    pub last_error: Option<String>,
    /// Printed in the mail, without its dashes; absent in mails written before there were codes and in
    /// what was sent again.
    #[sea_orm(unique, column_type = "String(StringLen::N(16))")]
    pub authenticity_code: Option<String>,
    /// The mail to the main recipient that this one says the same as.
    pub copy_of: Option<EmailId>,
    /// Whether it carries, or carried, a code or token.
    pub has_secret: bool,
    /// Real time at which the code or token in it ends: then it is not sent any more.
    pub useful_until: Option<DateTimeUtc>,
    /// On the account's clock.
    pub bounced_at: Option<DateTimeUtc>,
    pub bounce_kind: Option<BounceKind>,
    /// What the relay said; it may repeat the address.
    #[sea_orm(column_type = "Text")]
    pub bounce_diagnostic: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The service e-mails of an account.
    pub fn of(account: AccountId) -> Select<Self> {
        Self::find().filter(Column::AccountId.eq(account))
    }

    /// The mail in which this code is printed, whoever's it is.
    pub fn with_authenticity_code(code: &str) -> Select<Self> {
        Self::find().filter(Column::AuthenticityCode.eq(code))
    }
}
