//! Former passwords, counted failures, known devices, what visitors asked for, rules by address.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    integer, json_binary_null, string_len, string_len_null, text, timestamp_with_time_zone,
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
        for table in [former_password(), login_throttle(), failed_credential(), known_device(), visitor_request()] {
            m.create_table(table).await?;
        }
        let rules = Table::alter().table("account").add_column(json_binary_null("ip_rules")).to_owned();
        m.alter_table(rules).await?;
        for statement in INDEXES {
            m.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for table in ["former_password", "login_throttle", "failed_credential", "known_device", "visitor_request"] {
            m.drop_table(Table::drop().table(table).if_exists().to_owned()).await?;
        }
        m.alter_table(Table::alter().table("account").drop_column("ip_rules").to_owned()).await
    }
}

const INDEXES: &[&str] = &[
    "CREATE INDEX ix_former_password_account_id_retired_at ON former_password (account_id, retired_at)",
    "CREATE INDEX ix_login_throttle_kind_last_failed_at ON login_throttle (kind, last_failed_at)",
    "CREATE INDEX ix_failed_credential_failed_at ON failed_credential (failed_at)",
    "CREATE UNIQUE INDEX ux_known_device_account_id_device_hash ON known_device (account_id, device_hash)",
    "CREATE INDEX ix_one_time_code_target_created_at ON one_time_code (target, created_at)",
    "CREATE INDEX ix_visitor_request_due_at_id ON visitor_request (due_at, id)",
];

/// Hashes of passwords that an account had before.
fn former_password() -> TableCreateStatement {
    Table::create()
        .table("former_password")
        .col(uuid("id").primary_key().to_owned())
        .col(uuid("account_id"))
        .col(text("password_hash"))
        .col(timestamp_with_time_zone("retired_at"))
        .foreign_key(
            ForeignKey::create()
                .from("former_password", "account_id")
                .to("account", "id")
                .on_delete(ForeignKeyAction::Restrict),
        )
        .to_owned()
}

/// Failures, counted by the keyed hash of whom or where they are about.
fn login_throttle() -> TableCreateStatement {
    Table::create()
        .table("login_throttle")
        .col(string_len("key_hash", 64).primary_key().to_owned())
        .col(string_len("kind", 16))
        .col(integer("failures"))
        .col(integer("strikes"))
        .col(integer("refused"))
        .col(timestamp_with_time_zone("last_failed_at"))
        .col(timestamp_with_time_zone_null("blocked_until"))
        .to_owned()
}

/// What failed from one address: a short hash tells one login and password from another.
fn failed_credential() -> TableCreateStatement {
    Table::create()
        .table("failed_credential")
        .col(string_len("address_hash", 64))
        .col(string_len("credential", 8))
        .col(timestamp_with_time_zone("failed_at"))
        .primary_key(Index::create().col("address_hash").col("credential"))
        .to_owned()
}

/// Where an account's owner has logged in from.
fn known_device() -> TableCreateStatement {
    Table::create()
        .table("known_device")
        .col(uuid("id").primary_key().to_owned())
        .col(uuid("account_id"))
        .col(string_len("device_hash", 64))
        .col(timestamp_with_time_zone("first_seen_at"))
        .col(timestamp_with_time_zone("last_seen_at"))
        .foreign_key(
            ForeignKey::create()
                .from("known_device", "account_id")
                .to("account", "id")
                .on_delete(ForeignKeyAction::Restrict),
        )
        .to_owned()
}

/// What was asked for without login and is looked into later, so that the answer cannot tell by its time
/// what was found.
fn visitor_request() -> TableCreateStatement {
    Table::create()
        .table("visitor_request")
        .col(uuid("id").primary_key().to_owned())
        .col(string_len("kind", 32))
        .col(text("sealed_login"))
        .col(string_len_null("address", 45))
        .col(string_len_null("request_id", 64))
        .col(timestamp_with_time_zone("asked_at"))
        .col(timestamp_with_time_zone("due_at"))
        .col(integer("attempts"))
        .to_owned()
}
