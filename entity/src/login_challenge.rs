//! Logins whose password was right and whose second factor is awaited.

use domain::id::{AccountId, LoginChallengeId};
use sea_orm::entity::prelude::*;

/// A row of `login_challenge`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "login_challenge")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: LoginChallengeId,
    pub account_id: AccountId,
    /// Hash of password and factors at the login: other ones make it void.
    #[sea_orm(column_type = "String(StringLen::N(64))")]
    pub bound_to: String,
    /// Tries, right ones too; counted before anything is compared.
    pub attempts: i32,
    pub created_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
    pub consumed_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The challenges of an account.
    pub fn of(account: AccountId) -> Select<Self> {
        Self::find().filter(Column::AccountId.eq(account))
    }
}
