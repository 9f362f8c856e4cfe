//! Versions of the plans on sale.

use domain::id::PlanId;
use domain::policy::Delivery;
use domain::tax::TaxCategory;
use sea_orm::entity::prelude::*;

/// A row of `plan`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "plan")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PlanId,
    #[sea_orm(column_type = "String(StringLen::N(48))")]
    pub code: String,
    pub version: i32,
    /// The version that new orders get.
    pub is_current: bool,
    /// vps, domain, hosting ...
    #[sea_orm(column_type = "String(StringLen::N(32))")]
    pub kind: String,
    #[sea_orm(column_type = "String(StringLen::N(120))")]
    pub name_fr: String,
    #[sea_orm(column_type = "String(StringLen::N(120))")]
    pub name_en: String,
    #[sea_orm(column_type = "Text")]
    pub description_fr: String,
    #[sea_orm(column_type = "Text")]
    pub description_en: String,
    pub tax_category: TaxCategory,
    pub delivery: Delivery,
    /// `domain::policy::RenewalPolicy`.
    #[sea_orm(column_type = "JsonBinary")]
    pub policy: Json,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The versions that new orders get, one per code.
    pub fn current() -> Select<Self> {
        Self::find().filter(Column::IsCurrent.eq(true))
    }

    /// The version of `code` that new orders get.
    pub fn current_of(code: &str) -> Select<Self> {
        Self::current().filter(Column::Code.eq(code))
    }

    /// Every version of `code`.
    pub fn versions_of(code: &str) -> Select<Self> {
        Self::find().filter(Column::Code.eq(code))
    }
}
