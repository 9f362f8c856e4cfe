//! The last link of each chain of the activity log.

use sea_orm::entity::prelude::*;

/// A row of `activity_head`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "activity_head")]
pub struct Model {
    /// The account's id, or one of the house's own.
    #[sea_orm(primary_key, auto_increment = false)]
    pub chain: Uuid,
    /// Lines so far.
    pub seq: i64,
    /// Link of the last one; empty while there is none.
    #[sea_orm(column_type = "String(StringLen::N(64))")]
    pub link: String,
    /// Lines from before there was a chain.
    pub unchained: i64,
}

impl ActiveModelBehavior for ActiveModel {}
