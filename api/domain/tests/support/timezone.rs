//! Instants of billing days, cut-offs, wall clocks and "today".

use super::{Outcome, Vector, text};
use chrono::{DateTime, NaiveDate, NaiveDateTime, SecondsFormat, Utc};
use domain::calendar::{Step, Zone, at_wall_clock, billing_day, cancellable_until, start_of_day};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Day {
    expiry_date: NaiveDate,
    zone: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WallClock {
    start_local: NaiveDateTime,
    zone: String,
    period: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Today {
    instant: DateTime<Utc>,
    zone: String,
}

pub fn evaluate(vector: &Vector) -> Outcome {
    match ["expiry_date", "start_local", "instant"].map(|field| vector.has(field)) {
        [true, false, false] => day(vector),
        [false, true, false] => wall_clock(vector),
        [false, false, true] => today(vector),
        _ => Err("neither a day, nor a wall clock, nor an instant".into()),
    }
}

fn zone(name: &str) -> Result<Zone, String> {
    name.parse().map_err(text)
}

fn written(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

fn day(vector: &Vector) -> Outcome {
    let input: Day = vector.input()?;
    let zone = zone(&input.zone)?;
    let start = start_of_day(input.expiry_date, zone);
    let next = start_of_day(input.expiry_date.succ_opt().ok_or("no next day")?, zone);
    let seconds = i32::try_from(next.signed_duration_since(start).num_seconds()).map_err(text)?;
    let cutoff = cancellable_until(input.expiry_date, zone);
    let mut accepted = serde_json::Map::new();
    if let Some(asked) = vector.expected.get("accepted_at").and_then(Value::as_object) {
        for instant in asked.keys() {
            let at: DateTime<Utc> = instant.parse().map_err(text)?;
            accepted.insert(instant.clone(), (at < cutoff).into());
        }
    }
    Ok(json!({
        "instant": written(start),
        "local_day_hours": f64::from(seconds) / 3600.0,
        "expiry_instant": written(start),
        "cutoff_instant": written(cutoff),
        "accepted_at": accepted,
    }))
}

fn wall_clock(vector: &Vector) -> Outcome {
    let input: WallClock = vector.input()?;
    let (zone, step) = (zone(&input.zone)?, input.period.parse::<Step>().map_err(text)?);
    let Step::Months(months) = step else { return Err("a wall clock counts months".into()) };
    let asked = vector.expected.as_array().ok_or("a list was expected")?;
    let instants = asked.iter().map(|one| {
        let wanted = one.get("months").and_then(Value::as_u64).and_then(|wanted| u32::try_from(wanted).ok());
        let wanted = wanted.filter(|wanted| wanted.is_multiple_of(months)).ok_or("not a number of periods")?;
        let instant = at_wall_clock(input.start_local, zone, step, wanted / months).map_err(text)?;
        Ok::<_, String>(json!({ "months": wanted, "instant": written(instant) }))
    });
    instants.collect::<Result<Vec<_>, _>>().map(Value::from)
}

fn today(vector: &Vector) -> Outcome {
    let input: Today = vector.input()?;
    let zone = zone(&input.zone)?;
    Ok(json!({ "local_date": billing_day(input.instant, zone), "utc_date": input.instant.date_naive() }))
}
