//! A database of one's own for each test, on the PostgreSQL server that `TEST_DATABASE_URL` names.
//!
//! Migrating takes longer than most tests, so it is done once: a template is migrated and each test gets a copy
//! of its files. The template's name carries a hash of the migrations: test processes share it, and a server
//! that outlives them (your own, not the throw-away one of `make test`) never serves a stale schema.
#![allow(clippy::panic, reason = "a harness that cannot prepare the test fails it")]

use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::Path;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::sync::OnceCell;

/// Every database made here begins with it; nothing else is ever dropped.
const PREFIX: &str = "tacit_test_";
/// The variable with the server's URL. Its user may create databases.
const VARIABLE: &str = "TEST_DATABASE_URL";
/// Of the advisory lock under which the template is made; any number that nothing else takes.
const TEMPLATE_LOCK: i64 = 0x7461_6369_7400;
/// `CREATE DATABASE … STRATEGY` came with PostgreSQL 15; before it, copying files was the only way.
const FIRST_VERSION_WITH_STRATEGY: i32 = 150_000;

static TEMPLATE: OnceCell<Template> = OnceCell::const_new();
static CREATED: AtomicU32 = AtomicU32::new(0);
/// Process ids repeat between containers that share a server; this does not.
static PROCESS: LazyLock<String> = LazyLock::new(|| {
    let random = RandomState::new().build_hasher().finish();
    format!("{}_{random:016x}", std::process::id())
});

#[derive(Debug)]
struct Template {
    name: String,
    strategy: &'static str,
}

