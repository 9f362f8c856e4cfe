//! Hashes of the passwords that accounts had before.

use domain::id::{AccountId, FormerPasswordId};
use sea_orm::entity::prelude::*;

/// A row of `former_password`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "former_password")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: FormerPasswordId,
    pub account_id: AccountId,
    #[sea_orm(column_type = "Text")]
    pub password_hash: String,
    pub retired_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The former passwords of an account.
    pub fn of(account: AccountId) -> Select<Self> {
        Self::find().filter(Column::AccountId.eq(account))
    }
}
