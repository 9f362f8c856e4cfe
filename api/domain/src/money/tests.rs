use super::*;

fn eur(text: &str) -> Money {
    Money::parse(text, Currency::EUR).unwrap()
}

fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

#[test]
fn amounts_are_read_strictly_and_written_with_the_digits_of_the_currency() {
    for (text, written) in [("12.34", "12.34"), ("12", "12.00"), ("0.5", "0.50"), ("-0.00", "0.00"), ("-7.1", "-7.10")]
    {
        assert_eq!(eur(text).to_string(), written);
    }
    let jpy: Currency = "JPY".parse().unwrap();
    assert_eq!(Money::parse("500", jpy).unwrap().to_string(), "500");
    assert!(Money::parse("500.0", jpy).is_err());
    for wrong in ["", "-", ".5", "1.", "+1", "1e3", "1,00", "1 000", "1.234", "--1", "1.2.3", "١"] {
        assert!(Money::parse(wrong, Currency::EUR).is_err(), "{wrong}");
    }
    assert_eq!(Money::parse("92233720368547758.08", Currency::EUR), Err(MoneyError::Overflow));
}

#[test]
fn halves_go_away_from_zero_on_both_sides() {
    for (value, rounded) in [
        ("0.085", "0.09"),
        ("-0.085", "-0.09"),
        ("0.165", "0.17"),
        ("0.0849999999999", "0.08"),
        ("2", "2.00"),
        ("-0.001", "0.00"),
    ] {
        assert_eq!(Money::round_half_up(dec(value), Currency::EUR).unwrap().to_string(), rounded);
    }
    let third = Money::quotient(&[dec("1"), dec("1")], dec("3"), Currency::EUR).unwrap();
    assert_eq!(third, eur("0.33"));
    assert_eq!(Money::quotient(&[dec("1")], dec("0"), Currency::EUR), Err(MoneyError::DivisionByZero));
    assert_eq!(Money::quotient(&[dec("1")], dec("-200"), Currency::EUR), Ok(eur("-0.01")));
    assert_eq!(Money::round_half_up(Decimal::MAX, Currency::EUR), Err(MoneyError::Overflow));
}

#[test]
fn shares_sum_to_the_whole_and_ties_go_to_the_earliest() {
    let parts = |amount: &str, weights: &[&str]| {
        let weights: Vec<Decimal> = weights.iter().map(|weight| dec(weight)).collect();
        eur(amount).allocate(&weights).map(|parts| parts.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    assert_eq!(parts("0.02", &["1", "1", "1"]).unwrap(), ["0.01", "0.01", "0.00"]);
    assert_eq!(parts("99.99", &["30", "31", "30"]).unwrap(), ["32.97", "34.06", "32.96"]);
    assert_eq!(parts("-0.02", &["1", "1", "1"]).unwrap(), ["-0.01", "-0.01", "0.00"]);
    assert_eq!(parts("1.00", &["-1", "0", "-0.5"]).unwrap(), ["0.67", "0.00", "0.33"]);
    assert_eq!(parts("1.00", &["1", "-1"]), Err(MoneyError::Weights));
    assert_eq!(parts("1.00", &["0"]), Err(MoneyError::Weights));
    assert_eq!(parts("1.00", &[]), Err(MoneyError::Weights));
}

#[test]
fn currencies_do_not_mix_and_sums_do_not_wrap() {
    let usd: Currency = "USD".parse().unwrap();
    let dollar = Money::from_minor(100, usd);
    assert!(matches!(eur("1").checked_add(dollar), Err(MoneyError::CurrencyMismatch { .. })));
    assert!(matches!(sum(usd, [eur("1")]), Err(MoneyError::CurrencyMismatch { .. })));
    assert_eq!(eur("1").partial_cmp(&dollar), None);
    let most = Money::from_minor(i64::MAX, Currency::EUR);
    assert_eq!(most.checked_add(eur("0.01")), Err(MoneyError::Overflow));
    assert_eq!(sum(Currency::EUR, [eur("1"), eur("-0.25")]).unwrap(), eur("0.75"));
    assert_eq!(eur("9.99").times(dec("0.5")).unwrap(), eur("5.00"));
    assert_eq!(eur("9.99").min(eur("5")).unwrap(), eur("5"));
}

#[test]
fn only_currencies_with_minor_units_are_known() {
    for wrong in ["eur", "XAU", "XXX", "EURO", ""] {
        assert!(wrong.parse::<Currency>().is_err(), "{wrong}");
    }
    assert_eq!(serde_json::to_string(&Currency::EUR).unwrap(), r#""EUR""#);
    assert_eq!(serde_json::from_str::<Currency>(r#""EUR""#).unwrap(), Currency::EUR);
}

#[test]
fn millionths_are_exact() {
    let price: Scaled6 = "0.0137".parse().unwrap();
    assert_eq!((price.scaled(), price.to_string(), price.display_price()), (13_700, "0.0137".into(), "0.0137".into()));
    let price = Scaled6::new(dec("10.000")).unwrap();
    assert_eq!((price.to_string(), price.display_price()), ("10".into(), "10.00".into()));
    assert_eq!(Scaled6::new(dec("8.5")).unwrap().display_price(), "8.50");
    assert!(Scaled6::new(dec("0.0000001")).is_err());
    assert!(Scaled6::new(Decimal::MAX).is_err());
    assert_eq!(serde_json::to_string(&price).unwrap(), r#""10""#);
    assert!(serde_json::from_str::<Scaled6>(r#""1e2""#).is_err());
}
