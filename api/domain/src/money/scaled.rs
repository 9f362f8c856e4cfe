//! Unit prices, quantities and tax rates: exact decimals with at most six fractional digits.

use super::{MoneyError, scaled_integer, times_ten_to};
use rust_decimal::Decimal;
use std::fmt;
use std::str::FromStr;

/// A decimal with at most six fractional digits, stored as a `BIGINT` of millionths.
///
/// Six is what French invoices allow for a unit price (rule BR-FR-DEC-03). `SQLite` has no decimal
/// type, so a plain `Decimal` column would go through a float there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scaled6(i64);

impl Scaled6 {
    /// How many fractional digits are kept.
    pub const DIGITS: u32 = 6;
    /// One.
    pub const ONE: Self = Self(1_000_000);

    /// A whole number.
    #[must_use]
    pub fn whole(value: i32) -> Self {
        Self(i64::from(value) * 1_000_000)
    }

    /// From an exact value.
    ///
    /// # Errors
    /// [`MoneyError::Malformed`] with more than six fractional digits, [`MoneyError::Overflow`] when
    /// it does not fit.
    pub fn new(value: Decimal) -> Result<Self, MoneyError> {
        let value = value.normalize();
        let missing = Self::DIGITS.checked_sub(value.scale()).ok_or(MoneyError::Malformed { digits: Self::DIGITS })?;
        let scaled = times_ten_to(value.mantissa(), missing)?;
        i64::try_from(scaled).map(Self).map_err(|_| MoneyError::Overflow)
    }

    /// From millionths, as stored.
    #[must_use]
    pub const fn from_scaled(millionths: i64) -> Self {
        Self(millionths)
    }

    /// In millionths, as stored.
    #[must_use]
    pub const fn scaled(self) -> i64 {
        self.0
    }

    /// The value, without trailing zeros.
    #[must_use]
    pub fn value(self) -> Decimal {
        Decimal::from_i128_with_scale(i128::from(self.0), Self::DIGITS).normalize()
    }

    /// As a price: at least two fractional digits (`10.00`, `0.0137`).
    #[must_use]
    pub fn display_price(self) -> String {
        let text = self.value().to_string();
        let digits = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
        match digits {
            0 => text + ".00",
            1 => text + "0",
            2.. => text,
        }
    }
}

/// Without trailing zeros: `20`, `8.5`, `0.0137`.
impl fmt::Display for Scaled6 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.value().to_string())
    }
}

impl FromStr for Scaled6 {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        scaled_integer(text, Self::DIGITS).map(Self)
    }
}

impl serde::Serialize for Scaled6 {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Scaled6 {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(feature = "storage")]
mod storage {
    use super::Scaled6;
    use sea_orm::sea_query::{ArrayType, ColumnType, Nullable, ValueType, ValueTypeErr};
    use sea_orm::{ActiveValue, ColIdx, IntoActiveValue, QueryResult, TryGetError, TryGetable, Value};

    impl From<Scaled6> for Value {
        fn from(value: Scaled6) -> Self {
            Self::BigInt(Some(value.scaled()))
        }
    }

    impl sea_orm::TryFromU64 for Scaled6 {
        fn try_from_u64(_: u64) -> Result<Self, sea_orm::DbErr> {
            Err(sea_orm::DbErr::ConvertFromU64("Scaled6"))
        }
    }

    impl Nullable for Scaled6 {
        fn null() -> Value {
            Value::BigInt(None)
        }
    }

    impl TryGetable for Scaled6 {
        fn try_get_by<I: ColIdx>(row: &QueryResult, index: I) -> Result<Self, TryGetError> {
            i64::try_get_by(row, index).map(Self::from_scaled)
        }
    }

    impl ValueType for Scaled6 {
        fn try_from(value: Value) -> Result<Self, ValueTypeErr> {
            <i64 as ValueType>::try_from(value).map(Self::from_scaled)
        }

        fn type_name() -> String {
            "Scaled6".to_owned()
        }

        fn array_type() -> ArrayType {
            ArrayType::BigInt
        }

        fn column_type() -> ColumnType {
            ColumnType::BigInteger
        }
    }

    impl IntoActiveValue<Self> for Scaled6 {
        fn into_active_value(self) -> ActiveValue<Self> {
            ActiveValue::Set(self)
        }
    }
}
