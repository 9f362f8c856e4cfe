//! What somebody without login asked for, to be looked into later.

use domain::id::VisitorRequestId;
use sea_orm::entity::prelude::*;

/// A row of `visitor_request`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "visitor_request")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: VisitorRequestId,
    /// password_reset, email_verification.
    #[sea_orm(column_type = "String(StringLen::N(32))")]
    pub kind: String,
    /// The login that was named.
    #[sea_orm(column_type = "Text")]
    pub sealed_login: String,
    #[sea_orm(column_type = "String(StringLen::N(45))")]
    pub address: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(64))")]
    pub request_id: Option<String>,
    pub asked_at: DateTimeUtc,
    pub due_at: DateTimeUtc,
    pub attempts: i32,
    #[sea_orm(column_type = "String(StringLen::N(255))")]
    pub user_agent: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
