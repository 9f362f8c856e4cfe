//! Promises of the whole contract. Every test walks the document that the code generates, so that an
//! operation that is added tomorrow is held to them without anybody thinking of it.
//!
//! | promise | file |
//! |---|---|
//! | the document keeps the house's rules, is checked in, breaks no released client | [`published`] |
//! | nobody gets in without the right proof, scope, fresh proof where the contract says so, an open account | [`authority`] |
//! | secrets and addresses are in no log, no refusal, no copy of the data | [`canary`] |
//! | what belongs to others looks like what does not exist | [`ownership`] |
//! | every refusal is a problem, in both languages | [`refusals`] |
//! | requests are read strictly | [`requests`] |
//! | nothing can be asked without end | [`limits`] |
//! | the same request twice is done once | [`idempotency`] |
//! | every operation answers what it declares | [`answers`] |
//! | tags of versions, conditional requests | [`conditions`] |
//! | lists are cut in pages without loss or repetition | [`pages`] |
//! | a dry run stores nothing | [`dry_run`] |

mod answers;
mod authority;
mod canary;
mod conditions;
mod dry_run;
pub mod estate;
mod idempotency;
mod limits;
mod ownership;
mod pages;
mod published;
mod refusals;
mod requests;

use house::contract::Operation;
use house::{Answer, Client};
use reqwest::Method;
use serde_json::Value;

/// Sends an operation with a body as documentation shows it and a fresh key.
async fn send(who: &Client, operation: &Operation, path: &str, body: Option<&Value>) -> Answer {
    let key = house::client::fresh_key();
    let headers = [("Idempotency-Key", key.as_str()), ("X-Request-Id", "the-same-for-all")];
    let method: Method = operation.method.parse().unwrap();
    who.send(method, path, if operation.writes() { &headers } else { &headers[1..] }, body).await
}

/// The path of an operation with ids that nothing has.
fn unknown_path(operation: &Operation) -> String {
    operation.path_with(example_of)
}

fn example_of(parameter: &Value) -> String {
    let example = parameter.get("example").or_else(|| parameter["schema"].get("example"));
    match example.or_else(|| parameter["schema"]["examples"].get(0)) {
        Some(Value::String(text)) => text.clone(),
        other => panic!("the parameter {parameter} has the example {other:?}"),
    }
}
