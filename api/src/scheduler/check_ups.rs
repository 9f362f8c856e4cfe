//! The monthly reminders of the check-up.

use super::is_stopping;
use crate::actions::Error;
use crate::actions::account::check_up::remind::remind_next;
use crate::app::App;
use chrono::{DateTime, Utc};

/// Accounts in one look, before milestones get their turn.
const MOST: u64 = 2_000;

/// Looks at the check-ups that are due; answers how many there were.
///
/// # Errors
/// The database's.
pub(super) async fn run(app: &App, now: DateTime<Utc>) -> Result<u64, Error> {
    let mut done = 0;
    while app.config().scheduler.check_up_reminders && done < MOST && !is_stopping(app) {
        match remind_next(app, now).await? {
            0 => break,
            looked => done += looked,
        }
    }
    Ok(done)
}
