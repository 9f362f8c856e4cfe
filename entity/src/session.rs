//! Login sessions.

use domain::id::{AccountId, RefreshTokenId, SessionId};
use sea_orm::entity::prelude::*;

/// A row of `session`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "session")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SessionId,
    pub account_id: AccountId,
    pub created_at: DateTimeUtc,
    /// Last time a password (or factor) was proven: what makes a proof fresh.
    pub authenticated_at: DateTimeUtc,
    pub last_seen_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
    pub ended_at: Option<DateTimeUtc>,
    #[sea_orm(column_type = "String(StringLen::N(45))")]
    pub address: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(255))")]
    pub user_agent: Option<String>,
    /// What opened it: words of `FactorMethod`, `password`, `remembered_device`, separated by spaces.
    #[sea_orm(column_type = "String(StringLen::N(64))")]
    pub proven_by: Option<String>,
    /// Last time a second factor was proven.
    pub factor_at: Option<DateTimeUtc>,
    /// The last refresh token whose access token was used: its answer was not lost.
    pub seen_token_id: Option<RefreshTokenId>,
}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The sessions of an account, ended ones too.
    pub fn of(account: AccountId) -> Select<Self> {
        Self::find().filter(Column::AccountId.eq(account))
    }
}
