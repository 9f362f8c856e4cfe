//! The part of JSON Schema that the contract uses. Stricter in one thing: a member of an answer that the
//! schema does not name is one that clients cannot know.

use super::resolved;
use regex::Regex;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

static PATTERNS: LazyLock<Mutex<HashMap<String, Regex>>> = LazyLock::new(Mutex::default);

/// Notes everything that is wrong with a value, each with its pointer.
pub fn validate(schema: &'static Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let schema = resolved(schema);
    for part in schema["allOf"].as_array().into_iter().flatten() {
        validate(part, value, at, found);
    }
    for choice in ["oneOf", "anyOf"] {
        if let Some(branches) = schema.get(choice).and_then(Value::as_array) {
            one_of(branches, value, at, found);
        }
    }
    if !has_type(schema, value) {
        found.push(format!("{at} is {value}, not {}", schema["type"]));
        return;
    }
    if let Some(known) = schema.get("enum").and_then(Value::as_array)
        && !known.contains(value)
    {
        found.push(format!("{at} is {value}, not one of {}", schema["enum"]));
    }
    if schema.get("const").is_some_and(|only| only != value) {
        found.push(format!("{at} is {value}, not {}", schema["const"]));
    }
    match value {
        Value::Object(members) => object(schema, members, at, found),
        Value::Array(items) => array(schema, items, at, found),
        Value::String(text) => string(schema, text, at, found),
        Value::Number(number) => range(schema, number.as_f64().unwrap_or_default(), at, found),
        Value::Null | Value::Bool(_) => {}
    }
}

fn one_of(branches: &'static [Value], value: &Value, at: &str, found: &mut Vec<String>) {
    let wrong = branches.iter().map(|branch| {
        let mut own = Vec::new();
        validate(branch, value, at, &mut own);
        own
    });
    let least = wrong.min_by_key(Vec::len).unwrap_or_default();
    if !least.is_empty() {
        found.push(format!("{at} fits no branch; the nearest: {}", least.join("; ")));
    }
}

fn has_type(schema: &Value, value: &Value) -> bool {
    let is = |kind: &str| match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        _ => false,
    };
    match schema.get("type") {
        None => true,
        Some(Value::String(kind)) => is(kind),
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).any(is),
        Some(_) => false,
    }
}

fn object(schema: &'static Value, members: &Map<String, Value>, at: &str, found: &mut Vec<String>) {
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !members.contains_key(name) {
            found.push(format!("{at}/{name} is missing"));
        }
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, value) in members {
        let place = format!("{at}/{name}");
        match (properties.and_then(|known| known.get(name)), schema.get("additionalProperties")) {
            (Some(member), _) => validate(member, value, &place, found),
            (None, Some(Value::Object(_))) => validate(&schema["additionalProperties"], value, &place, found),
            (None, Some(Value::Bool(true))) => {}
            (None, Some(_)) => found.push(format!("{place} is not allowed")),
            // an object of which nothing is said may hold anything
            (None, None) if properties.is_some() => found.push(format!("{place} is not in the contract")),
            (None, None) => {}
        }
    }
}

fn array(schema: &'static Value, items: &[Value], at: &str, found: &mut Vec<String>) {
    let bound = |name: &str| schema.get(name).and_then(Value::as_u64).and_then(|it| usize::try_from(it).ok());
    if bound("minItems").is_some_and(|least| items.len() < least)
        || bound("maxItems").is_some_and(|most| items.len() > most)
    {
        found.push(format!("{at} has {} items", items.len()));
    }
    if let Some(item) = schema.get("items") {
        items.iter().enumerate().for_each(|(n, value)| validate(item, value, &format!("{at}/{n}"), found));
    }
}

fn string(schema: &Value, text: &str, at: &str, found: &mut Vec<String>) {
    let bound = |name: &str| schema.get(name).and_then(Value::as_u64).and_then(|it| usize::try_from(it).ok());
    let length = text.chars().count();
    if bound("minLength").is_some_and(|least| length < least) || bound("maxLength").is_some_and(|most| length > most) {
        found.push(format!("{at} has {length} characters"));
    }
    if let Some(pattern) = schema.get("pattern").and_then(Value::as_str)
        && !matches(pattern, text)
    {
        found.push(format!("{at} is {text:?}, which is not {pattern}"));
    }
    let fits = match schema.get("format").and_then(Value::as_str) {
        Some("date-time") => text.parse::<chrono::DateTime<chrono::Utc>>().is_ok() && text.ends_with('Z'),
        Some("date") => text.len() == 10 && text.parse::<chrono::NaiveDate>().is_ok(),
        Some("email") => text.contains('@'),
        Some("uri") => text.contains("://"),
        Some(_) | None => true,
    };
    if !fits {
        found.push(format!("{at} is {text:?}, which is no {}", schema["format"]));
    }
}

fn matches(pattern: &str, text: &str) -> bool {
    let mut known = PATTERNS.lock().unwrap();
    let made = || Regex::new(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
    known.entry(pattern.to_owned()).or_insert_with(made).is_match(text)
}

fn range(schema: &Value, number: f64, at: &str, found: &mut Vec<String>) {
    let bound = |name: &str| schema.get(name).and_then(Value::as_f64);
    if bound("minimum").is_some_and(|least| number < least) || bound("maximum").is_some_and(|most| number > most) {
        found.push(format!("{at} is {number}, out of range"));
    }
}

/// The example of a schema, put together from those of its members.
pub fn example(schema: &'static Value) -> Option<Value> {
    let schema = resolved(schema);
    if let Some(own) = schema.get("example").or_else(|| schema["examples"].get(0)) {
        return Some(own.clone());
    }
    if let Some(only) = schema.get("const").or_else(|| schema.get("default")) {
        return Some(only.clone());
    }
    for choice in ["allOf", "oneOf", "anyOf"] {
        if let Some(first) = schema.get(choice).and_then(|branches| branches.get(0)) {
            return example(first);
        }
    }
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        let member = |(name, member): (&String, &'static Value)| Some((name.clone(), example(member)?));
        return Some(Value::Object(properties.iter().filter_map(member).collect()));
    }
    schema.get("items").and_then(example).map(|item| Value::Array(vec![item]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_missing_wrong_or_unknown_is_found() {
        let schema: &'static Value = Box::leak(Box::new(json!({
            "type": "object",
            "required": ["id", "at"],
            "properties": {
                "id": {"type": "string", "pattern": "^a[0-9]$"},
                "at": {"type": "string", "format": "date-time"},
                "list": {"type": "array", "maxItems": 1, "items": {"type": "integer", "minimum": 1}},
            },
        })));
        let wrong = |value: Value| {
            let mut found = Vec::new();
            validate(schema, &value, "", &mut found);
            found.len()
        };
        assert_eq!(wrong(json!({"id": "a1", "at": "2026-01-01T00:00:00Z", "list": [1]})), 0);
        assert_eq!(wrong(json!({"id": "b1", "at": "2026-01-01", "list": [0, 2], "other": 1})), 5);
        assert_eq!(wrong(json!({})), 2);
        assert_eq!(wrong(json!([])), 1);
    }
}
