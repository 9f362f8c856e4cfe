//! Failures of authentication, counted by the keyed hash of whom or where they are about.

use sea_orm::entity::prelude::*;

/// A row of `login_throttle`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "login_throttle")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false, column_type = "String(StringLen::N(64))")]
    pub key_hash: String,
    /// account, unknown, session, address.
    #[sea_orm(column_type = "String(StringLen::N(16))")]
    pub kind: String,
    /// Compared and wrong one after the other, from wherever.
    pub failures: i32,
    /// Those that make the next one wait; forgotten after a quiet day.
    pub strikes: i32,
    /// Came while they had to wait: not compared.
    pub refused: i32,
    pub last_failed_at: DateTimeUtc,
    /// Nothing is compared before.
    pub blocked_until: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
