//! Checks of VAT ids, one after the other: the register does not like to be asked much at once.

use super::is_stopping;
use crate::actions::Error;
use crate::actions::account::vat_id::check_next;
use crate::app::App;

/// Checks in one look.
const MOST: u64 = 200;

/// Failures in a row after which the register itself is taken for away.
const AWAY: u32 = 3;

/// Asks for what is due, as long as the register answers; says how many answers there were.
///
/// # Errors
/// The database's.
pub async fn run(app: &App) -> Result<u64, Error> {
    let Some(register) = &app.vies else { return Ok(0) };
    let (mut done, mut failed) = (0, 0);
    while done < MOST && failed < AWAY && !is_stopping(app) {
        match check_next(app, register).await? {
            None => break,
            Some(true) => {
                done += 1;
                failed = 0;
            }
            Some(false) => failed += 1,
        }
    }
    Ok(done)
}
