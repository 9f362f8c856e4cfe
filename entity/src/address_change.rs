//! Changes of the primary and backup addresses: awaited, or made and still to be undone. Its instants are
//! real time.

use domain::account::{AddressChangeStatus, AddressRole};
use domain::id::{AccountId, AddressChangeId};
use sea_orm::entity::prelude::*;

/// A row of `address_change`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "address_change")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AddressChangeId,
    pub account_id: AccountId,
    pub role: AddressRole,
    /// Lower case; absent where there was no backup address.
    #[sea_orm(column_type = "String(StringLen::N(254))")]
    pub former_address: Option<String>,
    /// Lower case; absent where the backup address was removed.
    #[sea_orm(column_type = "String(StringLen::N(254))")]
    pub new_address: Option<String>,
    pub status: AddressChangeStatus,
    /// The token that stops or undoes it, encrypted: every notice prints the same. Erased with the last one.
    #[sea_orm(column_type = "Text")]
    pub sealed_token: String,
    #[sea_orm(unique, column_type = "String(StringLen::N(64))")]
    pub token_hash: String,
    pub requested_at: DateTimeUtc,
    pub applied_at: Option<DateTimeUtc>,
    /// Until when it can be confirmed or stopped; once it is made, until when it can be undone.
    pub open_until: DateTimeUtc,
    pub ended_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The changes of an account that wait or can still be undone.
    pub fn open(account: AccountId, now: DateTimeUtc) -> Select<Self> {
        Self::find()
            .filter(Column::AccountId.eq(account))
            .filter(Column::EndedAt.is_null())
            .filter(Column::OpenUntil.gt(now))
    }

    /// The open changes by which accounts gave this primary address up: it is still theirs to come back to.
    pub fn giving_up(address: &str, now: DateTimeUtc) -> Select<Self> {
        Self::find()
            .filter(Column::FormerAddress.eq(address))
            .filter(Column::Role.eq(AddressRole::Primary))
            .filter(Column::Status.eq(AddressChangeStatus::Applied))
            .filter(Column::OpenUntil.gt(now))
    }
}
