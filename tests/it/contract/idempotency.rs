//! The same request twice is done once, and answered the same.

use super::estate::Estate;
use house::client::fresh_key;
use house::contract::operations;
use house::{Answer, Client};
use reqwest::Method;
use serde_json::{Value, json};

async fn keyed(who: &Client, (method, path): (Method, &str), key: &str, body: Option<&Value>) -> Answer {
    who.send(method, path, &[("Idempotency-Key", key)], body).await
}

/// Sends a request twice: the second answer is the first one, marked.
async fn twice(who: &Client, method: Method, path: &str, body: Option<Value>) -> Answer {
    let key = fresh_key();
    let first = keyed(who, (method.clone(), path), &key, body.as_ref()).await;
    assert_eq!(first.header("idempotent-replayed"), None, "{method} {path}");
    // raw or quoted, it is the same key
    for key in [key.clone(), format!("\"{key}\"")] {
        let again = keyed(who, (method.clone(), path), &key, body.as_ref()).await;
        assert_eq!(again.header("idempotent-replayed"), Some("true"), "{method} {path}: {}", again.text);
        let (mut one, mut two) = (first.body.clone(), again.body.clone());
        if let (Some(one), Some(two)) = (one.as_object_mut(), two.as_object_mut()) {
            // a refusal names the request that it answers
            one.remove("request_id");
            two.remove("request_id");
        }
        assert_eq!((first.status, one), (again.status, two), "{method} {path}");
        for name in ["content-type", "location", "etag"] {
            assert_eq!(first.header(name), again.header(name), "{method} {path}: {name}");
        }
    }
    let mut other = body.clone().unwrap_or_else(|| json!({}));
    other["display_name"] = json!("something else");
    let reused = keyed(who, (method.clone(), path), &key, Some(&other)).await;
    // what cannot be read is told before the key is looked at
    assert!(
        ["idempotency_key_reused", "validation_failed"].contains(&reused.code().as_str()),
        "{method} {path}: {}",
        reused.text
    );
    first
}

house::on_both!(what_moves_money_or_deletes_wants_a_key, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let estate = Estate::of(&house).await;
    for operation in operations().iter().filter(|operation| operation.requires_key()) {
        let method: Method = operation.method.parse().unwrap();
        let (who, path, body) = (estate.entitled(operation), estate.path(operation), operation.example());
        let answer = who.send(method, &path, &[], body.as_ref()).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (400, "idempotency_key_required"),
            "{}: {}",
            operation.id,
            answer.text
        );
    }
    for id in [
        "place_order",
        "pay_order",
        "pay_invoice",
        "renew_service",
        "request_service_deletion",
        "confirm_service_deletion",
        "remove_payment_method",
        "request_account_closure",
        "confirm_account_closure",
    ] {
        assert!(house::contract::operation(id).requires_key(), "{id} can be sent without a key");
    }
    for operation in operations().iter().filter(|operation| operation.writes()) {
        assert!(operation.takes("Idempotency-Key"), "{} takes no key", operation.id);
    }
}));

house::on_both!(a_repeated_request_is_answered_the_same, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer_paying_with("sim_ok").await;
    let item = json!({ "plan": "vps-starter", "period": "P1M", "renewal_mode": "automatic", "quantity": 1 });
    let order = twice(&who, Method::POST, "/v1/orders", Some(json!({ "items": [item] }))).await.expect(201).text("/id");
    assert_eq!(who.get("/v1/orders").await.items().len(), 1);
    let path = format!("/v1/orders/{order}/payment");
    let weak = json!({ "type": "card", "token": "sim_decline_soft", "make_default": false });
    let weak = twice(&who, Method::POST, "/v1/payment-methods", Some(weak)).await.expect(201).text("/id");
    let declined = json!({ "source": "payment_method", "payment_method_id": weak });
    let declined = twice(&who, Method::POST, &path, Some(declined)).await.expect(402);
    assert_eq!(declined.code(), "payment_declined");
    twice(&who, Method::POST, &path, Some(json!({ "source": "payment_method" }))).await.expect(201);
    assert_eq!(who.get("/v1/payments?status=succeeded").await.items().len(), 1);
    house.settle().await;
    let service = who.service().await["id"].as_str().unwrap().to_owned();
    let renewals = format!("/v1/services/{service}/renewals");
    twice(&who, Method::POST, &renewals, Some(json!({ "payment_source": "payment_method" }))).await.expect(201);
    let cancellation = format!("/v1/services/{service}/cancellation");
    twice(&who, Method::PUT, &cancellation, Some(json!({ "reason": "other" }))).await.expect(200);
    twice(&who, Method::DELETE, &cancellation, None).await.expect(200);
    twice(&who, Method::PUT, &format!("/v1/services/{service}/renewal"), Some(json!({ "mode": "manual" })))
        .await
        .expect(200);
    twice(&who, Method::PATCH, "/v1/account", Some(json!({ "city": "Lille" }))).await.expect(200);
    twice(&who, Method::DELETE, &format!("/v1/payment-methods/{weak}"), None).await.expect(204);
    twice(&who, Method::POST, &format!("/v1/services/{service}/deletion"), Some(json!({}))).await.expect(202);
    house.settle().await;
    let token = json!({ "token": house.token_for(&who.email) });
    twice(&who, Method::POST, &format!("/v1/services/{service}/deletion/confirmation"), Some(token)).await.expect(200);
    twice(&who, Method::POST, "/v1/account/closure", None).await.expect(202);
    house.settle().await;
    let asked = house.subjects(&who.email);
    assert_eq!(asked.iter().filter(|subject| **subject == asked[asked.len() - 1]).count(), 1, "{asked:?}");
    let operator = house.operator().await;
    twice(&operator, Method::POST, "/v1/operator/test-clocks", Some(json!({ "name": "once" }))).await.expect(201);
    assert_eq!(operator.get("/v1/operator/test-clocks").await.items().len(), 1);
}));

