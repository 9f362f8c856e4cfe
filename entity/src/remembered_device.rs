//! Devices that need no second factor at login for a while.

use domain::id::{AccountId, RememberedDeviceId};
use sea_orm::entity::prelude::*;

/// A row of `remembered_device`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "remembered_device")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RememberedDeviceId,
    pub account_id: AccountId,
    #[sea_orm(unique, column_type = "String(StringLen::N(64))")]
    pub token_hash: String,
    /// Hash of password and factors at the login: other ones make it void.
    #[sea_orm(column_type = "String(StringLen::N(64))")]
    pub bound_to: String,
    #[sea_orm(column_type = "String(StringLen::N(45))")]
    pub address: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(255))")]
    pub user_agent: Option<String>,
    pub created_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
    pub last_used_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The remembered devices of an account, void ones too.
    pub fn of(account: AccountId) -> Select<Self> {
        Self::find().filter(Column::AccountId.eq(account))
    }
}
