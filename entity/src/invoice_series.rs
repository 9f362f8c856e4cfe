//! The next number of each series and year; locked last.

use sea_orm::entity::prelude::*;

/// A row of `invoice_series`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "invoice_series")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false, column_type = "String(StringLen::N(16))")]
    pub series: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub year: i32,
    pub next: i64,
    pub last_issued_on: Date,
}

impl ActiveModelBehavior for ActiveModel {}
