//! Functions `expiries` and `period_of`.

use super::{Outcome, Vector, text};
use chrono::NaiveDate;
use domain::calendar::{Anchor, Step, boundary, period_of};
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    anchor_date: NaiveDate,
    anchor_day: u32,
    period: String,
    n: Option<u32>,
    on: Option<NaiveDate>,
}

pub fn evaluate(vector: &Vector) -> Outcome {
    let input: Input = vector.input()?;
    let anchor = Anchor { date: input.anchor_date, day: input.anchor_day };
    let step: Step = input.period.parse().map_err(text)?;
    match (input.n, input.on) {
        (Some(n), None) => {
            let expiries = (1..=n).map(|k| boundary(anchor, step, k)).collect::<Result<Vec<_>, _>>().map_err(text)?;
            Ok(json!({ "expiries": expiries }))
        }
        (None, Some(on)) => {
            let span = period_of(anchor, step, on).map_err(text)?;
            Ok(json!({
                "index": span.index,
                "start": span.start,
                "end_exclusive": span.end,
                "days": span.days(),
                "printed_last_day": span.last_day(),
            }))
        }
        _ => Err("neither `expiries` nor `period_of`".into()),
    }
}