/// Makes an empty, migrated database and returns its URL; [`drop_database`] removes it.
///
/// # Panics
/// When there is no server, or it refuses.
pub async fn fresh_database() -> String {
    let base = server_url();
    let admin = connect(&base).await;
    let template = TEMPLATE.get_or_init(|| template(&base, &admin)).await;
    let name = format!("{PREFIX}{}_{}", *PROCESS, CREATED.fetch_add(1, Ordering::Relaxed));
    execute(&admin, &format!(r#"CREATE DATABASE "{name}" TEMPLATE "{}"{}"#, template.name, template.strategy)).await;
    close(admin).await;
    with_database(&base, &name)
}

/// Drops a database that [`fresh_database`] made, whoever is still connected to it.
///
/// # Panics
/// When `url` names any other database, or the server refuses.
pub async fn drop_database(url: impl AsRef<str>) {
    let name = database_of(url.as_ref());
    assert!(name.starts_with(PREFIX), "{name} is not a database of the tests: it stays");
    let admin = connect(&server_url()).await;
    execute(&admin, &format!(r#"DROP DATABASE IF EXISTS "{name}" WITH (FORCE)"#)).await;
    close(admin).await;
}

/// Finds or makes the migrated template. One process at a time: the others wait for it and then find it.
async fn template(base: &str, admin: &DatabaseConnection) -> Template {
    let version = number(admin, "SELECT current_setting('server_version_num')::int AS n").await;
    let strategy = if version >= FIRST_VERSION_WITH_STRATEGY { " STRATEGY FILE_COPY" } else { "" };
    let name = format!("{PREFIX}template_{:016x}", fingerprint());
    // the pool of `connect` has one connection, so lock and unlock meet in the same session
    execute(admin, &format!("SELECT pg_advisory_lock({TEMPLATE_LOCK})")).await;
    let found = format!("SELECT count(*)::int AS n FROM pg_database WHERE datname = '{name}'");
    if number(admin, &found).await == 0 {
        // under another name until it is whole: a process that dies half-way leaves no half-made template
        let building = format!("{name}_new");
        execute(admin, &format!(r#"DROP DATABASE IF EXISTS "{building}" WITH (FORCE)"#)).await;
        execute(admin, &format!(r#"CREATE DATABASE "{building}""#)).await;
        let database = connect(&with_database(base, &building)).await;
        if let Err(error) = Migrator::up(&database, None).await {
            panic!("the migrations do not run on PostgreSQL: {error}");
        }
        close(database).await;
        execute(admin, &format!(r#"ALTER DATABASE "{building}" RENAME TO "{name}""#)).await;
    }
    execute(admin, &format!("SELECT pg_advisory_unlock({TEMPLATE_LOCK})")).await;
    Template { name, strategy }
}

/// FNV-1a over the names of the migrations and, where the sources are at hand, over their text: a migration
/// that is still being written keeps its name.
fn fingerprint() -> u64 {
    let mut bytes: Vec<u8> = Vec::new();
    for migration in Migrator::migrations() {
        bytes.extend_from_slice(migration.name().as_bytes());
        bytes.push(0);
    }
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migration/src");
    let mut files: Vec<_> =
        std::fs::read_dir(sources).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    files.sort();
    for file in files {
        bytes.extend(std::fs::read(file).unwrap_or_default());
    }
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

fn server_url() -> String {
    match std::env::var(VARIABLE) {
        Ok(url) if !url.is_empty() => url,
        _ => panic!(
            "{VARIABLE} is not set, so there is no PostgreSQL server to test on. Run `make test`, which starts a \
             throw-away one, or `scripts/with-postgres.sh cargo test …`, or set it to the URL of a server where \
             the user may create databases."
        ),
    }
}

async fn connect(url: &str) -> DatabaseConnection {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(1)
        .min_connections(0)
        .connect_timeout(Duration::from_secs(30))
        .acquire_timeout(Duration::from_secs(30))
        .sqlx_logging(false);
    match Database::connect(options).await {
        Ok(database) => database,
        // the URL may carry a password
        Err(error) => panic!("the PostgreSQL server of {VARIABLE} cannot be reached: {error}"),
    }
}

async fn close(database: DatabaseConnection) {
    if let Err(error) = database.close().await {
        panic!("closing the connection to PostgreSQL: {error}");
    }
}

async fn execute(database: &DatabaseConnection, sql: &str) {
    if let Err(error) = database.execute_unprepared(sql).await {
        panic!("{sql}: {error}");
    }
}

/// The column `n` of the only row.
async fn number(database: &DatabaseConnection, sql: &str) -> i32 {
    let row = match database.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await {
        Ok(Some(row)) => row,
        Ok(None) => panic!("{sql}: no row"),
        Err(error) => panic!("{sql}: {error}"),
    };
    match row.try_get("", "n") {
        Ok(number) => number,
        Err(error) => panic!("{sql}: {error}"),
    }
}

/// `url` with its database exchanged; user, host and parameters stay.
fn with_database(url: &str, name: &str) -> String {
    let (address, parameters) = split_parameters(url);
    let (scheme, rest) = address.split_once("://").unwrap_or(("postgres", address));
    let authority = rest.split_once('/').map_or(rest, |(authority, _)| authority);
    format!("{scheme}://{authority}/{name}{parameters}")
}

/// The database that `url` names, empty when it names none.
fn database_of(url: &str) -> &str {
    let (address, _) = split_parameters(url);
    let (_, rest) = address.split_once("://").unwrap_or(("", address));
    rest.split_once('/').map_or("", |(_, name)| name)
}

/// The parameters with their question mark.
fn split_parameters(url: &str) -> (&str, &str) {
    url.find('?').map_or((url, ""), |at| url.split_at(at))
}

#[cfg(test)]
mod tests {
    use super::{PREFIX, database_of, drop_database, fresh_database, with_database};

    #[test]
    fn only_the_database_changes() {
        for (url, changed) in [
            ("postgres://postgres@127.0.0.1:5432/postgres", "postgres://postgres@127.0.0.1:5432/t"),
            ("postgres://u:p@host", "postgres://u:p@host/t"),
            (
                "postgresql://u@localhost/a?host=/run/x&sslmode=disable",
                "postgresql://u@localhost/t?host=/run/x&sslmode=disable",
            ),
        ] {
            assert_eq!(with_database(url, "t"), changed);
            assert_eq!(database_of(changed), "t");
        }
        assert_eq!(database_of("postgres://u:p@host"), "");
    }

    #[tokio::test]
    async fn databases_are_apart_and_go_away() {
        let (one, two) = tokio::join!(fresh_database(), fresh_database());
        assert_ne!(one, two);
        assert!(database_of(&one).starts_with(PREFIX));
        drop_database(&one).await;
        drop_database(&one).await; // again: nothing to do
        drop_database(two).await;
    }

    #[tokio::test]
    #[should_panic(expected = "is not a database of the tests")]
    async fn other_databases_stay() {
        drop_database("postgres://postgres@127.0.0.1/postgres").await;
    }
}
