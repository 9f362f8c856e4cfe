//! The customer account: its kind, its language, where it stands.

use crate::text::words;
use std::fmt;
use std::str::FromStr;

words! {
    /// Who holds an account; decides on required fields, tax and consumer rights.
    AccountKind {
        /// A person, with a consumer's rights.
        Individual = "individual",
        /// A business.
        Company = "company",
        /// An association.
        Association = "association",
        /// A public body, which may pay by administrative mandate.
        PublicBody = "public_body",
    }
}

words! {
    /// The language of messages, mails and documents.
    Language {
        /// French.
        Fr = "fr",
        /// English.
        En = "en",
    }
}

words! {
    /// Where an account stands.
    AccountStatus {
        /// Signed up, the e-mail address is not verified yet.
        Pending = "pending",
        /// Open.
        Active = "active",
        /// Its closure was confirmed and can still be revoked.
        Closing = "closing",
        /// Stopped by the provider.
        Blocked = "blocked",
        /// Closed, definitively.
        Closed = "closed",
    }
}

words! {
    /// The two addresses by which an account is reached and recovered.
    AddressRole {
        /// The one that logs in.
        Primary = "primary",
        /// The second one.
        Backup = "backup",
    }
}

words! {
    /// Where a change of an address stands.
    AddressChangeStatus {
        /// The new address is not proven yet: nothing has changed.
        Pending = "pending",
        /// Made, and it can be undone for a while.
        Applied = "applied",
        /// Stopped before it was made.
        Vetoed = "vetoed",
        /// Made and taken back.
        Undone = "undone",
        /// Another one took its place.
        Superseded = "superseded",
    }
}

/// A country, written as its two upper-case letters (ISO 3166-1 alpha-2). French overseas
/// departments have their own (`GP`, `MQ`, `GF`, `RE`, `YT`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "storage", derive(sea_orm::DeriveValueType))]
#[cfg_attr(feature = "storage", sea_orm(value_type = "String"))]
pub struct CountryCode([u8; 2]);

/// A text that is not two upper-case letters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a country code of two upper-case letters")]
pub struct InvalidCountry;

impl CountryCode {
    /// France without its overseas departments and collectivities.
    pub const FR: Self = Self(*b"FR");
}

impl fmt::Display for CountryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second] = self.0;
        f.pad(&String::from_iter([char::from(first), char::from(second)]))
    }
}

impl fmt::Debug for CountryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for CountryCode {
    type Err = InvalidCountry;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match *text.as_bytes() {
            [first, second] if first.is_ascii_uppercase() && second.is_ascii_uppercase() => Ok(Self([first, second])),
            [..] => Err(InvalidCountry),
        }
    }
}

impl serde::Serialize for CountryCode {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for CountryCode {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_country_is_two_upper_case_letters() {
        assert_eq!("FR".parse(), Ok(CountryCode::FR));
        assert_eq!(CountryCode::FR.to_string(), "FR");
        for wrong in ["", "F", "fr", "FRA", "F1", "É"] {
            assert_eq!(wrong.parse::<CountryCode>(), Err(InvalidCountry), "{wrong}");
        }
    }
}
