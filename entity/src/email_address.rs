//! Extra addresses for service e-mails, each proven by a mailed code before it receives anything.

use domain::id::{AccountId, EmailAddressId};
use sea_orm::QueryOrder;
use sea_orm::entity::prelude::*;

/// A row of `email_address`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "email_address")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: EmailAddressId,
    pub account_id: AccountId,
    /// Lower case.
    #[sea_orm(column_type = "String(StringLen::N(254))")]
    pub address: String,
    /// What it receives, separated by spaces.
    #[sea_orm(column_type = "String(StringLen::N(64))")]
    pub categories: String,
    pub proven_at: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The extra addresses of an account, in the order in which they were added.
    pub fn of(account: AccountId) -> Select<Self> {
        Self::find().filter(Column::AccountId.eq(account)).order_by_asc(Column::Id)
    }
}
