//! Which VAT applies, and the totals of a document (EN 16931; rules V1–V8 of the domain vectors).
//!
//! VAT is computed once per (category, rate) on the summed base, never as a sum of rounded lines.

mod credit;
mod totals;

use crate::account::{AccountKind, CountryCode};
use crate::money::{MoneyError, Scaled6};
use crate::text::words;
use chrono::NaiveDate;

pub use credit::{Credited, partial_credit};
pub use totals::{Document, Line, Pricing, TaxGroup, Totals, included_tax, totals};

/// Why a tax could not be determined or computed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TaxError {
    /// VAT for this seller and this buyer is not built yet.
    #[error("tax is not supported for this buyer")]
    NotSupported,
    /// The credit notes would exceed the invoice, or the credit has the other sign.
    #[error("the credit exceeds the invoice")]
    CreditExceedsInvoice,
    /// A negative tax rate.
    #[error("a tax rate cannot be negative")]
    NegativeRate,
    /// An amount that does not fit, of another currency, or a base quantity of zero.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

words! {
    /// Why VAT is or is not charged: the codes of EN 16931 (BT-118, subset of UNTDID 5305).
    TaxCategory {
        /// Standard or reduced rate.
        Standard = "S",
        /// Zero rate.
        ZeroRated = "Z",
        /// Exempt.
        Exempt = "E",
        /// Reverse charge: the buyer owes the VAT.
        ReverseCharge = "AE",
        /// Supply of goods inside the EU.
        IntraCommunity = "K",
        /// Export outside the EU.
        Export = "G",
        /// Outside the scope of VAT.
        OutsideScope = "O",
        /// Canary Islands (IGIC).
        CanaryIslands = "L",
        /// Ceuta and Melilla (IPSI).
        CeutaMelilla = "M",
    }
}

/// Who sells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seller {
    /// Where it is established.
    pub country: CountryCode,
    /// Its VAT id, with the country prefix.
    pub vat_id: Option<String>,
}

/// Who buys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Buyer {
    /// Where it is established, or lives.
    pub country: CountryCode,
    /// What it is.
    pub kind: AccountKind,
    /// Its valid VAT id, with the country prefix.
    pub vat_id: Option<String>,
}

/// The VAT of a supply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaxDecision {
    /// Why it is or is not charged.
    pub category: TaxCategory,
    /// In percent.
    pub rate: Scaled6,
    /// What must be printed on the document, if anything.
    pub mention: Option<&'static str>,
}

/// The standard rate of mainland France, 20 %, in millionths of a percent.
const FRENCH_STANDARD_RATE: Scaled6 = Scaled6::from_scaled(20_000_000);

/// Which VAT applies to a service sold on a day.
///
/// So far: French seller and French buyer, overseas departments excluded, 20 % since 1 January 2014
/// (CGI art. 278), whatever the kind of buyer.
///
/// # Errors
/// [`TaxError::NotSupported`] for everybody else.
pub fn determine(seller: &Seller, buyer: &Buyer, on: NaiveDate) -> Result<TaxDecision, TaxError> {
    let in_force = NaiveDate::from_ymd_opt(2014, 1, 1).is_some_and(|since| on >= since);
    if seller.country == CountryCode::FR && buyer.country == CountryCode::FR && in_force {
        return Ok(TaxDecision { category: TaxCategory::Standard, rate: FRENCH_STANDARD_RATE, mention: None });
    }
    Err(TaxError::NotSupported)
}

#[cfg(test)]
mod tests;
