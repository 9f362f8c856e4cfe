//! Second factors: login challenges, authenticator apps, backup codes, remembered devices, recoveries.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, integer, string_len, string_len_null, text, timestamp_with_time_zone, timestamp_with_time_zone_null,
    uuid,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for table in
            [login_challenge(), factor_guard(), totp_device(), backup_code(), remembered_device(), factor_recovery()]
        {
            m.create_table(table).await?;
        }
        for column in session_columns() {
            m.alter_table(Table::alter().table("session").add_column(column).to_owned()).await?;
        }
        for statement in INDEXES {
            m.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for table in
            ["factor_recovery", "remembered_device", "backup_code", "totp_device", "factor_guard", "login_challenge"]
        {
            m.drop_table(Table::drop().table(table).if_exists().to_owned()).await?;
        }
        for column in ["proven_by", "factor_at"] {
            m.alter_table(Table::alter().table("session").drop_column(column).to_owned()).await?;
        }
        Ok(())
    }
}

const INDEXES: &[&str] = &[
    "CREATE INDEX ix_login_challenge_account_id_created_at ON login_challenge (account_id, created_at)",
    "CREATE INDEX ix_login_challenge_expires_at ON login_challenge (expires_at)",
    "CREATE INDEX ix_totp_device_account_id_created_at ON totp_device (account_id, created_at)",
    "CREATE UNIQUE INDEX ux_backup_code_account_id_code_hash ON backup_code (account_id, code_hash)",
    "CREATE UNIQUE INDEX ux_factor_recovery_account_id_part ON factor_recovery (account_id) WHERE ended_at IS NULL",
    "CREATE INDEX ix_remembered_device_account_id_created_at ON remembered_device (account_id, created_at)",
];

/// How a session was opened, and when a second factor was last proven in it.
fn session_columns() -> Vec<ColumnDef> {
    vec![string_len_null("proven_by", 64), timestamp_with_time_zone_null("factor_at")]
}

fn of_account(table: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create().from(table, "account_id").to("account", "id").on_delete(ForeignKeyAction::Restrict).to_owned()
}

/// Logins whose password was right and whose second factor is awaited.
fn login_challenge() -> TableCreateStatement {
    Table::create()
        .table("login_challenge")
        .col(uuid("id").primary_key().to_owned())
        .col(uuid("account_id"))
        .col(string_len("bound_to", 64))
        .col(integer("attempts"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("expires_at"))
        .col(timestamp_with_time_zone_null("consumed_at"))
        .foreign_key(&mut of_account("login_challenge"))
        .to_owned()
}

/// How fast second factors of an account may be tried, whatever is begun anew.
fn factor_guard() -> TableCreateStatement {
    Table::create()
        .table("factor_guard")
        .col(uuid("account_id").primary_key().to_owned())
        .col(big_integer("full_at"))
        .foreign_key(&mut of_account("factor_guard"))
        .to_owned()
}

/// Authenticator apps.
fn totp_device() -> TableCreateStatement {
    Table::create()
        .table("totp_device")
        .col(uuid("id").primary_key().to_owned())
        .col(uuid("account_id"))
        .col(string_len("name", 64))
        .col(text("sealed_seed"))
        .col(big_integer("last_step"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("activated_at"))
        .col(timestamp_with_time_zone_null("last_used_at"))
        .foreign_key(&mut of_account("totp_device"))
        .to_owned()
}

/// Codes on paper, each good for one use.
fn backup_code() -> TableCreateStatement {
    Table::create()
        .table("backup_code")
        .col(uuid("id").primary_key().to_owned())
        .col(uuid("account_id"))
        .col(string_len("code_hash", 64))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("activated_at"))
        .col(timestamp_with_time_zone_null("used_at"))
        .foreign_key(&mut of_account("backup_code"))
        .to_owned()
}

/// Waits after which lost factors are given up.
fn factor_recovery() -> TableCreateStatement {
    Table::create()
        .table("factor_recovery")
        .col(uuid("id").primary_key().to_owned())
        .col(uuid("account_id"))
        .col(text("sealed_token"))
        .col(string_len("token_hash", 64).unique_key().to_owned())
        .col(timestamp_with_time_zone("started_at"))
        .col(timestamp_with_time_zone("ready_at"))
        .col(timestamp_with_time_zone("lapses_at"))
        .col(timestamp_with_time_zone_null("ended_at"))
        .foreign_key(&mut of_account("factor_recovery"))
        .to_owned()
}

/// Devices that need no second factor at login for a while.
fn remembered_device() -> TableCreateStatement {
    Table::create()
        .table("remembered_device")
        .col(uuid("id").primary_key().to_owned())
        .col(uuid("account_id"))
        .col(string_len("token_hash", 64).unique_key().to_owned())
        .col(string_len("bound_to", 64))
        .col(string_len_null("address", 45))
        .col(string_len_null("user_agent", 255))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("expires_at"))
        .col(timestamp_with_time_zone_null("last_used_at"))
        .foreign_key(&mut of_account("remembered_device"))
        .to_owned()
}
