//! The activity log becomes a chain.

use crate::portable;
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, string_len, string_len_null, uuid, uuid_null};
use sea_orm_migration::sea_orm::DbBackend;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// What stays of a line for good; the rest is emptied with its account.
const KEPT: &[&str] = &["id", "account_id", "at", "kind", "actor", "chain", "seq", "commitment", "link"];
/// What says who somebody is; `salt` keeps the commitment to it from being guessed.
const EMPTIED: &[&str] = &["salt", "address", "user_agent", "request_id", "detail"];
const COLUMNS: &[&str] = &["user_agent", "chain", "seq", "salt", "commitment", "link"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for column in activity_columns() {
            m.alter_table(Table::alter().table("activity").add_column(column).to_owned()).await?;
        }
        let device = string_len_null("user_agent", 255);
        m.alter_table(Table::alter().table("visitor_request").add_column(device).to_owned()).await?;
        m.create_table(activity_head()).await?;
        let nobody = match m.get_database_backend() {
            DbBackend::Postgres => "'00000000-0000-0000-0000-000000000000'::uuid",
            _ => "x'00000000000000000000000000000000'",
        };
        // lines from before the chain are counted: none can be added to them or taken away
        let before = format!(
            "UPDATE activity SET chain = COALESCE(account_id, {nobody}), seq = before.seq FROM (SELECT id AS line, \
             -ROW_NUMBER() OVER (PARTITION BY account_id ORDER BY at DESC, id DESC) AS seq FROM activity) AS before \
             WHERE before.line = activity.id"
        );
        let heads = "INSERT INTO activity_head (chain, seq, link, unchained) \
                     SELECT chain, 0, '', COUNT(*) FROM activity GROUP BY chain";
        for statement in [before.as_str(), heads, INDEX] {
            m.get_connection().execute_unprepared(statement).await?;
        }
        portable::refuse_changes_but_emptying(m, "activity", KEPT, EMPTIED).await?;
        portable::move_heads(m, "activity", "activity_head").await?;
        portable::refuse_deletion(m, "activity_head").await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        portable::allow_changes(m, "activity").await?;
        portable::leave_heads(m, "activity").await?;
        m.drop_table(Table::drop().table("activity_head").to_owned()).await?;
        m.drop_index(Index::drop().name("ux_activity_chain_seq").table("activity").to_owned()).await?;
        for column in COLUMNS {
            m.alter_table(Table::alter().table("activity").drop_column(*column).to_owned()).await?;
        }
        m.alter_table(Table::alter().table("visitor_request").drop_column("user_agent").to_owned()).await
    }
}

const INDEX: &str = "CREATE UNIQUE INDEX ux_activity_chain_seq ON activity (chain, seq)";

/// Where a line stands in its chain. Lines from before there was one have no link, and places below 1: the
/// last of them is at -1.
fn activity_columns() -> Vec<ColumnDef> {
    vec![
        string_len_null("user_agent", 255),
        uuid_null("chain"),
        big_integer_null("seq"),
        string_len_null("salt", 32),
        string_len_null("commitment", 64),
        string_len_null("link", 64),
    ]
}

/// The last link of each chain.
fn activity_head() -> TableCreateStatement {
    Table::create()
        .table("activity_head")
        .col(uuid("chain").primary_key().to_owned())
        .col(big_integer("seq"))
        .col(string_len("link", 64))
        .col(big_integer("unchained"))
        .to_owned()
}
