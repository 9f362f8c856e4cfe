//! The end of the account: blockers, token, cooling-off, erasure.

use house::{Answer, Client, House, on_both};
use serde_json::json;

async fn ask(who: &Client) -> Answer {
    who.send(reqwest::Method::POST, "/v1/account/closure", &[("Idempotency-Key", &house::client::fresh_key())], None)
        .await
}

async fn confirm(house: &House, who: &Client) -> Answer {
    house.settle().await;
    let token = json!({ "token": house.token_for(&who.email) });
    who.post("/v1/account/closure/confirmation", &token).await
}

#[track_caller]
fn blockers(answer: &Answer) -> Vec<String> {
    let found = answer.body["blockers"].as_array().unwrap_or_else(|| panic!("no blockers in {}", answer.text));
    found.iter().map(|blocker| blocker["code"].as_str().unwrap().to_owned()).collect()
}

on_both!(everything_in_the_way_is_listed, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let mut who = house.customer_with_service(("sim_ok", "vps-starter", "P1M", "automatic")).await;
    let item = json!({ "plan": "vps-starter", "period": "P1M", "renewal_mode": "manual", "quantity": 1 });
    let order = who.post("/v1/orders", &json!({ "items": [item] })).await.expect(201).text("/id");
    let refused = ask(&who).await.expect(409);
    assert_eq!(blockers(&refused), ["services_remain", "orders_open"], "{}", refused.text);
    for blocker in refused.body["blockers"].as_array().unwrap() {
        who.get(blocker["href"].as_str().unwrap()).await.expect(200);
    }
    who.delete(&format!("/v1/orders/{order}")).await.expect(200);
    who.add_method("sim_decline_hard").await.expect(201);
    house.travel_to("2026-03-01T09:00:00Z").await;
    who.log_in().await;
    let refused = ask(&who).await.expect(409);
    assert_eq!(blockers(&refused), ["services_remain", "invoices_unpaid"], "{}", refused.text);
    let service = who.service().await["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/services/{service}/deletion");
    who.post(&path, &json!({})).await.expect(202);
    house.settle().await;
    who.post(&format!("{path}/confirmation"), &json!({ "token": house.token_for(&who.email) })).await.expect(200);
    ask(&who).await.expect(202);
    confirm(&house, &who).await.expect(200);
}));

on_both!(seven_days_then_everything_personal_is_erased, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let mut who = house.customer().await;
    who.add_key("Blue key").await;
    let asked = ask(&who).await.expect(202);
    assert_eq!(
        (asked.text("/status"), asked.header("location")),
        ("awaiting_confirmation".to_owned(), Some("/v1/account/closure"))
    );
    who.get("/v1/account").await.expect(200);
    let closing = confirm(&house, &who).await.expect(200);
    assert_eq!(
        (closing.text("/status"), closing.text("/effective_on")),
        ("cooling_off".to_owned(), "2026-02-06".to_owned())
    );
    assert_eq!(who.get("/v1/account").await.text("/status"), "closing");
    let item = json!({ "plan": "vps-starter", "period": "P1M", "renewal_mode": "manual", "quantity": 1 });
    assert_eq!(who.post("/v1/orders", &json!({ "items": [item] })).await.expect(409).code(), "account_closing");
    assert_eq!(ask(&who).await.expect(409).code(), "closure_already_requested");
    // one second before midnight in Paris
    house.travel_to("2026-02-05T22:59:59Z").await;
    who.log_in().await;
    house.travel_to("2026-02-05T23:00:00Z").await;
    who.get("/v1/account").await.expect(401);
    let login = json!({ "login": who.email, "password": house::house::PASSWORD });
    house.stranger().post("/v1/sessions", &login).await.expect(401);
    // its key opens nothing either
    let asked = house.stranger().post("/v1/sessions/passkey-options", &json!({})).await.expect(201);
    let credential = who.key.as_ref().unwrap().sign(&asked.body["public_key"]);
    let alone = json!({ "ceremony_id": asked.text("/ceremony_id"), "credential": credential });
    house.stranger().post("/v1/sessions/passkey", &alone).await.expect(401);
    let last = house.mails().into_iter().rev().find(|mail| mail.to.contains(&who.email)).unwrap();
    assert!(last.text.contains("2036"), "says until when invoices are kept: {}", last.text);
    let contents = crate::schema::contents(&house).await;
    assert!(contents["security_key"].is_empty(), "{:?}", contents["security_key"]);
    for (table, rows) in &contents {
        // the proof that the owner was told is kept
        for row in rows.iter().filter(|row| !row.contains("account_closed")) {
            assert!(!row.contains(&who.email), "{table} still holds the address: {row}");
            assert!(!row.contains("rue des Lilas"), "{table} still holds the street: {row}");
        }
    }
    // what happened stays, in its chain; from where it came is gone
    let log = &contents["activity"];
    let mine: Vec<_> =
        log.iter().filter(|row| row.contains("account.closed") || row.contains("session.opened")).collect();
    assert!(mine.len() > 2 && mine.iter().all(|row| !row.contains("127.0.0.1")), "{mine:#?}");
    assert_eq!(api::verify::run(&house.app).await.unwrap(), Vec::new());
    // the address is free again
    let again = json!({ "email": who.email, "password": house::house::PASSWORD });
    house.stranger().post("/v1/accounts", &again).await.expect(202);
    house.settle().await;
    let code = json!({ "email": who.email, "code": house.code_for(&who.email) });
    house.stranger().post("/v1/accounts/email-verification", &code).await.expect(201);
}));

