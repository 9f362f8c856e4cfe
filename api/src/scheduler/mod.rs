//! Runs what is due: claims milestones by lease, runs them in the order of their due date, records.
//!
//! Any number of nodes may do this on one PostgreSQL; any of them may die between two lines. A
//! milestone takes effect once: its state and fence are checked in the transaction that carries its
//! effect, and the database's constraints have the last word.

pub mod agenda;
pub mod charges;
pub mod check_ups;
pub mod claim;
pub mod clocks;
pub mod exports;
pub mod finish;
pub mod run;
pub mod safety;
pub mod vat_checks;
pub mod visitors;

use crate::actions::Error;
pub use crate::actions::milestone::Effect;
use crate::app::App;
use crate::mail::deliver::{DeliveryScope, deliver_due};
use crate::sms;
use chrono::{DateTime, Utc};
use domain::id::TestClockId;
use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// Mails delivered between two looks at what is due.
const MAILS: u64 = 200;
/// Rounds of one drain before it gives the others a turn.
const MAX_ROUNDS: u32 = 10_000;

/// Whose milestones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Accounts on real time.
    Ordinary,
    /// Accounts attached to one test clock.
    Clock(TestClockId),
}

/// What a run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Report {
    /// Milestones that were run, what visitors asked for, check-ups that were due, whatever came of them.
    pub ran: u64,
}

/// Runs everything in `scope` that is due at `now`, until nothing is left.
///
/// # Errors
/// The database's: what fails in one milestone is recorded with it instead.
pub async fn drain(app: &App, scope: Scope, now: DateTime<Utc>) -> Result<Report, Error> {
    let mut report = Report::default();
    if scope == Scope::Ordinary {
        report.ran += visitors::run(app).await?;
        report.ran += check_ups::run(app, now).await?;
    }
    for _ in 0..MAX_ROUNDS {
        if is_stopping(app) {
            break;
        }
        if scope == Scope::Ordinary {
            safety::heartbeat(app, app.now()).await?;
        }
        let claimed = claim::claim(app, scope, now).await?;
        if claimed.is_empty() {
            break;
        }
        report.ran += u64::try_from(claimed.len()).unwrap_or_default();
        run::run(app, scope, now, claimed).await?;
    }
    Ok(report)
}

/// One look at what is due on real time and at test clocks on the move.
///
/// # Errors
/// The database's.
pub async fn round(app: &App) -> Result<Report, Error> {
    let report = drain(app, Scope::Ordinary, app.now()).await?;
    safety::heartbeat(app, app.now()).await?;
    clocks::advance_all(app).await?;
    Ok(report)
}

/// Delivers the mails that are due, until none is left.
///
/// # Errors
/// The database's.
pub async fn post(app: &App) -> Result<(), Error> {
    while !is_stopping(app) && deliver_due(app, DeliveryScope::All, MAILS).await? > 0 {}
    Ok(())
}

fn is_stopping(app: &App) -> bool {
    app.stopping.load(Ordering::Relaxed)
}

/// Runs what is due until an instant that is not later than now, once, exports, mails, texts and checks of
/// VAT ids included.
///
/// # Errors
/// [`Error::Invalid`] for an instant in the future; the database's.
pub async fn tick(app: &App, until: DateTime<Utc>) -> Result<Report, Error> {
    if until > app.now() {
        return Err(crate::actions::Invalid::new("/until", "in_the_future").into());
    }
    let report = drain(app, Scope::Ordinary, until).await?;
    exports::make_due(app).await?;
    vat_checks::run(app).await?;
    while deliver_due(app, DeliveryScope::All, MAILS).await? > 0 {}
    sms::deliver_due(app).await?;
    Ok(report)
}

/// Starts the loop on a thread of its own; ends when `stop` is cancelled, after the round under way.
pub fn start(app: Arc<App>, stop: CancellationToken) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => {
                tracing::error!(%error, "the scheduler cannot start");
                return;
            }
        };
        // a slow mail relay holds no renewal up, nor does a large export, and the other way round
        runtime.block_on(async {
            let last = Cell::new((Instant::now(), app.now()));
            let milestones = async || {
                let (then, wall) = last.replace((Instant::now(), app.now()));
                safety::clock_moved(&app, app.now() - wall, then.elapsed()).await?;
                round(&app).await.map(drop)
            };
            tokio::join!(
                again_and_again(&app, &stop, "milestones", milestones),
                again_and_again(&app, &stop, "mails", async || post(&app).await),
                again_and_again(&app, &stop, "texts", async || sms::deliver_due(&app).await.map(drop)),
                again_and_again(&app, &stop, "VAT ids", async || vat_checks::run(&app).await.map(drop)),
                again_and_again(&app, &stop, "exports", async || exports::make_due(&app).await.map(drop)),
            );
        });
    })
}

async fn again_and_again(
    app: &App,
    stop: &CancellationToken,
    what: &'static str,
    work: impl AsyncFn() -> Result<(), Error>,
) {
    let interval = Duration::from_millis(app.config().scheduler.interval_ms.max(10));
    while !stop.is_cancelled() {
        if let Err(error) = work().await {
            tracing::error!(what, %error, "the scheduler goes on");
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(interval) => {}
        }
    }
}
