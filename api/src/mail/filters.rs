//! How dates, amounts and counts are written in each language.

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use chrono_tz::Tz;
use minijinja::{Environment, Error, ErrorKind, State, Value};

/// Longest name of a service in a subject line, in characters.
const SHORT: usize = 40;

const MONTHS_FR: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];
const MONTHS_EN: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Makes the filters known to the templates.
pub fn install(environment: &mut Environment<'_>) {
    environment.add_filter("day", day);
    environment.add_filter("instant", instant);
    environment.add_filter("money", money);
    environment.add_filter("period", period);
    environment.add_filter("days", days);
    environment.add_filter("hours", hours);
    environment.add_filter("minutes", minutes);
    environment.add_filter("in_days", in_days);
    environment.add_filter("short", shortened);
}

/// The languages that mails are written in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tongue {
    French,
    English,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Unit {
    Minute,
    Hour,
    Day,
    Month,
    Year,
}

fn tongue(state: &State) -> Tongue {
    match state.lookup("language").as_ref().and_then(Value::as_str) {
        Some("fr") => Tongue::French,
        _ => Tongue::English,
    }
}

fn wrong(what: &'static str) -> Error {
    Error::new(ErrorKind::InvalidOperation, what)
}

fn day(state: &State, text: &str) -> Result<String, Error> {
    let day: NaiveDate = text.parse().map_err(|_| wrong("not a date"))?;
    Ok(written_day(tongue(state), day))
}

fn written_day(tongue: Tongue, day: NaiveDate) -> String {
    let month = |names: [&'static str; 12]| {
        names.into_iter().nth(usize::try_from(day.month0()).unwrap_or_default()).unwrap_or_default()
    };
    match (tongue, day.day()) {
        (Tongue::French, 1) => format!("1er {} {}", month(MONTHS_FR), day.year()),
        (Tongue::French, number) => format!("{number} {} {}", month(MONTHS_FR), day.year()),
        (Tongue::English, number) => format!("{number} {} {}", month(MONTHS_EN), day.year()),
    }
}

/// Date and time in the account's time zone, which is named because the reader may be elsewhere.
fn instant(state: &State, text: &str) -> Result<String, Error> {
    let at: DateTime<Utc> = text.parse().map_err(|_| wrong("not an instant"))?;
    let zone: Tz = state
        .lookup("time_zone")
        .as_ref()
        .and_then(Value::as_str)
        .and_then(|name| name.parse().ok())
        .ok_or_else(|| wrong("no time zone"))?;
    let local = at.with_timezone(&zone);
    let (tongue, time) = (tongue(state), local.format("%H:%M"));
    let day = written_day(tongue, local.date_naive());
    Ok(match tongue {
        Tongue::French => format!("{day} à {time} ({zone})"),
        Tongue::English => format!("{day} at {time} ({zone})"),
    })
}

/// An amount with its currency, from `{amount, currency}`.
fn money(state: &State, money: &Value) -> Result<String, Error> {
    let member = |name| money.get_attr(name).map(|value| value.to_string());
    Ok(written_amount(tongue(state), &member("amount")?, &member("currency")?))
}

fn written_amount(tongue: Tongue, amount: &str, currency: &str) -> String {
    let symbol = match currency {
        "EUR" => "€",
        "GBP" => "£",
        "USD" => "$",
        other => other,
    };
    let (sign, digits) = amount.strip_prefix('-').map_or(("", amount), |digits| ("-", digits));
    let (whole, cents) = digits.split_once('.').map_or((digits, None), |(whole, cents)| (whole, Some(cents)));
    match tongue {
        Tongue::French => {
            let cents = cents.map(|cents| format!(",{cents}")).unwrap_or_default();
            format!("{sign}{}{cents}\u{a0}{symbol}", grouped(whole, '\u{202f}'))
        }
        Tongue::English => {
            let cents = cents.map(|cents| format!(".{cents}")).unwrap_or_default();
            let space = if symbol == currency { "\u{a0}" } else { "" };
            format!("{sign}{symbol}{space}{}{cents}", grouped(whole, ','))
        }
    }
}

