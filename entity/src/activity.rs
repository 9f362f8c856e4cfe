//! What happened to an account and who did it, each line chained to the one before.

use domain::id::{AccountId, ActivityId};
use sea_orm::entity::prelude::*;

/// A row of `activity`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "activity")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ActivityId,
    pub account_id: Option<AccountId>,
    pub at: DateTimeUtc,
    #[sea_orm(column_type = "String(StringLen::N(64))")]
    pub kind: String,
    #[sea_orm(column_type = "String(StringLen::N(64))")]
    pub actor: String,
    #[sea_orm(column_type = "String(StringLen::N(45))")]
    pub address: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(64))")]
    pub request_id: Option<String>,
    #[sea_orm(column_type = "JsonBinary")]
    pub detail: Option<Json>,
    #[sea_orm(column_type = "String(StringLen::N(255))")]
    pub user_agent: Option<String>,
    /// The account's id, or one of the house's own chains.
    pub chain: Option<Uuid>,
    /// Its place in the chain, from 1; below for lines from before there was a chain, which have no link.
    pub seq: Option<i64>,
    /// Erased with what says who somebody is.
    #[sea_orm(column_type = "String(StringLen::N(32))")]
    pub salt: Option<String>,
    /// Keyed hash of the salt and of what says who somebody is.
    #[sea_orm(column_type = "String(StringLen::N(64))")]
    pub commitment: Option<String>,
    /// Keyed hash of the link before, of what stays, and of the commitment.
    #[sea_orm(column_type = "String(StringLen::N(64))")]
    pub link: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The activity log of an account, to look something up by its time.
    pub fn of(account: AccountId) -> Select<Self> {
        Self::find().filter(Column::AccountId.eq(account))
    }

    /// The same, to read in the order of the chain.
    pub fn chain_of(account: AccountId) -> Select<Self> {
        Self::find().filter(Column::Chain.eq(account.0))
    }
}
