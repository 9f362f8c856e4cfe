//! Addresses of an account whose mails came back, until a mailed code is typed back from them.

use domain::id::AccountId;
use domain::mailing::BounceKind;
use sea_orm::entity::prelude::*;

/// A row of `undeliverable_address`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "undeliverable_address")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: AccountId,
    #[sea_orm(primary_key, auto_increment = false, column_type = "String(StringLen::N(254))")]
    pub address: String,
    /// hard or soft.
    pub kind: BounceKind,
    pub since: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The addresses of an account whose mails come back. One of them may be no address of the account
    /// any more: compare with those it has.
    pub fn of(account: AccountId) -> Select<Self> {
        Self::find().filter(Column::AccountId.eq(account))
    }

    /// This address of an account, if its mails come back.
    pub fn named(account: AccountId, address: &str) -> Select<Self> {
        Self::of(account).filter(Column::Address.eq(address))
    }
}
