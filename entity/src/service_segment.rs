//! Anchor segments: which boundary falls on which day.

use domain::calendar::Period;
use domain::id::ServiceId;
use sea_orm::entity::prelude::*;

/// A row of `service_segment`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "service_segment")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub service_id: ServiceId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub first_boundary: i32,
    pub anchor_date: Date,
    pub anchor_day: i32,
    pub period: Period,
}

impl ActiveModelBehavior for ActiveModel {}
