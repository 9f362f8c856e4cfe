use super::*;
use crate::money::Currency;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn paris() -> Sequencer {
    Sequencer::new(chrono_tz::Europe::Paris)
}

fn net(rate: &str, amount: &str) -> NetByRate {
    NetByRate::from([(rate.to_owned(), Money::parse(amount, Currency::EUR).unwrap())])
}

#[test]
fn the_year_is_that_of_the_seller_and_the_date_never_goes_back() {
    let mut documents = paris();
    let issue =
        |documents: &mut Sequencer, name: &str, when: &str| documents.issue(name, at(when), NetByRate::new()).unwrap();
    assert_eq!(issue(&mut documents, "A", "2026-12-31T22:59:59Z"), "FC-2026-000001");
    assert_eq!(issue(&mut documents, "B", "2026-12-31T23:00:00Z"), "FC-2027-000001");
    assert_eq!(issue(&mut documents, "C", "2026-12-31T22:59:59Z"), "FC-2027-000002");
    assert_eq!(issue_date(day("2026-01-01"), Some(day("2026-01-02"))), day("2026-01-02"));
}

#[test]
fn an_issued_document_never_changes() {
    let mut documents = paris();
    let now = at("2026-11-23T10:00:00Z");
    documents.issue("A", now, net("20", "1")).unwrap();
    assert_eq!(documents.issue("A", now, net("20", "1")), Err(DocumentError::AlreadyIssued));
    assert_eq!(documents.discard("A"), Err(DocumentError::AlreadyIssued));
    assert_eq!(documents.draft("A"), Err(DocumentError::AlreadyIssued));
    assert_eq!(documents.discard("B"), Err(DocumentError::NotFound));
    documents.draft("B").unwrap();
    assert_eq!(documents.credit("B", "N", now, None), Err(DocumentError::NotIssued));
    assert_eq!(documents.credit("Z", "N", now, None), Err(DocumentError::NotFound));
}

#[test]
fn credits_are_checked_rate_by_rate_and_a_refused_one_takes_no_number() {
    let mut documents = paris();
    let now = at("2026-11-23T10:00:00Z");
    let mut nets = net("20", "10");
    nets.extend(net("5.5", "5"));
    documents.issue("A", now, nets).unwrap();
    assert_eq!(documents.credit("A", "N1", now, Some(&net("5.5", "5.01"))), Err(DocumentError::CreditExceedsInvoice));
    assert_eq!(documents.credit("A", "N1", now, Some(&net("10", "1"))), Err(DocumentError::CreditExceedsInvoice));
    assert_eq!(documents.credit("A", "N2", now, Some(&net("5.5", "5"))).unwrap(), "AV-2026-000001");
    assert_eq!(documents.credit("A", "N3", now, None).unwrap(), "AV-2026-000002");
    assert_eq!(documents.credit("A", "N4", now, Some(&net("20", "0.01"))), Err(DocumentError::CreditExceedsInvoice));
}

#[test]
fn series_have_one_spelling() {
    for name in ["FC", "AV", "T1FC", "T12AV"] {
        assert_eq!(name.parse::<Series>().unwrap().to_string(), name);
    }
    for wrong in ["", "FCX", "T", "TFC", "T01FC", "T+1FC", "XFC", "fc"] {
        assert_eq!(wrong.parse::<Series>(), Err(InvalidSeries), "{wrong}");
    }
    assert_eq!(Series::of_test_clock(3, DocumentKind::Invoice).number(2026, 7), "T3FC-2026-000007");
    let last = LastIssued { position: u32::MAX, issued_on: day("2026-01-01") };
    let series = Series::of(DocumentKind::Invoice);
    assert_eq!(series.next(Some(last), day("2026-01-01")), Err(DocumentError::SeriesExhausted));
    assert_eq!(series.next(Some(last), day("2027-01-01")).unwrap().number, "FC-2027-000001");
}
