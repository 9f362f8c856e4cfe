//! Answers to requests that carried an Idempotency-Key.

use sea_orm::entity::prelude::*;

/// A row of `idempotency_key`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency_key")]
pub struct Model {
    /// Who called.
    #[sea_orm(primary_key, auto_increment = false, column_type = "String(StringLen::N(64))")]
    pub scope: String,
    #[sea_orm(primary_key, auto_increment = false, column_type = "String(StringLen::N(255))")]
    pub key: String,
    #[sea_orm(column_type = "String(StringLen::N(64))")]
    pub operation: String,
    #[sea_orm(column_type = "String(StringLen::N(64))")]
    pub fingerprint: String,
    /// in_flight, done.
    #[sea_orm(column_type = "String(StringLen::N(16))")]
    pub state: String,
    pub status: Option<i32>,
    #[sea_orm(column_type = "JsonBinary")]
    pub headers: Option<Json>,
    #[sea_orm(column_type = "Text")]
    pub body: Option<String>,
    /// The answer held a secret and was not kept.
    pub secret: bool,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
