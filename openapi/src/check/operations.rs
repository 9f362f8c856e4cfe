//! Promises about operations: names, words, parameters, examples, errors, scopes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::words;
use crate::answers::{PROBLEM, is_error};
use crate::examples::{is_json, missing, shown};
use crate::info::scopes;
use crate::parameters::takes;
use crate::tree::{Place, items, members, operations, resolve, text};

/// The longest summary that fits a menu.
const SUMMARY: usize = 60;

/// What operations get wrong.
pub(super) fn problems(document: &Value) -> Vec<String> {
    let mut found = paths(document);
    let known: BTreeSet<&str> = items(document.get("tags")).filter_map(|it| text(it, "name")).collect();
    let mut seen: BTreeMap<&str, String> = BTreeMap::new();
    for place in operations(document) {
        let Some(operation) = document.pointer(&place.pointer) else {
            continue;
        };
        let mut say = |what: String| found.push(format!("{place}: {what}"));
        let id = text(operation, "operationId").unwrap_or_default();
        if !words(id, '_', 2) {
            say(format!("operationId `{id}` is not verb_noun in snake_case"));
        }
        if let Some(other) = seen.insert(id, place.to_string()) {
            say(format!("operationId `{id}` is also that of {other}"));
        }
        wording(operation, &known, &mut say);
        body(document, "request", operation.get("requestBody"), &mut say);
        if place.webhook {
            continue;
        }
        parameters(document, operation, &mut say);
        responses(document, operation, &mut say);
        if place.writes() && !takes(operation, "Idempotency-Key") {
            say("takes no Idempotency-Key".into());
        }
        security(&place, operation, &mut say);
    }
    found
}

fn paths(document: &Value) -> Vec<String> {
    let good = |segment: &str| {
        let segment = segment.strip_suffix(".json").unwrap_or(segment).trim_start_matches('.');
        match segment.strip_prefix('{').and_then(|it| it.strip_suffix('}')) {
            Some(name) => words(name, '_', 1),
            // a version number may stand in a file's name: `openapi-3.0.json`
            None => words(&segment.replace('.', "-"), '-', 1),
        }
    };
    members(document.get("paths"))
        .filter(|(path, _)| !path.strip_prefix('/').is_some_and(|it| it.split('/').all(good)))
        .map(|(path, _)| format!("{path}: segments are kebab-case, parameters snake_case"))
        .collect()
}

fn wording(operation: &Value, known: &BTreeSet<&str>, say: &mut impl FnMut(String)) {
    let tags: Vec<&str> = items(operation.get("tags")).filter_map(Value::as_str).collect();
    match tags.as_slice() {
        [tag] if known.contains(tag) => {}
        [tag] => say(format!("tag `{tag}` is not listed")),
        _ => say(format!("has {} tags instead of one", tags.len())),
    }
    match text(operation, "summary").map(|it| it.chars().count()) {
        None | Some(0) => say("has no summary".into()),
        Some(length) if length > SUMMARY => {
            say(format!("summary has {length} of {SUMMARY} characters"));
        }
        Some(_) => {}
    }
    if text(operation, "description").is_none_or(str::is_empty) {
        say("has no description".into());
    }
}

fn parameters(document: &Value, operation: &Value, say: &mut impl FnMut(String)) {
    for parameter in items(operation.get("parameters")) {
        let parameter = resolve(document, parameter);
        let name = text(parameter, "name").unwrap_or("?");
        if text(parameter, "description").is_none_or(str::is_empty) {
            say(format!("parameter `{name}` has no description"));
        }
        if !shown(parameter) {
            say(format!("parameter `{name}` has no example"));
        }
        if text(parameter, "in") != Some("header") && !words(name, '_', 1) {
            say(format!("parameter `{name}` is not snake_case"));
        }
    }
}

fn responses(document: &Value, operation: &Value, say: &mut impl FnMut(String)) {
    let mut success = false;
    for (status, response) in members(operation.get("responses")) {
        let response = resolve(document, response);
        if is_error(status) {
            let kinds: Vec<&String> = members(response.get("content")).map(|(kind, _)| kind).collect();
            if kinds != [PROBLEM] {
                say(format!("{status} is not {PROBLEM}"));
            }
        } else {
            success = true;
        }
        body(document, status, Some(response), say);
    }
    if !success {
        say("declares no success".into());
    }
}

fn body(document: &Value, what: &str, carrier: Option<&Value>, say: &mut impl FnMut(String)) {
    let Some(carrier) = carrier else { return };
    for (kind, media) in members(resolve(document, carrier).get("content")) {
        if !is_json(kind) || shown(media) {
            continue;
        }
        let Some(schema) = media.get("schema") else {
            say(format!("{what} has no schema"));
            continue;
        };
        let lacking = Vec::from_iter(missing(document, schema)).join(", ");
        say(format!("{what} has no example (none for {lacking})"));
    }
}

fn security(place: &Place, operation: &Value, say: &mut impl FnMut(String)) {
    match operation.get("security").and_then(Value::as_array) {
        None => say("does not say who may call it; an open one says `security: []`".into()),
        Some(required) if required.is_empty() => {}
        Some(_) => {
            if operation.as_object().is_some_and(|it| scopes(it).is_empty()) {
                say(format!("names no scope for {}", place.method));
            }
        }
    }
}
