//! VAT ids that can be a person's number, with a birth date in it.

use super::{exactly, number, weigh};
use crate::identifier::digits;
use chrono::NaiveDate;

fn is_date(year: u32, month: u32, day: u32) -> bool {
    i32::try_from(year).is_ok_and(|year| NaiveDate::from_ymd_opt(year, month, day).is_some())
}

/// The two digits at this place.
fn two(id: &str, place: usize) -> Option<u32> {
    id.get(place..place.checked_add(2)?)?.parse().ok()
}

/// Nine digits for companies; ten for persons, foreigners and others.
pub(super) fn bulgaria(id: &str) -> Option<bool> {
    if let Some(digits) = exactly::<9>(id) {
        let (check, body) = digits.split_last()?;
        let sum = match weigh(body, &[1, 2, 3, 4, 5, 6, 7, 8]) % 11 {
            10 => weigh(body, &[3, 4, 5, 6, 7, 8, 9, 10]) % 11,
            sum => sum,
        };
        return Some(sum % 10 == *check);
    }
    let digits = exactly::<10>(id)?;
    let (check, body) = digits.split_last()?;
    let (year, month, day) = (two(id, 0)?, two(id, 2)?, two(id, 4)?);
    let born = match month {
        41.. => is_date(2000 + year, month - 40, day),
        21..=40 => is_date(1800 + year, month - 20, day),
        ..=20 => is_date(1900 + year, month, day),
    };
    let citizen = born && weigh(body, &[2, 4, 8, 5, 10, 9, 7, 3, 6]) % 11 % 10 == *check;
    let foreigner = weigh(body, &[21, 19, 17, 13, 11, 9, 7, 3, 1]) % 10 == *check;
    let other = (11 - weigh(body, &[4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 11 == *check;
    Some(citizen || foreigner || other)
}

/// Eight digits for companies, nine beginning with 6 for special cases, else a birth number.
pub(super) fn czechia(id: &str) -> Option<bool> {
    let weights = [8, 7, 6, 5, 4, 3, 2];
    if let Some(digits) = exactly::<8>(id) {
        let (check, body) = digits.split_last()?;
        let sum = match (11 - weigh(body, &weights) % 11) % 11 {
            0 => 1,
            sum => sum,
        };
        return Some(digits.first() != Some(&9) && sum % 10 == *check);
    }
    if let (Some([6, body @ .., check]), Some(_)) = (exactly::<9>(id), id.strip_prefix('6')) {
        let sum = weigh(&body, &weights) % 11;
        return Some((8 + 10 - (10 + 11 - sum) % 11) % 10 == check);
    }
    birth_number(id)
}

/// The Czechoslovak birth number: nine digits until 1953, ten with a check digit since.
fn birth_number(id: &str) -> Option<bool> {
    let digits = digits(id)?;
    let (short, month, day) = (1900 + two(id, 0)?, two(id, 2)? % 50 % 20, two(id, 4)?);
    let year = match (digits.len(), short) {
        (9, 1980..) => short - 100,
        (9, ..1954) | (10, 1954..) => short,
        (10, _) => short + 100,
        _ => return None,
    };
    let (check, body) = digits.split_last()?;
    let checked = digits.len() == 9 || number(body) % 11 % 10 == u64::from(*check);
    Some(checked && is_date(year, month, day))
}

/// Companies begin with 4 to 9; a person's code has a birth date, unless it begins with 32.
pub(super) fn latvia(id: &str) -> Option<bool> {
    let digits = exactly::<11>(id)?;
    let [first, _, _, _, _, _, century, .., check] = digits;
    if first > 3 {
        return Some(weigh(&digits, &[9, 1, 4, 8, 3, 10, 2, 5, 7, 6, 1]) % 11 == 3);
    }
    let born = is_date(1800 + century * 100 + two(id, 4)?, two(id, 2)?, two(id, 0)?);
    let sum = 1 + weigh(&digits, &[10, 5, 8, 4, 2, 1, 6, 3, 7, 9]);
    Some((id.starts_with("32") || born) && sum % 11 % 10 == check)
}

/// Two to ten digits, or a personal code of thirteen.
pub(super) fn romania(id: &str) -> Option<bool> {
    if let Some(digits) = exactly::<13>(id) {
        let [sex, .., check] = digits;
        let century = match sex {
            0 => return Some(false),
            3 | 4 => 1800,
            5 | 6 => 2000,
            _ => 1900,
        };
        let known = matches!(two(id, 7)?, 1..=48 | 51 | 52 | 70 | 80..=83);
        let sum = match weigh(&digits, &[2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11 {
            10 => 1,
            sum => sum,
        };
        return Some(known && is_date(century + two(id, 1)?, two(id, 3)?, two(id, 5)?) && sum == check);
    }
    let digits = digits(id)?;
    let (check, body) = digits.split_last()?;
    let padded = exactly::<9>(&format!("{:0>9}", id.get(..body.len())?))?;
    let sum = 10 * weigh(&padded, &[7, 5, 3, 2, 1, 7, 5, 3, 2]);
    Some((2..=10).contains(&digits.len()) && digits.first() != Some(&0) && sum % 11 % 10 == *check)
}

/// A multiple of eleven, or a birth number.
pub(super) fn slovakia(id: &str) -> Option<bool> {
    let digits = exactly::<10>(id)?;
    let [first, _, third, ..] = digits;
    let company = first != 0 && matches!(third, 2 | 3 | 4 | 7 | 8 | 9) && number(&digits).is_multiple_of(11);
    Some(company || birth_number(id) == Some(true))
}
