//! What visitors asked for without login: looked into apart from their requests.

use super::is_stopping;
use crate::actions::Error;
use crate::actions::account::visitor_request;
use crate::app::App;

/// Requests in one look, before milestones get their turn.
const MOST: u64 = 500;

/// Looks into what is due; answers how many there were.
///
/// # Errors
/// The database's.
pub(super) async fn run(app: &App) -> Result<u64, Error> {
    let mut done = 0;
    while done < MOST && !is_stopping(app) && visitor_request::look_into_next(app).await? {
        done += 1;
    }
    Ok(done)
}
