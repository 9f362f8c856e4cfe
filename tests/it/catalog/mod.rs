//! The catalogue: what is on sale, in both languages, version by version.

use house::{Client, on_both};
use reqwest::Method;
use serde_json::{Value, json};

fn plan(code: &str, price: &str) -> Value {
    json!({
        "code": code, "kind": "vps", "delivery": "automatic",
        "name": { "fr": "Un serveur", "en": "A server" },
        "description": { "fr": "Un petit serveur.", "en": "A small server." },
        "prices": [{ "period": "P1M", "unit_price": price }, { "period": "P1Y", "unit_price": "50" }],
    })
}

async fn in_french(who: &Client, path: &str) -> Value {
    who.send(Method::GET, path, &[("Accept-Language", "fr")], None).await.expect(200).body
}

on_both!(plans_are_told_in_the_caller_s_language, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let anyone = house.stranger();
    let english = anyone.get("/v1/catalog/plans").await.expect(200);
    assert!(english.header("cache-control").unwrap().contains("public"));
    assert!(english.headers.get_all("vary").iter().any(|vary| vary.to_str().unwrap().contains("Accept-Language")));
    let codes: Vec<_> = english.items().iter().map(|plan| plan["code"].as_str().unwrap().to_owned()).collect();
    assert_eq!(codes, ["dedicated-1", "domain-fr", "hosting-pro", "vps-starter"]);
    assert_eq!(anyone.get("/v1/catalog/plans/hosting-pro").await.expect(200).text("/name"), "Pro hosting");
    assert_eq!(in_french(&anyone, "/v1/catalog/plans/hosting-pro").await["name"], "Hébergement Pro");
    let (reasons, raisons) = (
        anyone.get("/v1/catalog/cancellation-reasons").await.items(),
        in_french(&anyone, "/v1/catalog/cancellation-reasons").await,
    );
    assert_eq!(reasons.len(), 8);
    for (one, two) in reasons.iter().zip(raisons["items"].as_array().unwrap()) {
        assert_eq!(one["code"], two["code"]);
        assert_ne!(one["label"], two["label"]);
    }
    assert_eq!(anyone.get("/v1/catalog/plans/none").await.expect(404).code(), "not_found");
}));

on_both!(a_version_follows_another, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (anyone, operator) = (house.stranger(), house.operator().await);
    let first = operator.post("/v1/operator/plans", &plan("vps-mini", "3.333333")).await.expect(201);
    assert_eq!(
        (first.text("/version"), first.header("location")),
        ("1".to_owned(), Some("/v1/catalog/plans/vps-mini"))
    );
    let shown = anyone.get("/v1/catalog/plans/vps-mini").await.expect(200);
    assert_eq!(
        (shown.text("/prices/0/price/amount"), shown.text("/prices/0/unit_price")),
        ("3.33".to_owned(), "3.333333".to_owned())
    );
    house.travel_to("2026-01-30T09:00:01Z").await;
    let second = operator.post("/v1/operator/plans", &plan("vps-mini", "4")).await.expect(201);
    assert_eq!(second.text("/version"), "2");
    assert_eq!(anyone.get("/v1/catalog/plans/vps-mini").await.text("/prices/0/unit_price"), "4.00");
    let versions = operator.get("/v1/operator/plans?code=vps-mini").await.expect(200).items();
    let seen: Vec<_> =
        versions.iter().map(|it| (it["version"].as_i64().unwrap(), it["is_current"].as_bool().unwrap())).collect();
    assert_eq!(seen, [(2, true), (1, false)]);
}));

on_both!(publications_at_once_are_versions_of_their_own, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let operator = house.operator().await;
    operator.post("/v1/operator/plans", &plan("vps-mini", "1")).await.expect(201);
    let next = plan("vps-mini", "2");
    let answers = futures_util::future::join_all((0..6).map(|_| operator.post("/v1/operator/plans", &next))).await;
    assert!(answers.iter().all(|answer| answer.status == 201 || answer.status == 409), "{answers:#?}");
    let versions = operator.get("/v1/operator/plans?code=vps-mini&limit=100").await.expect(200).items();
    let mut numbers: Vec<i64> = versions.iter().map(|it| it["version"].as_i64().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=i64::try_from(numbers.len()).unwrap()).collect::<Vec<_>>());
    assert_eq!(versions.iter().filter(|it| it["is_current"] == true).count(), 1);
}));

on_both!(what_cannot_be_sold_is_refused, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let operator = house.operator().await;
    let refused = async |change: &dyn Fn(&mut Value), pointer: &str| {
        let mut wrong = plan("vps-mini", "1");
        change(&mut wrong);
        let answer = operator.post("/v1/operator/plans", &wrong).await.expect(422);
        let told = answer.body["errors"]
            .as_array()
            .unwrap()
            .iter()
            .any(|it| it["pointer"].as_str().is_some_and(|at| at.starts_with(pointer)));
        assert!(told, "{pointer}: {}", answer.text);
    };
    refused(&|it| it["code"] = json!("VPS mini"), "/code").await;
    refused(&|it| it["prices"] = json!([]), "/prices").await;
    refused(&|it| it["prices"][0]["unit_price"] = json!("-1"), "/prices/0/unit_price").await;
    refused(&|it| it["prices"][0]["unit_price"] = json!("1e3"), "/prices/0/unit_price").await;
    refused(&|it| it["prices"][0]["unit_price"] = json!("1.0000001"), "/prices/0/unit_price").await;
    refused(&|it| it["prices"][0]["unit_price"] = json!(1.5), "/prices/0/unit_price").await;
    refused(&|it| it["prices"][1]["period"] = json!("P1M"), "/prices/1").await;
    refused(&|it| it["prices"][1]["period"] = json!("P2M"), "/prices/1/period").await;
    refused(&|it| it["name"]["fr"] = json!(""), "/name/fr").await;
    refused(&|it| it["delivery"] = json!("pigeon"), "/delivery").await;
    assert!(operator.get("/v1/operator/plans?code=vps-mini").await.items().is_empty());
}));
