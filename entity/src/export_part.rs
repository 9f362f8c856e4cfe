//! The archives of exports, cut in parts.

use domain::id::ExportId;
use sea_orm::entity::prelude::*;

/// A row of `export_part`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "export_part")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub export_id: ExportId,
    /// From 0.
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i32,
    /// Encrypted with the key of its export, for its place in it.
    #[sea_orm(column_type = "Blob")]
    pub sealed: Vec<u8>,
}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The parts of one export; the export itself is looked up by its owner.
    pub fn of(export: ExportId) -> Select<Self> {
        Self::find().filter(Column::ExportId.eq(export))
    }
}
