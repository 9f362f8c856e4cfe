//! The domain rules against the vectors: one test per file, from `tests/vectors/` or from the absolute
//! folder in the environment variable `VECTORS`. A missing file fails; a file nobody asks for is
//! ignored; what a vector asks for and the evaluator does not know fails.

mod support;

use support::check;

#[test]
fn dates_anchor() {
    check("dates_anchor", support::dates_anchor::evaluate);
}

#[test]
fn timezone() {
    check("timezone", support::timezone::evaluate);
}

#[test]
fn renewal() {
    check("renewal", support::renewal::evaluate);
}

#[test]
fn vat_rounding() {
    check("vat_rounding", support::vat_rounding::evaluate);
}

#[test]
fn vat_place_of_supply() {
    check("vat_place_of_supply", support::vat_place_of_supply::evaluate);
}

#[test]
fn invoice_sequence() {
    check("invoice_sequence", support::invoice_sequence::evaluate);
}

#[test]
fn identifiers() {
    check("identifiers", support::identifiers::evaluate);
}

#[test]
fn service_lifecycle() {
    check("service_lifecycle", support::service_lifecycle::evaluate);
}
