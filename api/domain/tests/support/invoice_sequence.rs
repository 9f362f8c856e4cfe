//! Drafts, issues, discards and credits, in the order given.

use super::{Outcome, Vector, text};
use chrono::{DateTime, Utc};
use domain::calendar::Zone;
use domain::invoice::{DocumentError, NetByRate, Sequencer};
use domain::money::{Currency, Money};
use serde::Deserialize;
use serde_json::{Map, Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    seller_zone: String,
    operations: Vec<Vec<Value>>,
}

/// Amounts without a rate, or by rate.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Amounts {
    net: Option<Value>,
    rate: Option<String>,
}

pub fn evaluate(vector: &Vector) -> Outcome {
    let input: Input = vector.input()?;
    let zone: Zone = input.seller_zone.parse().map_err(text)?;
    let mut documents = Sequencer::new(zone);
    let mut out = Map::new();
    for operation in &input.operations {
        let (name, outcome) = run(&mut documents, operation)?;
        if let Err(error) = outcome {
            out.insert(name, json!({ "error": error.code() }));
        } else {
            out.insert(name, Value::Null);
        }
    }
    for (name, value) in &mut out {
        if let (Some(number), false) = (documents.number(name), value.is_object()) {
            *value = number.into();
        }
    }
    Ok(Value::Object(out))
}

/// The document that an operation is about, and how it went.
fn run(documents: &mut Sequencer, operation: &[Value]) -> Result<(String, Result<(), DocumentError>), String> {
    let words: Vec<&str> = operation.iter().map_while(Value::as_str).collect();
    let amounts = match operation.get(words.len()..) {
        None | Some([]) => None,
        Some([amounts]) => Some(nets(amounts)?),
        Some(_) => return Err(format!("operation not understood: {operation:?}")),
    };
    let (name, outcome) = match words.as_slice() {
        ["draft", name] => (name, documents.draft(name)),
        ["discard", name] => (name, documents.discard(name)),
        ["update" | "delete", name] => (name, documents.changeable(name)),
        ["issue", name, at] => (name, documents.issue(name, instant(at)?, amounts.unwrap_or_default()).map(|_| ())),
        // a transaction that is rolled back leaves everything as it was
        ["issue_rollback" | "issue_failed", name, at] => {
            (name, documents.clone().issue(name, instant(at)?, amounts.unwrap_or_default()).map(|_| ()))
        }
        ["credit", invoice, name, at] => {
            (name, documents.credit(invoice, name, instant(at)?, amounts.as_ref()).map(|_| ()))
        }
        _ => return Err(format!("operation not understood: {operation:?}")),
    };
    Ok(((*name).to_owned(), outcome))
}

fn instant(at: &str) -> Result<DateTime<Utc>, String> {
    at.parse().map_err(text)
}

fn nets(amounts: &Value) -> Result<NetByRate, String> {
    let amounts: Amounts = serde_json::from_value(amounts.clone()).map_err(text)?;
    let eur = |value: &Value| Money::parse(value.as_str().unwrap_or_default(), Currency::EUR).map_err(text);
    match amounts.net {
        None => Ok(NetByRate::new()),
        Some(Value::Object(by_rate)) => by_rate.iter().map(|(rate, net)| Ok((rate.clone(), eur(net)?))).collect(),
        Some(net) => Ok(NetByRate::from([(amounts.rate.unwrap_or_default(), eur(&net)?)])),
    }
}
