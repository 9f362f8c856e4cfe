//! Exports that were asked for. They take as long as an account is large, so they have a loop of their own: no
//! renewal waits for them. Three things go on at once: the data is read from one state of the database, a thread
//! for what blocks zips it, and each part that comes out is sealed and stored.

use super::{agenda, is_stopping};
use crate::actions::Error;
use crate::actions::export::make::{self, Claim, Claimed};
use crate::app::App;
use crate::db::Tx;
use crate::export;
use crate::export::archive::{self, ArchiveError, Made};
use crate::export::book::Book;
use chrono::{DateTime, TimeDelta, Utc};
use std::time::Duration;
use tokio::sync::mpsc;

/// Pieces of files that wait to be zipped.
const PIECES: usize = 8;
/// Parts that wait to be stored.
const PARTS: usize = 2;

/// Makes what is due, one after the other, until nothing is left; answers how many were tried.
///
/// # Errors
/// The database's: what fails in one export is recorded with it instead.
pub async fn make_due(app: &App) -> Result<u64, Error> {
    let mut tried = 0;
    while !is_stopping(app) {
        let now = app.now();
        match app.transact(async |tx: &Tx| make::claim(tx, &app.tools, now).await).await? {
            Claim::Nothing => break,
            Claim::GivenUp => {}
            Claim::Mine(claimed) => one(app, &claimed).await?,
        }
        tried += 1;
    }
    Ok(tried)
}

async fn one(app: &App, claimed: &Claimed) -> Result<(), Error> {
    let outcome = match archived(app, claimed).await {
        Ok(made) => {
            let now = app.now();
            app.transact(async |tx: &Tx| make::finish(tx, &app.tools, now, claimed, &made).await).await.map(|()| made)
        }
        Err(error) => Err(error),
    };
    match outcome {
        Ok(made) => {
            metrics::counter!("exports_total", "outcome" => "ready").increment(1);
            tracing::info!(export = %claimed.export.id, bytes = made.size, "an export is ready");
            Ok(())
        }
        Err(Error::PreconditionFailed) => {
            tracing::info!(export = %claimed.export.id, "another node makes it, or nobody any more");
            Ok(())
        }
        Err(_) if is_stopping(app) => app.transact(async |tx: &Tx| make::release(tx, claimed).await).await,
        Err(error) => {
            tracing::warn!(export = %claimed.export.id, attempts = claimed.export.attempts, %error, "an export failed");
            let now = app.now();
            let times = (now, now + agenda::backoff(claimed.export.attempts));
            app.transact(async |tx: &Tx| make::fail(tx, &app.tools, times, claimed, &error).await).await
        }
    }
}

/// Reads, zips and stores.
async fn archived(app: &App, claimed: &Claimed) -> Result<Made, Error> {
    let made_at = app.now();
    let (pieces, zipped) = mpsc::channel(PIECES);
    let (parts, stored) = mpsc::channel(PARTS);
    let part_size = app.config().export.part_kib.saturating_mul(1024);
    let zipping = tokio::task::spawn_blocking(move || archive::zip(zipped, parts, part_size, made_at));
    let both = {
        let reading = export::write(app, claimed.export.account_id, made_at, Book::new(pieces));
        tokio::try_join!(reading, store(app, claimed, stored))
    };
    // its channels are closed by now: it ends
    match (zipping.await.map_err(Error::internal)?, both) {
        (Ok(made), Ok(_)) => Ok(made),
        // nobody took the pieces any more: the thread knows why
        (Err(error @ ArchiveError::Zip(_)), Err(Error::Unavailable)) | (Err(error), Ok(_)) => {
            Err(Error::internal(error))
        }
        (_, Err(error)) => Err(error),
    }
}

/// Stores the parts as they come. The claim is kept also while none comes.
async fn store(app: &App, claimed: &Claimed, mut parts: mpsc::Receiver<Vec<u8>>) -> Result<(), Error> {
    let lease = TimeDelta::seconds(app.config().scheduler.lease_seconds);
    let patience = (lease / 3).to_std().unwrap_or(Duration::from_secs(1));
    let until = |now: DateTime<Utc>| now + lease;
    let mut position = 0_i32;
    loop {
        match tokio::time::timeout(patience, parts.recv()).await {
            Err(_) => app.transact(async |tx: &Tx| make::keep(tx, claimed, until(app.now())).await).await?,
            Ok(None) => return Ok(()),
            Ok(Some(part)) => {
                let sealed = claimed.vault.seal(position, part)?;
                app.transact(async |tx: &Tx| make::store(tx, claimed, until(app.now()), (position, &sealed)).await)
                    .await?;
                position = position.checked_add(1).ok_or_else(|| Error::internal(ArchiveError::TooLarge))?;
            }
        }
    }
}
