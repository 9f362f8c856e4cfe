//! Keys that seal and hash what is secret in other tables, wrapped by the configured secret key.

use sea_orm::entity::prelude::*;

/// Seals and opens.
pub const SEAL: &str = "seal";
/// Hashes what is looked up; there is one.
pub const HASH: &str = "hash";

/// A row of `data_key`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "data_key")]
pub struct Model {
    /// What sealed values begin with.
    #[sea_orm(primary_key, auto_increment = false, column_type = "String(StringLen::N(8))")]
    pub id: String,
    /// [`SEAL`] or [`HASH`].
    #[sea_orm(column_type = "String(StringLen::N(8))")]
    pub purpose: String,
    #[sea_orm(column_type = "Text")]
    pub wrapped_key: String,
    pub created_at: DateTimeUtc,
    /// From when it seals: every process knows it by then.
    pub active_from: DateTimeUtc,
    /// Since when nothing is sealed with it any more.
    pub retired_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
