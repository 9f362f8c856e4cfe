//! Waits after which lost second factors are given up.

use domain::id::{AccountId, FactorRecoveryId};
use sea_orm::entity::prelude::*;

/// A row of `factor_recovery`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "factor_recovery")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: FactorRecoveryId,
    pub account_id: AccountId,
    /// The token that cancels it, encrypted: every notice prints the same. Erased at the end.
    #[sea_orm(column_type = "Text")]
    pub sealed_token: String,
    #[sea_orm(unique, column_type = "String(StringLen::N(64))")]
    pub token_hash: String,
    pub started_at: DateTimeUtc,
    /// From when a login may do without the factors; fixed at the start.
    pub ready_at: DateTimeUtc,
    /// Until when.
    pub lapses_at: DateTimeUtc,
    pub ended_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The recovery of an account that has not ended.
    pub fn under_way(account: AccountId) -> Select<Self> {
        Self::find().filter(Column::AccountId.eq(account)).filter(Column::EndedAt.is_null())
    }
}
