//! Whether a contract still serves the clients of an older one.

mod message;
mod schema;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::tree::{Place, items, members, operations, resolve, text};
use message::{body, responses};
use schema::{Side, Way};

/// Every change from `old` to `new` that can break a client, each with its place.
#[must_use]
pub fn breaking(old: &Value, new: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mounted: BTreeMap<(String, String), Place> =
        operations(new).into_iter().filter(|it| !it.webhook).map(|it| (key(&it), it)).collect();
    for place in operations(old).into_iter().filter(|it| !it.webhook) {
        let Some(before) = old.pointer(&place.pointer) else {
            continue;
        };
        let after = mounted.get(&key(&place)).and_then(|it| new.pointer(&it.pointer));
        let Some(after) = after else {
            found.push(format!("{place}: removed"));
            continue;
        };
        let at = place.to_string();
        let pair = Pair { old, new };
        operation(&at, before, after, &mut found);
        parameters(&pair, &at, before, after, &mut found);
        body(&pair, &at, before, after, &mut found);
        responses(&pair, &at, before, after, &mut found);
    }
    webhooks(old, new, &mut found);
    found
}

/// The two documents, for following references.
#[derive(Clone, Copy)]
struct Pair<'a> {
    old: &'a Value,
    new: &'a Value,
}

/// Method and path, whatever the path's parameters are called.
fn key(place: &Place) -> (String, String) {
    let shape = |segment: &str| {
        if segment.starts_with('{') { "{}".into() } else { segment.to_owned() }
    };
    let path: Vec<String> = place.path.split('/').map(shape).collect();
    (place.method.clone(), path.join("/"))
}

fn operation(at: &str, before: &Value, after: &Value, found: &mut Vec<String>) {
    let (was, is) = (text(before, "operationId"), text(after, "operationId"));
    if was.is_some() && was != is {
        found.push(format!("{at}: operationId {} became {}", was.unwrap_or("-"), is.unwrap_or("-")));
    }
    let open = |it: &Value| items(it.get("security")).all(|required| members(Some(required)).next().is_none());
    if open(before) && !open(after) {
        found.push(format!("{at}: now asks for authentication"));
        return;
    }
    let named = |it: &Value| it.as_object().map(crate::info::scopes).unwrap_or_default();
    let known = named(before);
    for scope in named(after).iter().filter(|it| !known.contains(it)) {
        if !open(before) {
            found.push(format!("{at}: now asks for scope {}", scope.as_str().unwrap_or("?")));
        }
    }
}

fn parameters(pair: &Pair<'_>, at: &str, before: &Value, after: &Value, found: &mut Vec<String>) {
    let list = |document, operation: &Value| -> Vec<(String, Value)> {
        items(operation.get("parameters"))
            .map(|it| resolve(document, it).clone())
            .map(|it| (identity(&it), it))
            .collect()
    };
    let (was, is) = (list(pair.old, before), list(pair.new, after));
    let required = |it: &Value| it.get("required") == Some(&Value::Bool(true));
    for (name, old) in &was {
        // the path itself is compared; the name of its parameter is nobody's business
        if name.starts_with("path ") {
            continue;
        }
        let Some((_, new)) = is.iter().find(|it| it.0 == *name) else {
            found.push(format!("{at}: parameter {name} removed"));
            continue;
        };
        if !required(old) && required(new) {
            found.push(format!("{at}: parameter {name} became required"));
        }
        let place = format!("{at}: parameter {name}");
        schema::compare(pair, &place, Side::of(old, new), Way::Request, found);
    }
    for (name, new) in &is {
        if required(new) && !name.starts_with("path ") && !was.iter().any(|it| it.0 == *name) {
            found.push(format!("{at}: new required parameter {name}"));
        }
    }
    // positions: the n-th path parameter is the n-th braces
    let in_path = |list: &[(String, Value)]| -> Vec<Value> {
        list.iter().filter(|it| it.0.starts_with("path ")).map(|it| it.1.clone()).collect()
    };
    for (old, new) in in_path(&was).iter().zip(in_path(&is).iter()) {
        let place = format!("{at}: parameter {}", identity(old));
        schema::compare(pair, &place, Side::of(old, new), Way::Request, found);
    }
}

fn identity(parameter: &Value) -> String {
    let place = text(parameter, "in").unwrap_or("?");
    let name = text(parameter, "name").unwrap_or("?");
    let name = if place == "header" { name.to_lowercase() } else { name.to_owned() };
    format!("{place} {name}")
}

/// What we send, our receivers read: a webhook's request is an answer to them.
fn webhooks(old: &Value, new: &Value, found: &mut Vec<String>) {
    let pair = Pair { old, new };
    for place in operations(old).into_iter().filter(|it| it.webhook) {
        let (Some(before), after) = (old.pointer(&place.pointer), new.pointer(&place.pointer)) else {
            continue;
        };
        match after {
            None => found.push(format!("{place}: removed")),
            Some(after) => message::sent(&pair, &place.to_string(), before, after, found),
        }
    }
}

#[cfg(test)]
mod tests;
