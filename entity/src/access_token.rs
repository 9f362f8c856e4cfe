//! Personal tokens of customers, and tokens of operators: no account is behind those.

use domain::id::{AccessTokenId, AccountId};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::ExprTrait;

/// A row of `access_token`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "access_token")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AccessTokenId,
    pub account_id: Option<AccountId>,
    #[sea_orm(column_type = "String(StringLen::N(64))")]
    pub name: String,
    #[sea_orm(unique, column_type = "String(StringLen::N(64))")]
    pub token_hash: String,
    /// Space separated.
    #[sea_orm(column_type = "Text")]
    pub scopes: String,
    pub created_at: DateTimeUtc,
    pub expires_at: Option<DateTimeUtc>,
    pub last_used_at: Option<DateTimeUtc>,
    pub revoked_at: Option<DateTimeUtc>,
    /// From which addresses it may be used, CIDR texts; absent: from everywhere.
    #[sea_orm(column_type = "JsonBinary")]
    pub ip_ranges: Option<Json>,
    /// Its first characters, by which its owner knows it again.
    #[sea_orm(column_type = "String(StringLen::N(12))")]
    pub hint: Option<String>,
    /// Where it was used last.
    #[sea_orm(column_type = "String(StringLen::N(45))")]
    pub last_address: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}

/// The tokens of an account that can be used.
pub fn live(account: AccountId, now: DateTimeUtc) -> Select<Entity> {
    let ends = Column::ExpiresAt.is_null().or(Column::ExpiresAt.gt(now));
    Entity::of(account).filter(Column::RevokedAt.is_null()).filter(ends)
}

impl Entity {
    /// The tokens of an account.
    pub fn of(account: AccountId) -> Select<Self> {
        Self::find().filter(Column::AccountId.eq(account))
    }

    /// The tokens of operators: no customer account is behind them.
    pub fn of_operators() -> Select<Self> {
        Self::find().filter(Column::AccountId.is_null())
    }
}
