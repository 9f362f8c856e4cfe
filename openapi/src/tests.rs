//! The finishing pass over a document shaped as utoipa collects it.

use serde_json::{Value, json};

use crate::{Fault, Finish, check, finish, variants};

const TAGS: [(&str, &str); 3] = [
    ("Sessions", "Proving who you are."),
    ("Services", "What a customer rents."),
    ("Invoices", "What a customer pays."),
];

fn options() -> Finish<'static> {
    Finish { version: "0.1.0", tags: &TAGS, ..Finish::default() }
}

pub(crate) fn demo() -> Value {
    let raw = serde_json::from_str(include_str!("../examples/demo.json")).expect("demo.json is JSON");
    finish(raw, &options())
}

pub(crate) fn operation<'a>(document: &'a Value, method: &str, path: &str) -> &'a Value {
    &document["paths"][path][method]
}

fn statuses(operation: &Value) -> Vec<&str> {
    operation["responses"].as_object().unwrap().keys().map(String::as_str).collect()
}

fn parameter<'a>(operation: &'a Value, name: &str) -> &'a Value {
    let found = operation["parameters"].as_array().unwrap().iter().find(|it| it["name"] == name);
    found.unwrap_or(&Value::Null)
}

#[test]
fn the_demo_keeps_every_promise() {
    assert_eq!(check::problems(&demo()), Vec::<String>::new());
}

#[test]
fn finishing_twice_changes_nothing() {
    let once = demo();
    let twice = finish(once.clone(), &options());
    assert_eq!(serde_json::to_string(&once).unwrap(), serde_json::to_string(&twice).unwrap());
}

#[test]
fn anything_can_be_finished() {
    for odd in [json!(null), json!([]), json!({"paths": 3, "components": []}), json!({"paths": {"/a": {"get": 1}}})] {
        let document = finish(odd, &options());
        let _ = (check::problems(&document), variants::three_zero(&document), variants::client(&document));
    }
}

#[test]
fn errors_follow_from_the_shape() {
    let document = demo();
    let of = |method, path| statuses(operation(&document, method, path));
    assert_eq!(
        of("patch", "/v1/services/{id}"),
        ["200", "400", "401", "403", "404", "409", "412", "413", "415", "422", "429", "500", "503"]
    );
    assert_eq!(of("get", "/health/live"), ["200", "400", "429", "500", "503"]);
    assert_eq!(of("get", "/v1/services/{id}"), ["200", "304", "400", "401", "403", "404", "429", "500", "503"]);
    assert_eq!(of("post", "/v1/sessions"), ["201", "400", "401", "409", "413", "415", "422", "429", "500", "503"]);
}

#[test]
fn a_declared_error_becomes_a_problem_with_its_own_words() {
    let document = demo();
    let paid = &operation(&document, "post", "/v1/invoices/{id}/payment")["responses"]["402"]["content"];
    assert_eq!(paid["application/problem+json"]["example"]["detail"], "The payment was declined");
    assert_eq!(paid["application/problem+json"]["example"]["code"], "payment_required");
    let login = &operation(&document, "post", "/v1/sessions")["responses"]["401"];
    assert!(login["content"].get("application/json").is_none());
    assert_eq!(login["content"]["application/problem+json"]["schema"]["$ref"], "#/components/schemas/Problem");
    assert!(login["headers"].get("WWW-Authenticate").is_some());
}

#[test]
fn the_caller_may_word_an_error() {
    let faults = [Fault { status: 404, code: "unknown", title: "Unknown", detail: "Nobody knows it." }];
    let raw = json!({"paths": {"/v1/a/{id}": {"get": {"responses": {}}}}});
    let document = finish(raw, &Finish { faults: &faults, ..options() });
    let shared = &document["components"]["responses"]["NotFound"];
    assert_eq!(shared["description"], "Unknown");
    assert_eq!(
        shared["content"]["application/problem+json"]["example"]["type"],
        "https://tacit.example/problems/unknown"
    );
}

#[test]
fn writes_take_an_idempotency_key() {
    let document = demo();
    let key = |method, path| parameter(operation(&document, method, path), "Idempotency-Key")["required"].clone();
    assert_eq!(key("post", "/v1/invoices/{id}/payment"), true);
    assert_eq!(key("patch", "/v1/services/{id}"), false);
    assert_eq!(key("get", "/v1/services/{id}"), Value::Null);
}

