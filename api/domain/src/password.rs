//! What a password must satisfy: long enough, and nothing that guessers try first. No rules about its
//! composition. How hard it is to guess otherwise (zxcvbn) and whether the account had it before is
//! looked at in `actions/account/password.rs`; both come after what is here.
//!
//! Sources: NIST SP 800-63B-4 §3.1.1.2 (length, blocklist, normalisation), OWASP ASVS 5.0 §6.2.

use crate::refusal::Refusal;
use std::collections::HashSet;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The longest password, in code points.
pub const MAX_LENGTH: usize = 256;
/// The longest password, in bytes of UTF-8.
pub const MAX_BYTES: usize = 1024;
/// Passwords of an account, the present one included, none of which can be set again.
pub const REMEMBERED: usize = 5;
/// Words of the house, which guessers try first.
const HOUSE_WORDS: &[&str] = &["tacit"];
/// The shortest word of the owner's own that is looked for.
const OWN_WORD_MIN: usize = 3;
/// The longest common or own word.
const WORD_MAX: usize = 32;
/// A password whose pieces cost no more than this is made of what guessers try: three common words, or two
/// and some padding.
const COMMON_COST: u32 = 10;
/// What a piece costs: a common word, a run over the keyboard, a year, one more sign of padding, one
/// letter that belongs to nothing.
const WORD_COST: u32 = 3;
const RUN_COST: u32 = 3;
const YEAR_COST: u32 = 1;
const PADDING_COST: u32 = 1;
const LETTER_COST: u32 = 4;
/// A longer password that only repeats so few signs is no longer for that.
const REPEATED_UNIT_MAX: usize = 4;

/// What fingers run over.
const RUNS: &[&str] = &[
    "01234567890123456789",
    "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "azertyuiop",
    "qsdfghjklm",
    "wxcvbn",
    "qwertzuiop",
    "yxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
    "1aqw2zsx3edc4rfv5tgb6yhn",
    "q1w2e3r4t5y6u7i8o9p0",
    "a1z2e3r4t5y6u7i8o9p0",
    "147258369",
    "789456123",
];

/// The form in which a password is hashed and compared: NFKC, so that the same password typed on another
/// keyboard is the same.
#[must_use]
pub fn normal(password: &str) -> String {
    password.nfkc().collect()
}

/// The form in which guessable pieces are looked for: lower case, without accents, letters and digits only.
#[must_use]
pub fn folded(text: &str) -> String {
    plain(text).chars().filter(char::is_ascii_alphanumeric).collect()
}

/// Lower case, without accents; signs stay.
fn plain(text: &str) -> String {
    text.nfkd().filter(|letter| !is_combining_mark(*letter)).flat_map(char::to_lowercase).collect()
}

/// The passwords that guessers try first.
#[derive(Debug, Clone, Default)]
pub struct Common {
    words: HashSet<Box<str>>,
    entries: HashSet<Box<str>>,
}

impl Common {
    /// Reads short words, an empty line, then long entries; one a line, [`folded`].
    #[must_use]
    pub fn read(text: &str) -> Self {
        let (words, entries) = text.split_once("\n\n").unwrap_or((text, ""));
        let lines = |text: &str| text.lines().filter(|line| !line.is_empty()).map(Box::from).collect();
        Self { words: lines(words), entries: lines(entries) }
    }

    /// How many short words and long entries there are.
    #[must_use]
    pub fn len(&self) -> (usize, usize) {
        (self.words.len(), self.entries.len())
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && self.entries.is_empty()
    }
}

/// Why a password cannot be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Fewer code points than this.
    TooShort(usize),
    /// More than [`MAX_LENGTH`] code points or [`MAX_BYTES`] bytes.
    TooLong,
    /// Common, or made of what is common or the owner's own.
    Blocklisted,
}

impl Fault {
    /// The code under which it is told.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooShort(_) => "too_short",
            Self::TooLong => "too_long",
            Self::Blocklisted => Refusal::PasswordBlocklisted.as_str(),
        }
    }
}

