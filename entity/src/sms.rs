//! Text messages: stored in the transaction that causes them, handed over later.

use domain::account::Language;
use domain::id::{AccountId, SmsId};
use sea_orm::entity::prelude::*;

/// A row of `sms`. Its instants are real time.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sms")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SmsId,
    pub account_id: AccountId,
    #[sea_orm(column_type = "String(StringLen::N(48))")]
    pub kind: String,
    pub language: Language,
    /// E.164; empty once it is erased.
    #[sea_orm(column_type = "String(StringLen::N(20))")]
    pub to_number: String,
    /// With a place-holder where the code stands.
    #[sea_orm(column_type = "Text")]
    pub body: String,
    /// The code, encrypted; erased once it was handed over or given up.
    #[sea_orm(column_type = "Text")]
    pub sealed_secret: Option<String>,
    /// queued, sending, accepted, failed.
    #[sea_orm(column_type = "String(StringLen::N(16))")]
    pub state: String,
    pub attempts: i32,
    pub due_at: DateTimeUtc,
    /// Later than this it is of no use to anybody.
    pub useful_until: DateTimeUtc,
    pub lease_until: Option<DateTimeUtc>,
    pub fence: i64,
    pub created_at: DateTimeUtc,
    pub accepted_at: Option<DateTimeUtc>,
    #[sea_orm(column_type = "Text")]
    pub last_error: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