house::on_both!(secrets_are_not_told_twice, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    let anyone = house.stranger();
    let login = json!({ "login": who.email, "password": house::house::PASSWORD });
    let opened = keyed(&anyone, (Method::POST, "/v1/sessions"), "login", Some(&login)).await.expect(201);
    assert_eq!(opened.header("cache-control"), Some("no-store"));
    let again = keyed(&anyone, (Method::POST, "/v1/sessions"), "login", Some(&login)).await.expect(409);
    assert_eq!(again.code(), "secret_no_longer_available");
    let token = json!({ "refresh_token": opened.text("/refresh_token") });
    keyed(&anyone, (Method::POST, "/v1/sessions/refresh"), "refresh", Some(&token)).await.expect(200);
    let again = keyed(&anyone, (Method::POST, "/v1/sessions/refresh"), "refresh", Some(&token)).await.expect(409);
    assert_eq!(again.code(), "secret_no_longer_available");
    for table in crate::schema::contents(&house).await.values() {
        for row in table {
            assert!(!row.contains(&opened.text("/refresh_token")) && !row.contains(&opened.text("/access_token")));
        }
    }
}));

house::on_both!(a_key_belongs_to_its_caller_and_request, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (one, two) = (house.customer().await, house.customer().await);
    let body = json!({ "city": "Lille" });
    let patch = (Method::PATCH, "/v1/account");
    keyed(&one, patch.clone(), "shared", Some(&body)).await.expect(200);
    let theirs = keyed(&two, patch.clone(), "shared", Some(&body)).await.expect(200);
    assert_eq!(theirs.header("idempotent-replayed"), None);
    for other in [json!({ "city": "Paris" }), json!({ "city": "Lille", "phone": null })] {
        assert_eq!(
            keyed(&one, patch.clone(), "shared", Some(&other)).await.expect(422).code(),
            "idempotency_key_reused"
        );
    }
    let elsewhere = keyed(&one, (Method::DELETE, "/v1/account/backup-email"), "shared", None).await.expect(422);
    assert_eq!(elsewhere.code(), "idempotency_key_reused");
    // a refusal of values leaves the key free
    let wrong = json!({ "phone": "1" });
    keyed(&one, patch.clone(), "later", Some(&wrong)).await.expect(422);
    let right = keyed(&one, patch.clone(), "later", Some(&body)).await.expect(200);
    assert_eq!(right.header("idempotent-replayed"), None);
}));

house::on_both!(requests_at_once_are_done_once, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer_paying_with("sim_ok").await;
    let item = json!({ "plan": "vps-starter", "period": "P1M", "renewal_mode": "automatic", "quantity": 1 });
    let body = json!({ "items": [item] });
    let ask = || keyed(&who, (Method::POST, "/v1/orders"), "at-once", Some(&body));
    let answers = futures_util::future::join_all((0..8).map(|_| ask())).await;
    for answer in &answers {
        assert!(answer.status == 201 || answer.code() == "idempotency_in_flight", "{}", answer.text);
        assert!(answer.status == 201 || answer.header("retry-after").is_some());
    }
    let made: Vec<_> =
        answers.iter().filter(|it| it.status == 201 && it.header("idempotent-replayed").is_none()).collect();
    assert_eq!((made.len(), who.get("/v1/orders").await.items().len()), (1, 1));
    let order = made[0].text("/id");
    let path = format!("/v1/orders/{order}/payment");
    let body = json!({ "source": "payment_method" });
    let pay = || keyed(&who, (Method::POST, &path), "pay-at-once", Some(&body));
    let answers = futures_util::future::join_all((0..8).map(|_| pay())).await;
    assert!(answers.iter().all(|answer| [201, 202, 409].contains(&answer.status)), "{answers:#?}");
    // with keys of their own they meet the same debt
    let others = futures_util::future::join_all((0..4).map(|_| who.post(&path, &body))).await;
    assert!(others.iter().all(|answer| answer.status == 409), "{others:#?}");
    assert_eq!(who.get("/v1/payments?status=succeeded").await.items().len(), 1);
    assert_eq!(who.get("/v1/invoices").await.items().len(), 1);
}));

house::on_both!(a_key_is_kept_for_thirty_days, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let mut who = house.customer().await;
    let (patch, body) = ((Method::PATCH, "/v1/account"), json!({ "city": "Lille" }));
    keyed(&who, patch.clone(), "kept", Some(&body)).await.expect(200);
    house.travel_to("2026-03-01T08:00:00Z").await;
    who.log_in().await;
    let replayed = keyed(&who, patch, "kept", Some(&body)).await.expect(200);
    assert_eq!(replayed.header("idempotent-replayed"), Some("true"));
}));
