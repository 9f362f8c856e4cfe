//! Which errors every operation answers, all of them as `application/problem+json`.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::Finish;
use crate::fault::{self, Fault};
use crate::tree::{Place, child, items, operations, text};

/// The media type of every error.
pub(crate) const PROBLEM: &str = "application/problem+json";
/// The shared 403 of operations that want a fresh proof.
const FRESH: &str = "FreshProofRequired";

/// Adds the answers that follow from an operation's shape, and completes those that handlers declare.
pub(crate) fn add(document: &mut Value, options: &Finish<'_>) {
    let mut shared = BTreeSet::new();
    for place in operations(document).into_iter().filter(|it| !it.webhook) {
        let Some(operation) = document.pointer_mut(&place.pointer).and_then(Value::as_object_mut) else {
            continue;
        };
        let implied = implied(operation, &place);
        let fresh = wants_fresh_proof(operation);
        let not_modified = place.method == "get" && has_etag(operation);
        let Some(responses) = child(operation, "responses") else {
            continue;
        };
        for status in implied {
            let named = if fresh && status == "403" { Some(FRESH) } else { fault::component(status) };
            let Some(name) = named else {
                continue;
            };
            if !responses.contains_key(status) {
                let reference = format!("#/components/responses/{name}");
                responses.insert(status.into(), json!({ "$ref": reference }));
                shared.insert((status, name));
            }
        }
        if not_modified {
            responses.entry("304").or_insert_with(|| json!({"description": "The caller's copy is still right"}));
        }
        for (status, response) in responses.iter_mut() {
            if is_error(status) && text(response, "$ref").is_none() {
                complete(status, response, options);
            }
        }
        responses.sort_keys();
    }
    if let Some(answers) = document
        .as_object_mut()
        .and_then(|root| child(root, "components"))
        .and_then(|components| child(components, "responses"))
    {
        for (status, name) in shared {
            let shared = if name == FRESH { fresh_answer(options) } else { answer(status, options) };
            answers.insert(name.into(), shared);
        }
    }
}

/// Whether the handler says that a proof of identity must be fresh.
pub(crate) fn wants_fresh_proof(operation: &Map<String, Value>) -> bool {
    operation.get("x-fresh-proof") == Some(&Value::Bool(true))
}

/// Whether a status is an error.
pub(crate) fn is_error(status: &str) -> bool {
    status.starts_with('4') || status.starts_with('5')
}

/// Whether the handler says that its answer carries an `ETag`.
pub(crate) fn has_etag(operation: &Map<String, Value>) -> bool {
    operation.get("x-etag") == Some(&Value::Bool(true))
}

/// The error statuses that follow from the shape of an operation.
fn implied(operation: &Map<String, Value>, place: &Place) -> Vec<&'static str> {
    let body = operation.contains_key("requestBody");
    let query = items(operation.get("parameters")).any(|it| text(it, "in") == Some("query"));
    let secured = items(operation.get("security")).count() > 0;
    let conditional = items(operation.get("parameters")).any(|it| text(it, "name") == Some("If-Match"));
    let mut found = Vec::new();
    let mut when = |applies: bool, statuses: &[&'static str]| {
        if applies {
            found.extend_from_slice(statuses);
        }
    };
    // a query parameter that the operation does not know
    when(true, &["400"]);
    when(secured, &["401", "403"]);
    when(place.path.contains('{'), &["404"]);
    when(place.writes(), &["409"]);
    when(conditional, &["412"]);
    when(body, &["413", "415"]);
    // values; a key that belongs to another request
    when(body || query || place.writes(), &["422"]);
    when(true, &["429", "500", "503"]);
    found
}

/// The answer that operations share for a status.
fn answer(status: &str, options: &Finish<'_>) -> Value {
    let title = fault::of(status, options).map_or("The request was refused", |it| it.title);
    let mut response = json!({ "description": title });
    complete(status, &mut response, options);
    response
}

/// The 403 of operations that want a fresh proof: either reason, each with its example.
fn fresh_answer(options: &Finish<'_>) -> Value {
    let example = |fault: &Fault<'_>| json!({"summary": fault.title, "value": fault::problem(fault, options)});
    let faults = [fault::of("403", options), Some(fault::fresh_proof(options))];
    let examples: Map<String, Value> =
        faults.iter().flatten().map(|fault| (fault.code.to_owned(), example(fault))).collect();
    json!({
        "description": "The scope is missing, or the proof of identity is no longer fresh: prove it and repeat the request",
        "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": examples}},
    })
}

/// Makes a declared error a problem with an example.
fn complete(status: &str, response: &mut Value, options: &Finish<'_>) {
    // the handler's own description tells more than the house's sentence
    let detail = text(response, "description")
        .filter(|it| !it.is_empty() && fault::of(status, options).is_none_or(|fault| fault.title != *it))
        .map(str::to_owned);
    let Some(content) = response.as_object_mut().and_then(|it| child(it, "content")) else {
        return;
    };
    if !content.contains_key(PROBLEM)
        && let Some(media) = content.remove("application/json")
    {
        content.insert(PROBLEM.into(), media);
    }
    if !content.is_empty() && !content.contains_key(PROBLEM) {
        return; // something else on purpose: `check` says so
    }
    let Some(media) = child(content, PROBLEM) else {
        return;
    };
    media.entry("schema").or_insert_with(|| json!({"$ref": "#/components/schemas/Problem"}));
    if !media.contains_key("example") && !media.contains_key("examples") {
        media.insert("example".into(), fault::example(status, detail.as_deref(), options));
    }
}
