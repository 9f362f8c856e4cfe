//! A bound on everything: every string, list and integer that has none gets the house's.

use serde_json::{Map, Value, json};

use crate::tree::schemas;

/// The largest integer that every JSON reader keeps exactly: 2^53 − 1.
const SAFE: i64 = 9_007_199_254_740_991;

/// Sets the missing limits.
pub(crate) fn set(document: &mut Value) {
    for pointer in schemas(document) {
        if let Some(schema) = document.pointer_mut(&pointer).and_then(Value::as_object_mut) {
            bound(schema);
        }
    }
}

fn bound(schema: &mut Map<String, Value>) {
    let format = schema.get("format").and_then(Value::as_str).unwrap_or_default().to_owned();
    if is(schema, "string") && !schema.contains_key("enum") && !schema.contains_key("const") {
        schema.entry("maxLength").or_insert_with(|| json!(longest(&format)));
    }
    if is(schema, "array") {
        schema.entry("maxItems").or_insert_with(|| json!(100));
    }
    if is(schema, "integer") && !schema.contains_key("enum") && !schema.contains_key("const") {
        let wide = format == "int64";
        if !schema.contains_key("minimum") && !schema.contains_key("exclusiveMinimum") {
            schema.insert("minimum".into(), json!(0));
        }
        if !schema.contains_key("maximum") && !schema.contains_key("exclusiveMaximum") {
            let most = if wide { SAFE } else { i64::from(i32::MAX) };
            schema.insert("maximum".into(), json!(most));
        }
        if !wide {
            schema.insert("format".into(), json!("int32"));
        }
    }
}

/// Whether a schema allows this type.
fn is(schema: &Map<String, Value>, kind: &str) -> bool {
    match schema.get("type") {
        Some(Value::String(own)) => own == kind,
        Some(Value::Array(kinds)) => kinds.iter().any(|it| it == kind),
        _ => false,
    }
}

fn longest(format: &str) -> u32 {
    match format {
        "uuid" => 36,
        "date" => 10,
        "date-time" => 35,
        "email" | "idn-email" => 254,
        "ipv4" => 15,
        "ipv6" => 45,
        "uri" | "uri-reference" | "iri" => 2048,
        "binary" | "byte" => 33_554_432,
        _ => 255,
    }
}
