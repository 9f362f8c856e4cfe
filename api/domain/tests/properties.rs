//! Rules that hold for all inputs, not only for the vectors.
#![expect(clippy::unwrap_used, reason = "strategies are test code")]

use chrono::{Datelike, Days, NaiveDate};
use chrono_tz::TZ_VARIANTS;
use domain::calendar::{
    Anchor, Boundaries, Period, Segment, Step, billing_day, boundary, late_periods, period_of, start_of_day,
};
use domain::id::ServiceId;
use domain::money::{Currency, Money, Scaled6, sum};
use domain::policy::RenewalPolicy;
use domain::service::{RenewalMode, ServiceStatus};
use domain::tax::{Credited, Document, Line, Pricing, TaxCategory, included_tax, partial_credit, totals};
use domain::timeline::{Debt, Facts, MilestoneKind, Retries, plan};
use proptest::prelude::*;
use rust_decimal::Decimal;

fn day() -> impl Strategy<Value = NaiveDate> {
    (0_u64..80_000).prop_map(|days| NaiveDate::from_ymd_opt(1990, 1, 1).unwrap() + Days::new(days))
}

/// An anchor on its day, or on the last day of a month too short for it.
fn anchor() -> impl Strategy<Value = Anchor> {
    (day(), 0_u32..4).prop_map(|(date, more)| {
        let last = (date + Days::new(1)).day() == 1;
        Anchor { date, day: if last { (date.day() + more).min(31) } else { date.day() } }
    })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![(1_u32..=120).prop_map(Step::Months), (1_u32..=400).prop_map(Step::Days)]
}

fn period() -> impl Strategy<Value = Period> {
    proptest::sample::select(Period::ALL)
}

fn eur(minor: i64) -> Money {
    Money::from_minor(minor, Currency::EUR)
}

fn rate() -> impl Strategy<Value = Scaled6> {
    proptest::sample::select(vec!["0", "2.1", "5.5", "8.5", "10", "20", "25.5"]).prop_map(|rate| rate.parse().unwrap())
}

fn line() -> impl Strategy<Value = Line> {
    (-500_i64..500, 0_i64..900_000_000, 1_i64..200, rate(), -300_i64..300).prop_map(
        |(quantity, price, base, rate, off)| Line {
            quantity: Scaled6::from_scaled(quantity * 10_000),
            unit_price: Scaled6::from_scaled(price),
            base_quantity: Scaled6::from_scaled(base * 1_000_000),
            category: TaxCategory::Standard,
            rate,
            allowance: eur(off),
            charge: eur(0),
        },
    )
}

