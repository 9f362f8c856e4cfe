//! The chain of refresh tokens of a session.

use domain::id::{RefreshTokenId, SessionId};
use sea_orm::entity::prelude::*;

/// A row of `refresh_token`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "refresh_token")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RefreshTokenId,
    pub session_id: SessionId,
    #[sea_orm(unique, column_type = "String(StringLen::N(64))")]
    pub token_hash: String,
    /// The token whose use made this one.
    pub parent_id: Option<RefreshTokenId>,
    pub issued_at: DateTimeUtc,
    pub used_at: Option<DateTimeUtc>,
    pub revoked_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The token with this hash.
    pub fn with_hash(token_hash: &str) -> Select<Self> {
        Self::find().filter(Column::TokenHash.eq(token_hash))
    }

    /// What the use of a token made and nobody revoked.
    pub fn successor_of(parent: RefreshTokenId) -> Select<Self> {
        Self::find().filter(Column::ParentId.eq(parent)).filter(Column::RevokedAt.is_null())
    }
}
