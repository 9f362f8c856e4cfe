//! Exports of all the data of an account, and their archives.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, blob, integer, string_len, string_len_null, text_null, timestamp_with_time_zone,
    timestamp_with_time_zone_null, uuid,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.create_table(export()).await?;
        m.create_table(export_part()).await?;
        for statement in INDEXES {
            m.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for table in ["export_part", "export"] {
            m.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

const INDEXES: &[&str] = &[
    // an account waits for one at a time
    "CREATE UNIQUE INDEX ux_export_account_id_part ON export (account_id) WHERE status = 'pending'",
    "CREATE INDEX ix_export_account_id_requested_at_id ON export (account_id, requested_at, id)",
    "CREATE INDEX ix_export_status_due_at ON export (status, due_at)",
    "CREATE INDEX ix_export_status_expires_at ON export (status, expires_at)",
];

fn export() -> TableCreateStatement {
    Table::create()
        .table("export")
        .col(uuid("id").primary_key().to_owned())
        .col(uuid("account_id"))
        .col(string_len("status", 16))
        .col(timestamp_with_time_zone("requested_at"))
        .col(timestamp_with_time_zone("due_at"))
        .col(integer("attempts"))
        .col(timestamp_with_time_zone_null("lease_until"))
        .col(big_integer("fence"))
        .col(text_null("last_error"))
        .col(text_null("sealed_key"))
        .col(integer("parts"))
        .col(big_integer_null("size"))
        .col(string_len_null("sha256", 64))
        .col(timestamp_with_time_zone_null("ready_at"))
        .col(timestamp_with_time_zone_null("expires_at"))
        .col(timestamp_with_time_zone_null("ended_at"))
        .col(integer("downloads"))
        .col(timestamp_with_time_zone_null("last_downloaded_at"))
        .foreign_key(
            ForeignKey::create().from("export", "account_id").to("account", "id").on_delete(ForeignKeyAction::Restrict),
        )
        .to_owned()
}

/// An archive, cut in parts that any node can serve one after the other.
fn export_part() -> TableCreateStatement {
    Table::create()
        .table("export_part")
        .col(uuid("export_id"))
        .col(integer("position"))
        .col(blob("sealed"))
        .primary_key(Index::create().col("export_id").col("position"))
        .foreign_key(
            ForeignKey::create()
                .from("export_part", "export_id")
                .to("export", "id")
                .on_delete(ForeignKeyAction::Restrict),
        )
        .to_owned()
}