/// Whether a password may be set, as far as it alone can tell. `own` are the owner's details.
///
/// # Errors
/// The first [`Fault`].
pub fn check(password: &str, min_length: usize, own: &[&str], common: &Common) -> Result<(), Fault> {
    if password.len() > MAX_BYTES || password.chars().count() > MAX_LENGTH {
        return Err(Fault::TooLong);
    }
    if normal(password).chars().count() < min_length {
        return Err(Fault::TooShort(min_length));
    }
    if is_common(password, own, common) { Err(Fault::Blocklisted) } else { Ok(()) }
}

/// The owner's details in the pieces that guessers try.
#[must_use]
pub fn own_words(own: &[&str]) -> Vec<String> {
    let pieces = own.iter().flat_map(|word| word.split(|letter: char| !letter.is_alphanumeric()).chain([*word]));
    let words = pieces.chain(HOUSE_WORDS.iter().copied()).map(folded);
    words.filter(|word| word.len() >= OWN_WORD_MIN).collect()
}

/// Whether a password is common or the owner's own, or made of that by padding, repetition, joining, or
/// digits and signs that stand for letters.
#[must_use]
pub fn is_common(password: &str, own: &[&str], common: &Common) -> bool {
    let own: HashSet<String> = own_words(own).into_iter().collect();
    let whole = folded(password);
    if common.entries.contains(whole.as_str()) || own.contains(&whole) {
        return true;
    }
    let letters: Vec<char> = plain(password).chars().filter(|letter| !letter.is_whitespace()).collect();
    let unit = unit(&letters);
    if unit.len() < letters.len() && unit.len() <= REPEATED_UNIT_MAX {
        return true;
    }
    let known = |word: &str| common.words.contains(word) || own.contains(word);
    let text: String = letters.iter().collect();
    let cheap = |letters: &[char]| cost(letters, &known) <= COMMON_COST;
    common.entries.contains(spelled(&text, 'i').as_str())
        || common.entries.contains(spelled(&text, 'l').as_str())
        || cheap(unit)
        || cheap(&letters)
}

/// What a text says when digits and signs stand for letters; `one` is what `1` stands for.
fn spelled(text: &str, one: char) -> String {
    text.chars().map(|sign| spelling(sign, one)).filter(char::is_ascii_alphanumeric).collect()
}

const fn spelling(sign: char, one: char) -> char {
    match sign {
        '0' => 'o',
        '1' | '!' | '|' => one,
        '3' | '€' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' | '+' => 't',
        '8' => 'b',
        '9' => 'g',
        other => other,
    }
}

/// The shortest beginning that the whole repeats, cut off at the end or not; the whole itself if none does.
fn unit(letters: &[char]) -> &[char] {
    let repeats = |length: &usize| letters.iter().zip(letters.iter().skip(*length)).all(|(one, other)| one == other);
    let length = (1..=letters.len() / 2).find(repeats).unwrap_or(letters.len());
    letters.get(..length).unwrap_or(letters)
}

/// The least that a text costs when it is put together from known words, runs, years and padding.
fn cost(letters: &[char], known: &dyn Fn(&str) -> bool) -> u32 {
    let mut least = vec![u32::MAX; letters.len() + 1];
    if let Some(first) = least.first_mut() {
        *first = 0;
    }
    for start in 0..letters.len() {
        let so_far = least.get(start).copied().unwrap_or(u32::MAX);
        if so_far > COMMON_COST {
            continue;
        }
        for length in 1..=WORD_MAX.min(letters.len() - start) {
            let Some(piece) = letters.get(start..start + length) else { break };
            let Some(price) = price(piece, known) else { continue };
            if let Some(known) = least.get_mut(start + length) {
                *known = (*known).min(so_far.saturating_add(price));
            }
        }
    }
    least.last().copied().unwrap_or(u32::MAX)
}

/// What one piece costs, if it is one.
fn price(piece: &[char], known: &dyn Fn(&str) -> bool) -> Option<u32> {
    let text: String = piece.iter().collect();
    if let [sign] = piece {
        return Some(if sign.is_alphabetic() { LETTER_COST } else { PADDING_COST });
    }
    if piece.len() == 4 && piece.iter().all(char::is_ascii_digit) && (text.starts_with("19") || text.starts_with("20"))
    {
        return Some(YEAR_COST);
    }
    if piece.len() < 3 {
        return None;
    }
    if known(&text) || known(&spelled(&text, 'i')) || known(&spelled(&text, 'l')) {
        return Some(WORD_COST);
    }
    is_run(piece, &text).then_some(RUN_COST)
}

