use super::*;
use chrono::{DateTime, NaiveDateTime, Utc};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

#[test]
fn steps_are_read_strictly() {
    for (text, step) in [
        ("P1M", Step::Months(1)),
        ("P2Y", Step::Months(24)),
        ("P1Y6M", Step::Months(18)),
        ("P30D", Step::Days(30)),
        ("P1W", Step::Days(7)),
    ] {
        assert_eq!(text.parse(), Ok(step));
    }
    for wrong in ["", "P", "1M", "P0M", "P1", "PM", "P1M1D", "P1M1Y", "PT1H", "P-1M", "P1.5M", "P1M ", "P99999999999D"]
    {
        assert!(wrong.parse::<Step>().is_err(), "{wrong}");
    }
    for period in Period::ALL {
        assert_eq!(period.as_str().parse(), Ok(period.step()));
    }
}

#[test]
fn boundary_zero_is_the_anchor_and_nonsense_is_refused() {
    let clamped = Anchor { date: day("2026-02-28"), day: 31 };
    assert_eq!(boundary(clamped, Step::Months(1), 0), Ok(day("2026-02-28")));
    assert_eq!(boundary(clamped, Step::Months(1), 1), Ok(day("2026-03-31")));
    assert_eq!(boundary(Anchor { day: 0, ..clamped }, Step::Months(1), 1), Err(CalendarError::AnchorDay(0)));
    assert_eq!(boundary(clamped, Step::Months(0), 1), Err(CalendarError::Step));
    assert_eq!(boundary(clamped, Step::Months(u32::MAX), u32::MAX), Err(CalendarError::OutOfRange));
    assert_eq!(boundary(clamped, Step::Days(u32::MAX), u32::MAX), Err(CalendarError::OutOfRange));
    assert!(matches!(period_of(clamped, Step::Days(1), day("2026-02-27")), Err(CalendarError::BeforeAnchor { .. })));
}

#[test]
fn segments_hand_over_at_their_first_boundary() {
    let monthly = Segment { first_boundary: 0, anchor: Anchor::on(day("2026-01-31")), period: Period::P1M };
    let yearly =
        Segment { first_boundary: 2, anchor: Anchor { date: day("2026-03-31"), day: 31 }, period: Period::P1Y };
    let boundaries = Boundaries::new(vec![monthly, yearly]).unwrap();
    let dates: Vec<_> = (0..4).map(|k| boundaries.date(k).unwrap().to_string()).collect();
    assert_eq!(dates, ["2026-01-31", "2026-02-28", "2026-03-31", "2027-03-31"]);

    for wrong in [
        vec![],
        vec![yearly],
        vec![monthly, monthly],
        vec![monthly, yearly, monthly],
        vec![monthly, Segment { anchor: Anchor::on(day("2026-02-28")), ..yearly }],
    ] {
        assert_eq!(Boundaries::new(wrong), Err(CalendarError::Segments));
    }
}

#[test]
fn a_day_begins_at_its_first_valid_instant() {
    use chrono_tz::{America, Europe, Pacific};
    for (date, zone, instant) in [
        ("2026-03-29", Europe::Paris, "2026-03-28T23:00:00Z"),
        // no midnight: the clock jumps from 0:00 to 1:00
        ("2026-03-08", America::Havana, "2026-03-08T05:00:00Z"),
        // two midnights: the earlier
        ("2026-11-01", America::Havana, "2026-11-01T04:00:00Z"),
        // a day that never was
        ("2011-12-30", Pacific::Apia, "2011-12-30T10:00:00Z"),
        // the clock jumped from 23:30 of the day before to 0:30
        ("1919-03-31", America::Toronto, "1919-03-31T04:30:00Z"),
    ] {
        assert_eq!(start_of_day(day(date), zone), at(instant), "{date} {zone}");
    }
    assert_eq!(start_of_day(NaiveDate::MAX, Europe::Paris).year(), NaiveDate::MAX.year());
}

#[test]
fn a_time_of_day_in_a_gap_is_shifted_by_the_gap() {
    let start: NaiveDateTime = "2026-02-28T02:30:00".parse().unwrap();
    let later = at_wall_clock(start, chrono_tz::Europe::Paris, Step::Days(1), 29);
    assert_eq!(later, Ok(at("2026-03-29T01:30:00Z")));
    let start: NaiveDateTime = "2026-09-25T02:30:00".parse().unwrap();
    let later = at_wall_clock(start, chrono_tz::Europe::Paris, Step::Months(1), 1);
    assert_eq!(later, Ok(at("2026-10-25T00:30:00Z")));
}

#[test]
fn a_late_renewal_reaches_past_the_day_of_payment() {
    let expiry = Anchor::on(day("2026-01-10"));
    for (paid_on, requested, periods) in
        [("2026-03-15", 1, 3), ("2026-03-10", 1, 3), ("2026-03-09", 1, 2), ("2026-03-09", 5, 5), ("2026-01-09", 1, 1)]
    {
        assert_eq!(late_periods(expiry, Step::Months(1), requested, day(paid_on)), Ok(periods), "{paid_on}");
    }
    assert_eq!(horizon(day("2028-02-29"), 10), Ok(day("2038-02-28")));
    assert_eq!(advance(expiry, Step::Months(1), 0), Err(CalendarError::Step));
}
