//! The headers that answers have in common, by reference to `components/headers`.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::answers::has_etag;
use crate::tree::{Place, child, members, operations, text};

/// Headers of every answer.
const EVERY: [&str; 4] = ["X-Request-Id", "RateLimit", "RateLimit-Policy", "Access-Control-Allow-Origin"];

/// Adds the common headers to the answers of operations and to the shared answers.
pub(crate) fn add(document: &mut Value) {
    let mut used = BTreeSet::new();
    for place in operations(document).into_iter().filter(|it| !it.webhook) {
        let Some(operation) = document.pointer_mut(&place.pointer).and_then(Value::as_object_mut) else {
            continue;
        };
        let etag = if has_etag(operation) { Tagged::Yes } else { Tagged::No };
        let Some(responses) = child(operation, "responses") else {
            continue;
        };
        for (status, response) in responses.iter_mut() {
            let mut names = common(status);
            names.extend(particular(&place, status, response, etag));
            refer(response, &names, &mut used);
        }
    }
    let Some(components) = document.as_object_mut().and_then(|root| child(root, "components")) else {
        return;
    };
    if let Some(answers) = components.get_mut("responses").and_then(Value::as_object_mut) {
        for (name, response) in answers.iter_mut() {
            let status = match name.as_str() {
                "Unauthenticated" => "401",
                "Conflict" => "409",
                "TooManyRequests" => "429",
                "Unavailable" => "503",
                _ => "",
            };
            refer(response, &common(status), &mut used);
        }
    }
    if let Some(headers) = child(components, "headers") {
        for name in used {
            headers.insert(name.into(), header(name));
        }
    }
}

fn common(status: &str) -> Vec<&'static str> {
    let mut names = EVERY.to_vec();
    match status {
        "401" => names.push("WWW-Authenticate"),
        // 409: the same key is still being worked on
        "409" | "429" | "503" => names.push("Retry-After"),
        _ => {}
    }
    names
}

/// Whether the operation's resource has an entity tag.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tagged {
    Yes,
    No,
}

/// Headers that depend on what the operation does.
fn particular(place: &Place, status: &str, response: &Value, etag: Tagged) -> Vec<&'static str> {
    let mut names = Vec::new();
    let success = status.starts_with('2');
    if etag == Tagged::Yes && (success || status == "304") {
        names.push("ETag");
    }
    if success && place.writes() {
        names.push("Idempotent-Replayed");
    }
    if success && is_page(response) {
        names.push("Link");
    }
    names
}

fn is_page(response: &Value) -> bool {
    members(response.get("content"))
        .filter_map(|(_, media)| media.get("schema"))
        .any(|schema| text(schema, "$ref").is_some_and(|it| it.ends_with("Page")))
}

fn refer(response: &mut Value, names: &[&'static str], used: &mut BTreeSet<&'static str>) {
    let Some(response) = response.as_object_mut().filter(|it| !it.contains_key("$ref")) else {
        return;
    };
    let Some(headers) = child(response, "headers") else {
        return;
    };
    for name in names {
        if !holds(headers, name) {
            let reference = format!("#/components/headers/{name}");
            headers.insert((*name).into(), json!({ "$ref": reference }));
            used.insert(name);
        }
    }
}

/// Header names know no case.
fn holds(headers: &Map<String, Value>, name: &str) -> bool {
    headers.keys().any(|it| it.eq_ignore_ascii_case(name))
}

/// A header as `components/headers` describes it.
fn header(name: &str) -> Value {
    let text = |description: &str, example: &str| json!({"description": description, "schema": {"type": "string", "maxLength": 255}, "example": example});
    match name {
        "X-Request-Id" => text(
            "Names this request in logs and support; the caller's own when it sent a usable one.",
            "019c8f6e-7d2e-7c3a-9b1f-0a1b2c3d4e5f",
        ),
        "RateLimit" => text("What is left of the quota, and seconds until it is renewed.", "\"default\";r=599;t=60"),
        "RateLimit-Policy" => text("The quotas that apply, and their windows in seconds.", "\"default\";q=600;w=60"),
        "Access-Control-Allow-Origin" => {
            text("The calling page's origin, when it is one of those allowed.", "https://console.tacit.example")
        }
        "WWW-Authenticate" => text("How to authenticate.", "Bearer realm=\"tacit\", error=\"invalid_token\""),
        "ETag" => text("Version of the resource, for If-Match and If-None-Match.", "\"3f1c0a9be2d47c55\""),
        "Idempotent-Replayed" => {
            text("`true` when this is the stored answer of an earlier, identical request.", "true")
        }
        "Link" => json!({
            "description": "The next page, `rel=\"next\"`; left out on the last one.",
            "schema": {"type": "string", "maxLength": 4096},
            "example": "</v1/services?limit=25&cursor=c3ZjXzAxaDQ1NXZi>; rel=\"next\"",
        }),
        _ => json!({
            "description": "Seconds to wait before the next try.",
            "schema": {"type": "integer", "format": "int32", "minimum": 0, "maximum": 86400},
            "example": 30,
        }),
    }
}
