//! Changes of addresses that can be stopped and undone.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    string_len, string_len_null, text, timestamp_with_time_zone, timestamp_with_time_zone_null, uuid,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.create_table(address_change()).await?;
        for statement in INDEXES {
            m.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.drop_table(Table::drop().table("address_change").to_owned()).await?;
        m.get_connection().execute_unprepared("DROP INDEX ix_account_backup_email").await?;
        Ok(())
    }
}

const INDEXES: &[&str] = &[
    "CREATE UNIQUE INDEX ux_address_change_account_id_part ON address_change (account_id) WHERE status = 'pending'",
    "CREATE INDEX ix_address_change_account_id_requested_at ON address_change (account_id, requested_at)",
    "CREATE INDEX ix_address_change_former_address ON address_change (former_address)",
    "CREATE INDEX ix_address_change_open_until ON address_change (open_until)",
    // by which a forgotten password finds the account
    "CREATE INDEX ix_account_backup_email ON account (backup_email)",
];

fn address_change() -> TableCreateStatement {
    Table::create()
        .table("address_change")
        .col(uuid("id").primary_key().to_owned())
        .col(uuid("account_id"))
        .col(string_len("role", 16))
        .col(string_len_null("former_address", 254))
        .col(string_len_null("new_address", 254))
        .col(string_len("status", 16))
        .col(text("sealed_token"))
        .col(string_len("token_hash", 64).unique_key().to_owned())
        .col(timestamp_with_time_zone("requested_at"))
        .col(timestamp_with_time_zone_null("applied_at"))
        .col(timestamp_with_time_zone("open_until"))
        .col(timestamp_with_time_zone_null("ended_at"))
        .foreign_key(
            ForeignKey::create()
                .from("address_change", "account_id")
                .to("account", "id")
                .on_delete(ForeignKeyAction::Restrict),
        )
        .to_owned()
}
