//! Customer accounts.

use domain::account::{AccountKind, AccountStatus, Language};
use domain::id::{AccountId, TestClockId};
use domain::tax::VatIdStatus;
use sea_orm::entity::prelude::*;

/// A row of `account`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "account")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AccountId,
    /// Public, never changes: `ab12345-tacit`.
    #[sea_orm(unique, column_type = "String(StringLen::N(32))")]
    pub handle: String,
    /// Lower case; absent once the account is erased.
    #[sea_orm(unique, column_type = "String(StringLen::N(254))")]
    pub email: Option<String>,
    pub email_verified_at: Option<DateTimeUtc>,
    /// When somebody signed up again before the address was proven: nobody knows whose password it is.
    pub contested_at: Option<DateTimeUtc>,
    /// Proven second address.
    #[sea_orm(column_type = "String(StringLen::N(254))")]
    pub backup_email: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub password_hash: String,
    pub password_changed_at: DateTimeUtc,
    /// Since when it is known that it could not be set today; found out when it is used.
    pub password_weak_since: Option<DateTimeUtc>,
    pub kind: AccountKind,
    pub status: AccountStatus,
    pub language: Language,
    #[sea_orm(column_type = "String(StringLen::N(3))")]
    pub currency: String,
    #[sea_orm(column_type = "String(StringLen::N(48))")]
    pub time_zone: String,
    #[sea_orm(column_type = "String(StringLen::N(100))")]
    pub first_name: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(100))")]
    pub last_name: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(200))")]
    pub organisation: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(200))")]
    pub street: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(20))")]
    pub postal_code: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(100))")]
    pub city: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(2))")]
    pub country: String,
    #[sea_orm(column_type = "String(StringLen::N(20))")]
    pub phone: Option<String>,
    /// When a code that was sent to the number came back.
    pub phone_verified_at: Option<DateTimeUtc>,
    #[sea_orm(column_type = "String(StringLen::N(14))")]
    pub siret: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(20))")]
    pub vat_id: Option<String>,
    /// What is known of it; absent with it.
    pub vat_id_status: Option<VatIdStatus>,
    pub test_clock_id: Option<TestClockId>,
    /// From which addresses it may be used (`domain::network::Rules`); absent: from everywhere.
    #[sea_orm(column_type = "JsonBinary")]
    pub ip_rules: Option<Json>,
    /// Prepaid balance in minor units; equals the sum of its ledger entries.
    pub balance: i64,
    /// Rises with each change; makes the ETag.
    pub version: i64,
    pub created_at: DateTimeUtc,
    pub closed_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The account that signs in with this address (lower case).
    pub fn with_email(email: &str) -> Select<Self> {
        Self::find().filter(Column::Email.eq(email))
    }

    /// The account with this handle.
    pub fn with_handle(handle: &str) -> Select<Self> {
        Self::find().filter(Column::Handle.eq(handle))
    }

    /// The accounts whose proven second address this is (lower case).
    pub fn with_backup_email(email: &str) -> Select<Self> {
        Self::find().filter(Column::BackupEmail.eq(email))
    }
}
