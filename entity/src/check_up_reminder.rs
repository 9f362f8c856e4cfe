//! When each account's check-up is looked at next, to remind of what is missing.

use domain::id::AccountId;
use sea_orm::entity::prelude::*;

/// A row of `check_up_reminder`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "check_up_reminder")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: AccountId,
    pub due_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
