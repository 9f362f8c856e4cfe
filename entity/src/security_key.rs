//! Security keys and passkeys.

use domain::id::{AccountId, SecurityKeyId};
use sea_orm::entity::prelude::*;

/// A row of `security_key`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "security_key")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SecurityKeyId,
    pub account_id: AccountId,
    /// The owner's word for it.
    #[sea_orm(column_type = "String(StringLen::N(64))")]
    pub name: String,
    /// Keyed hash of the credential's id: one key belongs to one account.
    #[sea_orm(unique, column_type = "String(StringLen::N(64))")]
    pub credential_hash: String,
    /// The credential with its public key, encrypted.
    #[sea_orm(column_type = "Text")]
    pub sealed_credential: String,
    /// The key's own count of its signatures at the last one; stays 0 where it does not count.
    pub sign_count: i64,
    /// Whether it can be used without naming the account; absent when the browser did not say.
    pub discoverable: Option<bool>,
    /// Whether it is copied between the owner's devices.
    pub synced: bool,
    pub created_at: DateTimeUtc,
    pub last_used_at: Option<DateTimeUtc>,
    /// When its count went back, as that of a copy does: it proves nothing since.
    pub suspended_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The keys of an account, suspended ones too.
    pub fn of(account: AccountId) -> Select<Self> {
        Self::find().filter(Column::AccountId.eq(account))
    }

    /// The keys of an account that prove something.
    pub fn usable(account: AccountId) -> Select<Self> {
        Self::of(account).filter(Column::SuspendedAt.is_null())
    }

    /// The keys of an account that seem to have been copied.
    pub fn suspended(account: AccountId) -> Select<Self> {
        Self::of(account).filter(Column::SuspendedAt.is_not_null())
    }
}
