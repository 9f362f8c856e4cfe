//! Authenticator apps.

use domain::id::{AccountId, TotpDeviceId};
use sea_orm::entity::prelude::*;

/// A row of `totp_device`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "totp_device")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TotpDeviceId,
    pub account_id: AccountId,
    /// The owner's word for it.
    #[sea_orm(column_type = "String(StringLen::N(64))")]
    pub name: String,
    /// The shared secret, encrypted.
    #[sea_orm(column_type = "Text")]
    pub sealed_seed: String,
    /// The time step of the last code that was accepted: none of it or before it is accepted again.
    pub last_step: i64,
    pub created_at: DateTimeUtc,
    /// When its first code was typed; absent while it is no factor yet.
    pub activated_at: Option<DateTimeUtc>,
    pub last_used_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The apps of an account, pending ones too.
    pub fn of(account: AccountId) -> Select<Self> {
        Self::find().filter(Column::AccountId.eq(account))
    }

    /// The apps of an account that are factors.
    pub fn active(account: AccountId) -> Select<Self> {
        Self::of(account).filter(Column::ActivatedAt.is_not_null())
    }
}
