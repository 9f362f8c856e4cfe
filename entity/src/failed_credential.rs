//! What failed from one address within the last hour.

use sea_orm::entity::prelude::*;

/// A row of `failed_credential`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "failed_credential")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false, column_type = "String(StringLen::N(64))")]
    pub address_hash: String,
    /// 32 bits of a keyed hash: tells one guess from another, too few to find it again.
    #[sea_orm(primary_key, auto_increment = false, column_type = "String(StringLen::N(8))")]
    pub credential: String,
    pub failed_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// What failed from an address.
    pub fn from_address(address_hash: &str) -> Select<Self> {
        Self::find().filter(Column::AddressHash.eq(address_hash))
    }
}
