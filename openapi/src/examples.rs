//! Examples put together from those of the members, so that handlers write each value once.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::tree::{items, members, operations, resolve, text};

/// The deepest nesting that is followed.
const DEEPEST: usize = 12;

/// Gives an example to every parameter, JSON request and JSON answer that can have one.
pub(crate) fn fill(document: &mut Value) {
    let mut found = Vec::new();
    for place in operations(document) {
        let Some(operation) = document.pointer(&place.pointer) else {
            continue;
        };
        for (index, parameter) in items(operation.get("parameters")).enumerate() {
            if !shown(parameter)
                && let Some(value) = of(document, parameter.get("schema"))
            {
                found.push((format!("{}/parameters/{index}", place.pointer), value));
            }
        }
        let body = format!("{}/requestBody", place.pointer);
        bodies(document, &body, operation.get("requestBody"), &mut found);
        for (status, response) in members(operation.get("responses")) {
            bodies(document, &format!("{}/responses/{status}", place.pointer), Some(response), &mut found);
        }
    }
    for (pointer, value) in found {
        if let Some(carrier) = document.pointer_mut(&pointer).and_then(Value::as_object_mut) {
            carrier.insert("example".into(), value);
        }
    }
}

fn bodies(document: &Value, pointer: &str, carrier: Option<&Value>, found: &mut Vec<(String, Value)>) {
    for (kind, media) in members(carrier.and_then(|it| it.get("content"))) {
        if is_json(kind)
            && !shown(media)
            && let Some(value) = of(document, media.get("schema"))
        {
            found.push((format!("{pointer}/content/{}", crate::tree::escape(kind)), value));
        }
    }
}

/// Whether a media type is JSON.
pub(crate) fn is_json(kind: &str) -> bool {
    kind == "application/json" || kind.ends_with("+json")
}

/// Whether a parameter or a media type has an example of its own.
pub(crate) fn shown(carrier: &Value) -> bool {
    carrier.get("example").is_some() || members(carrier.get("examples")).next().is_some()
}

/// The example of a schema, or why there is none: the members that lack one.
pub(crate) fn missing(document: &Value, schema: &Value) -> BTreeSet<String> {
    let mut builder = Builder { document, missing: BTreeSet::new() };
    builder.build(schema, "body", 0);
    builder.missing
}

fn of(document: &Value, schema: Option<&Value>) -> Option<Value> {
    Builder { document, missing: BTreeSet::new() }.build(schema?, "body", 0)
}

struct Builder<'a> {
    document: &'a Value,
    missing: BTreeSet<String>,
}

impl Builder<'_> {
    fn build(&mut self, schema: &Value, place: &str, depth: usize) -> Option<Value> {
        if depth > DEEPEST {
            return None;
        }
        let name = text(schema, "$ref").and_then(|it| it.rsplit('/').next()).unwrap_or(place);
        // an example beside `$ref` is closer than the one it points to
        let schema = if own(schema).is_some() { schema } else { resolve(self.document, schema) };
        if let Some(value) = own(schema) {
            return Some(value);
        }
        for union in ["oneOf", "anyOf"] {
            if let Some(first) = items(schema.get(union)).find(|it| text(it, "type") != Some("null")) {
                return self.build(first, name, depth + 1);
            }
        }
        if schema.get("allOf").is_some() || schema.get("properties").is_some() {
            return self.object(schema, name, depth).map(Value::Object);
        }
        let found = match kind(schema) {
            Some("array") => {
                let item = schema.get("items").and_then(|it| self.build(it, name, depth + 1));
                return item.map(|it| json!([it]));
            }
            Some("boolean") => Some(json!(false)),
            Some("string") => match text(schema, "format") {
                Some("date-time") => Some(json!("2026-03-01T09:00:00Z")),
                Some("date") => Some(json!("2026-03-01")),
                _ => None,
            },
            Some("object") => Some(json!({})),
            _ => None,
        };
        if found.is_none() {
            self.missing.insert(name.to_owned());
        }
        found
    }

    /// An object with every member that can be shown; nothing when a required one cannot.
    fn object(&mut self, schema: &Value, name: &str, depth: usize) -> Option<Map<String, Value>> {
        let mut shape = Map::new();
        for part in items(schema.get("allOf")) {
            shape.extend(self.build(part, name, depth + 1)?.as_object()?.clone());
        }
        let required: Vec<&str> = items(schema.get("required")).filter_map(Value::as_str).collect();
        for (member, inner) in members(schema.get("properties")) {
            let needed = required.contains(&member.as_str());
            let before = self.missing.clone();
            match self.build(inner, &format!("{name}.{member}"), depth + 1) {
                Some(value) => {
                    shape.insert(member.clone(), value);
                }
                None if needed => return None,
                None => self.missing = before,
            }
        }
        Some(shape)
    }
}

/// The example that a schema itself carries.
fn own(schema: &Value) -> Option<Value> {
    let first = |name: &str| items(schema.get(name)).next();
    schema
        .get("example")
        .or_else(|| first("examples"))
        .or_else(|| schema.get("const"))
        .or_else(|| schema.get("default"))
        .or_else(|| first("enum"))
        .filter(|it| !it.is_null())
        .cloned()
}

fn kind(schema: &Value) -> Option<&str> {
    match schema.get("type") {
        Some(Value::String(kind)) => Some(kind),
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).find(|it| *it != "null"),
        _ => None,
    }
}
