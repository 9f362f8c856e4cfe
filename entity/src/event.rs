//! The event log, in the order in which integrators read it.

use domain::id::{AccountId, EventId};
use sea_orm::entity::prelude::*;

/// A row of `event`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "event")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: EventId,
    pub account_id: Option<AccountId>,
    pub occurred_at: DateTimeUtc,
    #[sea_orm(column_type = "String(StringLen::N(64))")]
    pub kind: String,
    /// The public id of what it is about.
    #[sea_orm(column_type = "String(StringLen::N(64))")]
    pub subject: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub data: Json,
}

impl ActiveModelBehavior for ActiveModel {}
