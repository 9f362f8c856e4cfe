//! Parameters that operations share, and the two media types of a PATCH.

use serde_json::{Map, Value, json};

use crate::answers::has_etag;
use crate::tree::{items, operations, text};

const MERGE_PATCH: &str = "application/merge-patch+json";
const JSON: &str = "application/json";

/// Name, description and example of the parameters that mean the same everywhere.
const KNOWN: [(&str, &str, &str); 11] = [
    ("limit", "Most items on a page.", "25"),
    (
        "cursor",
        "Where the page starts: `next_cursor` of the page before, with the same filters and sort.",
        "\"c3ZjXzAxaDQ1NXZi\"",
    ),
    ("with_total", "Whether the page says how many items there are in all.", "true"),
    ("dry_run", "Whether to answer what would happen and store nothing.", "true"),
    ("q", "Text to look for.", "\"backup\""),
    ("If-Match", "The `ETag` that the resource must still have; otherwise 412.", "\"\\\"3f1c0a9be2d47c55\\\"\""),
    ("If-None-Match", "The `ETag` of the caller's copy; 304 when it is still right.", "\"\\\"3f1c0a9be2d47c55\\\"\""),
    ("Accept-Language", "Language of messages: `fr` or `en`.", "\"fr\""),
    ("issued_on_from", "First day of issue to include.", "\"2026-01-01\""),
    ("issued_on_to", "Last day of issue to include.", "\"2026-03-31\""),
    ("country", "Country, as ISO 3166-1 alpha-2.", "\"FR\""),
];

/// Adds `Idempotency-Key` and `If-None-Match`, and what is known about the others.
pub(crate) fn complete(document: &mut Value) {
    for place in operations(document).into_iter().filter(|it| !it.webhook) {
        let Some(operation) = document.pointer_mut(&place.pointer).and_then(Value::as_object_mut) else {
            continue;
        };
        let required = operation.get("x-idempotency") == Some(&json!("required"));
        let conditional = place.method == "get" && has_etag(operation);
        let has_any = operation.contains_key("parameters");
        if !has_any && !place.writes() && !conditional {
            continue;
        }
        let Some(parameters) = operation.entry("parameters").or_insert_with(|| json!([])).as_array_mut() else {
            continue;
        };
        parameters.retain(|it| !names(it, "Idempotency-Key"));
        if conditional && !parameters.iter().any(|it| names(it, "If-None-Match")) {
            parameters.push(json!({"name": "If-None-Match", "in": "header", "required": false, "schema": {"type": "string", "maxLength": 255}}));
        }
        if place.writes() {
            parameters.push(idempotency_key(if required { Need::Required } else { Need::Optional }));
        }
        for parameter in parameters.iter_mut().filter_map(Value::as_object_mut) {
            describe(parameter);
        }
    }
}

fn names(parameter: &Value, name: &str) -> bool {
    text(parameter, "name").is_some_and(|it| it.eq_ignore_ascii_case(name))
}

/// Whether a request must carry a key.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    Required,
    Optional,
}

fn idempotency_key(need: Need) -> Value {
    let required = need == Need::Required;
    let description = if required {
        "Makes the request safe to repeat; required here. The same key and request give the stored answer for 30 days."
    } else {
        "Makes the request safe to repeat: the same key and request give the stored answer for 30 days."
    };
    json!({
        "name": "Idempotency-Key",
        "in": "header",
        "description": description,
        "required": required,
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]{1,255}$"},
        "example": "7f0f2f8e-3c2b-4f3e-9a53-4f1a0c9f5d11",
    })
}

/// Fills in the description and the example of a parameter that means the same everywhere.
fn describe(parameter: &mut Map<String, Value>) {
    let name = parameter.get("name").and_then(Value::as_str).unwrap_or_default();
    let Some((_, description, example)) = KNOWN.iter().find(|it| it.0.eq_ignore_ascii_case(name)) else {
        return;
    };
    let silent = parameter.get("description").and_then(Value::as_str).is_none_or(str::is_empty);
    if silent {
        parameter.insert("description".into(), json!(description));
    }
    let shown = ["example", "examples"].iter().any(|it| parameter.contains_key(*it));
    let in_schema =
        parameter.get("schema").is_some_and(|schema| ["example", "examples"].iter().any(|it| schema.get(it).is_some()));
    if !shown
        && !in_schema
        && let Ok(value) = serde_json::from_str(example)
    {
        parameter.insert("example".into(), value);
    }
}

/// A PATCH takes a merge patch under its own media type, and under the one that every client can send.
pub(crate) fn merge_patches(document: &mut Value) {
    for place in operations(document) {
        if place.method != "patch" || place.webhook {
            continue;
        }
        let Some(content) =
            document.pointer_mut(&format!("{}/requestBody/content", place.pointer)).and_then(Value::as_object_mut)
        else {
            continue;
        };
        let Some(media) = content.get(MERGE_PATCH).or_else(|| content.get(JSON)).cloned() else {
            continue;
        };
        let mut both = Map::new();
        both.insert(MERGE_PATCH.into(), content.remove(MERGE_PATCH).unwrap_or_else(|| media.clone()));
        both.insert(JSON.into(), content.remove(JSON).unwrap_or(media));
        both.append(content);
        *content = both;
    }
}

/// Leaves JSON alone in the bodies of PATCH, for generators that read one media type.
pub(crate) fn only_json(document: &mut Value) {
    for place in operations(document) {
        let content = document
            .pointer_mut(&place.pointer)
            .and_then(|it| it.get_mut("requestBody"))
            .and_then(|it| it.get_mut("content"))
            .and_then(Value::as_object_mut);
        if let Some(content) = content.filter(|it| it.contains_key(JSON)) {
            content.remove(MERGE_PATCH);
        }
    }
}

/// Whether an operation takes a parameter.
pub(crate) fn takes(operation: &Value, name: &str) -> bool {
    items(operation.get("parameters")).any(|it| names(it, name))
}
