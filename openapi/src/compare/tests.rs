//! Each kind of break, once; and what may grow.

use serde_json::{Value, json};

use super::breaking;
use crate::tests::demo;

/// What breaks when the value at a pointer becomes another.
fn change(pointer: &str, value: Value) -> Vec<String> {
    let (old, mut new) = (demo(), demo());
    *new.pointer_mut(pointer).expect("the place exists") = value;
    breaking(&old, &new)
}

/// What breaks when a member is added to, or taken from, the object at a pointer.
fn member(pointer: &str, name: &str, value: Option<Value>) -> Vec<String> {
    let (old, mut new) = (demo(), demo());
    let map = new.pointer_mut(pointer).and_then(Value::as_object_mut).expect("the place is an object");
    match value {
        Some(value) => map.insert(name.into(), value),
        None => map.shift_remove(name),
    };
    breaking(&old, &new)
}

fn says(found: &[String], what: &str) {
    assert!(found.iter().any(|it| it == what), "{what}: {found:#?}");
}

const SESSION: &str = "/components/schemas/SessionInput";
const SERVICE: &str = "/components/schemas/Service";

#[test]
fn the_same_contract_breaks_nothing() {
    assert_eq!(breaking(&demo(), &demo()), Vec::<String>::new());
}

#[test]
fn operations_stay() {
    says(&member("/paths", "/v1/services", None), "GET /v1/services: removed");
    says(&member("/paths/~1v1~1services~1{id}", "patch", None), "PATCH /v1/services/{id}: removed");
    says(
        &change("/paths/~1v1~1services/get/operationId", json!("get_services")),
        "GET /v1/services: operationId list_services became get_services",
    );
    says(
        &change("/paths/~1health~1live/get/security", json!([{"bearer": ["a:read"]}])),
        "GET /health/live: now asks for authentication",
    );
    says(
        &change("/paths/~1v1~1services/get/security/0/bearer", json!(["services:read", "a:read"])),
        "GET /v1/services: now asks for scope a:read",
    );
    says(&member("/webhooks", "service.renewed", None), "webhook service.renewed: removed");
}

#[test]
fn a_path_parameter_may_be_renamed() {
    let old = json!({"paths": {"/a/{id}": {"get": {"responses": {}}}}});
    let new = json!({"paths": {"/a/{a_id}": {"get": {"responses": {}}}}});
    assert_eq!(breaking(&old, &new), Vec::<String>::new());
}

#[test]
fn parameters_stay_and_stay_optional() {
    let list = "/paths/~1v1~1services/get/parameters";
    says(&change(list, json!([])), "GET /v1/services: parameter query limit removed");
    says(
        &change(&format!("{list}/0/required"), json!(true)),
        "GET /v1/services: parameter query limit became required",
    );
    says(
        &change(&format!("{list}/0/schema/maximum"), json!(50)),
        "GET /v1/services: parameter query limit: maximum lowered",
    );
    let mut with = demo()["paths"]["/v1/services"]["get"]["parameters"].clone();
    with.as_array_mut().unwrap().push(json!({"name": "x", "in": "query", "required": true}));
    says(&change(list, with), "GET /v1/services: new required parameter query x");
}

#[test]
fn requests_accept_what_they_accepted() {
    let at = "POST /v1/sessions: request";
    says(
        &change(&format!("{SESSION}/required"), json!(["login", "password", "otp"])),
        &format!("{at}: new required member otp"),
    );
    says(&member(&format!("{SESSION}/properties"), "login", None), &format!("{at}: member login removed"));
    let login = format!("{SESSION}/properties/login");
    says(&change(&format!("{login}/maxLength"), json!(10)), &format!("{at}/login: maxLength lowered"));
    says(&member(&login, "minLength", Some(json!(3))), &format!("{at}/login: minLength raised"));
    says(&member(&login, "pattern", Some(json!("a"))), &format!("{at}/login: pattern changed"));
    says(&member(&login, "enum", Some(json!(["a"]))), &format!("{at}/login: accepts a closed list only"));
    let found = change(&format!("{login}/type"), json!("integer"));
    assert!(found.iter().any(|it| it.starts_with(&format!("{at}/login: type"))), "{found:?}");
    assert_eq!(change(&format!("{login}/maxLength"), json!(999)), Vec::<String>::new());
}

#[test]
fn answers_keep_what_they_promised() {
    let at = "GET /v1/services/{id}: 200";
    says(&member(&format!("{SERVICE}/properties"), "name", None), &format!("{at}: member name removed"));
    says(&change(&format!("{SERVICE}/required"), json!(["id"])), &format!("{at}: member name may now be left out"));
    let found = change(&format!("{SERVICE}/properties/note/type"), json!(["string", "null"]));
    assert!(found.iter().any(|it| it.starts_with(&format!("{at}/note: type"))), "{found:?}");
    says(&member("/paths/~1v1~1services/get/responses", "200", None), "GET /v1/services: status 200 removed");
    says(
        &member("/paths/~1v1~1services/get/responses/200/headers", "Link", None),
        "GET /v1/services: 200: header Link removed",
    );
    says(
        &member("/paths/~1v1~1services/get/responses/200/content", "application/json", None),
        "GET /v1/services: 200: application/json removed",
    );
}

#[test]
fn closed_lists_and_unions_stay_closed() {
    let document = |values: &[&str], variants: &[&str]| {
        let variants: Vec<Value> =
            variants.iter().map(|it| json!({"$ref": format!("#/components/schemas/{it}")})).collect();
        let schema = json!({"properties": {"a": {"type": "string", "enum": values}, "b": {"oneOf": variants}}});
        json!({"paths": {"/a": {"get": {"responses": {"200": {"content": {"application/json": {"schema": schema}}}}}}}})
    };
    let old = document(&["x", "y"], &["V", "W"]);
    assert_eq!(
        breaking(&old, &document(&["x", "z"], &["V", "U"])),
        [
            "GET /a: 200/a: value \"y\" removed",
            "GET /a: 200/a: value \"z\" added to a closed list",
            "GET /a: 200/b: variant W removed",
            "GET /a: 200/b: variant U added",
        ]
    );
}

#[test]
fn a_contract_may_grow() {
    let note = json!({"type": "string"});
    assert_eq!(member(&format!("{SERVICE}/properties"), "label", Some(note.clone())), Vec::<String>::new());
    assert_eq!(member(&format!("{SESSION}/properties"), "label", Some(note)), Vec::<String>::new());
    assert_eq!(member("/paths", "/v1/new", Some(json!({"get": {}}))), Vec::<String>::new());
}

#[test]
fn circles_end() {
    let document = json!({"paths": {"/a": {"get": {"responses": {"200": {"content": {"application/json": {
        "schema": {"$ref": "#/components/schemas/T"}}}}}}}},
        "components": {"schemas": {"T": {"properties": {"child": {"$ref": "#/components/schemas/T"}}}}}});
    assert_eq!(breaking(&document, &document), Vec::<String>::new());
}
