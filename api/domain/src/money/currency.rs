//! ISO 4217 currencies.

use std::fmt;
use std::str::FromStr;

/// A currency that has minor units, written as its ISO 4217 code (`EUR`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "storage", derive(sea_orm::DeriveValueType))]
#[cfg_attr(feature = "storage", sea_orm(value_type = "String"))]
pub struct Currency(iso_currency::Currency);

/// A text that is not the code of a currency with minor units.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an ISO 4217 currency")]
pub struct UnknownCurrency(pub String);

impl Currency {
    /// Euro.
    pub const EUR: Self = Self(iso_currency::Currency::EUR);

    /// How many fractional digits an amount has: 2 for EUR, 0 for JPY.
    #[must_use]
    pub fn digits(self) -> u32 {
        self.0.exponent().map_or(0, u32::from)
    }

    /// The ISO 4217 code, e.g. `EUR`.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.0.code()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Currency {
    type Err = UnknownCurrency;

    /// Metals, funds and other codes without minor units are not accepted.
    fn from_str(code: &str) -> Result<Self, Self::Err> {
        iso_currency::Currency::from_code(code)
            .filter(|currency| currency.exponent().is_some() && currency.code() == code)
            .map(Self)
            .ok_or_else(|| UnknownCurrency(code.to_owned()))
    }
}

impl serde::Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.code())
    }
}

impl<'de> serde::Deserialize<'de> for Currency {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let code = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(d)?;
        code.parse().map_err(serde::de::Error::custom)
    }
}
