//! Under which rules VAT is or is not charged, and what is known of VAT ids.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, integer, string_len, string_len_null, timestamp_with_time_zone, timestamp_with_time_zone_null, uuid,
};
use sea_orm_migration::sea_orm::DbBackend;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        // until now nothing but French VAT was charged
        let scheme = || string_len("tax_scheme", 24).default("domestic").to_owned();
        for table in ["order", "invoice"] {
            m.alter_table(Table::alter().table(table).add_column(scheme()).to_owned()).await?;
        }
        let mention = string_len_null("tax_mention", 255);
        m.alter_table(Table::alter().table("order").add_column(mention).to_owned()).await?;
        let status = string_len_null("vat_id_status", 8);
        m.alter_table(Table::alter().table("account").add_column(status).to_owned()).await?;
        m.create_table(vat_check()).await?;
        let id = match m.get_database_backend() {
            DbBackend::Postgres => "gen_random_uuid()",
            _ => "randomblob(16)",
        };
        // so far their form was looked at
        let known = format!(
            "INSERT INTO vat_check (id, account_id, vat_id, checker, status, created_at, checked_at, due_at, attempts, \
             fence) SELECT {id}, id, vat_id, 'form', 'valid', created_at, created_at, created_at, 0, 0 FROM account \
             WHERE vat_id IS NOT NULL"
        );
        let status = "UPDATE account SET vat_id_status = 'valid' WHERE vat_id IS NOT NULL".to_owned();
        for statement in INDEXES.iter().map(|&statement| statement.to_owned()).chain([known, status]) {
            m.get_connection().execute_unprepared(&statement).await?;
        }
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.drop_table(Table::drop().table("vat_check").to_owned()).await?;
        m.alter_table(Table::alter().table("account").drop_column("vat_id_status").to_owned()).await?;
        m.alter_table(Table::alter().table("order").drop_column("tax_mention").to_owned()).await?;
        for table in ["invoice", "order"] {
            m.alter_table(Table::alter().table(table).drop_column("tax_scheme").to_owned()).await?;
        }
        Ok(())
    }
}

const INDEXES: &[&str] = &[
    "CREATE INDEX ix_vat_check_account_id_created_at_id ON vat_check (account_id, created_at, id)",
    "CREATE INDEX ix_vat_check_created_at_id ON vat_check (created_at, id)",
    "CREATE INDEX ix_vat_check_due_at ON vat_check (due_at)",
];

/// What was asked about VAT ids, and the answers as evidence.
fn vat_check() -> TableCreateStatement {
    Table::create()
        .table("vat_check")
        .col(uuid("id").primary_key().to_owned())
        .col(uuid("account_id"))
        .col(string_len("vat_id", 20))
        .col(string_len("checker", 8))
        .col(string_len("status", 8))
        .col(string_len_null("consultation_number", 64))
        .col(string_len_null("name", 255))
        .col(string_len_null("address", 500))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("checked_at"))
        .col(timestamp_with_time_zone_null("due_at"))
        .col(integer("attempts"))
        .col(timestamp_with_time_zone_null("lease_until"))
        .col(big_integer("fence"))
        .col(string_len_null("last_error", 255))
        .foreign_key(
            ForeignKey::create()
                .from("vat_check", "account_id")
                .to("account", "id")
                .on_delete(ForeignKeyAction::Restrict),
        )
        .to_owned()
}
