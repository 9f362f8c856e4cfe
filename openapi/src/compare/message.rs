//! Bodies, statuses, media types and headers of an operation.

use serde_json::Value;

use super::Pair;
use super::schema::{self, Side, Way};
use crate::tree::{members, resolve};

/// Compares what the operation takes.
pub(super) fn body(pair: &Pair<'_>, at: &str, before: &Value, after: &Value, found: &mut Vec<String>) {
    let required = |it: &Value| it.get("required") == Some(&Value::Bool(true));
    match (before.get("requestBody"), after.get("requestBody")) {
        (None, Some(new)) if required(resolve(pair.new, new)) => {
            found.push(format!("{at}: now requires a body"));
        }
        (Some(_), None) => found.push(format!("{at}: body removed")),
        (Some(old), Some(new)) => {
            let (old, new) = (resolve(pair.old, old), resolve(pair.new, new));
            if !required(old) && required(new) {
                found.push(format!("{at}: body became required"));
            }
            content(pair, &format!("{at}: request"), (old, new), Way::Request, found);
        }
        _ => {}
    }
}

/// Compares what the operation answers.
pub(super) fn responses(pair: &Pair<'_>, at: &str, before: &Value, after: &Value, found: &mut Vec<String>) {
    for (status, old) in members(before.get("responses")) {
        let Some(new) = after.get("responses").and_then(|it| it.get(status)) else {
            found.push(format!("{at}: status {status} removed"));
            continue;
        };
        let (old, new) = (resolve(pair.old, old), resolve(pair.new, new));
        let place = format!("{at}: {status}");
        content(pair, &place, (old, new), Way::Response, found);
        for (header, _) in members(old.get("headers")) {
            let kept = members(new.get("headers")).any(|(it, _)| it.eq_ignore_ascii_case(header));
            if !kept {
                found.push(format!("{place}: header {header} removed"));
            }
        }
    }
}

/// Compares the body of a webhook.
pub(super) fn sent(pair: &Pair<'_>, at: &str, before: &Value, after: &Value, found: &mut Vec<String>) {
    match (before.get("requestBody"), after.get("requestBody")) {
        (Some(old), Some(new)) => {
            let bodies = (resolve(pair.old, old), resolve(pair.new, new));
            content(pair, &format!("{at}: body"), bodies, Way::Response, found);
        }
        (Some(_), None) => found.push(format!("{at}: body removed")),
        _ => {}
    }
}

fn content(pair: &Pair<'_>, at: &str, bodies: (&Value, &Value), way: Way, found: &mut Vec<String>) {
    let (old, new) = bodies;
    for (kind, was) in members(old.get("content")) {
        match new.get("content").and_then(|it| it.get(kind)) {
            Some(is) => schema::compare(pair, at, Side::of(was, is), way, found),
            None => found.push(format!("{at}: {kind} removed")),
        }
    }
}
