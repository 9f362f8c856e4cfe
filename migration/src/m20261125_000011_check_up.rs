//! The check-up: passwords known to be weak, and a monthly reminder that can be turned off.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{boolean, timestamp_with_time_zone, timestamp_with_time_zone_null, uuid};

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Accounts from before: what is long past is moved to its day in the coming month, without a mail.
const DUE: &str = "INSERT INTO check_up_reminder (account_id, due_at) \
    SELECT id, created_at FROM account WHERE email_verified_at IS NOT NULL AND closed_at IS NULL";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        let weak = timestamp_with_time_zone_null("password_weak_since");
        m.alter_table(Table::alter().table("account").add_column(weak).to_owned()).await?;
        let wanted = boolean("check_up_reminder").default(true).to_owned();
        m.alter_table(Table::alter().table("email_setting").add_column(wanted).to_owned()).await?;
        m.create_table(check_up_reminder()).await?;
        for statement in [DUE, "CREATE INDEX ix_check_up_reminder_due_at ON check_up_reminder (due_at)"] {
            m.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.drop_table(Table::drop().table("check_up_reminder").to_owned()).await?;
        m.alter_table(Table::alter().table("email_setting").drop_column("check_up_reminder").to_owned()).await?;
        m.alter_table(Table::alter().table("account").drop_column("password_weak_since").to_owned()).await
    }
}

/// When each account's check-up is looked at next.
fn check_up_reminder() -> TableCreateStatement {
    Table::create()
        .table("check_up_reminder")
        .col(uuid("account_id").primary_key().to_owned())
        .col(timestamp_with_time_zone("due_at"))
        .foreign_key(
            ForeignKey::create()
                .from("check_up_reminder", "account_id")
                .to("account", "id")
                .on_delete(ForeignKeyAction::Restrict),
        )
        .to_owned()
}
