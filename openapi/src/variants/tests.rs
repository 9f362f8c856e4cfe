//! The twins of the demo.

use serde_json::json;

use super::{client, three_zero};
use crate::tests::{demo, operation};

#[test]
fn the_client_twin_knows_no_webhooks() {
    let twin = client(&demo());
    assert!(twin.get("webhooks").is_none());
    assert!(twin["components"]["schemas"].get("ServiceRenewed").is_none());
    assert!(twin["components"]["schemas"].get("BalanceInput").is_some());
    assert_eq!(twin["openapi"], "3.1.0");
}

#[test]
fn the_old_twin_speaks_three_zero() {
    let twin = three_zero(&demo());
    assert_eq!(twin["openapi"], "3.0.3");
    let patch = operation(&twin, "patch", "/v1/services/{id}");
    let kinds: Vec<&String> = patch["requestBody"]["content"].as_object().unwrap().keys().collect();
    assert_eq!(kinds, ["application/json"]);
    assert_eq!(patch["security"], json!([{"bearer": []}]));
    assert_eq!(patch["x-scopes"], json!(["services:write"]));
    let note = &twin["components"]["schemas"]["ServicePatch"]["properties"]["note"];
    assert_eq!((&note["type"], &note["nullable"]), (&json!("string"), &json!(true)));
    let status = &twin["components"]["schemas"]["Service"]["properties"]["status"];
    assert_eq!(status["example"], "active");
    assert!(!twin.to_string().contains("\"null\""));
    assert!(twin["info"]["license"].get("identifier").is_none());
}

#[test]
fn three_zero_lowers_every_keyword() {
    let schema = json!({"type": "object", "properties": {
        "a": {"const": "x"},
        "b": {"type": "integer", "exclusiveMinimum": 3},
        "c": {"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/DPatch"}]},
        "d": {"type": ["string", "integer"]},
        "e": {"type": "string", "contentMediaType": "application/pdf"}}});
    let raw = json!({"paths": {"/a": {"get": {"responses": {"200": {"content": {"application/json": {
        "schema": {"$ref": "#/components/schemas/APatch"}}}}}}}},
        "components": {"schemas": {"APatch": schema, "DPatch": {"type": "string"}}}});
    let twin = three_zero(&raw);
    let members = &twin["components"]["schemas"]["APatch"]["properties"];
    assert_eq!(members["a"], json!({"enum": ["x"]}));
    assert_eq!(members["b"], json!({"type": "integer", "exclusiveMinimum": true, "minimum": 3}));
    assert_eq!(members["c"], json!({"nullable": true, "allOf": [{"$ref": "#/components/schemas/DPatch"}]}));
    assert_eq!(members["d"], json!({"anyOf": [{"type": "string"}, {"type": "integer"}]}));
    assert_eq!(members["e"], json!({"type": "string", "format": "binary"}));
}
