//! The tables: the migrations make what the entities say, and the database itself keeps issued documents
//! and the ledger as they are.

use entity::{invoice, invoice_line, invoice_tax, ledger_entry};
use house::{House, On, postgres};
use sea_orm::{
    ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr, EntityTrait, PaginatorTrait, Statement,
};
use std::collections::BTreeMap;

/// A column as the database knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type: on SQLite its affinity.
    pub kind: String,
    /// Whether it may be empty.
    pub nullable: bool,
    /// Whether it is part of the primary key.
    pub key: bool,
}

async fn rows(db: &DatabaseConnection, sql: String) -> Vec<sea_orm::QueryResult> {
    db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap()
}

/// The house's own tables.
pub async fn tables(db: &DatabaseConnection) -> Vec<String> {
    let sql = match db.get_database_backend() {
        DbBackend::Postgres => {
            "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        }
        _ => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    };
    let found = rows(db, format!("{sql} ORDER BY 1")).await;
    let names = found.iter().map(|row| row.try_get::<String>("", "name").unwrap());
    names.filter(|name| name != "seaql_migrations").collect()
}

/// The columns of a table, by name.
pub async fn columns(db: &DatabaseConnection, table: &str) -> Vec<Column> {
    let sql = match db.get_database_backend() {
        DbBackend::Postgres => format!(
            "SELECT c.column_name AS name, c.data_type AS kind, CAST(c.is_nullable = 'YES' AS int) AS nullable, \
             CAST(EXISTS (SELECT 1 FROM information_schema.table_constraints t \
             JOIN information_schema.key_column_usage k ON k.constraint_name = t.constraint_name AND k.table_schema = t.table_schema \
             WHERE t.table_schema = 'public' AND t.table_name = c.table_name AND t.constraint_type = 'PRIMARY KEY' \
             AND k.column_name = c.column_name) AS int) AS key \
             FROM information_schema.columns c WHERE c.table_schema = 'public' AND c.table_name = '{table}' ORDER BY 1"
        ),
        _ => format!(
            "SELECT name, type AS kind, CAST(\"notnull\" = 0 AS int) AS nullable, CAST(pk > 0 AS int) AS key FROM pragma_table_info('{table}') ORDER BY 1"
        ),
    };
    let sqlite = db.get_database_backend() == DbBackend::Sqlite;
    let column = |row: &sea_orm::QueryResult| {
        let kind: String = row.try_get("", "kind").unwrap();
        let key = row.try_get::<i32>("", "key").unwrap() == 1;
        Column {
            name: row.try_get("", "name").unwrap(),
            kind: if sqlite { affinity(&kind).to_owned() } else { kind },
            // SQLite reports a key as nullable unless it says NOT NULL
            nullable: row.try_get::<i32>("", "nullable").unwrap() == 1 && !key,
            key,
        }
    };
    rows(db, sql).await.iter().map(column).collect()
}

/// Every row of every table, as text.
pub async fn contents(house: &House) -> BTreeMap<String, Vec<String>> {
    let db = &**house.app.read();
    let mut all = BTreeMap::new();
    for table in tables(db).await {
        let sql = match db.get_database_backend() {
            DbBackend::Postgres => format!(r#"SELECT CAST(t AS text) AS line FROM "{table}" t"#),
            _ => {
                let names = columns(db, &table).await.into_iter().map(|column| format!("quote(\"{}\")", column.name));
                format!(r#"SELECT {} AS line FROM "{table}""#, names.collect::<Vec<_>>().join(" || ',' || "))
            }
        };
        let mut lines: Vec<String> = rows(db, sql).await.iter().map(|row| row.try_get("", "line").unwrap()).collect();
        lines.sort();
        all.insert(table, lines);
    }
    all
}

/// What SQLite makes of a declared type (its documentation, "Determination of column affinity").
fn affinity(kind: &str) -> &'static str {
    let kind = kind.to_uppercase();
    let has = |word: &str| kind.contains(word);
    if has("INT") {
        "integer"
    } else if has("CHAR") || has("CLOB") || has("TEXT") {
        "text"
    } else if has("BLOB") || kind.is_empty() {
        "blob"
    } else if has("REAL") || has("FLOA") || has("DOUB") {
        "real"
    } else {
        "numeric"
    }
}

async fn all(db: &DatabaseConnection) -> BTreeMap<String, Vec<Column>> {
    let mut known = BTreeMap::new();
    for table in tables(db).await {
        known.insert(table.clone(), columns(db, &table).await);
    }
    known
}

/// The entities' own tables, in a database of their own.
async fn of_entities(url: &str) -> BTreeMap<String, Vec<Column>> {
    let db = Database::connect(url).await.unwrap();
    for statement in entity::schema::statements(&db) {
        db.execute(&statement).await.unwrap();
    }
    let known = all(&db).await;
    db.close().await.unwrap();
    known
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_tables_are_those_of_the_entities() {
    let house = House::open(On::Sqlite, "2026-01-30T09:00:00Z").await;
    let migrated = all(house.app.read()).await;
    let fresh = of_entities(&format!("sqlite://{}/entities.db?mode=rwc", house.folder().display())).await;
    compare(&migrated, &fresh);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_tables_are_those_of_the_entities() {
    let house = House::open(On::Postgres, "2026-01-30T09:00:00Z").await;
    let migrated = all(house.app.read()).await;
    let url = postgres::fresh_database().await;
    let emptied = Database::connect(&url).await.unwrap();
    emptied.execute_unprepared("DROP SCHEMA public CASCADE; CREATE SCHEMA public;").await.unwrap();
    emptied.close().await.unwrap();
    compare(&migrated, &of_entities(&url).await);
    postgres::drop_database(&url).await;
    house.close().await;
}

fn compare(migrated: &BTreeMap<String, Vec<Column>>, entities: &BTreeMap<String, Vec<Column>>) {
    let names = |known: &BTreeMap<String, Vec<Column>>| known.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(migrated), names(entities));
    assert!(migrated.len() >= 35, "{} tables", migrated.len());
    for (table, columns) in migrated {
        assert_eq!(columns, &entities[table], "{table}");
    }
}

/// Tables whose rows of one account are looked for among the few in a state that does not last.
const BY_STATUS: [&str; 2] = ["payment_attempt", "refund"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_rows_of_one_account_are_found_by_an_index() {
    let house = House::open(On::Sqlite, "2026-01-30T09:00:00Z").await;
    let db = &**house.app.read();
    let mut owned = 0;
    for table in tables(db).await {
        if !columns(db, &table).await.iter().any(|column| column.name == "account_id") {
            continue;
        }
        owned += 1;
        let wanted = if BY_STATUS.contains(&table.as_str()) { "status" } else { "account_id" };
        // the first column of an index of every row
        let sql = format!(
            "SELECT i.name FROM pragma_index_list('{table}') l, pragma_index_info(l.name) i \
             WHERE i.seqno = 0 AND l.partial = 0 AND i.name = '{wanted}'"
        );
        assert!(!rows(db, sql).await.is_empty(), "no index of {table} begins with {wanted}");
    }
    assert!(owned >= 25, "{owned} tables of accounts");
    house.close().await;
}

house::on_both!(issued_documents_and_the_ledger_never_change, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let customer = house.customer_with_service(("sim_ok", "vps-starter", "P1M", "automatic")).await;
    assert_eq!(customer.get("/v1/invoices").await.items().len(), 1);
    let before = contents(&house).await;
    let read = &**house.app.read();
    assert!(invoice::Entity::find().count(read).await.unwrap() > 0);
    assert!(invoice_line::Entity::find().count(read).await.unwrap() > 0);
    assert!(invoice_tax::Entity::find().count(read).await.unwrap() > 0);
    assert!(ledger_entry::Entity::find().count(read).await.unwrap() > 0);
    for sql in [
        "UPDATE invoice SET gross = gross + 1",
        "UPDATE invoice SET number = 'FC-2026-999999'",
        "DELETE FROM invoice",
        "UPDATE invoice_line SET label = 'something else'",
        "DELETE FROM invoice_line",
        "UPDATE invoice_tax SET tax = 0",
        "DELETE FROM invoice_tax",
        "UPDATE ledger_entry SET amount = amount + 1",
        "DELETE FROM ledger_entry",
    ] {
        let refused: Result<(), DbErr> =
            house.app.transact(async |tx| tx.execute_unprepared(sql).await.map(drop)).await;
        let words = refused.expect_err(sql).to_string();
        assert!(words.contains("never change"), "{sql}: {words}");
    }
    let after = contents(&house).await;
    for table in ["invoice", "invoice_line", "invoice_tax", "ledger_entry"] {
        assert_eq!(before[table], after[table], "{table}");
    }
}));
