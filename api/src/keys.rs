//! The keys of a running installation.
//!
//! | key | where | what it does | how it changes |
//! |---|---|---|---|
//! | secret key | configuration ([`crate::seal::root`]) | wraps the data keys | replaced in the configuration, then `tacit rotate-keys` |
//! | data keys | `data_key` ([`data`]) | one seals secrets ([`sealed`]), one hashes what is looked up | `tacit rotate-keys`: a new one, everything sealed again |
//! | signing keys | `signing_key` ([`signing`]) | sign access tokens ([`crate::token`]) | by age, or `tacit rotate-signing-key` |
//!
//! A new key is stored before it is used, for long enough that every process has read it, and an old one is
//! kept for as long as something made with it may turn up: keys change while any number of servers run.

use crate::actions::Error;
use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::db::{Db, Tx};
use crate::entropy::Entropy;
use crate::seal::Sealer;
use crate::seal::root::Roots;
use crate::token::AccessTokens;
use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use std::convert::Infallible;
use std::time::Duration;

pub mod data;
pub mod sealed;
pub mod signing;

/// How often a process reads the keys again: what another one changed holds here within this time.
pub const READ_EVERY: Duration = Duration::from_secs(5);

/// What the keys of a process are read with, before there is an [`App`].
#[derive(Clone, Copy)]
pub struct Parts<'a> {
    /// Where they are stored.
    pub db: &'a Db,
    /// Real time.
    pub clock: &'a dyn Clock,
    /// Randomness of new ones.
    pub entropy: &'a dyn Entropy,
    /// What the data keys are wrapped by.
    pub roots: &'a Roots,
    /// Settings.
    pub config: &'a Config,
}

/// Reads the keys; makes the first ones in a new database. Of several processes that start at once, one
/// writes and all read the same.
///
/// # Errors
/// The database's; [`Error::Internal`] for keys that the configured secret keys do not open.
pub async fn open(parts: Parts<'_>) -> Result<(Sealer, AccessTokens), Error> {
    let sealer = data::open(parts).await?;
    let tokens = signing::open(parts, &sealer).await?;
    Ok((sealer, tokens))
}

/// Reads the keys again.
///
/// # Errors
/// As [`open`]; the keys stay as they were then.
pub async fn read_again(app: &App) -> Result<(), Error> {
    data::read_again(app).await?;
    signing::read_again(app).await
}

/// What is done again and again while a server runs: keys that another process changed are read, a signing
/// key that is too old is followed by a new one.
///
/// # Errors
/// The database's.
pub async fn keep(app: &App) -> Result<(), Error> {
    read_again(app).await?;
    signing::rotate_when_old(app).await
}

/// [`keep`], for ever.
pub async fn keep_on(app: &App) -> Infallible {
    let mut every = tokio::time::interval(READ_EVERY);
    loop {
        every.tick().await;
        if let Err(error) = keep(app).await {
            tracing::error!(%error, "reading the keys again");
        }
    }
}

/// One process at a time changes the keys of a table; SQLite has one writer anyway.
async fn lock(tx: &Tx, table: &str) -> Result<(), DbErr> {
    if tx.get_database_backend() == DbBackend::Postgres {
        tx.execute_unprepared(&format!("LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")).await?;
    }
    Ok(())
}

/// Runs `work` in a transaction, before there is an [`App`] to do it.
async fn transact<T>(db: &Db, work: impl AsyncFnOnce(&Tx) -> Result<T, Error>) -> Result<T, Error> {
    let tx = db.begin().await?;
    match work(&tx).await {
        Ok(value) => {
            tx.commit().await?;
            Ok(value)
        }
        Err(error) => {
            tx.rollback().await?;
            Err(error)
        }
    }
}
