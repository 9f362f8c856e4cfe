//! Amounts of money: exact, with a currency, and the only place where anything is rounded.
//!
//! An amount is a whole number of the currency's minor units (cents) in an `i64`. Whatever is not a
//! whole number of cents goes through [`Money::quotient`], which rounds once, half away from zero
//! (EN 16931 rules BR-CO-17 and BR-DEC; a credit note is then exactly the opposite of its invoice).
//! Sharing out goes through [`Money::allocate`], so that the parts always sum to the whole.

mod currency;
mod scaled;

use rust_decimal::Decimal;
use std::cmp::{Ordering, Reverse};
use std::fmt;

pub use currency::{Currency, UnknownCurrency};
pub use scaled::Scaled6;

/// Why an amount could not be read or computed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The text is not `-?digits[.digits]` with at most `digits` fractional digits.
    #[error("not a decimal number with at most {digits} fractional digits")]
    Malformed {
        /// How many fractional digits are allowed.
        digits: u32,
    },
    /// Two amounts of different currencies were put together.
    #[error("{left} and {right} cannot be put together")]
    CurrencyMismatch {
        /// Currency of the first amount.
        left: Currency,
        /// Currency of the other one.
        right: Currency,
    },
    /// The result does not fit.
    #[error("the amount is too large")]
    Overflow,
    /// A division by zero was asked for.
    #[error("division by zero")]
    DivisionByZero,
    /// The weights of an allocation have opposite signs, or sum to zero.
    #[error("weights must have one sign and not all be zero")]
    Weights,
}

/// An amount of one currency, in whole minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

impl Money {
    /// Nothing, in this currency.
    #[must_use]
    pub const fn zero(currency: Currency) -> Self {
        Self { minor: 0, currency }
    }

    /// From whole minor units (cents of EUR), as stored in the database.
    #[must_use]
    pub const fn from_minor(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Whole minor units, as stored in the database.
    #[must_use]
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// The currency.
    #[must_use]
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// In major units, with exactly the currency's digits: 1234 cents are `12.34`.
    #[must_use]
    pub fn amount(self) -> Decimal {
        Decimal::from_i128_with_scale(i128::from(self.minor), self.currency.digits())
    }

    /// Reads `12.34`: no more fractional digits than the currency has, no exponent, no `+`.
    ///
    /// # Errors
    /// [`MoneyError::Malformed`], or [`MoneyError::Overflow`] when it does not fit.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        scaled_integer(text, currency.digits()).map(|minor| Self { minor, currency })
    }

    /// Rounds to the currency's digits, half away from zero (vector rule V5).
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] when it does not fit.
    pub fn round_half_up(value: Decimal, currency: Currency) -> Result<Self, MoneyError> {
        Self::quotient(&[value], Decimal::ONE, currency)
    }

    /// The product of `factors` divided by `divisor`, computed exactly and rounded once, half away
    /// from zero.
    ///
    /// # Errors
    /// [`MoneyError::DivisionByZero`], or [`MoneyError::Overflow`] when it does not fit.
    pub fn quotient(factors: &[Decimal], divisor: Decimal, currency: Currency) -> Result<Self, MoneyError> {
        let divisor = divisor.normalize();
        let mut top: i128 = 1;
        let mut bottom = divisor.mantissa();
        let mut below: u32 = 0;
        for factor in factors {
            let factor = factor.normalize();
            top = top.checked_mul(factor.mantissa()).ok_or(MoneyError::Overflow)?;
            below = below.saturating_add(factor.scale());
        }
        let above = divisor.scale().saturating_add(currency.digits());
        if above >= below {
            top = times_ten_to(top, above.abs_diff(below))?;
        } else {
            bottom = times_ten_to(bottom, above.abs_diff(below))?;
        }
        let whole = top.checked_div(bottom).ok_or(MoneyError::DivisionByZero)?;
        let rest = top.checked_rem(bottom).ok_or(MoneyError::DivisionByZero)?.unsigned_abs();
        let away = if (top < 0) == (bottom < 0) { 1 } else { -1 };
        let rounded = if rest >= bottom.unsigned_abs().saturating_sub(rest) && rest > 0 { whole + away } else { whole };
        i64::try_from(rounded).map(|minor| Self { minor, currency }).map_err(|_| MoneyError::Overflow)
    }

    /// The sum.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`] or [`MoneyError::Overflow`].
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        let minor = self.minor.checked_add(other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Self { minor, ..self })
    }

    /// The difference.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`] or [`MoneyError::Overflow`].
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        let minor = self.minor.checked_sub(other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Self { minor, ..self })
    }

    /// The smaller of the two.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`].
    pub fn min(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        Ok(Self { minor: self.minor.min(other.minor), ..self })
    }

    /// The opposite amount. (`i64::MIN`, which no computation here yields, becomes `i64::MAX`.)
    #[must_use]
    pub const fn negate(self) -> Self {
        Self { minor: self.minor.saturating_neg(), currency: self.currency }
    }

    /// Whether it is nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// Whether it is less than nothing.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.minor < 0
    }

    /// Whether it is more than nothing.
    #[must_use]
    pub const fn is_positive(self) -> bool {
        self.minor > 0
    }

    /// That many times this amount, rounded half away from zero.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn times(self, quantity: Decimal) -> Result<Self, MoneyError> {
        Self::quotient(&[self.amount(), quantity], Decimal::ONE, self.currency)
    }

    /// Shares the amount out in proportion to `weights`: every part is cut to whole minor units
    /// towards zero, the missing units go one by one to the largest remainders, ties to the earliest
    /// part (vector rule P5). The parts sum to the whole.
    ///
    /// # Errors
    /// [`MoneyError::Weights`] when the weights have opposite signs or sum to zero,
    /// [`MoneyError::Overflow`] when they do not fit.
    pub fn allocate(self, weights: &[Decimal]) -> Result<Vec<Self>, MoneyError> {
        let (weights, total) = whole_weights(weights)?;
        let amount = i128::from(self.minor);
        let mut shares = Vec::with_capacity(weights.len());
        let mut remainders = Vec::with_capacity(weights.len());
        for (position, weight) in weights.iter().enumerate() {
            let exact = amount.checked_mul(*weight).ok_or(MoneyError::Overflow)?;
            shares.push(exact.checked_div(total).ok_or(MoneyError::Weights)?);
            remainders.push((exact.checked_rem(total).ok_or(MoneyError::Weights)?.unsigned_abs(), position));
        }
        let missing = (amount - shares.iter().sum::<i128>()).unsigned_abs();
        remainders.sort_by_key(|(remainder, position)| (Reverse(*remainder), *position));
        let missing = usize::try_from(missing).map_err(|_| MoneyError::Overflow)?;
        for (_, position) in remainders.iter().take(missing) {
            if let Some(share) = shares.get_mut(*position) {
                *share += amount.signum();
            }
        }
        shares
            .into_iter()
            .map(|share| i64::try_from(share).map(|minor| Self { minor, ..self }).map_err(|_| MoneyError::Overflow))
            .collect()
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            return Ok(());
        }
        Err(MoneyError::CurrencyMismatch { left: self.currency, right: other.currency })
    }
}