fn is_run(piece: &[char], text: &str) -> bool {
    let back: String = piece.iter().rev().collect();
    piece.iter().zip(piece.iter().skip(1)).all(|(one, next)| one == next)
        || RUNS.iter().any(|run| run.contains(text) || run.contains(&back))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const OWN: &[&str] = &["camille.durand@example.org", "Camille", "Durand", "ab12345-tacit"];

    fn common() -> Common {
        Common::read(
            "dragon\nfootball\nmonkey\nmotdepasse\npassword\nsoleil\n\ncorrecthorsebatterystaple\nlavieenrose2024x\n",
        )
    }

    fn fault(password: &str) -> Option<Fault> {
        check(password, 15, OWN, &common()).err()
    }

    #[test]
    fn length_is_counted_in_code_points() {
        assert_eq!(fault("fourteen chars"), Some(Fault::TooShort(15)));
        assert_eq!(fault("quinze letrres é"), None);
        assert_eq!(fault(&"é".repeat(257)), Some(Fault::TooLong));
        assert_eq!(fault(&"\u{1F980}x".repeat(128)), Some(Fault::Blocklisted));
        // 256 code points of four bytes are just the most
        assert_eq!(check(&"\u{1F980}".repeat(256), 15, &[], &Common::default()), Err(Fault::Blocklisted));
        assert_eq!(check(&"a".repeat(1025), 15, &[], &Common::default()), Err(Fault::TooLong));
    }

    #[test]
    fn what_guessers_try_is_refused_however_it_is_dressed() {
        for weak in [
            "password1234567",
            "passwordpassword",
            "PasswordPassword",
            "P4ssw0rd!P4ssw0rd!",
            "p@$$w0rd p@$$w0rd",
            "!!!football!!!2024",
            "dragon monkey football",
            "mot de passe 123456",
            "Correct-Horse-Battery-Staple",
            "c0rrect h0rse battery staple",
            "aaaaaaaaaaaaaaaaaaaa",
            "1234567890123456",
            "qwertyuiopasdfghjkl",
            "azertyuiop123456",
            "zyxwvutsrqponmlk",
            "zk4!zk4!zk4!zk4!",
            "La vie en rose 2024 x",
            "soleilsoleilsoleilsol",
        ] {
            assert_eq!(fault(weak), Some(Fault::Blocklisted), "{weak}");
        }
    }

    #[test]
    fn the_owners_own_words_are_refused() {
        for own in [
            "camille.durand@example.org",
            "Camille.Durand@Example.org",
            "camilledurand2026",
            "DurandCamille1234",
            "ab12345-tacit-ab12345",
            "tacit tacit tacit",
            "c4m1ll3 dur4nd 1988",
        ] {
            assert_eq!(fault(own), Some(Fault::Blocklisted), "{own}");
        }
    }

    #[test]
    fn what_is_long_and_its_own_is_accepted() {
        for good in [
            "violet harbour 94 lantern",
            "quatre tortues lisent au soleil",
            "neuf lanternes flottent sur la Deule",
            "Zb4!kqu#vLp 9xTe",
            "my dragon eats seven old shoes",
            "84719 20364 91827",
        ] {
            assert_eq!(fault(good), None, "{good}");
        }
    }

    #[test]
    fn the_same_password_on_another_keyboard_is_the_same() {
        assert_eq!(normal("caf\u{e9} \u{fb01}n"), normal("cafe\u{301} fin"));
        assert_eq!(folded("L'Été, ﬁn 9"), "letefin9");
    }

    proptest! {
        #[test]
        fn padding_a_common_word_never_helps(
            word in prop::sample::select(vec!["dragon", "football", "motdepasse", "soleil"]),
            times in 1_usize..8, year in 1950_u32..2050, sign in "[!.#]{0,2}",
        ) {
            let dressed = format!("{}{year}{sign}", word.repeat(times));
            if dressed.chars().count() >= 15 && times != 1 {
                prop_assert!(fault(&word.repeat(times + 2)).is_some());
            }
            if times == 1 {
                prop_assert!(is_common(&dressed, &[], &common()), "{}", dressed);
            }
        }

        #[test]
        fn any_text_is_answered(text in "\\PC{0,300}") {
            let _ = check(&text, 15, OWN, &common());
        }
    }
}