#[test]
fn headers_fit_the_answer() {
    let document = demo();
    let headers = |method, path, status: &str| -> Vec<String> {
        let answer = &operation(&document, method, path)["responses"][status]["headers"];
        answer.as_object().unwrap().keys().skip(4).cloned().collect()
    };
    assert_eq!(headers("get", "/v1/services", "200"), ["Link"]);
    assert_eq!(headers("get", "/v1/services/{id}", "200"), ["ETag"]);
    assert_eq!(headers("patch", "/v1/services/{id}", "200"), ["ETag", "Idempotent-Replayed"]);
    let shared = &document["components"]["responses"]["TooManyRequests"]["headers"];
    assert_eq!(shared["Retry-After"]["$ref"], "#/components/headers/Retry-After");
    assert!(document["components"]["headers"].get("Link").is_some());
}

#[test]
fn null_stays_in_patches_alone() {
    let document = demo();
    let schemas = &document["components"]["schemas"];
    assert_eq!(schemas["Service"]["properties"]["note"]["type"], "string");
    assert_eq!(schemas["Service"]["properties"]["next_price"]["$ref"], "#/components/schemas/Money");
    assert_eq!(schemas["Service"]["properties"]["next_price"]["description"], "Price of the next period.");
    assert_eq!(schemas["ServicePatch"]["properties"]["note"]["type"], json!(["string", "null"]));
    let limit = parameter(operation(&document, "get", "/v1/services"), "limit");
    assert_eq!(limit["schema"]["type"], "integer");
}

#[test]
fn everything_is_bounded() {
    let document = demo();
    let schemas = &document["components"]["schemas"];
    assert_eq!(schemas["Service"]["properties"]["expires_at"]["maxLength"], 35);
    assert_eq!(schemas["Service"]["properties"]["seats"]["format"], "int32");
    assert_eq!(schemas["Session"]["properties"]["expires_in"]["maximum"], 9_007_199_254_740_991_i64);
    assert_eq!(schemas["ServicePage"]["properties"]["items"]["maxItems"], 100);
    assert_eq!(schemas["CardInput"]["properties"]["type"].get("maxLength"), None);
}

#[test]
fn examples_are_put_together_from_members() {
    let document = demo();
    let page = &operation(&document, "get", "/v1/services")["responses"]["200"]["content"]["application/json"];
    assert_eq!(page["example"]["items"][0]["price"]["amount"], "12.34");
    assert_eq!(page["example"]["next_cursor"], "c3ZjXzAxaDQ1NXZi");
    let body = &operation(&document, "post", "/v1/invoices/{id}/payment")["requestBody"]["content"];
    assert_eq!(body["application/json"]["example"]["type"], "card");
}

#[test]
fn a_required_member_without_example_leaves_none() {
    let raw = json!({"paths": {"/v1/a": {"get": {"responses": {"200": {"content": {"application/json": {
        "schema": {"$ref": "#/components/schemas/A"}}}}}}}},
        "components": {"schemas": {"A": {"type": "object", "required": ["b"], "properties": {"b": {"type": "string"}}}}}});
    let document = finish(raw, &options());
    assert!(check::problems(&document).contains(&"GET /v1/a: 200 has no example (none for A.b)".to_owned()));
}

#[test]
fn people_read_in_the_order_of_tags() {
    let document = demo();
    let paths: Vec<&String> = document["paths"].as_object().unwrap().keys().collect();
    assert_eq!(paths[0], "/v1/sessions");
    assert_eq!(paths[6], "/v1/invoices/{id}/payment");
    let schemas: Vec<&String> = document["components"]["schemas"].as_object().unwrap().keys().collect();
    assert!(schemas.is_sorted());
    assert_eq!(document["tags"][1]["name"], "Services");
}

#[test]
fn access_is_said_aloud() {
    let document = demo();
    assert_eq!(operation(&document, "post", "/v1/sessions")["security"], json!([]));
    assert_eq!(operation(&document, "get", "/v1/services")["x-scopes"], json!(["services:read"]));
    assert_eq!(document["webhooks"]["service.renewed"]["post"]["security"], json!([]));
}