proptest! {
    #[test]
    fn boundaries_increase_and_keep_the_day(anchor in anchor(), step in step()) {
        let dates: Vec<NaiveDate> = (0..60).map(|k| boundary(anchor, step, k).unwrap()).collect();
        prop_assert_eq!(dates[0], anchor.date);
        for pair in dates.windows(2) {
            prop_assert!(pair[0] < pair[1]);
        }
        if let Step::Months(_) = step {
            for date in &dates {
                let last = (*date + Days::new(1)).day() == 1;
                prop_assert!(date.day() == anchor.day || (last && date.day() < anchor.day));
            }
        }
    }

    #[test]
    fn every_day_is_in_exactly_one_period(anchor in anchor(), step in step(), after in 0_u64..10_000) {
        let on = anchor.date + Days::new(after);
        let span = period_of(anchor, step, on).unwrap();
        prop_assert!(span.start <= on && on < span.end);
        prop_assert_eq!(span.start, boundary(anchor, step, span.index).unwrap());
        prop_assert_eq!(span.end, boundary(anchor, step, span.index + 1).unwrap());
        prop_assert_eq!(period_of(anchor, step, span.end).unwrap().index, span.index + 1);
    }

    #[test]
    fn a_change_of_period_leaves_no_hole(anchor in anchor(), first in period(), then in period(), at in 1_u32..30) {
        let date = boundary(anchor, first.step(), at).unwrap();
        let boundaries = Boundaries::new(vec![
            Segment { first_boundary: 0, anchor, period: first },
            Segment { first_boundary: at, anchor: Anchor { date, day: anchor.day }, period: then },
        ]).unwrap();
        for k in 0..60 {
            prop_assert!(boundaries.date(k).unwrap() < boundaries.date(k + 1).unwrap());
        }
        prop_assert_eq!(boundaries.date(at).unwrap(), date);
    }

    #[test]
    fn a_late_renewal_takes_the_fewest_periods(anchor in anchor(), step in step(), late in 0_u64..3_000, asked in 1_u32..5) {
        let paid_on = anchor.date + Days::new(late);
        let periods = late_periods(anchor, step, asked, paid_on).unwrap();
        prop_assert!(periods >= asked);
        prop_assert!(boundary(anchor, step, periods).unwrap() > paid_on);
        prop_assert!(periods == asked || boundary(anchor, step, periods - 1).unwrap() <= paid_on);
    }

    #[test]
    fn a_day_begins_with_its_first_instant(date in day(), zone in proptest::sample::select(&TZ_VARIANTS[..])) {
        let start = start_of_day(date, zone);
        let before = start - chrono::TimeDelta::seconds(1);
        prop_assert!(billing_day(before, zone) < date);
        // later only when the whole day never was, as in Samoa in 2011
        prop_assert!(billing_day(start, zone) >= date);
        prop_assert!(start <= start_of_day(date + Days::new(1), zone));
    }

    #[test]
    fn parts_sum_to_the_whole_and_are_fair(
        minor in -10_000_000_000_i64..10_000_000_000,
        weights in proptest::collection::vec(0_i64..5_000_000, 1..12),
    ) {
        let total: i64 = weights.iter().sum();
        prop_assume!(total > 0);
        let decimals: Vec<Decimal> = weights.iter().map(|weight| Decimal::new(*weight, 3)).collect();
        let parts = eur(minor).allocate(&decimals).unwrap();
        prop_assert_eq!(sum(Currency::EUR, parts.iter().copied()).unwrap(), eur(minor));
        for (part, weight) in parts.iter().zip(&weights) {
            let off = i128::from(part.minor()) * i128::from(total) - i128::from(minor) * i128::from(*weight);
            prop_assert!(off.abs() < i128::from(total));
        }
        let opposite: Vec<Money> = parts.iter().map(|part| part.negate()).collect();
        prop_assert_eq!(eur(-minor).allocate(&decimals).unwrap(), opposite);
    }

    #[test]
    fn credits_never_exceed_the_invoice(net in 1_i64..1_000_000, rate in rate(), cuts in proptest::collection::vec(1_i64..400_000, 0..20)) {
        let tax = Money::quotient(&[eur(net).amount(), rate.value()], Decimal::ONE_HUNDRED, Currency::EUR).unwrap();
        let invoice = Credited { net: eur(net), tax };
        let mut credited = Credited { net: eur(0), tax: eur(0) };
        let mut take = |cut: Money| {
            let left = invoice.net.checked_sub(credited.net).unwrap();
            let credit = partial_credit(invoice, credited, cut);
            assert_eq!(credit.is_ok(), cut <= left);
            if let Ok(credit) = credit {
                assert!(!credit.tax.is_negative());
                credited.net = credited.net.checked_add(credit.net).unwrap();
                credited.tax = credited.tax.checked_add(credit.tax).unwrap();
            }
            assert!(credited.net <= invoice.net && credited.tax <= invoice.tax);
            credited
        };
        let mut so_far = Credited { net: eur(0), tax: eur(0) };
        for cut in cuts {
            so_far = take(eur(cut));
        }
        prop_assert_eq!(take(invoice.net.checked_sub(so_far.net).unwrap()), invoice);
    }

    #[test]
    fn totals_hold_together(lines in proptest::collection::vec(line(), 0..8), gross_prices in any::<bool>()) {
        let pricing = if gross_prices { Pricing::Gross } else { Pricing::Net };
        let document = Document { pricing, ..Document::of(&lines, Currency::EUR) };
        let got = totals(&document).unwrap();
        prop_assert_eq!(sum(Currency::EUR, got.line_net.iter().copied()).unwrap(), got.net);
        prop_assert_eq!(sum(Currency::EUR, got.groups.iter().map(|group| group.base)).unwrap(), got.net);
        prop_assert_eq!(got.net.checked_add(got.tax).unwrap(), got.gross);
        if gross_prices {
            for group in &got.groups {
                let whole = group.base.checked_add(group.tax).unwrap();
                prop_assert_eq!(included_tax(whole, group.rate).unwrap(), group.tax);
            }
        }
        let opposite: Vec<Line> = lines
            .iter()
            .map(|line| Line { quantity: Scaled6::from_scaled(-line.quantity.scaled()), allowance: line.allowance.negate(), ..*line })
            .collect();
        let credit = totals(&Document { pricing, ..Document::of(&opposite, Currency::EUR) }).unwrap();
        prop_assert_eq!((credit.net, credit.tax, credit.gross), (got.net.negate(), got.tax.negate(), got.gross.negate()));
    }

    #[test]
    fn millionths_and_amounts_survive_their_text(scaled in any::<i64>(), minor in any::<i64>()) {
        let value = Scaled6::from_scaled(scaled);
        prop_assert_eq!(value.to_string().parse::<Scaled6>().unwrap(), value);
        prop_assert_eq!(value.display_price().parse::<Scaled6>().unwrap(), value);
        prop_assert_eq!(Scaled6::new(value.value()).unwrap(), value);
        prop_assert_eq!(Money::parse(&eur(minor).to_string(), Currency::EUR).unwrap(), eur(minor));
    }

    /// The timeline is ordered, each occurrence is in it once, and it is complete: every live service has
    /// what ends its period, every deletion comes after its notices.
    #[test]
    fn the_timeline_is_ordered_and_complete(
        anchor in anchor(),
        period in period(),
        boundary in 1_u32..40,
        mode in proptest::sample::select(RenewalMode::ALL),
        status in proptest::sample::select(ServiceStatus::ALL),
        owing in any::<bool>(),
        cancelled in any::<bool>(),
        zone in proptest::sample::select(&TZ_VARIANTS[..]),
    ) {
        let boundaries = Boundaries::new(vec![Segment { first_boundary: 0, anchor, period }]).unwrap();
        let expiry = boundaries.date(boundary).unwrap();
        let facts = Facts {
            service: ServiceId(uuid::Uuid::nil()),
            status,
            mode,
            period,
            boundary,
            boundaries: &boundaries,
            cycle: 0,
            debt: owing.then_some(Debt { boundary, opened_on: expiry, retries: Retries::Planned }),
            cancelled_on: cancelled.then_some(expiry),
            delete_on: Some(expiry + Days::new(15)),
            announced_suspension: None,
            zone,
            from: chrono::DateTime::UNIX_EPOCH,
            planned: &std::collections::BTreeSet::new(),
        };
        let planned = plan(&facts, &RenewalPolicy::default()).unwrap();
        for (one, next) in planned.iter().zip(planned.iter().skip(1)) {
            prop_assert!((one.due_at, one.kind.rank()) <= (next.due_at, next.kind.rank()));
        }
        let mut keys: Vec<_> = planned.iter().map(|each| each.key.clone()).collect();
        keys.sort();
        keys.dedup();
        prop_assert_eq!(keys.len(), planned.len());
        for each in &planned {
            prop_assert_eq!(each.due_at, start_of_day(each.on, zone));
        }
        let kinds = |kind: MilestoneKind| planned.iter().filter(|each| each.kind == kind).count();
        let live = status.is_live();
        let ending = kinds(MilestoneKind::Renew) + kinds(MilestoneKind::Suspend) + kinds(MilestoneKind::Delete);
        prop_assert_eq!(ending, usize::from(live));
        prop_assert_eq!(live && cancelled, live && planned.len() == 1 && kinds(MilestoneKind::Delete) == 1 && cancelled);
        if status == ServiceStatus::Suspended && !cancelled {
            prop_assert_eq!(kinds(MilestoneKind::DeletionNotice), 2);
        }
    }
}
