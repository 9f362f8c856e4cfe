//! VAT ids that can be a person's number, with a birth date in it.

use super::{exactly, number, weigh};
use crate::identifier::digits;
use chrono::NaiveDate;

fn is_date(year: u32, month: u32, day: u32) -> bool {
    i32::try_from(year).is_ok_and(|year| NaiveDate::from_ymd_opt(year, month, day).is_some())
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
    let [a, b, c, d, e, f, .., check] = digits;
    let (year, month, day) = (a * 10 + b, c * 10 + d, e * 10 + f);
    let born = match month {
        41.. => is_date(2000 + year, month - 40, day),
        21..=40 => is_date(1800 + year, month - 20, day),
        ..=20 => is_date(1900 + year, month, day),
    };
    let body = digits.split_last()?.1;
    let citizen = born && weigh(body, &[2, 4, 8, 5, 10, 9, 7, 3, 6]) % 11 % 10 == check;
    let foreigner = weigh(body, &[21, 19, 17, 13, 11, 9, 7, 3, 1]) % 10 == check;
    let other = (11 - weigh(body, &[4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 11 == check;
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
    let [a, b, c, d, e, f, ..] = digits.as_slice() else { return None };
    let (short, month, day) = (1900 + a * 10 + b, (c * 10 + d) % 50 % 20, e * 10 + f);
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
    let [a, b, c, d, e, f, century, .., check] = digits;
    if a > 3 {
        return Some(weigh(&digits, &[9, 1, 4, 8, 3, 10, 2, 5, 7, 6, 1]) % 11 == 3);
    }
    let born = is_date(1800 + century * 100 + e * 10 + f, c * 10 + d, a * 10 + b);
    let sum = 1 + weigh(&digits, &[10, 5, 8, 4, 2, 1, 6, 3, 7, 9]);
    Some((id.starts_with("32") || born) && sum % 11 % 10 == check)
}

/// Two to ten digits, or a personal code of thirteen.
pub(super) fn romania(id: &str) -> Option<bool> {
    if let Some(digits) = exactly::<13>(id) {
        let [sex, a, b, c, d, e, f, county_tens, county, .., check] = digits;
        let century = match sex {
            0 => return Some(false),
            3 | 4 => 1800,
            5 | 6 => 2000,
            _ => 1900,
        };
        let known = matches!(county_tens * 10 + county, 1..=48 | 51 | 52 | 70 | 80..=83);
        let sum = match weigh(&digits, &[2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11 {
            10 => 1,
            sum => sum,
        };
        return Some(known && is_date(century + a * 10 + b, c * 10 + d, e * 10 + f) && sum == check);
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
