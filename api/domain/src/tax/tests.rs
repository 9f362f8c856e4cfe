use super::*;
use crate::account::{AccountKind, CountryCode};
use crate::money::{Currency, Money};
use chrono::NaiveDate;

fn eur(text: &str) -> Money {
    Money::parse(text, Currency::EUR).unwrap()
}

fn line(quantity: &str, price: &str, rate: &str) -> Line {
    Line {
        quantity: quantity.parse().unwrap(),
        unit_price: price.parse().unwrap(),
        base_quantity: "1".parse().unwrap(),
        category: TaxCategory::Standard,
        rate: rate.parse().unwrap(),
        allowance: eur("0"),
        charge: eur("0"),
    }
}

#[test]
fn vat_is_computed_on_the_sum_and_a_credit_is_the_opposite() {
    let lines = [line("1", "0.99", "20"), line("1", "0.99", "20"), line("1", "0.99", "20")];
    let invoice = totals(&Document::of(&lines, Currency::EUR)).unwrap();
    assert_eq!((invoice.net, invoice.tax, invoice.gross), (eur("2.97"), eur("0.59"), eur("3.56")));

    let opposite = lines.map(|line| Line { quantity: "-1".parse().unwrap(), ..line });
    let credit = totals(&Document::of(&opposite, Currency::EUR)).unwrap();
    assert_eq!((credit.net, credit.tax, credit.gross), (eur("-2.97"), eur("-0.59"), eur("-3.56")));
}

#[test]
fn a_document_allowance_is_shared_by_the_groups() {
    let lines = [line("1", "100.00", "20"), line("1", "50.00", "5.5"), line("1", "-1.00", "10")];
    let document = Document { allowance: eur("10.00"), prepaid: eur("1.00"), ..Document::of(&lines, Currency::EUR) };
    let totals = super::totals(&document).unwrap();
    assert_eq!(totals.lines, eur("149.00"));
    assert_eq!(totals.net, eur("139.00"));
    let bases: Vec<_> = totals.groups.iter().map(|group| group.base).collect();
    assert_eq!(bases, [eur("93.33"), eur("46.67"), eur("-1.00")]);
    assert_eq!(totals.tax, eur("21.14"));
    assert_eq!(totals.due, eur("159.14"));
    let nothing = Document { allowance: eur("1"), ..Document::of(&[], Currency::EUR) };
    assert_eq!(super::totals(&nothing), Err(TaxError::Money(MoneyError::Weights)));
}

#[test]
fn gross_prices_are_charged_exactly() {
    let lines = [line("1", "9.99", "20"), line("2", "9.99", "20"), line("-1", "9.99", "20")];
    let document = Document { pricing: Pricing::Gross, ..Document::of(&lines, Currency::EUR) };
    let totals = super::totals(&document).unwrap();
    assert_eq!(totals.gross, eur("19.98"));
    assert_eq!((totals.net, totals.tax), (eur("16.65"), eur("3.33")));
    assert_eq!(totals.lines, totals.net);
    let document = Document { allowance: eur("9.99"), ..document };
    assert_eq!(super::totals(&document).unwrap().gross, eur("9.99"));
}

#[test]
fn nonsense_is_refused() {
    let one = line("1", "1", "20");
    let refused = |line: Line| totals(&Document::of(&[line], Currency::EUR)).unwrap_err();
    assert_eq!(refused(Line { rate: "-1".parse().unwrap(), ..one }), TaxError::NegativeRate);
    assert_eq!(
        refused(Line { base_quantity: "0".parse().unwrap(), ..one }),
        TaxError::Money(MoneyError::DivisionByZero)
    );
    let usd = Money::zero("USD".parse().unwrap());
    assert!(matches!(refused(Line { charge: usd, ..one }), TaxError::Money(MoneyError::CurrencyMismatch { .. })));
}

#[test]
fn credits_never_exceed_the_invoice() {
    let invoice = Credited { net: eur("100"), tax: eur("20") };
    let none = Credited { net: eur("0"), tax: eur("0") };
    let first = partial_credit(invoice, none, eur("60")).unwrap();
    assert_eq!(first, Credited { net: eur("60"), tax: eur("12") });
    assert_eq!(partial_credit(invoice, first, eur("40.01")), Err(TaxError::CreditExceedsInvoice));
    assert_eq!(partial_credit(invoice, first, eur("-1")), Err(TaxError::CreditExceedsInvoice));
    assert_eq!(partial_credit(none, none, eur("1")), Err(TaxError::CreditExceedsInvoice));
    assert_eq!(partial_credit(none, none, eur("0")), Ok(none));
}

fn supply(country: &str, postal_code: &str, (kind, vat_identified): (AccountKind, bool)) -> TaxDecision {
    let on = NaiveDate::from_ymd_opt(2026, 11, 23).unwrap();
    let seller = Seller { country: CountryCode::FR, destination: true };
    let buyer = Buyer { country: country.parse().unwrap(), postal_code: postal_code.into(), kind, vat_identified };
    determine(&seller, &buyer, &Rates::known().unwrap(), on).unwrap()
}

#[test]
fn a_postal_code_says_when_the_vat_is_not_that_of_the_country() {
    let known = [
        ("FR", "20090", "S 20 domestic"),
        ("FR", "97110", "S 8.5 domestic_dom"),
        ("FR", "97 400", "S 8.5 domestic_dom"),
        ("FR", "97300", "E 0 outside_scope_dom"),
        ("FR", "97133", "O 0 outside_scope"),
        ("FR", "98714", "O 0 outside_scope"),
        ("FR", "98000", "S 20 domestic"),
        ("ES", "35001", "O 0 outside_scope"),
        ("ES", "28001", "S 21 oss"),
        ("DE", "78266", "O 0 outside_scope"),
        ("IT", "23041", "O 0 outside_scope"),
        ("FI", "22100", "O 0 outside_scope"),
        ("GR", "630 86", "O 0 outside_scope"),
        ("AT", "6993", "S 19 oss"),
        ("PT", "9000-001", "S 22 oss"),
        ("PT", "9500-001", "S 16 oss"),
        ("AX", "22100", "O 0 outside_scope"),
        ("US", "98714", "O 0 outside_scope"),
    ];
    for (country, code, expected) in known {
        let tax = supply(country, code, (AccountKind::Individual, false));
        assert_eq!(format!("{} {} {}", tax.category, tax.rate, tax.scheme), expected, "{country} {code}");
    }
}

#[test]
fn the_buyer_owes_the_vat_only_with_a_valid_vat_id() {
    let scheme = |kind, identified| supply("BE", "1000", (kind, identified)).scheme.as_str();
    for kind in [AccountKind::Company, AccountKind::PublicBody, AccountKind::Association] {
        assert_eq!((scheme(kind, true), scheme(kind, false)), ("reverse_charge", "oss"), "{kind}");
    }
    assert_eq!(scheme(AccountKind::Individual, true), "oss");
    assert_eq!(supply("FR", "75001", (AccountKind::Company, true)).scheme, TaxScheme::Domestic);
}

#[test]
fn a_seller_elsewhere_is_not_known() {
    let seller = Seller { country: "BE".parse().unwrap(), destination: true };
    let buyer = Buyer {
        country: CountryCode::FR,
        postal_code: "75001".into(),
        kind: AccountKind::Company,
        vat_identified: true,
    };
    let on = NaiveDate::from_ymd_opt(2026, 11, 23).unwrap();
    assert_eq!(determine(&seller, &buyer, &Rates::known().unwrap(), on), Err(TaxError::NotSupported));
}
