//! Codes on paper, stored as keyed hashes, each good for one use.

use domain::id::{AccountId, BackupCodeId};
use sea_orm::entity::prelude::*;

/// A row of `backup_code`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "backup_code")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: BackupCodeId,
    pub account_id: AccountId,
    #[sea_orm(column_type = "String(StringLen::N(64))")]
    pub code_hash: String,
    pub created_at: DateTimeUtc,
    /// When one of its set was typed back; absent while the set is no factor yet.
    pub activated_at: Option<DateTimeUtc>,
    pub used_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The present set of an account, used ones too.
    pub fn of(account: AccountId) -> Select<Self> {
        Self::find().filter(Column::AccountId.eq(account))
    }

    /// Those that can be used.
    pub fn usable(account: AccountId) -> Select<Self> {
        Self::of(account).filter(Column::ActivatedAt.is_not_null()).filter(Column::UsedAt.is_null())
    }
}
