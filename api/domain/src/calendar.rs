//! Days and instants of billing: periods counted from an anchor, and when a billing day begins.
//!
//! A billing date is a calendar day in the account's zone; its instant is derived ([`start_of_day`]).
//! Boundary *k* of a service is always computed from its anchor ([`boundary`]), never from a date that
//! was already clamped to a short month. Rules D1–D4, N1–N5 and T1–T5 of the domain vectors.

mod renewal;
mod zone;

use crate::text::words;
use chrono::{Datelike, Days, Months, NaiveDate};
use std::str::FromStr;

pub use chrono_tz::Tz as Zone;
pub use renewal::{advance, horizon, late_periods, reset, within_horizon};
pub use zone::{at_wall_clock, billing_day, cancellable_until, start_of_day};

/// Why a date could not be computed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// The result is beyond what can be written as a date.
    #[error("the date is out of range")]
    OutOfRange,
    /// An anchor day that is not between 1 and 31.
    #[error("{0} is not a day of a month")]
    AnchorDay(u32),
    /// A length of zero, or one that is not an ISO 8601 duration of whole months or whole days.
    #[error("not a length in whole months or whole days")]
    Step,
    /// A day before the first period.
    #[error("the day is before {anchor}")]
    BeforeAnchor {
        /// Where the first period begins.
        anchor: NaiveDate,
    },
    /// Segments that are not contiguous: none, the first not at boundary 0, or not in order.
    #[error("the segments do not follow one another from boundary 0")]
    Segments,
    /// A renewal that would reach further than the plan allows.
    #[error("the new expiry would be after {latest_allowed}")]
    HorizonExceeded {
        /// The latest expiry that is allowed.
        latest_allowed: NaiveDate,
    },
}

words! {
    /// The periods a plan can be sold for, as ISO 8601 durations.
    Period {
        /// One month.
        P1M = "P1M",
        /// Three months.
        P3M = "P3M",
        /// Six months.
        P6M = "P6M",
        /// One year.
        P1Y = "P1Y",
        /// Two years.
        P2Y = "P2Y",
        /// Three years.
        P3Y = "P3Y",
    }
}

impl Period {
    /// Its length in months.
    #[must_use]
    pub const fn months(self) -> u32 {
        match self {
            Self::P1M => 1,
            Self::P3M => 3,
            Self::P6M => 6,
            Self::P1Y => 12,
            Self::P2Y => 24,
            Self::P3Y => 36,
        }
    }

    /// As a step of the calendar.
    #[must_use]
    pub const fn step(self) -> Step {
        Step::Months(self.months())
    }
}

/// The length of a period: whole months keep the anchor day, whole days are counted exactly (D3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// Calendar months.
    Months(u32),
    /// Calendar days.
    Days(u32),
}

impl FromStr for Step {
    type Err = CalendarError;

    /// Reads `P1M`, `P2Y`, `P1Y6M`, `P30D`, `P1W`. Months and days cannot be mixed.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut rest = text.strip_prefix('P').ok_or(CalendarError::Step)?;
        let (mut months, mut days) = (0_u32, 0_u32);
        let mut units = "YMWD";
        while !rest.is_empty() {
            let end = rest.find(|letter: char| !letter.is_ascii_digit()).ok_or(CalendarError::Step)?;
            let (count, tail) = rest.split_at_checked(end).ok_or(CalendarError::Step)?;
            let count: u32 = count.parse().map_err(|_| CalendarError::Step)?;
            let unit = tail.chars().next().ok_or(CalendarError::Step)?;
            let (target, factor) = match unit {
                'Y' => (&mut months, 12),
                'M' => (&mut months, 1),
                'W' => (&mut days, 7),
                'D' => (&mut days, 1),
                _ => return Err(CalendarError::Step),
            };
            *target = count.checked_mul(factor).and_then(|more| target.checked_add(more)).ok_or(CalendarError::Step)?;
            units = units.split_once(unit).ok_or(CalendarError::Step)?.1;
            rest = tail.strip_prefix(unit).ok_or(CalendarError::Step)?;
        }
        match (months, days) {
            (1.., 0) => Ok(Self::Months(months)),
            (0, 1..) => Ok(Self::Days(days)),
            (0, 0) | (1.., 1..) => Err(CalendarError::Step),
        }
    }
}

/// What the boundaries of a service are counted from.
///
/// `day` is the day of the month the customer began on. It can be later than `date`'s own day, when
/// `date` is itself the last day of a short month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Anchor {
    /// Boundary 0.
    pub date: NaiveDate,
    /// Day of the month wanted for every later boundary, 1 to 31.
    pub day: u32,
}

impl Anchor {
    /// An anchor on this very day.
    #[must_use]
    pub fn on(date: NaiveDate) -> Self {
        Self { date, day: date.day() }
    }
}

