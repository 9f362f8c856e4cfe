//! One row: what the scheduler is allowed to do and when it was last alive.

use sea_orm::entity::prelude::*;

/// A row of `scheduler_state`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "scheduler_state")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i32,
    pub renewals_paused: bool,
    #[sea_orm(column_type = "Text")]
    pub pause_reason: Option<String>,
    /// What was due before an operator released the pause runs, one boundary at a time.
    pub released_at: Option<DateTimeUtc>,
    pub last_tick_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
