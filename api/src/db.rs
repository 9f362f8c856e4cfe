//! The database behind two handles: [`Reader`] cannot write, [`Tx`] is the only thing that can.

use fs4::fs_std::FileExt;
use migration::{Migrator, MigratorTrait};
use sea_orm::{
    AccessMode, ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    IsolationLevel, RuntimeErr, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use std::fs::File;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Connections of SQLite's read pool.
const SQLITE_READERS: u32 = 4;
/// The advisory lock of migrations: any number that nothing else uses.
const MIGRATION_LOCK: i64 = 0x7AC1_7001;
/// Connections of each PostgreSQL pool.
const POSTGRES_CONNECTIONS: u32 = 16;

/// Why the database cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Neither `sqlite:` nor `postgres:`.
    #[error("database_url must begin with sqlite:// or postgres://")]
    UnknownBackend,
    /// Another process works on the SQLite file.
    #[error("{} is in use by another tacit process; several processes need PostgreSQL", .0.display())]
    InUse(PathBuf),
    /// The file system says no.
    #[error("{0}: {1}")]
    File(PathBuf, std::io::Error),
    /// The database says no.
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// A handle that only reads: its connections refuse to write.
#[derive(Clone, Debug)]
pub struct Reader(DatabaseConnection);

impl Deref for Reader {
    type Target = DatabaseConnection;
    fn deref(&self) -> &DatabaseConnection {
        &self.0
    }
}

/// An open read transaction: everything read in it is as it was at one instant.
#[derive(Debug)]
pub struct Snapshot(DatabaseTransaction);

impl Deref for Snapshot {
    type Target = DatabaseTransaction;
    fn deref(&self) -> &DatabaseTransaction {
        &self.0
    }
}

/// An open write transaction; made by `App::transact` only.
#[derive(Debug)]
pub struct Tx(DatabaseTransaction);

impl Deref for Tx {
    type Target = DatabaseTransaction;
    fn deref(&self) -> &DatabaseTransaction {
        &self.0
    }
}

impl Tx {
    /// Makes everything done in it durable.
    pub(crate) async fn commit(self) -> Result<(), DbErr> {
        self.0.commit().await
    }

    /// Undoes everything done in it.
    pub(crate) async fn rollback(self) -> Result<(), DbErr> {
        self.0.rollback().await
    }
}

/// The open database.
#[derive(Debug)]
pub struct Db {
    write: DatabaseConnection,
    read: Reader,
    lock: Option<File>,
}

/// Whether this process holds the SQLite file alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lock {
    /// `serve` and `tick`: one process at a time.
    Exclusive,
    /// Short commands that run beside a server.
    Beside,
}

