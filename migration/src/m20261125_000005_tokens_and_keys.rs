//! Data keys, the life of signing keys, where tokens may be used, which access token of a session was used.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    json_binary_null, string_len, string_len_null, text, timestamp_with_time_zone, timestamp_with_time_zone_null,
    uuid_null,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.create_table(data_key()).await?;
        for (table, column) in added() {
            // one column in a statement: SQLite takes no more
            m.alter_table(Table::alter().table(table).add_column(column).to_owned()).await?;
        }
        for statement in INDEXES {
            m.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in added() {
            let name = column.get_column_name();
            m.alter_table(Table::alter().table(table).drop_column(name).to_owned()).await?;
        }
        m.drop_table(Table::drop().table("data_key").if_exists().to_owned()).await
    }
}

const INDEXES: &[&str] = &[
    // one key of hashes: with another one nothing would be found any more
    "CREATE UNIQUE INDEX ux_data_key_purpose_part ON data_key (purpose) WHERE purpose = 'hash'",
];

/// New columns of existing tables.
fn added() -> Vec<(&'static str, ColumnDef)> {
    vec![
        ("access_token", json_binary_null("ip_ranges")),
        ("access_token", string_len_null("hint", 12)),
        ("access_token", string_len_null("last_address", 45)),
        ("session", uuid_null("seen_token_id")),
        ("signing_key", timestamp_with_time_zone_null("active_from")),
    ]
}

/// Keys that seal and hash what is secret, wrapped by the configured one.
fn data_key() -> TableCreateStatement {
    Table::create()
        .table("data_key")
        .col(string_len("id", 8).primary_key().to_owned())
        .col(string_len("purpose", 8))
        .col(text("wrapped_key"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("active_from"))
        .col(timestamp_with_time_zone_null("retired_at"))
        .to_owned()
}
