//! The code printed in every mail, by which its reader asks whether it is genuine.
//!
//! 75 random bits and a check symbol in Crockford's base32, in four groups: `7K3M-9QXZ-04AB-C2DE`. The
//! alphabet has no I, L, O and U; a reader's O is a zero and I and L are ones. The check symbol (Luhn's
//! algorithm modulo 32) finds every single wrong symbol and nearly every pair of neighbours exchanged,
//! so that a typing error is told from a forgery.

use std::fmt;
use std::str::FromStr;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Symbols of the random part.
const RANDOM: usize = 15;
/// Symbols of a code.
pub const LENGTH: usize = RANDOM + 1;
/// Symbols of a group, as it is printed.
const GROUP: usize = 4;

/// A code with its check symbol, 16 symbols without separators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthenticityCode(String);

/// A text that is no such code: mistyped, or made up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an authenticity code")]
pub struct InvalidCode;

impl AuthenticityCode {
    /// The code of 75 of these random bits.
    #[must_use]
    pub fn from_bits(bits: u128) -> Self {
        let digits: Vec<u8> = (0..RANDOM).map(|at| u8::try_from((bits >> (5 * at)) & 31).unwrap_or_default()).collect();
        let text = digits.iter().chain(std::iter::once(&check(&digits))).copied().map(symbol).collect();
        Self(text)
    }

    /// As it is stored and looked up.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// As it is printed: in groups.
impl fmt::Display for AuthenticityCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, symbol) in self.0.chars().enumerate() {
            if at > 0 && at.is_multiple_of(GROUP) {
                f.write_str("-")?;
            }
            write!(f, "{symbol}")?;
        }
        Ok(())
    }
}

/// Reads what a person typed: any case, any spaces and dashes.
impl FromStr for AuthenticityCode {
    type Err = InvalidCode;

    fn from_str(text: &str) -> Result<Self, InvalidCode> {
        let typed = text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '\u{2010}'..='\u{2015}'));
        let digits: Vec<u8> = typed.take(LENGTH + 1).map(digit).collect::<Option<_>>().ok_or(InvalidCode)?;
        let (last, random) = digits.split_last().ok_or(InvalidCode)?;
        if random.len() != RANDOM || *last != check(random) {
            return Err(InvalidCode);
        }
        Ok(Self(digits.into_iter().map(symbol).collect()))
    }
}

/// A stored code as it is printed.
#[must_use]
pub fn printed(stored: &str) -> String {
    stored.parse::<AuthenticityCode>().map_or_else(|_| stored.to_owned(), |code| code.to_string())
}

fn symbol(digit: u8) -> char {
    char::from(ALPHABET.get(usize::from(digit)).copied().unwrap_or(b'0'))
}

fn digit(symbol: char) -> Option<u8> {
    let symbol = match symbol.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    ALPHABET.iter().position(|known| char::from(*known) == symbol).and_then(|at| u8::try_from(at).ok())
}

/// Luhn's check symbol, modulo 32.
fn check(digits: &[u8]) -> u8 {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| {
            let value = u32::from(*digit) * if at.is_multiple_of(2) { 2 } else { 1 };
            value / 32 + value % 32
        })
        .sum();
    u8::try_from((32 - sum % 32) % 32).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn it_is_read_however_it_was_typed() {
        let code = AuthenticityCode::from_bits(0x1234_5678_9abc_def0_1234);
        let printed = code.to_string();
        assert_eq!((printed.len(), printed.matches('-').count()), (19, 3));
        for typed in [printed.clone(), printed.to_lowercase(), printed.replace('-', " "), format!(" {code} ")] {
            assert_eq!(typed.parse(), Ok(code.clone()), "{typed}");
        }
        let zeros = AuthenticityCode::from_bits(0);
        assert_eq!("OOOO-oooo-0000-0000".parse(), Ok(zeros));
        for wrong in ["", "0", "0000-0000-0000-000", "0000-0000-0000-00000", "0000-0000-0000-000U", "é"] {
            assert_eq!(wrong.parse::<AuthenticityCode>(), Err(InvalidCode), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn one_wrong_symbol_is_noticed(bits in any::<u128>(), at in 0..LENGTH, other in 0_u8..32) {
            let code = AuthenticityCode::from_bits(bits);
            prop_assert_eq!(code.to_string().parse(), Ok(code.clone()));
            let mut symbols: Vec<char> = code.as_str().chars().collect();
            let same = symbols[at] == symbol(other);
            symbols[at] = symbol(other);
            let typed: String = symbols.into_iter().collect();
            prop_assert_eq!(typed.parse::<AuthenticityCode>().is_ok(), same);
        }

        #[test]
        fn neighbours_exchanged_are_noticed(bits in any::<u128>(), at in 0..LENGTH - 1) {
            let code = AuthenticityCode::from_bits(bits);
            let mut symbols: Vec<char> = code.as_str().chars().collect();
            symbols.swap(at, at + 1);
            let typed: String = symbols.iter().collect();
            // Luhn's one blind pair: the first and the last symbol of the alphabet
            let blind = matches!((symbols[at], symbols[at + 1]), ('0', 'Z') | ('Z', '0'));
            prop_assert_eq!(typed.parse::<AuthenticityCode>().is_ok(), typed == code.as_str() || blind);
        }
    }
}
