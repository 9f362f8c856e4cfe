//! The contract for generators that cannot read all of it.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::parameters::only_json;
use crate::tree::{operations, schemas};

/// Keywords that `OpenAPI` 3.0 does not know.
const UNKNOWN_TO_30: [&str; 13] = [
    "$schema",
    "$id",
    "$comment",
    "$defs",
    "propertyNames",
    "patternProperties",
    "unevaluatedProperties",
    "contentMediaType",
    "contentEncoding",
    "contains",
    "if",
    "then",
    "else",
];

/// The document without webhooks: generators write code for them that does not compile.
#[must_use]
pub fn client(document: &Value) -> Value {
    let mut twin = document.clone();
    if let Some(root) = twin.as_object_mut() {
        root.remove("webhooks");
    }
    prune(&mut twin);
    twin
}

/// The document as `OpenAPI` 3.0.3, without webhooks, with one media type per request body.
#[must_use]
pub fn three_zero(document: &Value) -> Value {
    let mut twin = client(document);
    only_json(&mut twin);
    for pointer in schemas(&twin).into_iter().rev() {
        if let Some(schema) = twin.pointer_mut(&pointer).and_then(Value::as_object_mut) {
            lower(schema);
        }
    }
    for place in operations(&twin) {
        // 3.0 allows scope names for OAuth2 alone; `x-scopes` still names them
        if let Some(Value::Array(requirements)) = twin.pointer_mut(&format!("{}/security", place.pointer)) {
            for scopes in requirements.iter_mut().filter_map(Value::as_object_mut).flat_map(Map::values_mut) {
                *scopes = json!([]);
            }
        }
    }
    if let Some(root) = twin.as_object_mut() {
        root.insert("openapi".into(), json!("3.0.3"));
        root.remove("jsonSchemaDialect");
    }
    if let Some(info) = twin.get_mut("info").and_then(Value::as_object_mut) {
        info.remove("summary");
        if let Some(license) = info.get_mut("license").and_then(Value::as_object_mut)
            && let Some(identifier) = license.remove("identifier").as_ref().and_then(Value::as_str)
        {
            license.insert("url".into(), json!(format!("https://spdx.org/licenses/{identifier}.html")));
        }
    }
    prune(&mut twin);
    twin
}

/// Says a 3.1 schema in the words of 3.0.
fn lower(schema: &mut Map<String, Value>) {
    if schema.contains_key("$ref") {
        schema.retain(|name, _| name == "$ref");
        return;
    }
    lower_type(schema);
    for name in ["oneOf", "anyOf"] {
        lower_union(schema, name);
    }
    if let Some(value) = schema.remove("const") {
        schema.insert("enum".into(), json!([value]));
    }
    if let Some(Value::Array(examples)) = schema.remove("examples")
        && let Some(first) = examples.into_iter().next()
    {
        schema.entry("example").or_insert(first);
    }
    for (exclusive, bound) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
        if let Some(limit) = schema.get(exclusive).filter(|it| it.is_number()).cloned() {
            schema.insert(bound.into(), limit);
            schema.insert(exclusive.into(), json!(true));
        }
    }
    if schema.remove("prefixItems").is_some() {
        schema.insert("items".into(), json!({}));
    }
    if schema.contains_key("contentMediaType") && schema.get("type") == Some(&json!("string")) {
        let format = if schema.contains_key("contentEncoding") { "byte" } else { "binary" };
        schema.entry("format").or_insert(json!(format));
    }
    schema.retain(|name, _| !UNKNOWN_TO_30.contains(&name.as_str()));
}

fn lower_type(schema: &mut Map<String, Value>) {
    let Some(Value::Array(kinds)) = schema.get("type") else {
        if schema.get("type") == Some(&json!("null")) {
            schema.remove("type");
            schema.insert("nullable".into(), json!(true));
        }
        return;
    };
    let nullable = kinds.iter().any(|it| it == "null");
    let others: Vec<Value> = kinds.iter().filter(|it| *it != "null").cloned().collect();
    schema.remove("type");
    if let [only] = others.as_slice() {
        schema.insert("type".into(), only.clone());
    } else {
        let variants: Vec<Value> = others.iter().map(|it| json!({ "type": it })).collect();
        schema.insert("anyOf".into(), variants.into());
    }
    if nullable {
        schema.insert("nullable".into(), json!(true));
    }
}

/// `oneOf: [X, null]` becomes a nullable X.
fn lower_union(schema: &mut Map<String, Value>, name: &str) {
    let Some(Value::Array(variants)) = schema.get_mut(name) else {
        return;
    };
    let before = variants.len();
    // children come first, so that the null variant reads `nullable: true` by now
    variants.retain(|it| it != &json!({"nullable": true}) && it.get("type") != Some(&json!("null")));
    if variants.len() == before {
        return;
    }
    let only = match variants.as_slice() {
        [only] => Some(only.clone()),
        _ => None,
    };
    schema.insert("nullable".into(), json!(true));
    if let Some(only) = only {
        schema.remove(name);
        schema.insert("allOf".into(), json!([only]));
    }
}

/// Removes the components that nothing refers to any more.
fn prune(document: &mut Value) {
    loop {
        let mut used = BTreeSet::new();
        references(document, &mut used);
        let Some(components) = document.get_mut("components").and_then(Value::as_object_mut) else {
            return;
        };
        let mut removed = false;
        for (section, content) in components.iter_mut().filter(|(section, _)| *section != "securitySchemes") {
            if let Some(content) = content.as_object_mut() {
                let before = content.len();
                content.retain(|name, _| used.contains(&format!("#/components/{section}/{name}")));
                removed |= content.len() < before;
            }
        }
        components.retain(|_, content| content.as_object().is_none_or(|it| !it.is_empty()));
        if !removed {
            return;
        }
    }
}

/// Every reference, those of discriminators included.
fn references(value: &Value, used: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if text.starts_with("#/components/") => {
            used.insert(text.clone());
        }
        Value::Array(list) => list.iter().for_each(|it| references(it, used)),
        Value::Object(map) => map.values().for_each(|it| references(it, used)),
        _ => {}
    }
}

#[cfg(test)]
mod tests;
