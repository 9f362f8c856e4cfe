//! What happened to an account and who did it.

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
}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The activity log of an account.
    pub fn of(account: AccountId) -> Select<Self> {
        Self::find().filter(Column::AccountId.eq(account))
    }
}
