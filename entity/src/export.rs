//! Exports of all the data of an account.

use domain::export::ExportStatus;
use domain::id::{AccountId, ExportId};
use sea_orm::entity::prelude::*;

/// A row of `export`. Its instants are real time: what is handed out has nothing to do with the agreement.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "export")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ExportId,
    pub account_id: AccountId,
    pub status: ExportStatus,
    pub requested_at: DateTimeUtc,
    /// When it may be made.
    pub due_at: DateTimeUtc,
    pub attempts: i32,
    pub lease_until: Option<DateTimeUtc>,
    pub fence: i64,
    #[sea_orm(column_type = "Text")]
    pub last_error: Option<String>,
    /// The key of its parts, encrypted; each try has its own, and without it they are noise.
    #[sea_orm(column_type = "Text")]
    pub sealed_key: Option<String>,
    /// How many parts it has.
    pub parts: i32,
    /// Bytes of the archive.
    pub size: Option<i64>,
    /// Of the archive, in hexadecimal.
    #[sea_orm(column_type = "String(StringLen::N(64))")]
    pub sha256: Option<String>,
    pub ready_at: Option<DateTimeUtc>,
    /// Until when it can be downloaded.
    pub expires_at: Option<DateTimeUtc>,
    /// When it failed, or when its archive was deleted.
    pub ended_at: Option<DateTimeUtc>,
    pub downloads: i32,
    pub last_downloaded_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The exports of an account.
    pub fn of(account: AccountId) -> Select<Self> {
        Self::find().filter(Column::AccountId.eq(account))
    }
}
