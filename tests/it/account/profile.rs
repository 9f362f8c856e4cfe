//! The profile: a merge patch, checked member by member.

use house::on_both;
use serde_json::{Value, json};

on_both!(every_wrong_member_is_named, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    let patch = json!({
        "country": "XX", "time_zone": "Europe/Nowhere", "first_name": "x".repeat(101), "street": "a\nb",
        "postal_code": "7501", "phone": "0612345678", "siret": "73282932000075", "vat_id": "FR00000000000",
    });
    let answer = who.patch("/v1/account", &patch).await.expect(422);
    let errors = answer.body["errors"].as_array().unwrap().clone();
    let places: Vec<&str> = errors.iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    for place in ["/country", "/time_zone", "/first_name", "/street", "/postal_code", "/phone", "/siret", "/vat_id"] {
        assert!(places.contains(&place), "{place} in {}", answer.text);
    }
    let kind =
        who.patch("/v1/account", &json!({ "kind": "king", "language": "la", "country": null })).await.expect(422);
    let codes: Vec<_> = kind.body["errors"].as_array().unwrap().iter().map(|error| error["code"].clone()).collect();
    assert_eq!(codes, ["not_one_of", "not_one_of", "null_not_allowed"], "{}", kind.text);
    assert_eq!(who.get("/v1/account").await.text("/city"), "Paris", "nothing changed");
}));

on_both!(members_left_out_stay_and_null_removes, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    let before = who.get("/v1/account").await.expect(200);
    let patch = json!({
        "kind": "company", "organisation": "  Atelier Martin ", "phone": "+33 6 12 34 56 78",
        "siret": "732 829 320 00074", "vat_id": "fr44732829320", "country": "fr", "first_name": null,
    });
    let after = who.patch("/v1/account", &patch).await.expect(200);
    for (pointer, value) in [
        ("/kind", "company"),
        ("/organisation", "Atelier Martin"),
        ("/phone", "+33612345678"),
        ("/siret", "73282932000074"),
        ("/vat_id", "FR44732829320"),
        ("/country", "FR"),
        ("/last_name", "Martin"),
    ] {
        assert_eq!(after.text(pointer), value, "{}", after.text);
    }
    assert_eq!(after.body.get("first_name"), None, "{}", after.text);
    assert_ne!(after.body["etag"], before.body["etag"]);
    let same = who.patch("/v1/account", &json!({ "kind": "company" })).await.expect(200);
    assert_eq!(same.body["etag"], after.body["etag"], "what changes nothing is no new version");
    // the log names members, never what they say
    let log = who.get("/v1/account/activity").await.expect(200);
    assert!(log.text.contains("\"organisation\"") && !log.text.contains("Atelier"), "{}", log.text);
}));

on_both!(both_media_types_are_taken, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    for (media, city) in [("application/merge-patch+json", "Lyon"), ("application/json; charset=UTF-8", "Nantes")] {
        let answer = reqwest::Client::new()
            .patch(format!("{}/v1/account", house.base))
            .bearer_auth(who.token.as_deref().unwrap())
            .header("Content-Type", media)
            .body(json!({ "city": city }).to_string())
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200, "{media}");
        assert_eq!(who.get("/v1/account").await.text("/city"), city);
    }
}));

on_both!(the_kind_stays_once_there_is_an_order, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer_with_service(("sim_ok", "vps-starter", "P1M", "automatic")).await;
    let answer = who.patch("/v1/account", &json!({ "kind": "company" })).await.expect(409);
    assert_eq!(answer.code(), "account_has_orders");
}));

on_both!(another_time_zone_moves_instants_and_no_day, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer_with_service(("sim_ok", "vps-starter", "P1Y", "automatic")).await;
    let before = who.service().await;
    let instants = async || {
        let id = before["id"].as_str().unwrap();
        let page = who.get(&format!("/v1/services/{id}/timeline?limit=100")).await.expect(200).items();
        let planned = page.into_iter().filter(|milestone| milestone["state"] == "planned");
        planned
            .map(|milestone| (milestone["kind"].clone(), milestone["on"].clone(), milestone["due_at"].clone()))
            .collect::<Vec<_>>()
    };
    let paris = instants().await;
    who.patch("/v1/account", &json!({ "time_zone": "America/Martinique" })).await.expect(200);
    let martinique = instants().await;
    assert_eq!(who.service().await["expires_on"], before["expires_on"]);
    assert!(!paris.is_empty());
    let days =
        |list: &[(Value, Value, Value)]| list.iter().map(|it| (it.0.to_string(), it.1.to_string())).collect::<Vec<_>>();
    assert_eq!(days(&paris), days(&martinique));
    assert!(paris.iter().zip(&martinique).any(|(one, two)| one.2 != two.2), "{paris:?}");
}));
