//! Each promise, broken once.

use serde_json::{Value, json};

use super::{problems, words};
use crate::tests::demo;

/// The problems of the demo after one change at a pointer.
fn broken(pointer: &str, value: Value) -> Vec<String> {
    let mut document = demo();
    *document.pointer_mut(pointer).expect("the place exists") = value;
    problems(&document)
}

fn one(pointer: &str, value: Value, says: &str) {
    let found = broken(pointer, value);
    assert!(found.iter().any(|it| it.contains(says)), "{says}: {found:?}");
}

#[test]
fn words_have_one_form() {
    assert!(words("list_services", '_', 2));
    for bad in ["list", "List_services", "list__services", "1_a", "list-services", ""] {
        assert!(!words(bad, '_', 2), "{bad}");
    }
}

#[test]
fn operations_are_named_and_worded() {
    let list = "/paths/~1v1~1services/get";
    one(&format!("{list}/operationId"), json!("ListServices"), "verb_noun");
    one(&format!("{list}/operationId"), json!("get_service"), "is also that of");
    one(&format!("{list}/tags"), json!(["Services", "Invoices"]), "2 tags");
    one(&format!("{list}/tags"), json!(["Other"]), "`Other` is not listed");
    one(&format!("{list}/summary"), json!("x".repeat(61)), "61 of 60");
    one(&format!("{list}/description"), json!(""), "no description");
    one(&format!("{list}/parameters/0/description"), json!(""), "`limit` has no description");
    one(&format!("{list}/security"), Value::Null, "who may call it");
    one(&format!("{list}/security"), json!([{"bearer": []}]), "names no scope");
    one(&format!("{list}/responses/200/content/application~1json"), json!({}), "200 has no schema");
    one("/paths/~1v1~1sessions/post/parameters", json!([]), "no Idempotency-Key");
    one(
        "/paths/~1v1~1sessions/post/responses/401/content",
        json!({"text/plain": {}}),
        "401 is not application/problem+json",
    );
    one("/webhooks/service.renewed/post/summary", json!(""), "webhook service.renewed: has no summary");
}

#[test]
fn paths_are_kebab() {
    for good in ["/v1/payment-methods/{id}", "/openapi.json", "/.well-known/jwks.json", "/openapi-3.0.json"] {
        let document = json!({"paths": {good: {}}});
        assert!(!problems(&document).iter().any(|it| it.contains("kebab")), "{good}");
    }
    for bad in ["/v1/payment_methods", "/v1/Services", "/v1/a/", "v1", "/v1/{Id}"] {
        let document = json!({"paths": {bad: {}}});
        assert!(problems(&document).iter().any(|it| it.contains("kebab")), "{bad}");
    }
}

#[test]
fn schemas_keep_their_forms() {
    let service = "/components/schemas/Service/properties";
    one(service, json!({"displayName": {"type": "string"}}), "`displayName` is not snake_case");
    one(&format!("{service}/seats"), json!({"type": "number"}), "is a number");
    one(&format!("{service}/name/type"), json!(["string", "null"]), "knows null");
    one(
        "/components/schemas/Money/properties/amount",
        json!({"type": "string", "format": "decimal"}),
        "format decimal",
    );
    one("/components/schemas/ServicePage/required", json!([]), "a page requires items");
    one("/components/schemas/ServicePage/properties", json!({"items": {}}), "a page has next_cursor");
}

#[test]
fn closed_enums_share_no_value() {
    let mut document = demo();
    let schemas = document["components"]["schemas"].as_object_mut().unwrap();
    schemas.insert("A".into(), json!({"type": "string", "enum": ["active"]}));
    schemas.insert("B".into(), json!({"type": "string", "enum": ["Active"]}));
    assert_eq!(problems(&document), ["/components/schemas: ACTIVE is a value of A and B"]);
}
