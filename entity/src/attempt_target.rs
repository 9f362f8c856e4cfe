//! What an attempt pays. One live attempt per target.

use domain::id::AttemptId;
use sea_orm::entity::prelude::*;

/// A row of `attempt_target`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "attempt_target")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub attempt_id: AttemptId,
    /// An invoice, an order, or a service whose renewal has no invoice yet.
    #[sea_orm(primary_key, auto_increment = false)]
    pub target_id: Uuid,
    pub live: bool,
}

impl ActiveModelBehavior for ActiveModel {}
