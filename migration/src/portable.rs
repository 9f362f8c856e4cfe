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

/// Makes every DELETE of a table's rows fail, and every UPDATE but one that empties all of `emptied` and
/// leaves `kept` as it is.
pub async fn refuse_changes_but_emptying(
    m: &SchemaManager<'_>,
    table: &str,
    kept: &[&str],
    emptied: &[&str],
) -> Result<(), DbErr> {
    let same = kept.iter().map(|column| format!("NEW.{column} IS NOT DISTINCT FROM OLD.{column}"));
    let empty = emptied.iter().map(|column| format!("NEW.{column} IS NULL"));
    let allowed = same.chain(empty).collect::<Vec<_>>().join(" AND ");
    let then = refusal(m, table);
    let update =
        format!("CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} FOR EACH ROW WHEN (NOT ({allowed})) {then}");
    m.get_connection().execute_unprepared(&update).await?;
    refuse_deletion(m, table).await
}

/// Makes every DELETE of a table's rows fail. The function that PostgreSQL needs is made by
/// [`refuse_changes`], which the first migration calls.
pub async fn refuse_deletion(m: &SchemaManager<'_>, table: &str) -> Result<(), DbErr> {
    let then = refusal(m, table);
    let delete = format!("CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} FOR EACH ROW {then}");
    m.get_connection().execute_unprepared(&delete).await.map(drop)
}

/// Takes back what [`refuse_changes_but_emptying`] made.
pub async fn allow_changes(m: &SchemaManager<'_>, table: &str) -> Result<(), DbErr> {
    let on = match m.get_database_backend() {
        DbBackend::Postgres => format!(" ON {table}"),
        _ => String::new(),
    };
    for verb in ["update", "delete"] {
        m.get_connection().execute_unprepared(&format!("DROP TRIGGER {table}_no_{verb}{on}")).await?;
    }
    Ok(())
}

/// Makes every row that is added to a table of chained lines the next one of its chain: the chain's head in
/// `heads` moves with it, or nothing is added. Lines and heads cannot part, whoever writes.
pub async fn move_heads(m: &SchemaManager<'_>, table: &str, heads: &str) -> Result<(), DbErr> {
    let moves =
        format!("UPDATE {heads} SET seq = NEW.seq, link = NEW.link WHERE chain = NEW.chain AND seq = NEW.seq - 1");
    let statements = match m.get_database_backend() {
        DbBackend::Postgres => vec![
            format!(
                "CREATE FUNCTION {table}_moves_head() RETURNS trigger AS $$ BEGIN {moves}; \
                 IF NOT FOUND THEN RAISE EXCEPTION 'rows of {table} follow each other'; END IF; \
                 RETURN NULL; END; $$ LANGUAGE plpgsql"
            ),
            format!(
                "CREATE TRIGGER {table}_moves_head AFTER INSERT ON {table} \
                 FOR EACH ROW EXECUTE FUNCTION {table}_moves_head()"
            ),
        ],
        _ => vec![format!(
            "CREATE TRIGGER {table}_moves_head AFTER INSERT ON {table} FOR EACH ROW BEGIN {moves}; \
             SELECT RAISE(ABORT, 'rows of {table} follow each other') WHERE changes() = 0; END"
        )],
    };
    for statement in statements {
        m.get_connection().execute_unprepared(&statement).await?;
    }
    Ok(())
}

/// Takes back what [`move_heads`] made.
pub async fn leave_heads(m: &SchemaManager<'_>, table: &str) -> Result<(), DbErr> {
    let statement = match m.get_database_backend() {
        DbBackend::Postgres => format!("DROP FUNCTION {table}_moves_head() CASCADE"),
        _ => format!("DROP TRIGGER {table}_moves_head"),
    };
    m.get_connection().execute_unprepared(&statement).await.map(drop)
}

fn refusal(m: &SchemaManager<'_>, table: &str) -> String {
    match m.get_database_backend() {
        DbBackend::Postgres => "EXECUTE FUNCTION refuse_change()".to_owned(),
        _ => format!("BEGIN SELECT RAISE(ABORT, 'rows of {table} never change'); END"),
    }
}
