//! Promises about schemas: names of members, numbers, nulls, pages, enums.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::words;
use crate::tree::{in_patch, items, members, schemas, text};

/// What schemas get wrong.
pub(super) fn problems(document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    if document.pointer("/components/schemas/Problem").is_none() {
        found.push("/components/schemas: has no Problem".into());
    }
    for pointer in schemas(document) {
        let Some(schema) = document.pointer(&pointer) else {
            continue;
        };
        let mut say = |what: String| found.push(format!("{pointer}: {what}"));
        for (name, _) in members(schema.get("properties")) {
            if !words(name, '_', 1) {
                say(format!("member `{name}` is not snake_case"));
            }
        }
        if has_type(schema, "number") {
            say("is a number; use an integer or a decimal string".into());
        }
        if text(schema, "format") == Some("decimal") {
            say("has format decimal; use a pattern".into());
        }
        if has_type(schema, "null") && !in_patch(&pointer) {
            say("knows null outside a *Patch; leave the member out".into());
        }
    }
    for (name, schema) in members(document.pointer("/components/schemas")) {
        if name.ends_with("Page") {
            page(name, schema, &mut found);
        }
    }
    found.extend(clashes(document));
    found
}

fn has_type(schema: &Value, kind: &str) -> bool {
    text(schema, "type") == Some(kind) || items(schema.get("type")).any(|it| it == kind)
}

fn page(name: &str, schema: &Value, found: &mut Vec<String>) {
    if !items(schema.get("required")).any(|it| it == &json!("items")) {
        found.push(format!("/components/schemas/{name}: a page requires items"));
    }
    for member in ["items", "next_cursor"] {
        if schema.get("properties").and_then(|it| it.get(member)).is_none() {
            found.push(format!("/components/schemas/{name}: a page has {member}"));
        }
    }
}

/// One value in two named closed enums: the default Go client does not compile.
fn clashes(document: &Value) -> Vec<String> {
    let mut holders: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (name, schema) in members(document.pointer("/components/schemas")) {
        if text(schema, "type") == Some("string") {
            for value in items(schema.get("enum")).filter_map(Value::as_str) {
                holders.entry(value.to_uppercase()).or_default().push(name);
            }
        }
    }
    holders
        .into_iter()
        .filter(|(_, names)| names.len() > 1)
        .map(|(value, names)| format!("/components/schemas: {value} is a value of {}", names.join(" and ")))
        .collect()
}
