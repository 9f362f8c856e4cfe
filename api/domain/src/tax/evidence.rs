//! Where a consumer is, by what is known of it (Regulation (EU) 282/2011 art. 24b and 24f).

use crate::account::CountryCode;
use crate::text::words;
use std::collections::{BTreeMap, BTreeSet};

words! {
    /// What says where a consumer is.
    Evidence {
        /// The billing address.
        Billing = "billing",
        /// The network address that the order came from.
        Ip = "ip",
        /// The bank or the card that pays.
        Bank = "bank",
        /// The country of the mobile phone.
        Sim = "sim",
        /// Anything else of commercial relevance.
        Other = "other",
    }
}

/// How much has to agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Two items that do not contradict each other.
    TwoItems,
    /// One, from a seller whose yearly sales to consumers of other member states are at most 100,000 €.
    OneItem,
}

/// The country that the evidence agrees on: two items for it, and not two for another one. Where one is enough,
/// all that is known must name the same country.
#[must_use]
pub fn located(known: &BTreeMap<Evidence, CountryCode>, wanted: Wanted) -> Option<CountryCode> {
    let countries: BTreeSet<CountryCode> = known.values().copied().collect();
    let items = |country: CountryCode| known.values().filter(|named| **named == country).count();
    let mut agreed = countries.iter().copied().filter(|country| items(*country) >= 2);
    match (agreed.next(), agreed.next()) {
        (Some(country), None) => Some(country),
        (None, _) if wanted == Wanted::OneItem && countries.len() == 1 => countries.first().copied(),
        _ => None,
    }
}