impl Db {
    /// Opens the database. On SQLite: WAL, `synchronous=FULL`, one writer, read pool with `query_only`,
    /// and with [`Lock::Exclusive`] a lock file that refuses a second process.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn open(url: &str, lock: Lock) -> Result<Self, OpenError> {
        if let Some(rest) = url.strip_prefix("sqlite:") {
            let path = PathBuf::from(rest.trim_start_matches("//").split('?').next().unwrap_or(rest));
            if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
                std::fs::create_dir_all(folder).map_err(|error| OpenError::File(folder.to_owned(), error))?;
            }
            let lock = match lock {
                Lock::Exclusive => Some(lock_file(&path)?),
                Lock::Beside => None,
            };
            private(&path)?;
            // the writer first: it creates the file and switches it to WAL
            let write = Database::connect(sqlite_options(url, 1, Access::Write)).await?;
            let read = Database::connect(sqlite_options(url, SQLITE_READERS, Access::Read)).await?;
            return Ok(Self { write, read: Reader(read), lock });
        }
        if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            let write = Database::connect(postgres_options(url, Access::Write)).await?;
            let read = Database::connect(postgres_options(url, Access::Read)).await?;
            return Ok(Self { write, read: Reader(read), lock: None });
        }
        Err(OpenError::UnknownBackend)
    }

    /// Brings the schema up to date.
    ///
    /// # Errors
    /// The database's.
    pub async fn migrate(&self) -> Result<(), DbErr> {
        if self.backend() != DbBackend::Postgres {
            return Migrator::up(&self.write, None).await;
        }
        // nodes that start together take turns; the lock goes with its transaction
        let turn = self.begin().await?;
        turn.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")).await?;
        Migrator::up(&self.write, None).await?;
        turn.commit().await
    }

    /// Whether every migration that this program knows has been applied.
    ///
    /// # Errors
    /// The database's.
    pub async fn is_current(&self) -> Result<bool, DbErr> {
        match Migrator::get_pending_migrations(&self.write).await {
            Ok(pending) => Ok(pending.is_empty()),
            // a database without the table of migrations has none
            Err(DbErr::Exec(_) | DbErr::Query(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The reading handle.
    #[must_use]
    pub const fn read(&self) -> &Reader {
        &self.read
    }

    /// Which database this is.
    #[must_use]
    pub fn backend(&self) -> DbBackend {
        self.write.get_database_backend()
    }

    #[expect(clippy::disallowed_methods, reason = "what `App::transact` begins with")]
    /// Opens a write transaction: `BEGIN IMMEDIATE` on SQLite, READ COMMITTED on PostgreSQL.
    pub(crate) async fn begin(&self) -> Result<Tx, DbErr> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        self.write.begin_with_options(options).await.map(Tx)
    }

    #[expect(clippy::disallowed_methods, reason = "it writes nothing: the reading connections refuse to")]
    /// Opens a read transaction on one state of the data: REPEATABLE READ on PostgreSQL, what SQLite's WAL gives
    /// anyway. It holds one of the reading connections, and nobody up.
    ///
    /// # Errors
    /// The database's.
    pub async fn snapshot(&self) -> Result<Snapshot, DbErr> {
        let postgres = self.backend() == DbBackend::Postgres;
        let options = TransactionOptions {
            isolation_level: postgres.then_some(IsolationLevel::RepeatableRead),
            access_mode: postgres.then_some(AccessMode::ReadOnly),
            sqlite_transaction_mode: Some(SqliteTransactionMode::Deferred),
        };
        self.read.0.begin_with_options(options).await.map(Snapshot)
    }

    /// Closes the pools (SQLite folds its WAL back) and gives the lock up.
    pub async fn close(&self) {
        let read = self.read.0.clone().close().await;
        let write = self.write.clone().close().await;
        for error in [read.err(), write.err()].into_iter().flatten() {
            tracing::warn!(%error, "closing the database");
        }
        if let Some(lock) = &self.lock {
            FileExt::unlock(lock).ok();
        }
    }
}

/// A failure after which the whole transaction may be run again: PostgreSQL's serialization failure
/// (40001) and deadlock (40P01), SQLite's busy.
#[must_use]
pub fn may_retry(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(inner)) | DbErr::Query(RuntimeErr::SqlxError(inner))) = error else {
        return false;
    };
    match &**inner {
        sqlx::Error::Database(database) => {
            database.code().is_some_and(|code| matches!(&*code, "40001" | "40P01" | "5" | "517"))
        }
        _ => false,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    Read,
    Write,
}

/// Nobody else on the machine reads customers' data: the file is made for its owner only, and SQLite gives
/// its companions the same mode.
fn private(database: &Path) -> Result<(), OpenError> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(database).map(drop).map_err(|error| OpenError::File(database.to_owned(), error))
}

fn lock_file(database: &Path) -> Result<File, OpenError> {
    let mut path = database.as_os_str().to_owned();
    path.push(".lock");
    let path = PathBuf::from(path);
    let file = File::create(&path).map_err(|error| OpenError::File(path, error))?;
    match FileExt::try_lock_exclusive(&file) {
        Ok(true) => Ok(file),
        Ok(false) | Err(_) => Err(OpenError::InUse(database.to_owned())),
    }
}

fn sqlite_options(url: &str, connections: u32, access: Access) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(Duration::from_secs(10))
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(move |options| {
            let options = options
                .busy_timeout(Duration::from_secs(5))
                .foreign_keys(true)
                .synchronous(SqliteSynchronous::Full)
                .statement_cache_capacity(512)
                .pragma("cache_size", "-16000")
                .pragma("temp_store", "memory");
            match access {
                Access::Read => options.pragma("query_only", "ON"),
                Access::Write => options
                    .create_if_missing(true)
                    .journal_mode(SqliteJournalMode::Wal)
                    .pragma("journal_size_limit", "67108864")
                    .optimize_on_close(true, 400),
            }
        });
    options
}

fn postgres_options(url: &str, access: Access) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(POSTGRES_CONNECTIONS)
        .min_connections(1)
        .acquire_timeout(Duration::from_secs(10))
        .test_before_acquire(false)
        .test_before_acquire_if_idle_for(Duration::from_secs(30))
        .statement_timeout(Duration::from_secs(30))
        .set_application_name("tacit")
        .sqlx_logging(false)
        .map_sqlx_postgres_opts(move |options| match access {
            Access::Read => options.options([("default_transaction_read_only", "on")]),
            Access::Write => options,
        });
    options
}
