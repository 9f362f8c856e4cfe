//! What a profile needs by country and kind: published, checked, and wanted by orders.

use house::{Client, House, on_both};
use regex::Regex;
use serde_json::{Value, json};

async fn rules(house: &House, country: &str, kind: &str) -> Vec<Value> {
    let path = format!("/v1/account-rules?country={country}&kind={kind}");
    let answer = house.stranger().get(&path).await.expect(200);
    answer.body["fields"].as_array().unwrap().clone()
}

/// `pointer:code` of each objection.
async fn objections(who: &Client, patch: &Value) -> Vec<String> {
    let answer = who.patch("/v1/account", patch).await.expect(422);
    let errors = answer.body["errors"].as_array().unwrap().clone();
    errors.iter().map(|error| format!("{}:{}", error["pointer"], error["code"]).replace('"', "")).collect()
}

on_both!(the_examples_that_are_published_are_taken, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    for (country, kind) in [("FR", "company"), ("GB", "association"), ("NL", "public_body"), ("fr", "individual")] {
        let who = house.customer().await;
        let mut patch = json!({ "country": country, "kind": kind, "organisation": null, "postal_code": null });
        for rule in rules(&house, country, kind).await {
            let name = rule["name"].as_str().unwrap();
            if rule["requirement"] == "not_applicable" {
                assert_eq!(rule.get("example"), None, "{rule}");
                continue;
            }
            let value = rule.get("example").and_then(Value::as_str).or(match name {
                "organisation" => Some("Atelier Durand"),
                "street" => Some("2 rue Kellermann"),
                "city" => Some("Roubaix"),
                _ => None,
            });
            if let Some(value) = value {
                patch[name] = json!(value);
            }
        }
        let account = who.patch("/v1/account", &patch).await.expect(200);
        for rule in rules(&house, country, kind).await {
            let name = rule["name"].as_str().unwrap();
            let stored = account.body.get(name).and_then(Value::as_str);
            assert!(stored.is_some() || rule["requirement"] != "required", "{name} of {country} {kind}");
            let Some((pattern, stored)) = rule.get("pattern").and_then(Value::as_str).zip(stored) else { continue };
            assert!(Regex::new(pattern).unwrap().is_match(stored), "{stored} is not {pattern}");
        }
    }
}));

on_both!(rules_are_for_a_country_and_a_kind_that_there_are, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let visitor = house.stranger();
    for (query, parameter, code) in [
        ("?country=XX&kind=company", "country", "invalid_format"),
        ("?country=FR&kind=king", "kind", "not_one_of"),
        ("?kind=company", "country", "required"),
        ("?country=FR", "kind", "required"),
    ] {
        let refused = visitor.get(&format!("/v1/account-rules{query}")).await.expect(422);
        assert_eq!(
            (refused.text("/errors/0/parameter"), refused.text("/errors/0/code")),
            (parameter.into(), code.into())
        );
    }
    let answer = visitor.get("/v1/account-rules?country=fr&kind=company").await.expect(200);
    assert_eq!(
        (answer.text("/country").as_str(), answer.header("cache-control")),
        ("FR", Some("public, max-age=3600"))
    );
}));

on_both!(what_a_holder_cannot_have_is_refused, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    let patch = json!({ "organisation": "Atelier", "siret": "73282932000074", "vat_id": "FR44732829320" });
    let all = ["/organisation:not_applicable", "/siret:not_applicable", "/vat_id:not_applicable"];
    assert_eq!(objections(&who, &patch).await, all);

    let company =
        json!({ "kind": "company", "organisation": "Atelier", "siret": "73282932000074", "vat_id": "FR44732829320" });
    who.patch("/v1/account", &company).await.expect(200);
    // to another country, and back to a person, only without what is of the old one
    let moved = objections(&who, &json!({ "country": "DE" })).await;
    assert_eq!(moved, ["/siret:not_applicable", "/vat_id:invalid_format"]);
    assert_eq!(objections(&who, &json!({ "kind": "individual" })).await, all);
    let patch =
        json!({ "country": "DE", "siret": null, "vat_id": "DE136695976", "postal_code": "10115", "city": "Berlin" });
    assert_eq!(who.patch("/v1/account", &patch).await.expect(200).text("/vat_id"), "DE136695976");
    assert_eq!(objections(&who, &json!({ "postal_code": "1011" })).await, ["/postal_code:invalid_format"]);
}));

on_both!(a_complete_profile_stays_complete, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    let bare = json!({ "last_name": null, "street": " ", "phone": null });
    assert_eq!(objections(&who, &bare).await, ["/last_name:required", "/street:required"]);
    assert_eq!(objections(&who, &json!({ "kind": "company" })).await, ["/organisation:required", "/siret:required"]);
    let named = json!({ "kind": "association", "organisation": "Les Amis", "first_name": null, "last_name": null });
    who.patch("/v1/account", &named).await.expect(200);
}));

on_both!(orders_want_a_complete_profile, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.newcomer().await;
    let items = json!({ "items": [{ "plan": "vps-starter", "period": "P1M", "renewal_mode": "automatic" }] });
    for path in ["/v1/orders?dry_run=true", "/v1/orders"] {
        assert_eq!(who.post(path, &items).await.expect(409).code(), "profile_incomplete", "{path}");
    }
    // step by step, in any order
    for patch in [
        json!({ "city": "Paris" }),
        json!({ "first_name": "Ada", "street": "12 rue des Lilas" }),
        json!({ "last_name": "Martin" }),
    ] {
        who.patch("/v1/account", &patch).await.expect(200);
        who.post("/v1/orders", &items).await.expect(409);
    }
    who.patch("/v1/account", &json!({ "postal_code": "75020" })).await.expect(200);
    who.post("/v1/orders", &items).await.expect(201);
}));
