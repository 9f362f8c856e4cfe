//! VAT ids of the member states: form and check digits.
//!
//! The algorithms are those the member states publish, gathered by the Commission for VIES; checked
//! against python-stdnum 2.2. The United Kingdom is outside; Northern Ireland (`XI`) is for goods only.

mod person;

use super::{compact, digits, exactly, luhn, luhn_sum, mod_97};

/// The normalised VAT id, with its prefix.
pub(super) fn vat_id(text: &str) -> Option<String> {
    let id = compact(text);
    let (prefix, number) = id.split_at_checked(2)?;
    let prefix = if prefix == "GR" { "EL" } else { prefix };
    let number = match (prefix, number.len()) {
        // as they were written before they got a leading zero
        ("BE", 9) | ("EL", 8) => format!("0{number}"),
        ("NL", ..12) => format!("{number:0>12}"),
        (_, _) => number.to_owned(),
    };
    is_valid(prefix, &number)?.then(|| format!("{prefix}{number}"))
}

/// The French VAT id of a SIREN.
pub(super) fn of_siren(siren: &str) -> String {
    let key = (12 + 3 * (number(&digits(siren).unwrap_or_default()) % 97)) % 97;
    format!("FR{key:02}{siren}")
}

fn is_valid(prefix: &str, id: &str) -> Option<bool> {
    match prefix {
        "AT" => austria(id),
        "BE" => belgium(id),
        "BG" => person::bulgaria(id),
        "CY" => cyprus(id),
        "CZ" => person::czechia(id),
        "DE" => exactly::<9>(id).map(|digits| digits.first() != Some(&0) && mod_11_10(&digits)),
        "DK" => denmark(id),
        "EE" => exactly::<9>(id).map(|digits| weigh(&digits, &[3, 7, 1, 3, 7, 1, 3, 7, 1]).is_multiple_of(10)),
        "EL" => greece(id),
        "ES" => spain(id),
        "FI" => exactly::<8>(id).map(|digits| weigh(&digits, &[7, 9, 10, 5, 8, 4, 2, 1]).is_multiple_of(11)),
        "FR" => france(id),
        "HR" => exactly::<11>(id).map(|digits| mod_11_10(&digits)),
        "HU" => exactly::<8>(id).map(|digits| weigh(&digits, &[9, 7, 3, 1, 9, 7, 3, 1]).is_multiple_of(10)),
        "IE" => ireland(id),
        "IT" => italy(id),
        "LT" => lithuania(id),
        "LU" => exactly::<8>(id).map(|digits| number(&digits) / 100 % 89 == number(&digits) % 100),
        "LV" => person::latvia(id),
        "MT" => malta(id),
        "NL" => netherlands(id),
        "PL" => poland(id),
        "PT" => portugal(id),
        "RO" => person::romania(id),
        "SE" => id.strip_suffix("01").and_then(exactly::<10>).map(|digits| luhn(&digits)),
        "SI" => slovenia(id),
        "SK" => person::slovakia(id),
        _ => None,
    }
}

/// The sum of the digits, each times its weight.
fn weigh(digits: &[u32], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum()
}

fn number(digits: &[u32]) -> u64 {
    digits.iter().fold(0, |number, digit| (number * 10 + u64::from(*digit)) % 1_000_000_000_000_000)
}

/// ISO 7064 mod 11-10.
fn mod_11_10(digits: &[u32]) -> bool {
    let step = |check: u32, digit: &u32| (if check == 0 { 10 } else { check } * 2 % 11 + digit) % 10;
    digits.iter().fold(5, step) == 1
}

fn nth_letter(letters: &str, place: u64) -> Option<char> {
    letters.chars().nth(usize::try_from(place).ok()?)
}

fn austria(id: &str) -> Option<bool> {
    let digits = exactly::<8>(id.strip_prefix('U')?)?;
    let (check, body) = digits.split_last()?;
    Some((16 - luhn_sum(body) % 10) % 10 == *check)
}

fn belgium(id: &str) -> Option<bool> {
    let digits = exactly::<10>(id)?;
    let number = number(&digits);
    Some(digits.first()? < &2 && number > 0 && (number / 100 + number % 100).is_multiple_of(97))
}

fn cyprus(id: &str) -> Option<bool> {
    let (body, check) = id.split_at_checked(8)?;
    let first_of_pair = |digit: u32| match digit {
        0 => 1,
        1 => 0,
        2 => 5,
        3 => 7,
        4 => 9,
        more => 2 * more + 3,
    };
    let value = |(place, digit): (usize, u32)| if place % 2 == 0 { first_of_pair(digit) } else { digit };
    let sum: u32 = exactly::<8>(body)?.into_iter().enumerate().map(value).sum();
    let letter = nth_letter("ABCDEFGHIJKLMNOPQRSTUVWXYZ", u64::from(sum % 26))?;
    Some(!body.starts_with("12") && check.chars().eq([letter]))
}