/// Digits in groups of three.
fn grouped(digits: &str, separator: char) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(separator);
        }
        text.push(digit);
    }
    text
}

/// An ISO period in words: `P1M`, `P3M`, `P1Y`.
fn period(state: &State, text: &str) -> Result<String, Error> {
    let body = text.strip_prefix('P').ok_or_else(|| wrong("not a period"))?;
    let (number, unit) = match (body.strip_suffix('M'), body.strip_suffix('Y')) {
        (Some(number), _) => (number, Unit::Month),
        (None, Some(number)) => (number, Unit::Year),
        (None, None) => return Err(wrong("not a period")),
    };
    let number: i64 = number.parse().map_err(|_| wrong("not a period"))?;
    Ok(match (tongue(state), number, unit) {
        (Tongue::French, 1, unit) => format!("un {}", noun(Tongue::French, unit, 1)),
        (Tongue::English, 1, unit) => format!("one {}", noun(Tongue::English, unit, 1)),
        (tongue, number, unit) => format!("{number}\u{a0}{}", noun(tongue, unit, number)),
    })
}

fn days(state: &State, count: i64) -> String {
    count_of(state, count, Unit::Day)
}

fn hours(state: &State, count: i64) -> String {
    count_of(state, count, Unit::Hour)
}

fn minutes(state: &State, count: i64) -> String {
    count_of(state, count, Unit::Minute)
}

fn shortened(text: &str) -> String {
    short(text, SHORT)
}

fn count_of(state: &State, count: i64, unit: Unit) -> String {
    format!("{count}\u{a0}{}", noun(tongue(state), unit, count))
}

/// The noun in the number that `count` asks for: in French 0 and 1 are singular, in English only 1 is.
const fn noun(tongue: Tongue, unit: Unit, count: i64) -> &'static str {
    let one = match tongue {
        Tongue::French => matches!(count, -1..=1),
        Tongue::English => matches!(count, -1 | 1),
    };
    match (tongue, unit, one) {
        (Tongue::French | Tongue::English, Unit::Minute, true) => "minute",
        (Tongue::French | Tongue::English, Unit::Minute, false) => "minutes",
        (Tongue::French, Unit::Hour, true) => "heure",
        (Tongue::French, Unit::Hour, false) => "heures",
        (Tongue::French, Unit::Day, true) => "jour",
        (Tongue::French, Unit::Day, false) => "jours",
        (Tongue::French, Unit::Month, _) => "mois",
        (Tongue::French, Unit::Year, true) => "an",
        (Tongue::French, Unit::Year, false) => "ans",
        (Tongue::English, Unit::Hour, true) => "hour",
        (Tongue::English, Unit::Hour, false) => "hours",
        (Tongue::English, Unit::Day, true) => "day",
        (Tongue::English, Unit::Day, false) => "days",
        (Tongue::English, Unit::Month, true) => "month",
        (Tongue::English, Unit::Month, false) => "months",
        (Tongue::English, Unit::Year, true) => "year",
        (Tongue::English, Unit::Year, false) => "years",
    }
}

fn in_days(state: &State, days: i64) -> String {
    let tongue = tongue(state);
    match (tongue, days) {
        (Tongue::French, ..=0) => "aujourd’hui".to_owned(),
        (Tongue::French, 1) => "demain".to_owned(),
        (Tongue::French, _) => format!("dans {}", count_of(state, days, Unit::Day)),
        (Tongue::English, ..=0) => "today".to_owned(),
        (Tongue::English, 1) => "tomorrow".to_owned(),
        (Tongue::English, _) => format!("in {}", count_of(state, days, Unit::Day)),
    }
}

/// The text, cut at `longest` characters with an ellipsis.
pub fn short(text: &str, longest: usize) -> String {
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(longest.saturating_sub(1)).collect();
    cut.truncate(cut.trim_end().len());
    cut.push('…');
    cut
}
