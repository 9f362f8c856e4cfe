//! Identifiers of banks, companies, documents and mailboxes: syntax and check digits.
//!
//! Every type here holds the normalised form (no separators, upper case) and cannot be wrong. Nothing
//! is looked up: a well-formed IBAN may not exist. Rules K1–K4 of the domain vectors.

mod bank;
mod card;
mod company;
mod email;
mod reference;
mod vat;

use std::fmt;
use std::str::FromStr;

pub use card::{contains_card_number, is_card_number};
pub use email::{EmailAddress, InvalidEmail};

/// A text that is not the identifier it was read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {kind}")]
pub struct InvalidIdentifier {
    /// What was expected, e.g. `IBAN`.
    pub kind: &'static str,
}

macro_rules! identifiers {
    ($($(#[$meta:meta])* $name:ident = $kind:literal by $normalise:path;)+) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The normalised form.
            #[must_use]
            pub fn as_str(&self) -> &str { &self.0 }
        }

        impl FromStr for $name {
            type Err = InvalidIdentifier;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $normalise(text).map(Self).ok_or(InvalidIdentifier { kind: $kind })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.pad(&self.0) }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> { s.serialize_str(&self.0) }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(d)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )+};
}

identifiers! {
    /// An international bank account number (ISO 13616), of a country of the registry.
    Iban = "IBAN" by bank::iban;
    /// A bank identifier (ISO 9362), 8 or 11 characters.
    Bic = "BIC" by bank::bic;
    /// A SEPA creditor identifier (EPC AT-02).
    CreditorId = "SEPA creditor identifier" by bank::creditor_id;
    /// A French company (9 digits, Luhn).
    Siren = "SIREN" by company::siren;
    /// An establishment of a French company (14 digits, rule K3).
    Siret = "SIRET" by company::siret;
    /// A VAT id of a member state of the EU, with its prefix (`EL` for Greece).
    VatId = "EU VAT id" by vat::vat_id;
    /// A number a French invoice can have (XP Z12-012, BR-FR-01/02; rule K2).
    InvoiceNumber = "invoice number" by reference::invoice_number;
    /// A unique mandate reference (UMR) of a SEPA direct debit.
    MandateReference = "mandate reference" by reference::mandate_reference;
}

impl Iban {
    /// The country, two letters.
    #[must_use]
    pub fn country(&self) -> &str {
        self.0.get(..2).unwrap_or_default()
    }

    /// What may be shown: country, check digits and the last three characters.
    #[must_use]
    pub fn masked(&self) -> String {
        let (start, end) = (self.0.get(..4), self.0.len().checked_sub(3).and_then(|at| self.0.get(at..)));
        format!("{}•••{}", start.unwrap_or_default(), end.unwrap_or_default())
    }
}

impl Siren {
    /// The French VAT id of this company.
    #[must_use]
    pub fn vat_id(&self) -> VatId {
        VatId(vat::of_siren(&self.0))
    }
}

impl Siret {
    /// The company this is an establishment of.
    #[must_use]
    pub fn siren(&self) -> Siren {
        Siren(self.0.get(..9).unwrap_or_default().to_owned())
    }
}

impl VatId {
    /// The prefix: the member state, `EL` for Greece.
    #[must_use]
    pub fn prefix(&self) -> &str {
        self.0.get(..2).unwrap_or_default()
    }
}

/// Without spaces and punctuation, in upper case (rule K1).
fn compact(text: &str) -> String {
    let separator =
        |letter: char| letter.is_whitespace() || matches!(letter, '-' | '.' | ',' | '/' | ':' | '_' | '\'' | '(' | ')');
    text.chars().filter(|letter| !separator(*letter)).map(|letter| letter.to_ascii_uppercase()).collect()
}

/// The digits of a text made of nothing else.
fn digits(text: &str) -> Option<Vec<u32>> {
    text.chars().map(|letter| letter.to_digit(10)).collect()
}

/// The digits of a text made of exactly so many.
fn exactly<const N: usize>(text: &str) -> Option<[u32; N]> {
    digits(text)?.try_into().ok()
}

/// The Luhn sum: from the right, every second digit doubled and its digits added.
fn luhn_sum(digits: &[u32]) -> u32 {
    let doubled = |digit: u32| if digit > 4 { 2 * digit - 9 } else { 2 * digit };
    let odd_from_right = |(place, digit): (usize, &u32)| if place % 2 == 1 { doubled(*digit) } else { *digit };
    digits.iter().rev().enumerate().map(odd_from_right).sum()
}

/// Whether the last digit is the Luhn check digit of the others.
fn luhn(digits: &[u32]) -> bool {
    luhn_sum(digits).is_multiple_of(10)
}

/// Remainder by 97 of a text where A is 10, B is 11, ... Z is 35 (ISO 7064 mod 97-10).
fn mod_97(text: impl Iterator<Item = char>) -> Option<u32> {
    text.map(|letter| letter.to_digit(36)).try_fold(0, |rest, value| match value? {
        digit @ 0..=9 => Some((rest * 10 + digit) % 97),
        letter @ 10.. => Some((rest * 100 + letter) % 97),
    })
}

#[cfg(test)]
mod tests;
