//! Indexes by which the tokens and recoveries of one account are found, and what comes to its end; mails whose
//! code ended are not sent.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::timestamp_with_time_zone_null;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for (name, on) in INDEXES {
            m.get_connection().execute_unprepared(&format!("CREATE INDEX {name} ON {on}")).await?;
        }
        let until = timestamp_with_time_zone_null("useful_until");
        m.alter_table(Table::alter().table("email").add_column(until).to_owned()).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for (name, _) in INDEXES {
            m.get_connection().execute_unprepared(&format!("DROP INDEX {name}")).await?;
        }
        m.alter_table(Table::alter().table("email").drop_column("useful_until").to_owned()).await
    }
}

const INDEXES: &[(&str, &str)] = &[
    ("ix_access_token_account_id_created_at_id", "access_token (account_id, created_at, id)"),
    // the other index of recoveries knows the open ones only
    ("ix_factor_recovery_account_id", "factor_recovery (account_id)"),
    ("ix_sms_created_at", "sms (created_at)"),
    ("ix_account_unproven", "account (created_at, id) WHERE email_verified_at IS NULL"),
];
