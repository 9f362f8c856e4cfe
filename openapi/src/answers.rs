//! Which errors every operation answers, all of them as `application/problem+json`.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::Finish;
use crate::fault;
use crate::tree::{Place, child, items, operations, text};

/// The media type of every error.
pub(crate) const PROBLEM: &str = "application/problem+json";

/// Adds the answers that follow from an operation's shape, and completes those that handlers declare.
pub(crate) fn add(document: &mut Value, options: &Finish<'_>) {
    let mut shared = BTreeSet::new();
    for place in operations(document).into_iter().filter(|it| !it.webhook) {
        let Some(operation) = document.pointer_mut(&place.pointer).and_then(Value::as_object_mut) else {
            continue;
        };
        let implied = implied(operation, &place);
        let Some(responses) = child(operation, "responses") else { continue };
        for status in implied {
            let Some(name) = fault::component(status) else { continue };
            if !responses.contains_key(status) {
                responses.insert(status.into(), json!({"$ref": format!("#/components/responses/{name}")}));
                shared.insert((status, name));
            }
        }
        if let Some(status) = unchanged(&place, responses, document_etag(operation)) {
            responses_of(operation, status);
        }
        if let Some(responses) = child(operation, "responses") {
            for (status, response) in responses.iter_mut() {
                declared(status, response, options);
            }
            responses.sort_keys();
        }
    }
    let Some(root) = document.as_object_mut() else { return };
    let Some(components) = child(root, "components").and_then(|it| child(it, "responses")) else { return };
    for (status, name) in shared {
        components.insert(name.into(), answer(status, options));
    }
}
