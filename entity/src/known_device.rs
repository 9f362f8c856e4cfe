//! Where the owners of accounts have logged in from.

use domain::id::{AccountId, KnownDeviceId};
use sea_orm::entity::prelude::*;

/// A row of `known_device`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "known_device")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: KnownDeviceId,
    pub account_id: AccountId,
    /// Keyed hash of the network and the user agent.
    #[sea_orm(column_type = "String(StringLen::N(64))")]
    pub device_hash: String,
    pub first_seen_at: DateTimeUtc,
    pub last_seen_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The devices of an account.
    pub fn of(account: AccountId) -> Select<Self> {
        Self::find().filter(Column::AccountId.eq(account))
    }
}
