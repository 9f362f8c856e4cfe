//! Which VAT applies, and the totals of a document (EN 16931; rules V1–V8 of the domain vectors).
//!
//! VAT is computed once per (category, rate) on the summed base, never as a sum of rounded lines.

mod credit;
mod evidence;
mod place;
mod rates;
mod totals;

use crate::money::MoneyError;
use crate::text::words;

pub use credit::{Credited, partial_credit};
pub use evidence::{Evidence, Wanted, located};
pub use place::{Buyer, Seller, TaxDecision, TaxMention, TaxScheme, determine};
pub use rates::{InvalidRates, Rates};
pub use totals::{Document, Line, Pricing, TaxGroup, Totals, included_tax, totals};

/// Why a tax could not be determined or computed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TaxError {
    /// No rule or no rate is known for this seller, this buyer, this day.
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

words! {
    /// What is known of a buyer's VAT id.
    VatIdStatus {
        /// Its check was asked for and not answered yet: so far it counts for nothing.
        Pending = "pending",
        /// It was found valid.
        Valid = "valid",
        /// It was not.
        Invalid = "invalid",
    }
}

impl TaxCategory {
    /// Whether a rate is written with it: outside the scope of VAT there is none (EN 16931, BR-O-05).
    #[must_use]
    pub const fn has_rate(self) -> bool {
        !matches!(self, Self::OutsideScope)
    }
}

#[cfg(test)]
mod tests;