on_both!(it_can_be_taken_back_until_it_is_done, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let mut who = house.customer().await;
    assert_eq!(who.delete("/v1/account/closure").await.expect(409).code(), "no_closure");
    assert_eq!(who.get("/v1/account/closure").await.expect(404).code(), "not_found");
    ask(&who).await.expect(202);
    house.settle().await;
    let first = house.token_for(&who.email);
    ask(&who).await.expect(202);
    house.settle().await;
    let second = house.token_for(&who.email);
    let replaced = who.post("/v1/account/closure/confirmation", &json!({ "token": first })).await;
    assert_eq!(replaced.expect(410).code(), "code_expired");
    who.post("/v1/account/closure/confirmation", &json!({ "token": second })).await.expect(200);
    house.travel_to("2026-02-05T12:00:00Z").await;
    who.log_in().await;
    who.delete("/v1/account/closure").await.expect(204);
    assert_eq!(who.get("/v1/account").await.text("/status"), "active");
    assert_eq!(who.get("/v1/account/closure").await.text("/status"), "revoked");
    house.travel_to("2026-02-10T12:00:00Z").await;
    who.log_in().await;
    assert_eq!(who.get("/v1/account").await.text("/status"), "active");
    let used = who.post("/v1/account/closure/confirmation", &json!({ "token": second })).await;
    assert_eq!(used.expect(410).code(), "code_expired");
}));

on_both!(a_token_is_valid_for_a_day_and_for_its_account, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (mut one, two) = (house.customer().await, house.customer().await);
    ask(&one).await.expect(202);
    ask(&two).await.expect(202);
    house.settle().await;
    let token = json!({ "token": house.token_for(&one.email) });
    assert_eq!(two.post("/v1/account/closure/confirmation", &token).await.expect(422).code(), "code_invalid");
    house.travel_to("2026-01-31T09:00:00Z").await;
    one.log_in().await;
    assert_eq!(one.post("/v1/account/closure/confirmation", &token).await.expect(410).code(), "code_expired");
    ask(&one).await.expect(202);
    confirm(&house, &one).await.expect(200);
}));

