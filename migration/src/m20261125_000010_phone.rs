//! Phone numbers that are proven, and the text messages that prove them.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, integer, string_len, text, text_null, timestamp_with_time_zone, timestamp_with_time_zone_null, uuid,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        let column = timestamp_with_time_zone_null("phone_verified_at");
        m.alter_table(Table::alter().table("account").add_column(column).to_owned()).await?;
        m.create_table(sms()).await?;
        for statement in INDEXES {
            m.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.drop_table(Table::drop().table("sms").to_owned()).await?;
        m.alter_table(Table::alter().table("account").drop_column("phone_verified_at").to_owned()).await
    }
}

const INDEXES: &[&str] = &[
    "CREATE INDEX ix_sms_account_id_created_at ON sms (account_id, created_at)",
    "CREATE INDEX ix_sms_state_due_at ON sms (state, due_at)",
];

/// Text messages that wait for the carrier, and what became of them.
fn sms() -> TableCreateStatement {
    Table::create()
        .table("sms")
        .col(uuid("id").primary_key().to_owned())
        .col(uuid("account_id"))
        .col(string_len("kind", 48))
        .col(string_len("language", 2))
        .col(string_len("to_number", 20))
        .col(text("body"))
        .col(text_null("sealed_secret"))
        .col(string_len("state", 16))
        .col(integer("attempts"))
        .col(timestamp_with_time_zone("due_at"))
        .col(timestamp_with_time_zone("useful_until"))
        .col(timestamp_with_time_zone_null("lease_until"))
        .col(big_integer("fence"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("accepted_at"))
        .col(text_null("last_error"))
        .foreign_key(
            ForeignKey::create().from("sms", "account_id").to("account", "id").on_delete(ForeignKeyAction::Restrict),
        )
        .to_owned()
}
