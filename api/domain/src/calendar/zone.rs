//! From a local day to its instant and back (rules T1–T5).
//!
//! Changing an account's zone changes only derived instants, never an expiry date (T5), because only
//! the date is stored.

use super::{Anchor, CalendarError, Step, boundary};
use chrono::{DateTime, Datelike, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// How long before the expiry a cancellation at expiry can be asked for or revoked (T2): an absolute
/// duration, not a local day.
const CANCELLATION_NOTICE: TimeDelta = TimeDelta::hours(24);

/// The instant at which this local day begins: the first valid one when midnight does not exist, the
/// earlier when it exists twice (T1).
#[must_use]
pub fn start_of_day(date: NaiveDate, zone: Tz) -> DateTime<Utc> {
    let midnight = date.and_time(NaiveTime::MIN);
    resolve(midnight, zone).unwrap_or_else(|| end_of_gap(midnight, zone))
}

/// The local day at this instant: "today" for reminders, due dates and penalties (T4).
#[must_use]
pub fn billing_day(at: DateTime<Utc>, zone: Tz) -> NaiveDate {
    at.with_timezone(&zone).date_naive()
}

/// Until when, exclusively, a cancellation at `expiry` can be asked for or revoked (T2).
#[must_use]
pub fn cancellable_until(expiry: NaiveDate, zone: Tz) -> DateTime<Utc> {
    start_of_day(expiry, zone).checked_sub_signed(CANCELLATION_NOTICE).unwrap_or(DateTime::<Utc>::MIN_UTC)
}

/// Boundary `k` of something that keeps its local time of day: shifted forward by the length of the
/// gap when that time does not exist, the earlier one when it exists twice (T3).
///
/// # Errors
/// Those of [`boundary`].
pub fn at_wall_clock(start: NaiveDateTime, zone: Tz, step: Step, k: u32) -> Result<DateTime<Utc>, CalendarError> {
    let local = boundary(Anchor::on(start.date()), step, k)?.and_time(start.time());
    if let Some(instant) = resolve(local, zone) {
        return Ok(instant);
    }
    let before = end_of_gap(local, zone).checked_sub_signed(TimeDelta::seconds(1)).ok_or(CalendarError::OutOfRange)?;
    let offset = zone.offset_from_utc_datetime(&before.naive_utc()).fix();
    local.checked_sub_offset(offset).map(|utc| utc.and_utc()).ok_or(CalendarError::OutOfRange)
}

/// The instant of a local time, the earlier of two; nothing inside a gap.
fn resolve(local: NaiveDateTime, zone: Tz) -> Option<DateTime<Utc>> {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(at) => Some(at.with_timezone(&Utc)),
        LocalResult::Ambiguous(one, other) => Some(one.min(other).with_timezone(&Utc)),
        LocalResult::None => None,
    }
}

/// The first instant whose local time is at or after `local`, which does not exist.
fn end_of_gap(local: NaiveDateTime, zone: Tz) -> DateTime<Utc> {
    let as_utc = local.and_utc();
    // wider than any offset from UTC
    let around = TimeDelta::hours(36);
    let (Some(mut before), Some(mut after)) = (as_utc.checked_sub_signed(around), as_utc.checked_add_signed(around))
    else {
        return as_utc;
    };
    if !(1..=9999).contains(&local.year()) {
        return as_utc;
    }
    while after.signed_duration_since(before) > TimeDelta::seconds(1) {
        let half = TimeDelta::seconds(after.signed_duration_since(before).num_seconds() / 2);
        let Some(middle) = before.checked_add_signed(half) else { break };
        if middle.with_timezone(&zone).naive_local() < local {
            before = middle;
        } else {
            after = middle;
        }
    }
    after
}
