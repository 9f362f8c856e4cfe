//! Keys that sign access tokens; the private half is sealed.

use sea_orm::entity::prelude::*;

/// A row of `signing_key`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "signing_key")]
pub struct Model {
    /// The key id that tokens carry: RFC 7638 thumbprint.
    #[sea_orm(primary_key, auto_increment = false, column_type = "String(StringLen::N(64))")]
    pub id: String,
    /// Empty once it signs nothing any more.
    #[sea_orm(column_type = "Text")]
    pub sealed_private_key: String,
    /// Base64url of the raw Ed25519 key.
    #[sea_orm(column_type = "Text")]
    pub public_key: String,
    pub created_at: DateTimeUtc,
    /// From when it signs nothing any more.
    pub retired_at: Option<DateTimeUtc>,
    /// From when it signs; absent: from the beginning. It is published before.
    pub active_from: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
