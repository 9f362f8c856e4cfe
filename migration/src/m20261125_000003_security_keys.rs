//! Security keys and passkeys, and the ceremonies with them.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, boolean, boolean_null, string_len, string_len_null, text, timestamp_with_time_zone,
    timestamp_with_time_zone_null, uuid, uuid_null,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for table in [security_key(), key_ceremony()] {
            m.create_table(table).await?;
        }
        for statement in INDEXES {
            m.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for table in ["key_ceremony", "security_key"] {
            m.drop_table(Table::drop().table(table).if_exists().to_owned()).await?;
        }
        Ok(())
    }
}

const INDEXES: &[&str] = &[
    "CREATE INDEX ix_security_key_account_id_created_at ON security_key (account_id, created_at)",
    "CREATE INDEX ix_key_ceremony_bound_to_purpose ON key_ceremony (bound_to, purpose)",
    "CREATE INDEX ix_key_ceremony_account_id ON key_ceremony (account_id)",
    "CREATE INDEX ix_key_ceremony_expires_at ON key_ceremony (expires_at)",
];

fn of_account(table: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create().from(table, "account_id").to("account", "id").on_delete(ForeignKeyAction::Restrict).to_owned()
}

/// Security keys and passkeys; one of them belongs to one account only.
fn security_key() -> TableCreateStatement {
    Table::create()
        .table("security_key")
        .col(uuid("id").primary_key().to_owned())
        .col(uuid("account_id"))
        .col(string_len("name", 64))
        .col(string_len("credential_hash", 64).unique_key().to_owned())
        .col(text("sealed_credential"))
        .col(big_integer("sign_count"))
        .col(boolean_null("discoverable"))
        .col(boolean("synced"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("last_used_at"))
        .col(timestamp_with_time_zone_null("suspended_at"))
        .foreign_key(&mut of_account("security_key"))
        .to_owned()
}

/// What was asked of a key, until it answers; without an account for logins that name none.
fn key_ceremony() -> TableCreateStatement {
    Table::create()
        .table("key_ceremony")
        .col(uuid("id").primary_key().to_owned())
        .col(string_len("purpose", 16))
        .col(uuid_null("account_id"))
        .col(string_len_null("bound_to", 64))
        .col(text("sealed_state"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("expires_at"))
        .col(timestamp_with_time_zone_null("consumed_at"))
        .foreign_key(&mut of_account("key_ceremony"))
        .to_owned()
}
