//! A member without a value is left out: `null` stays in merge patches alone.

use serde_json::{Map, Value, json};

use crate::tree::{in_patch, schemas};

/// Takes `null` out of every schema but those of `*Patch` components.
pub(crate) fn remove(document: &mut Value) {
    // children first: a union that collapses takes its children's places with it
    for pointer in schemas(document).into_iter().rev() {
        if in_patch(&pointer) {
            continue;
        }
        if let Some(schema) = document.pointer_mut(&pointer).and_then(Value::as_object_mut) {
            without_null(schema);
        }
    }
}

fn without_null(schema: &mut Map<String, Value>) {
    if let Some(Value::Array(kinds)) = schema.get_mut("type") {
        kinds.retain(|it| it != "null");
        if let [only] = kinds.as_slice() {
            let only = only.clone();
            schema.insert("type".into(), only);
        }
    }
    for name in ["enum", "examples"] {
        if let Some(Value::Array(values)) = schema.get_mut(name) {
            values.retain(|it| !it.is_null());
        }
    }
    for name in ["default", "example", "const"] {
        if schema.get(name).is_some_and(Value::is_null) {
            schema.remove(name);
        }
    }
    for name in ["oneOf", "anyOf"] {
        collapse(schema, name);
    }
}

/// `oneOf: [X, null]` becomes X.
fn collapse(schema: &mut Map<String, Value>, name: &str) {
    let Some(Value::Array(variants)) = schema.get_mut(name) else {
        return;
    };
    let before = variants.len();
    variants.retain(|it| it.get("type") != Some(&json!("null")));
    if variants.len() == before {
        return;
    }
    let only = match variants.as_slice() {
        [Value::Object(only)] => only.clone(),
        _ => return,
    };
    schema.remove(name);
    for (key, value) in only {
        schema.entry(key).or_insert(value);
    }
}
