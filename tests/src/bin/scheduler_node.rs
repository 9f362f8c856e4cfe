//! One of several scheduler processes on one PostgreSQL, for the tests of `it/scheduler/processes.rs`.
//!
//! `scheduler_node <database-url> <now> <journal>`: says `ready`, waits for a line, runs what is due until
//! nothing is left for it, says how much it ran. Each charge that reaches its gateway is a line of the
//! journal, which all processes share: what the processor of the cards would have seen.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "it fails its test by panicking"
)]

use api::payment::gateway::{Charge, ChargeOutcome, Described, Found, Gateway, Lookup, RefundOutcome, UnknownToken};
use api::payment::simulated::Simulated;
use api::scheduler::{self, Scope};
use chrono::{DateTime, Utc};
use domain::money::Money;
use futures_util::future::BoxFuture;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::sync::Arc;

/// Milestones claimed at once, and services of one renewal: small, so that the processes interleave.
const BATCH: u64 = 50;

/// The simulated gateway, whose charges are written down where all processes see them.
struct Journalled {
    simulated: Simulated,
    journal: File,
}

impl Gateway for Journalled {
    fn name(&self) -> &'static str {
        self.simulated.name()
    }

    fn describe(&self, token: &str, now: DateTime<Utc>) -> Result<Described, UnknownToken> {
        self.simulated.describe(token, now)
    }

    fn charge<'a>(&'a self, charge: &'a Charge) -> BoxFuture<'a, ChargeOutcome> {
        // one write of a short line to a file opened for appending is not torn
        (&self.journal).write_all(format!("{} {}\n", charge.key, charge.amount).as_bytes()).expect("the journal");
        self.simulated.charge(charge)
    }

    fn find<'a>(&'a self, lookup: &'a Lookup) -> BoxFuture<'a, Found> {
        self.simulated.find(lookup)
    }

    fn cancel<'a>(&'a self, lookup: &'a Lookup) -> BoxFuture<'a, Found> {
        self.simulated.cancel(lookup)
    }

    fn refund<'a>(&'a self, key: &'a str, lookup: &'a Lookup, amount: Money) -> BoxFuture<'a, RefundOutcome> {
        self.simulated.refund(key, lookup, amount)
    }
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [database_url, now, journal] = arguments.as_slice() else {
        panic!("usage: scheduler_node <database-url> <now> <journal>")
    };
    let now: DateTime<Utc> = now.parse().expect("an RFC 3339 instant");
    let journal = OpenOptions::new().append(true).create(true).open(journal).expect("the journal");
    let folder = tempfile::tempdir().expect("a folder");
    let gateway = Arc::new(Journalled { simulated: Simulated::default(), journal });
    let app = house::bare::open(database_url, folder.path(), now, gateway, |config| {
        config.scheduler.batch = BATCH;
        config.scheduler.renewal_chunk = usize::try_from(BATCH).unwrap_or(1);
    })
    .await;
    println!("ready");
    std::io::stdin().read_line(&mut String::new()).expect("a line");
    let report = scheduler::drain(&app, Scope::Ordinary, now).await.expect("the scheduler runs");
    println!("{}", report.ran);
    app.db.close().await;
}
