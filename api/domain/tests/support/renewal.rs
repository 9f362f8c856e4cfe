//! Renewals in advance and late.

use super::{Outcome, Vector, text};
use chrono::NaiveDate;
use domain::calendar::{Anchor, CalendarError, Step, advance, boundary, late_periods, reset, within_horizon};
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    mode: Mode,
    current_expiry: NaiveDate,
    anchor_day: u32,
    period: String,
    count: u32,
    paid_on: NaiveDate,
    max_horizon_years: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Mode {
    Advance,
    LateContinue,
    LateReset,
}

pub fn evaluate(vector: &Vector) -> Outcome {
    let input: Input = vector.input()?;
    let step: Step = input.period.parse().map_err(text)?;
    let expiry = Anchor { date: input.current_expiry, day: input.anchor_day };
    let (anchor, periods) = match input.mode {
        Mode::Advance => (expiry, input.count),
        Mode::LateContinue => (expiry, late_periods(expiry, step, input.count, input.paid_on).map_err(text)?),
        Mode::LateReset => (reset(input.paid_on), input.count),
    };
    let new_expiry = match input.mode {
        Mode::Advance => advance(anchor, step, periods),
        Mode::LateContinue | Mode::LateReset => boundary(anchor, step, periods),
    };
    let new_expiry = new_expiry.map_err(text)?;
    if let Some(years) = input.max_horizon_years {
        match within_horizon(new_expiry, input.paid_on, years) {
            Ok(()) => {}
            Err(CalendarError::HorizonExceeded { latest_allowed }) => {
                return Ok(json!({ "rejected": "horizon_exceeded", "latest_allowed": latest_allowed }));
            }
            Err(error) => return Err(text(error)),
        }
    }
    Ok(json!({
        "new_expiry": new_expiry,
        "anchor_day": anchor.day,
        "periods": periods,
        "period_start": anchor.date,
    }))
}