fn denmark(id: &str) -> Option<bool> {
    let digits = exactly::<8>(id)?;
    Some(digits.first() != Some(&0) && weigh(&digits, &[2, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11))
}

fn greece(id: &str) -> Option<bool> {
    let digits = exactly::<9>(id)?;
    let (check, body) = digits.split_last()?;
    Some(weigh(body, &[256, 128, 64, 32, 16, 8, 4, 2]) % 11 % 10 == *check)
}

fn spain(id: &str) -> Option<bool> {
    let (first, rest) = id.split_at_checked(1)?;
    let (body, check) = rest.split_at_checked(7)?;
    let middle = exactly::<7>(body)?;
    let by_person = |digits: u64| {
        nth_letter("TRWAGMYFPDXBNJZSQVHLCKE", digits % 23).is_some_and(|letter| check.chars().eq([letter]))
    };
    let person = |first: u64| Some(by_person(first * 10_000_000 + number(&middle)));
    match first.chars().next()? {
        'K' | 'L' | 'M' | 'X' => person(0),
        'Y' => person(1),
        'Z' => person(2),
        digit @ '0'..='9' => person(u64::from(digit.to_digit(10)?)),
        'A'..='J' | 'N' | 'P'..='S' | 'U'..='W' if first != "I" => {
            let control = (10 - luhn_sum(&[middle.as_slice(), &[0]].concat()) % 10) % 10;
            let letter = nth_letter("JABCDEFGHI", u64::from(control))?;
            Some(check.chars().eq([letter]) || check.chars().eq(char::from_digit(control, 10)))
        }
        _ => Some(false),
    }
}

fn france(id: &str) -> Option<bool> {
    let (key, siren) = id.split_at_checked(2)?;
    let body = exactly::<9>(siren)?;
    // Monaco has numbers that are no SIREN
    if !siren.starts_with("000") && !luhn(&body) {
        return Some(false);
    }
    if key.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(of_siren(siren).get(2..4) == Some(key));
    }
    let place = |letter: char| "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ".chars().position(|known| known == letter);
    let mut places = key.chars().map(|letter| place(letter).and_then(|place| u64::try_from(place).ok()));
    let (first, second) = (places.next()??, places.next()??);
    let check = if first < 10 { first * 24 + second - 10 } else { first * 34 + second - 100 };
    Some((number(&body) + 1 + check / 11) % 11 == check % 11)
}

fn ireland(id: &str) -> Option<bool> {
    const LETTERS: &str = "WABCDEFGHIJKLMNOPQRSTUV";
    let (body, letters) = id.split_at_checked(7)?;
    let place =
        |letter: char| LETTERS.chars().position(|known| known == letter).and_then(|place| u32::try_from(place).ok());
    let mut letters = letters.chars();
    let check = place(letters.next()?)?;
    let extra = letters.next().map_or(Some(0), place)?;
    let (digits, extra) = exactly::<7>(body).map(|digits| (digits, extra)).or_else(|| Some((old_irish(body)?, 0)))?;
    Some(letters.next().is_none() && (weigh(&digits, &[8, 7, 6, 5, 4, 3, 2]) + 9 * extra) % 23 == check)
}

/// Before 2013: a digit, a letter or a sign, five digits. The sign does not count, the digit comes last.
fn old_irish(body: &str) -> Option<[u32; 7]> {
    let (first, rest) = body.split_at_checked(1)?;
    let digits = rest.strip_prefix(|sign: char| sign.is_ascii_uppercase() || matches!(sign, '+' | '*'))?;
    exactly(&format!("0{digits}{first}"))
}

fn italy(id: &str) -> Option<bool> {
    let digits = exactly::<11>(id)?;
    let office: u32 = id.get(7..10)?.parse().ok()?;
    let known = matches!(office, 1..=100 | 120 | 121 | 888 | 999);
    Some(known && !id.starts_with("0000000") && luhn(&digits))
}

fn lithuania(id: &str) -> Option<bool> {
    let digits = digits(id)?;
    let [body @ .., mark, check] = digits.as_slice() else { return None };
    let body: Vec<u32> = body.iter().chain([mark]).copied().collect();
    let by = |weights: [u32; 11]| weigh(&body, &weights) % 11;
    let sum = match by([1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2]) {
        10 => by([3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4]),
        sum => sum,
    };
    Some(matches!(digits.len(), 9 | 12) && *mark == 1 && sum % 10 == *check)
}

fn malta(id: &str) -> Option<bool> {
    let digits = exactly::<8>(id)?;
    Some(digits.first() != Some(&0) && weigh(&digits, &[3, 4, 6, 7, 8, 9, 10, 1]).is_multiple_of(37))
}

fn netherlands(id: &str) -> Option<bool> {
    let (body, suffix) = id.split_at_checked(9)?;
    let digits = exactly::<9>(body)?;
    let suffix = number(&exactly::<2>(suffix.strip_prefix('B')?)?);
    let (check, rest) = digits.split_last()?;
    let of_company = weigh(rest, &[9, 8, 7, 6, 5, 4, 3, 2]) % 11 == *check;
    // natural persons since 2020
    let of_person = mod_97("NL".chars().chain(id.chars())) == Some(1);
    Some(number(&digits) > 0 && suffix > 0 && (of_company || of_person))
}

fn poland(id: &str) -> Option<bool> {
    let digits = exactly::<10>(id)?;
    let (check, body) = digits.split_last()?;
    Some(weigh(body, &[6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11 == *check)
}

fn portugal(id: &str) -> Option<bool> {
    let digits = exactly::<9>(id)?;
    let (check, body) = digits.split_last()?;
    Some(digits.first() != Some(&0) && (11 - weigh(body, &[9, 8, 7, 6, 5, 4, 3, 2]) % 11) % 11 % 10 == *check)
}

fn slovenia(id: &str) -> Option<bool> {
    let digits = exactly::<8>(id)?;
    let (check, body) = digits.split_last()?;
    let expected = match 11 - weigh(body, &[8, 7, 6, 5, 4, 3, 2]) % 11 {
        10 => 0,
        expected => expected,
    };
    Some(digits.first() != Some(&0) && expected == *check)
}