/// Amounts of different currencies have no order.
impl PartialOrd for Money {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        (self.currency == other.currency).then(|| self.minor.cmp(&other.minor))
    }
}

/// `12.34`: exactly the currency's digits, never `-0.00`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.amount().to_string())
    }
}

/// The sum of many amounts; nothing when there is none.
///
/// # Errors
/// [`MoneyError::CurrencyMismatch`] when one is of another currency, [`MoneyError::Overflow`].
pub fn sum(currency: Currency, amounts: impl IntoIterator<Item = Money>) -> Result<Money, MoneyError> {
    amounts.into_iter().try_fold(Money::zero(currency), Money::checked_add)
}

/// The weights as whole numbers of one scale, none negative, and their sum, above zero.
fn whole_weights(weights: &[Decimal]) -> Result<(Vec<i128>, i128), MoneyError> {
    if weights.iter().any(|weight| weight.is_sign_negative() && !weight.is_zero())
        && weights.iter().any(|weight| weight.is_sign_positive() && !weight.is_zero())
    {
        return Err(MoneyError::Weights);
    }
    let scale = weights.iter().map(|weight| weight.normalize().scale()).max().unwrap_or_default();
    let whole = weights
        .iter()
        .map(|weight| {
            let weight = weight.abs().normalize();
            times_ten_to(weight.mantissa(), scale.saturating_sub(weight.scale()))
        })
        .collect::<Result<Vec<i128>, _>>()?;
    let total =
        whole.iter().try_fold(0_i128, |total, weight| total.checked_add(*weight)).ok_or(MoneyError::Overflow)?;
    if total == 0 { Err(MoneyError::Weights) } else { Ok((whole, total)) }
}

fn times_ten_to(value: i128, exponent: u32) -> Result<i128, MoneyError> {
    10_i128.checked_pow(exponent).and_then(|power| value.checked_mul(power)).ok_or(MoneyError::Overflow)
}

/// Reads `-?digits[.digits]` with at most `digits` fractional digits, as a whole number of
/// `10^-digits`.
fn scaled_integer(text: &str, digits: u32) -> Result<i64, MoneyError> {
    let malformed = MoneyError::Malformed { digits };
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').map_or((unsigned, None), |(whole, rest)| (whole, Some(rest)));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let fraction_digits = fraction.map_or(0, str::len);
    let missing = usize::try_from(digits).ok().and_then(|digits| digits.checked_sub(fraction_digits));
    let (Some(missing), true) = (missing, all_digits(whole) && fraction.is_none_or(all_digits)) else {
        return Err(malformed);
    };
    let zeros = std::iter::repeat_n(b'0', missing);
    let all = whole.bytes().chain(fraction.unwrap_or_default().bytes()).chain(zeros);
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let value = all
        .map(|byte| i64::from(byte.saturating_sub(b'0')))
        .try_fold(0_i64, |value, digit| value.checked_mul(10)?.checked_add(sign * digit));
    value.ok_or(MoneyError::Overflow)
}

#[cfg(test)]
mod tests;
