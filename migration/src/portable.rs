//! Where SQLite and PostgreSQL differ.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

/// Makes every UPDATE and DELETE of a table's rows fail: what was issued stays as it is.
pub async fn refuse_changes(m: &SchemaManager<'_>, table: &str) -> Result<(), DbErr> {
    let statements = match m.get_database_backend() {
        DbBackend::Postgres => vec![
            "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger AS $$ \
             BEGIN RAISE EXCEPTION 'rows of % never change', TG_TABLE_NAME; END; $$ LANGUAGE plpgsql"
                .to_owned(),
            format!(
                "CREATE TRIGGER {table}_never_changes BEFORE UPDATE OR DELETE ON {table} \
                 FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            ),
        ],
        _ => ["UPDATE", "DELETE"]
            .into_iter()
            .map(|verb| {
                format!(
                    "CREATE TRIGGER {table}_no_{} BEFORE {verb} ON {table} \
                     BEGIN SELECT RAISE(ABORT, 'rows of {table} never change'); END",
                    verb.to_lowercase()
                )
            })
            .collect(),
    };
    for statement in statements {
        m.get_connection().execute_unprepared(&statement).await?;
    }
    Ok(())
}