on_both!(what_the_owner_wrote_is_nowhere_once_the_account_is_closed, "2026-01-30T09:00:00Z", |house| Box::pin(
    async move {
        let mut who = house.customer_with_service(("sim_ok", "vps-starter", "P1M", "automatic")).await;
        let former = who.email.clone();
        let texts =
            ["canary.next@example.org", "canary.spare@example.org", "Canary service", "Canary card", "Canary token"];
        let service = who.service().await["id"].as_str().unwrap().to_owned();
        who.patch(&format!("/v1/services/{service}"), &json!({ "display_name": texts[2] })).await.expect(200);
        let method = who.get("/v1/payment-methods").await.items()[0]["id"].as_str().unwrap().to_owned();
        who.patch(&format!("/v1/payment-methods/{method}"), &json!({ "label": texts[3] })).await.expect(200);
        let token = json!({ "name": texts[4], "scopes": ["account:read"], "expires_at": "2026-06-01T00:00:00Z" });
        who.post("/v1/security/access-tokens", &token).await.expect(201);
        who.put("/v1/account/backup-email", &json!({ "email": texts[1] })).await.expect(202);
        house.settle().await;
        let code = json!({ "code": house.code_for(texts[1]) });
        who.post("/v1/account/backup-email/confirmation", &code).await.expect(200);
        who.put("/v1/account/email", &json!({ "email": texts[0] })).await.expect(202);
        house.settle().await;
        who.post("/v1/account/email/confirmation", &json!({ "code": house.code_for(texts[0]) })).await.expect(200);
        texts[0].clone_into(&mut who.email);
        // somebody asks under the former address
        house.stranger().post("/v1/password-resets", &json!({ "login": former })).await.expect(202);
        house.settle().await;
        let path = format!("/v1/services/{service}/deletion");
        who.post(&path, &json!({ "comment": "Canary reason" })).await.expect(202);
        house.settle().await;
        who.post(&format!("{path}/confirmation"), &json!({ "token": house.token_for(&who.email) })).await.expect(200);
        ask(&who).await.expect(202);
        confirm(&house, &who).await.expect(200);
        let before = crate::schema::contents(&house).await;
        for text in texts.iter().chain(&["Canary reason"]) {
            assert!(before.values().flatten().any(|row| row.contains(text)), "{text} was stored");
        }
        house.travel_to("2026-02-07T09:00:00Z").await;
        who.get("/v1/account").await.expect(401);
        // the invoices and the proof that the owner was told are kept
        let kept = |table: &str, row: &str| table.starts_with("invoice") || row.contains("account_closed");
        for (table, rows) in &crate::schema::contents(&house).await {
            for row in rows.iter().filter(|row| !kept(table, row)) {
                for text in texts.iter().chain(&["Canary reason", former.as_str()]) {
                    assert!(!row.contains(text), "{table} still holds {text}: {row}");
                }
                assert!(!row.contains("c•") && !row.contains("@example.org"), "{table} still holds an address: {row}");
            }
        }
    }
));

on_both!(checks_of_vat_ids_outlive_an_account_as_evidence_only, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    for reversed in [false, true] {
        let mut who = house.customer_paying_with("sim_ok").await;
        let company = json!({
            "kind": "company", "organisation": "Muster GmbH", "country": "DE", "postal_code": "10115",
            "city": "Berlin", "vat_id": "DE136695976",
        });
        who.patch("/v1/account", &company).await.expect(200);
        if reversed {
            let item = json!({ "plan": "vps-starter", "period": "P1M", "renewal_mode": "manual", "quantity": 1 });
            let order = who.post("/v1/orders", &json!({ "items": [item] })).await.expect(201).text("/id");
            let source = json!({ "source": "payment_method" });
            who.post(&format!("/v1/orders/{order}/payment"), &source).await.expect(201);
            house.settle().await;
            let path = format!("/v1/services/{}/deletion", who.service().await["id"].as_str().unwrap());
            who.post(&path, &json!({})).await.expect(202);
            house.settle().await;
            let token = json!({ "token": house.token_for(&who.email) });
            who.post(&format!("{path}/confirmation"), &token).await.expect(200);
        }
        ask(&who).await.expect(202);
        confirm(&house, &who).await.expect(200);
        house.travel_days(8).await;
        who.get("/v1/account").await.expect(401);
        let kept = crate::schema::contents(&house).await["vat_check"].len();
        assert_eq!(kept, usize::from(reversed));
        who.email.clear();
    }
}));
