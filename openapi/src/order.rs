//! The order in which people read: paths by tag, components by name.

use serde_json::{Map, Value};

use crate::Finish;
use crate::tree::{items, members, operations};

/// The members of the document, in reading order.
const ROOT: [&str; 9] =
    ["openapi", "info", "jsonSchemaDialect", "servers", "security", "tags", "paths", "webhooks", "components"];

/// Sorts the document; what is of equal rank stays as it was mounted.
pub(crate) fn sort(mut document: Value, options: &Finish<'_>) -> Value {
    let rank = |item: &Value| {
        let tag = members(Some(item)).find_map(|(_, it)| items(it.get("tags")).next()?.as_str());
        options.tags.iter().position(|(name, _)| Some(*name) == tag).unwrap_or(usize::MAX)
    };
    for place in operations(&document) {
        if let Some(Value::Object(operation)) = document.pointer_mut(&place.pointer) {
            extensions(operation);
        }
    }
    let Some(root) = document.as_object_mut() else {
        return document;
    };
    if let Some(Value::Object(paths)) = root.get_mut("paths") {
        let mut ranked: Vec<(String, Value)> = std::mem::take(paths).into_iter().collect();
        ranked.sort_by_key(|(_, item)| rank(item));
        paths.extend(ranked);
    }
    if let Some(Value::Object(components)) = root.get_mut("components") {
        components.retain(|_, section| section.as_object().is_none_or(|it| !it.is_empty()));
        for section in components.values_mut().filter_map(Value::as_object_mut) {
            section.sort_keys();
        }
        components.sort_keys();
    }
    let mut ordered = Map::new();
    for name in ROOT {
        if let Some(value) = root.remove(name) {
            ordered.insert(name.into(), value);
        }
    }
    ordered.append(root);
    Value::Object(ordered)
}

/// Extensions go last, by name: they are collected in no order at all.
fn extensions(operation: &mut Map<String, Value>) {
    let mut last: Vec<(String, Value)> = std::mem::take(operation).into_iter().collect();
    last.sort_by(|(one, _), (two, _)| {
        let key = |name: &str| name.starts_with("x-").then(|| name.to_owned());
        key(one).cmp(&key(two))
    });
    operation.extend(last);
}