/// Boundary `k`: the anchor's date plus `k` steps, on the anchor's day or, in a month too short for
/// it, on the month's last day (rules D1–D3). Boundary 0 is the anchor's date.
///
/// # Errors
/// [`CalendarError::OutOfRange`], [`CalendarError::AnchorDay`], or [`CalendarError::Step`] for a step
/// of zero.
pub fn boundary(anchor: Anchor, step: Step, k: u32) -> Result<NaiveDate, CalendarError> {
    if !(1..=31).contains(&anchor.day) {
        return Err(CalendarError::AnchorDay(anchor.day));
    }
    let date = match step {
        Step::Months(0) | Step::Days(0) => return Err(CalendarError::Step),
        Step::Days(days) => anchor.date.checked_add_days(Days::new(u64::from(days) * u64::from(k))),
        Step::Months(_) if k == 0 => Some(anchor.date),
        Step::Months(months) => months
            .checked_mul(k)
            .and_then(|months| anchor.date.with_day(1)?.checked_add_months(Months::new(months)))
            .and_then(|first| first.with_day(anchor.day.min(last_day(first)?))),
    };
    date.filter(|date| date.year() <= 9999).ok_or(CalendarError::OutOfRange)
}

/// Last day of the month that begins on `first`.
fn last_day(first: NaiveDate) -> Option<u32> {
    first.checked_add_months(Months::new(1))?.pred_opt().map(|last| last.day())
}

/// One period of a service: the half-open span `[start, end)` (rule D4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Which period, from 0.
    pub index: u32,
    /// First day.
    pub start: NaiveDate,
    /// The day after the last one; the next period starts on it.
    pub end: NaiveDate,
}

impl Span {
    /// How many calendar days it has.
    #[must_use]
    pub fn days(self) -> i64 {
        self.end.signed_duration_since(self.start).num_days()
    }

    /// The last day, as printed on documents (EN 16931 BT-74, BT-135).
    #[must_use]
    pub fn last_day(self) -> NaiveDate {
        self.end.pred_opt().unwrap_or(self.end)
    }
}

/// The period that the day `on` belongs to.
///
/// # Errors
/// [`CalendarError::BeforeAnchor`], and those of [`boundary`].
pub fn period_of(anchor: Anchor, step: Step, on: NaiveDate) -> Result<Span, CalendarError> {
    let elapsed = u32::try_from(on.signed_duration_since(anchor.date).num_days())
        .map_err(|_| CalendarError::BeforeAnchor { anchor: anchor.date })?;
    // at or before the wanted period: no month has more than 31 days
    let mut index = match step {
        Step::Months(months) => elapsed.checked_div(months.saturating_mul(31)).ok_or(CalendarError::Step)?,
        Step::Days(days) => elapsed.checked_div(days).ok_or(CalendarError::Step)?,
    };
    let mut start = boundary(anchor, step, index)?;
    loop {
        let end = boundary(anchor, step, index.saturating_add(1))?;
        if on < end {
            return Ok(Span { index, start, end });
        }
        (index, start) = (index.saturating_add(1), end);
    }
}

/// The boundaries from `first_boundary` on, counted from an anchor by a period, until the next
/// segment takes over. A change of period or an alignment adds a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Number of the boundary that is the anchor's date.
    pub first_boundary: u32,
    /// What the boundaries are counted from.
    pub anchor: Anchor,
    /// How far apart they are.
    pub period: Period,
}

/// Every boundary of a service, past and future, numbered from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Boundaries(Vec<Segment>);

impl Boundaries {
    /// From segments that follow one another.
    ///
    /// # Errors
    /// [`CalendarError::Segments`] when there is none, the first is not at boundary 0, the numbers do
    /// not increase, or a segment begins on or before the boundary that precedes it.
    pub fn new(segments: Vec<Segment>) -> Result<Self, CalendarError> {
        if segments.first().is_none_or(|first| first.first_boundary != 0) {
            return Err(CalendarError::Segments);
        }
        for (earlier, later) in segments.iter().zip(segments.iter().skip(1)) {
            let before = later.first_boundary.checked_sub(1).filter(|before| *before >= earlier.first_boundary);
            let before = in_segment(earlier, before.ok_or(CalendarError::Segments)?)?;
            if later.anchor.date <= before {
                return Err(CalendarError::Segments);
            }
        }
        Ok(Self(segments))
    }

    /// The date of boundary `k`, by the last segment that begins at or before it.
    ///
    /// # Errors
    /// Those of [`boundary`].
    pub fn date(&self, k: u32) -> Result<NaiveDate, CalendarError> {
        let segment = self.0.iter().rev().find(|segment| segment.first_boundary <= k);
        in_segment(segment.ok_or(CalendarError::Segments)?, k)
    }

    /// The segments, in order.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }
}

fn in_segment(segment: &Segment, k: u32) -> Result<NaiveDate, CalendarError> {
    boundary(segment.anchor, segment.period.step(), k.saturating_sub(segment.first_boundary))
}

#[cfg(test)]
mod tests;
