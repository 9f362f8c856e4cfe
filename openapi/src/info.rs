//! Who publishes the contract, where it is served, how callers prove who they are.

use serde_json::{Map, Value, json};

use crate::Finish;
use crate::answers::wants_fresh_proof;
use crate::tree::{child, items, members, operations};

const DESCRIPTION: &str = "\
Tacit keeps what a customer rents, renews, pays and cancels.\n\n\
- Members without a value are left out; `null` appears only in merge patches.\n\
- Money is `{\"amount\": \"12.34\", \"currency\": \"EUR\"}`; amounts are decimal strings, never numbers.\n\
- Instants are RFC 3339 in UTC and end in `_at`; billing days are ISO dates and end in `_on`.\n\
- Lists are pages: follow `next_cursor`, or the `Link` header, until it is gone.\n\
- Every write takes an `Idempotency-Key`; sending it again with the same request gives the stored answer.\n\
- Operations with `x-fresh-proof` want a proof of identity of the last five minutes: `POST /v1/security/proof`.\n\
- Every error is `application/problem+json` with a stable `code`.";

/// What every operation says whose proof must be fresh.
const FRESH_PROOF: &str = "Wants a fresh proof of identity";

const BEARER: &str = "\
`Authorization: Bearer …` with a session's access token (a JWT, handled as RFC8725 asks) \
or a personal access token (`tct_…`). Each operation names the scopes it needs.";

const CHANGE_TOKEN: &str = "\
The code of a notice about a changed address: whoever reads the addresses before stops or undoes the change with it, \
without login.";

/// Sets `info`, `servers`, `tags` and the security schemes.
pub(crate) fn set(document: &mut Value, options: &Finish<'_>) {
    let Some(root) = document.as_object_mut() else {
        return;
    };
    root.insert(
        "info".into(),
        json!({
            "title": "Tacit",
            "summary": "Renewal, cancellation and billing of rented services.",
            "description": DESCRIPTION,
            "termsOfService": "https://tacit.example/terms",
            "contact": {"name": "Tacit", "url": "https://tacit.example/support", "email": "api@tacit.example"},
            "license": {"name": "Apache License 2.0", "identifier": "Apache-2.0"},
            "version": options.version,
        }),
    );
    root.insert(
        "servers".into(),
        json!([{"url": options.server, "description": "Local instance, as `make run` serves it", "x-internal": false}]),
    );
    root.insert("tags".into(), tags(options));
    if let Some(schemes) = child(root, "components").and_then(|it| child(it, "securitySchemes")) {
        schemes.insert(
            "bearer".into(),
            json!({"type": "http", "scheme": "bearer", "bearerFormat": "JWT or personal access token", "description": BEARER}),
        );
        schemes.insert(
            "change_token".into(),
            json!({"type": "apiKey", "in": "header", "name": "Change-Token", "description": CHANGE_TOKEN}),
        );
    }
}

fn tags(options: &Finish<'_>) -> Value {
    let tag = |(name, description): &(&str, &str)| json!({"name": name, "description": description});
    options.tags.iter().map(tag).collect()
}

/// Writes `security: []` for open operations and `x-scopes` for the others.
pub(crate) fn security(document: &mut Value) {
    for place in operations(document) {
        let Some(operation) = document.pointer_mut(&place.pointer).and_then(Value::as_object_mut) else {
            continue;
        };
        if place.webhook {
            operation.entry("security").or_insert_with(|| json!([]));
        }
        // utoipa's `security(())` is one empty requirement: say it the plain way
        if operation.get("security") == Some(&json!([{}])) {
            operation.insert("security".into(), json!([]));
        }
        let scopes = scopes(operation);
        if !scopes.is_empty() {
            operation.insert("x-scopes".into(), scopes.into());
        }
    }
}

/// Says in words what `x-fresh-proof` says to programs.
pub(crate) fn fresh_proofs(document: &mut Value) {
    for place in operations(document) {
        let Some(operation) = document.pointer_mut(&place.pointer).and_then(Value::as_object_mut) else {
            continue;
        };
        if !wants_fresh_proof(operation) {
            continue;
        }
        let said = operation.get("description").and_then(Value::as_str).unwrap_or_default();
        if !said.contains(FRESH_PROOF) {
            let description = format!("{said} {FRESH_PROOF}.");
            operation.insert("description".into(), description.trim().into());
        }
    }
}

/// Every scope that the operation's requirements name, once, in their order.
pub(crate) fn scopes(operation: &Map<String, Value>) -> Vec<Value> {
    let mut found = Vec::new();
    for requirement in items(operation.get("security")) {
        for scope in members(Some(requirement)).flat_map(|(_, scopes)| items(Some(scopes))) {
            if !found.contains(scope) {
                found.push(scope.clone());
            }
        }
    }
    found
}
