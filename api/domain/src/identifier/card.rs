//! Card numbers, which are never accepted (rule K4): Luhn-valid, and in an issuer's range with one of
//! its lengths. Luhn alone is wrong: every SIRET passes it.

use super::luhn;

/// Prefixes from, to (with the same number of digits), and the lengths that go with them.
const RANGES: &[(u64, u64, &[usize])] = &[
    // Visa
    (4, 4, &[13, 16, 19]),
    // Mastercard
    (51, 55, &[16]),
    (2221, 2720, &[16]),
    // American Express
    (34, 34, &[15]),
    (37, 37, &[15]),
    // Diners Club
    (300, 305, &[14, 16, 17, 18, 19]),
    (3095, 3095, &[14, 16, 17, 18, 19]),
    (36, 36, &[14, 15, 16, 17, 18, 19]),
    (38, 39, &[14, 16, 17, 18, 19]),
    // Discover
    (6011, 6011, &[16, 17, 18, 19]),
    (644, 649, &[16, 17, 18, 19]),
    (65, 65, &[16, 17, 18, 19]),
    // UnionPay, and what it shares with Discover
    (62, 62, &[16, 17, 18, 19]),
    (81, 81, &[16, 17, 18, 19]),
    // JCB
    (3528, 3589, &[16, 17, 18, 19]),
    // Mir
    (2200, 2204, &[16, 17, 18, 19]),
    // Maestro and its relatives; 14 digits are left to SIRET
    (5018, 5020, &[13, 15, 16, 17, 18, 19]),
    (5038, 5038, &[13, 15, 16, 17, 18, 19]),
    (56, 58, &[16, 18, 19]),
    (6304, 6304, &[13, 15, 16, 17, 18, 19]),
    (6759, 6759, &[13, 15, 16, 17, 18, 19]),
    (6761, 6763, &[13, 15, 16, 17, 18, 19]),
];

const SHORTEST: usize = 13;
const LONGEST: usize = 19;

/// Whether the whole text, without spaces, dashes and dots, is a card number.
#[must_use]
pub fn is_card_number(text: &str) -> bool {
    let number: Option<Vec<u32>> =
        text.chars().filter(|letter| !is_separator(*letter)).map(|letter| letter.to_digit(10)).collect();
    number.is_some_and(|number| is_number(&number))
}

/// Whether a card number is somewhere in the text, in one piece or in groups of digits.
#[must_use]
pub fn contains_card_number(text: &str) -> bool {
    let groups = groups(text);
    (0..groups.len()).any(|start| {
        let mut number = Vec::with_capacity(LONGEST);
        for (place, group) in groups.iter().skip(start).enumerate() {
            if place > 0 && !group.follows {
                return false;
            }
            number.extend(&group.digits);
            if number.len() > LONGEST {
                return false;
            }
            if is_number(&number) {
                return true;
            }
        }
        false
    })
}

/// Digits without anything in between.
struct Group {
    digits: Vec<u32>,
    /// Only one or two separators part it from the group before.
    follows: bool,
}

fn groups(text: &str) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut between = None;
    for letter in text.chars() {
        match (letter.to_digit(10), between) {
            (Some(digit), Some(0)) => {
                if let Some(group) = groups.last_mut() {
                    group.digits.push(digit);
                }
            }
            (Some(digit), _) => {
                groups.push(Group { digits: vec![digit], follows: between.is_some() });
                between = Some(0);
            }
            (None, Some(gap @ 0..2)) if is_separator(letter) => between = Some(gap + 1),
            (None, _) => between = None,
        }
    }
    groups
}

fn is_separator(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '-' | '.' | '·' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{200b}')
}

fn is_number(number: &[u32]) -> bool {
    (SHORTEST..=LONGEST).contains(&number.len()) && in_issuer_range(number) && luhn(number)
}

fn in_issuer_range(number: &[u32]) -> bool {
    RANGES.iter().any(|(from, to, lengths)| {
        let width = from.to_string().len();
        let prefix = number.iter().take(width).fold(0, |prefix, digit| prefix * 10 + u64::from(*digit));
        lengths.contains(&number.len()) && (*from..=*to).contains(&prefix)
    })
}
