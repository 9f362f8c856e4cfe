//! Long-running operations and their progress.

use domain::id::OperationId;
use sea_orm::entity::prelude::*;

/// A row of `operation`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "operation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OperationId,
    #[sea_orm(column_type = "String(StringLen::N(32))")]
    pub kind: String,
    #[sea_orm(column_type = "String(StringLen::N(16))")]
    pub status: String,
    /// Percent.
    pub progress: i32,
    #[sea_orm(column_type = "Text")]
    pub detail: Option<String>,
    pub created_at: DateTimeUtc,
    pub finished_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
