//! The password policy: long enough, not easily guessed, no composition rules.

use crate::actions::{Error, Invalid};
use crate::config::PasswordConfig;
use entity::account;

/// The longest password, in code points.
pub const MAX_LENGTH: usize = 256;
/// Words of the house, which guessers try first.
const HOUSE_WORDS: &[&str] = &["tacit"];

/// Whether a password may be set. `own` are the owner's details: guessers try those too.
///
/// # Errors
/// [`Error::Invalid`] at `pointer`: `too_short` (with `min`), `too_long` (with `max`) or
/// `password_too_weak`.
pub fn check(policy: &PasswordConfig, password: &str, own: &[&str], pointer: &str) -> Result<(), Error> {
    let length = password.chars().count();
    if length < policy.min_length {
        return Err(Invalid::new(pointer, "too_short").with("min", policy.min_length).into());
    }
    if length > MAX_LENGTH {
        return Err(Invalid::new(pointer, "too_long").with("max", MAX_LENGTH).into());
    }
    let weak = || Error::from(Invalid::new(pointer, "password_too_weak"));
    let folded = password.to_lowercase();
    if own.iter().any(|word| folded == word.to_lowercase()) {
        return Err(weak());
    }
    let words = own.iter().flat_map(|word| word.split(['@', '.', ' ', '-', '_', '+']).chain([*word]));
    let words: Vec<&str> = words.chain(HOUSE_WORDS.iter().copied()).filter(|word| word.len() > 2).collect();
    let score = u8::from(zxcvbn::zxcvbn(password, &words).score());
    if score < policy.min_score { Err(weak()) } else { Ok(()) }
}

/// The details of an account that its password must not be made of.
#[must_use]
pub fn own_words(account: &account::Model) -> Vec<&str> {
    let optional = [
        &account.email,
        &account.backup_email,
        &account.first_name,
        &account.last_name,
        &account.organisation,
        &account.city,
        &account.phone,
    ];
    optional.into_iter().filter_map(Option::as_deref).chain([account.handle.as_str()]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(password: &str) -> Option<&'static str> {
        match check(&PasswordConfig::default(), password, &["camille.durand@example.org"], "/password") {
            Err(Error::Invalid(errors)) => errors.first().map(|error| error.code),
            Ok(()) | Err(_) => None,
        }
    }

    #[test]
    fn length_is_counted_in_code_points() {
        assert_eq!(refusal("fourteen chars"), Some("too_short"));
        assert_eq!(refusal(&"é".repeat(257)), Some("too_long"));
        assert_eq!(refusal("Zb4!kqu#vLp 9xTe"), None);
    }

    #[test]
    fn guessable_passwords_and_own_details_are_refused() {
        for weak in ["password1234567", "aaaaaaaaaaaaaaaa", "camille.durand@example.org", "Camille.Durand@Example.org"]
        {
            assert_eq!(refusal(weak), Some("password_too_weak"), "{weak}");
        }
        assert_eq!(refusal("correct horse battery staple lamp"), None);
    }
}
