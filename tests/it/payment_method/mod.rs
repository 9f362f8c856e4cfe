//! Payment methods: gateway tokens only, one of them the default.

use house::{Answer, Client, on_both};
use serde_json::{Value, json};

async fn add(who: &Client, token: &str, make_default: bool) -> Answer {
    who.post("/v1/payment-methods", &json!({ "type": "card", "token": token, "make_default": make_default })).await
}

async fn defaults(who: &Client) -> Vec<String> {
    let all = who.get("/v1/payment-methods?limit=100").await.expect(200).items();
    let chosen = all.iter().filter(|method| method["is_default"] == true);
    chosen.map(|method| method["id"].as_str().unwrap().to_owned()).collect()
}

on_both!(the_first_is_the_default_and_one_is, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    let first = add(&who, "sim_ok", false).await.expect(201);
    assert_eq!((&first.body["is_default"], &first.body["status"]), (&json!(true), &json!("valid")));
    let second = add(&who, "sim_ok~2", false).await.expect(201);
    assert_eq!(second.body["is_default"], false);
    assert_eq!(defaults(&who).await, [first.text("/id")]);
    let third = add(&who, "sim_ok~3", true).await.expect(201);
    assert_eq!(defaults(&who).await, [third.text("/id")]);
    let choose = async |id: &str| who.put("/v1/payment-methods/default", &json!({ "payment_method_id": id })).await;
    let chosen = choose(&second.text("/id")).await.expect(200);
    assert_eq!((&chosen.body["id"], &chosen.body["is_default"]), (&second.body["id"], &json!(true)));
    assert_eq!(defaults(&who).await, [second.text("/id")]);
    assert_eq!(
        choose(&second.text("/id")).await.expect(200).body["etag"],
        chosen.body["etag"],
        "again changes nothing"
    );
    // the default goes to the newest other
    who.delete(&format!("/v1/payment-methods/{}", second.text("/id"))).await.expect(204);
    assert_eq!(defaults(&who).await.len(), 1);
    assert_eq!(who.get("/v1/payment-methods").await.items().len(), 2);
    let gone = who.get(&format!("/v1/payment-methods/{}", second.text("/id"))).await;
    assert_eq!(gone.expect(404).code(), "not_found");
}));

on_both!(card_numbers_never_come_in, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    for number in
        ["4242424242424242", "4242 4242 4242 4242", "4242-4242-4242-4242", "378282246310005", "tok 5555555555554444"]
    {
        let answer = add(&who, number, true).await.expect(422);
        assert!(answer.text.contains("card_number_refused"), "{}", answer.text);
        let digits: String = number.chars().filter(char::is_ascii_digit).collect();
        for (table, rows) in crate::schema::contents(&house).await {
            assert!(!rows.iter().any(|row| row.contains(number) || row.contains(&digits)), "{table} holds {number}");
        }
    }
    let method = add(&who, "sim_ok", true).await.expect(201).text("/id");
    let named = who.patch(&format!("/v1/payment-methods/{method}"), &json!({ "label": "4242 4242 4242 4242" })).await;
    assert!(named.expect(422).text.contains("card_number_refused"));
    for unknown in ["nonsense", "sim_", "ok", ""] {
        assert_eq!(add(&who, unknown, true).await.expect(422).text("/errors/0/pointer"), "/token", "{unknown}");
    }
}));

on_both!(tokens_are_sealed_and_never_shown, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    let answer = add(&who, "sim_ok~secret", true).await.expect(201);
    // the simulated gateway tells methods apart by naming the token in the label
    who.patch(&format!("/v1/payment-methods/{}", answer.text("/id")), &json!({ "label": "Card" })).await.expect(200);
    let shown = who.get(&format!("/v1/payment-methods/{}", answer.text("/id"))).await.expect(200);
    assert!(!shown.text.contains("sim_ok"), "{}", shown.text);
    let stored = &crate::schema::contents(&house).await["payment_method"];
    assert!(stored.len() == 1 && !stored[0].contains("sim_ok~secret"), "{stored:?}");
    house.settle().await;
    assert!(
        house.subjects(&who.email).iter().any(|subject| subject.to_lowercase().contains("payment")),
        "{:?}",
        house.subjects(&who.email)
    );
}));

