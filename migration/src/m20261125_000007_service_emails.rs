//! Service e-mails: where they go, whether they are genuine, and what came back.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    boolean, string_len, string_len_null, text_null, timestamp_with_time_zone, timestamp_with_time_zone_null, uuid,
    uuid_null,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

/// The mails of the first schema that carry a code or token.
const WITH_SECRET: &str = "UPDATE email SET has_secret = TRUE WHERE kind IN \
    ('verify_email', 'password_reset', 'verify_backup_email', 'confirm_deletion', 'confirm_closure')";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for column in email_columns() {
            m.alter_table(Table::alter().table("email").add_column(column).to_owned()).await?;
        }
        m.get_connection().execute_unprepared(WITH_SECRET).await?;
        for table in [email_address(), email_setting(), undeliverable_address()] {
            m.create_table(table).await?;
        }
        for index in indexes() {
            m.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for table in ["undeliverable_address", "email_setting", "email_address"] {
            m.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        for (table, index) in [
            ("email", "email_authenticity_code"),
            ("email", "email_copy_of"),
            ("one_time_code", "one_time_code_target"),
        ] {
            m.drop_index(Index::drop().name(index).table(table).to_owned()).await?;
        }
        for column in COLUMNS {
            m.alter_table(Table::alter().table("email").drop_column(*column).to_owned()).await?;
        }
        Ok(())
    }
}

const COLUMNS: &[&str] =
    &["authenticity_code", "copy_of", "has_secret", "bounced_at", "bounce_kind", "bounce_diagnostic"];

/// What a stored mail knows about itself beyond its text.
fn email_columns() -> Vec<ColumnDef> {
    vec![
        string_len_null("authenticity_code", 16),
        uuid_null("copy_of"),
        boolean("has_secret").default(false).to_owned(),
        timestamp_with_time_zone_null("bounced_at"),
        string_len_null("bounce_kind", 16),
        text_null("bounce_diagnostic"),
    ]
}

/// Extra addresses of an account, each proven by a mailed code before it receives anything.
fn email_address() -> TableCreateStatement {
    Table::create()
        .table("email_address")
        .col(uuid("id").primary_key().to_owned())
        .col(uuid("account_id"))
        .col(string_len("address", 254))
        .col(string_len("categories", 64))
        .col(timestamp_with_time_zone_null("proven_at"))
        .col(timestamp_with_time_zone("created_at"))
        .foreign_key(
            ForeignKey::create()
                .from("email_address", "account_id")
                .to("account", "id")
                .on_delete(ForeignKeyAction::Restrict),
        )
        .to_owned()
}

/// What an account chose about its mails; no row is the usual: everything to the primary address.
fn email_setting() -> TableCreateStatement {
    Table::create()
        .table("email_setting")
        .col(uuid("account_id").primary_key().to_owned())
        .col(string_len("primary_categories", 64))
        .col(boolean("has_addresses"))
        .col(text_null("sealed_phrase"))
        .col(timestamp_with_time_zone_null("phrase_set_at"))
        .foreign_key(
            ForeignKey::create()
                .from("email_setting", "account_id")
                .to("account", "id")
                .on_delete(ForeignKeyAction::Restrict),
        )
        .to_owned()
}

/// Addresses of an account whose mails came back.
fn undeliverable_address() -> TableCreateStatement {
    Table::create()
        .table("undeliverable_address")
        .col(uuid("account_id"))
        .col(string_len("address", 254))
        .col(string_len("kind", 16))
        .col(timestamp_with_time_zone("since"))
        .primary_key(Index::create().col("account_id").col("address"))
        .foreign_key(
            ForeignKey::create()
                .from("undeliverable_address", "account_id")
                .to("account", "id")
                .on_delete(ForeignKeyAction::Restrict),
        )
        .to_owned()
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        Index::create().name("email_authenticity_code").table("email").col("authenticity_code").unique().to_owned(),
        Index::create().name("email_copy_of").table("email").col("copy_of").to_owned(),
        Index::create()
            .name("email_address_once")
            .table("email_address")
            .col("account_id")
            .col("address")
            .unique()
            .to_owned(),
        // how many codes an address was sent, whoever asked
        Index::create().name("one_time_code_target").table("one_time_code").col("target").col("created_at").to_owned(),
    ]
}
