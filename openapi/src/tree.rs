//! Walking an `OpenAPI` document: where its operations and its schemas are.
//!
//! Places are JSON Pointers, so that the same walk serves reading and changing.

use std::fmt;

use serde_json::{Map, Value, json};

/// The members of a path item that are operations.
const METHODS: [&str; 8] = ["get", "put", "post", "delete", "patch", "options", "head", "trace"];

/// Schema keywords that hold one schema.
const ONE: [&str; 9] = [
    "items",
    "additionalProperties",
    "unevaluatedProperties",
    "propertyNames",
    "contains",
    "not",
    "if",
    "then",
    "else",
];
/// Schema keywords that hold a list of schemas.
const LIST: [&str; 4] = ["allOf", "oneOf", "anyOf", "prefixItems"];
/// Schema keywords that hold schemas by name.
const NAMED: [&str; 3] = ["properties", "patternProperties", "$defs"];

/// One operation, or one webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// JSON Pointer of the operation object.
    pub pointer: String,
    /// Path template, or name of the webhook.
    pub path: String,
    /// Lower-case method.
    pub method: String,
    /// Whether we send it rather than answer it.
    pub webhook: bool,
}

impl Place {
    /// Whether the operation changes something.
    pub fn writes(&self) -> bool {
        matches!(self.method.as_str(), "post" | "put" | "patch" | "delete")
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.webhook {
            write!(f, "webhook {}", self.path)
        } else {
            write!(f, "{} {}", self.method.to_uppercase(), self.path)
        }
    }
}

/// Every operation, in document order, webhooks last.
pub(crate) fn operations(document: &Value) -> Vec<Place> {
    let mut places = Vec::new();
    for (section, webhook) in [("paths", false), ("webhooks", true)] {
        for (path, item) in members(document.get(section)) {
            for (method, _) in members(Some(item)) {
                if METHODS.contains(&method.as_str()) {
                    places.push(Place {
                        pointer: format!("/{section}/{}/{method}", escape(path)),
                        path: path.clone(),
                        method: method.clone(),
                        webhook,
                    });
                }
            }
        }
    }
    places
}

/// The pointers of every schema, parents before children.
pub(crate) fn schemas(document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for section in ["paths", "webhooks"] {
        carriers(document.get(section), &format!("/{section}"), &mut found);
    }
    for (section, content) in members(document.get("components")) {
        let pointer = format!("/components/{}", escape(section));
        if section == "schemas" {
            for (name, schema) in members(Some(content)) {
                nested(schema, format!("{pointer}/{}", escape(name)), &mut found);
            }
        } else if section != "examples" && section != "securitySchemes" {
            carriers(Some(content), &pointer, &mut found);
        }
    }
    found
}

/// Finds the objects that carry a `schema` (parameters, headers, media types).
fn carriers(value: Option<&Value>, pointer: &str, found: &mut Vec<String>) {
    match value {
        Some(Value::Object(map)) => {
            for (name, child) in map {
                let below = format!("{pointer}/{}", escape(name));
                if name == "schema" {
                    nested(child, below, found);
                } else if !(name.starts_with("example") || name.starts_with("x-")) {
                    carriers(Some(child), &below, found);
                }
            }
        }
        Some(Value::Array(list)) => {
            for (index, child) in list.iter().enumerate() {
                carriers(Some(child), &format!("{pointer}/{index}"), found);
            }
        }
        _ => {}
    }
}

fn nested(schema: &Value, pointer: String, found: &mut Vec<String>) {
    let Value::Object(map) = schema else { return };
    let at = found.len();
    for name in NAMED {
        for (key, child) in members(map.get(name)) {
            nested(child, format!("{pointer}/{name}/{}", escape(key)), found);
        }
    }
    for name in ONE {
        if let Some(child) = map.get(name) {
            nested(child, format!("{pointer}/{name}"), found);
        }
    }
    for name in LIST {
        for (index, child) in map.get(name).and_then(Value::as_array).into_iter().flatten().enumerate() {
            nested(child, format!("{pointer}/{name}/{index}"), found);
        }
    }
    found.insert(at, pointer);
}

/// Whether the schema belongs to a component whose name ends in `Patch`: the only ones that know `null`.
pub(crate) fn in_patch(pointer: &str) -> bool {
    pointer
        .strip_prefix("/components/schemas/")
        .and_then(|rest| rest.split('/').next())
        .is_some_and(|name| name.ends_with("Patch"))
}

/// The members of an object; nothing for anything else.
pub(crate) fn members(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flatten()
}

/// The items of an array; nothing for anything else.
pub(crate) fn items(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}

/// The text of a member.
pub(crate) fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str)
}

/// The object at a member, made when it is missing; `None` when the member is something else.
pub(crate) fn child<'a>(map: &'a mut Map<String, Value>, name: &str) -> Option<&'a mut Map<String, Value>> {
    map.entry(name).or_insert_with(|| json!({})).as_object_mut()
}

/// Follows local references; what cannot be followed is returned as it is.
pub(crate) fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let mut current = value;
    for _ in 0..16 {
        let Some(next) = text(current, "$ref")
            .and_then(|reference| reference.strip_prefix('#'))
            .and_then(|pointer| document.pointer(pointer))
        else {
            break;
        };
        current = next;
    }
    current
}

/// A name as one segment of a JSON Pointer.
pub(crate) fn escape(segment: &str) -> String {
    segment.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_never_taken_for_schemas() {
        let document = json!({
            "paths": {"/a": {"get": {"responses": {"200": {"content": {"application/json": {
                "schema": {"type": "array", "items": {"$ref": "#/components/schemas/A"}},
                "example": {"schema": {"type": "string"}}}}}}}}},
            "components": {"schemas": {"A": {"properties": {"b/c": {"type": "string"}}, "example": {"items": {}}}}}
        });
        let media = "/paths/~1a/get/responses/200/content/application~1json/schema";
        assert_eq!(
            schemas(&document),
            [media, &format!("{media}/items"), "/components/schemas/A", "/components/schemas/A/properties/b~1c"]
        );
        assert_eq!(operations(&document)[0].to_string(), "GET /a");
    }

    #[test]
    fn a_circle_of_references_ends() {
        let document = json!({"a": {"$ref": "#/b"}, "b": {"$ref": "#/a"}});
        assert!(resolve(&document, &document["a"]).get("$ref").is_some());
    }
}
