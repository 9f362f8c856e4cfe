//! How fast second factors of an account may be tried.

use domain::id::AccountId;
use sea_orm::entity::prelude::*;

/// A row of `factor_guard`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "factor_guard")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: AccountId,
    /// Milliseconds since 1970 at which every try will be there again; each try moves it a minute on.
    pub full_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