on_both!(the_last_one_stays_while_a_service_renews_by_itself, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer_with_service(("sim_ok", "vps-starter", "P1M", "automatic")).await;
    let only = defaults(&who).await[0].clone();
    let path = format!("/v1/payment-methods/{only}");
    let shown = who.get(&path).await.expect(200);
    assert_eq!(shown.body["actions"]["remove"]["blocked_by"], json!(["last_payment_method"]));
    let refused = who.delete(&path).await.expect(409);
    assert_eq!(refused.code(), "last_payment_method");
    let service = who.service().await["id"].as_str().unwrap().to_owned();
    assert_eq!(refused.text("/blockers/0/resource"), service);
    who.put(&refused.text("/blockers/0/href"), &json!({ "mode": "manual" })).await.expect(200);
    assert_eq!(who.get(&path).await.body["actions"]["remove"]["allowed"], true);
    who.delete(&path).await.expect(204);
    assert!(who.get("/v1/payment-methods").await.items().is_empty());
    let again = who.put(&format!("/v1/services/{service}/renewal"), &json!({ "mode": "automatic" })).await;
    assert!([200, 409].contains(&again.status), "{}", again.text);
}));

on_both!(a_spare_or_a_cancelled_service_lets_the_default_go, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer_with_service(("sim_ok", "vps-starter", "P1M", "automatic")).await;
    let first = defaults(&who).await[0].clone();
    let spare = add(&who, "sim_ok~2", false).await.expect(201).text("/id");
    who.delete(&format!("/v1/payment-methods/{first}")).await.expect(204);
    assert_eq!(defaults(&who).await, [spare.clone()]);
    let service = who.service().await["id"].as_str().unwrap().to_owned();
    who.put(&format!("/v1/services/{service}/cancellation"), &json!({})).await.expect(200);
    who.delete(&format!("/v1/payment-methods/{spare}")).await.expect(204);
}));

on_both!(one_that_is_being_charged_stays, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer_paying_with("sim_slow").await;
    let item = json!({ "plan": "vps-starter", "period": "P1M", "renewal_mode": "manual", "quantity": 1 });
    let order = who.post("/v1/orders", &json!({ "items": [item] })).await.expect(201).text("/id");
    who.post(&format!("/v1/orders/{order}/payment"), &json!({ "source": "payment_method" })).await.expect(202);
    let path = format!("/v1/payment-methods/{}", defaults(&who).await[0]);
    assert_eq!(who.delete(&path).await.expect(409).code(), "payment_in_progress");
    house.gateway.release();
    house.travel_days(4).await;
}));

on_both!(a_label_is_a_short_line, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer_paying_with("sim_ok").await;
    let path = format!("/v1/payment-methods/{}", defaults(&who).await[0]);
    assert_eq!(who.patch(&path, &json!({ "label": "  Firm card " })).await.expect(200).text("/label"), "Firm card");
    for (wrong, code) in [("", "required"), ("   ", "required"), ("x".repeat(65).as_str(), "too_long")] {
        assert_eq!(
            who.patch(&path, &json!({ "label": wrong })).await.expect(422).text("/errors/0/code"),
            code,
            "{wrong:?}"
        );
    }
    assert_eq!(
        who.patch(&path, &json!({ "label": Value::Null })).await.expect(422).text("/errors/0/code"),
        "null_not_allowed"
    );
    assert_eq!(
        who.patch(&path, &json!({ "is_default": true })).await.expect(422).text("/errors/0/code"),
        "unknown_member"
    );
}));

on_both!(an_account_keeps_twenty, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    for number in 0..20 {
        add(&who, &format!("sim_ok~{number}"), false).await.expect(201);
    }
    assert_eq!(add(&who, "sim_ok~20", false).await.expect(422).text("/errors/0/code"), "too_many");
    assert_eq!(defaults(&who).await.len(), 1);
}));
