//! Where a renewal leads: in advance, late, reset, and how far at most (rules N1–N5).
//!
//! Here the anchor's `date` is the current expiry and its `day` the stored anchor day, which survives
//! renewals made on a clamped date (N4).

use super::{Anchor, CalendarError, Step, boundary, period_of};
use chrono::{Datelike, NaiveDate};

/// The new expiry of a renewal in advance: from the current expiry, whatever the day of payment, so
/// that no paid time is lost (N1).
///
/// # Errors
/// Those of [`boundary`]; [`CalendarError::Step`] for no period at all.
pub fn advance(expiry: Anchor, step: Step, count: u32) -> Result<NaiveDate, CalendarError> {
    if count == 0 {
        return Err(CalendarError::Step);
    }
    boundary(expiry, step, count)
}

/// How many periods a late renewal takes when it continues from the old expiry: at least `requested`,
/// and enough for the new expiry to be after the day of payment (N2).
///
/// # Errors
/// Those of [`boundary`]; [`CalendarError::Step`] for no period at all.
pub fn late_periods(expiry: Anchor, step: Step, requested: u32, paid_on: NaiveDate) -> Result<u32, CalendarError> {
    if requested == 0 {
        return Err(CalendarError::Step);
    }
    if paid_on < expiry.date {
        return Ok(requested);
    }
    let unpaid = period_of(expiry, step, paid_on)?.index.saturating_add(1);
    Ok(requested.max(unpaid))
}

/// The anchor after a late renewal that begins anew on the day of payment (N3).
#[must_use]
pub fn reset(paid_on: NaiveDate) -> Anchor {
    Anchor::on(paid_on)
}

/// The latest expiry allowed for a payment on this day: that many years later, 29 February becoming
/// 28 (N5).
///
/// # Errors
/// [`CalendarError::OutOfRange`].
pub fn horizon(paid_on: NaiveDate, years: u32) -> Result<NaiveDate, CalendarError> {
    if years == 0 {
        return Ok(paid_on);
    }
    let months = years.checked_mul(12).ok_or(CalendarError::OutOfRange)?;
    boundary(Anchor { date: paid_on, day: paid_on.day() }, Step::Months(months), 1)
}

/// Checks a new expiry against the plan's horizon (N5).
///
/// # Errors
/// [`CalendarError::HorizonExceeded`] with the latest expiry allowed.
pub fn within_horizon(new_expiry: NaiveDate, paid_on: NaiveDate, years: u32) -> Result<(), CalendarError> {
    let latest_allowed = horizon(paid_on, years)?;
    if new_expiry > latest_allowed { Err(CalendarError::HorizonExceeded { latest_allowed }) } else { Ok(()) }
}
