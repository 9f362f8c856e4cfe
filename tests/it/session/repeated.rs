//! Requests that prove something, repeated under one key: what was right is answered as it was
//! the first time, and never counted as a guess.

use super::factors::{protected, shown};
use house::client::fresh_key;
use house::house::PASSWORD;
use house::{Answer, Client, on_both};
use reqwest::Method;
use serde_json::{Value, json};

/// The answer to one request, and the last one after it was sent more often than anybody may guess.
async fn repeated(who: &Client, (method, path): (Method, &str), body: &Value) -> (Answer, Answer) {
    let key = fresh_key();
    let headers = [("Idempotency-Key", key.as_str())];
    let first = who.send(method.clone(), path, &headers, Some(body)).await;
    for _ in 0..5 {
        who.send(method.clone(), path, &headers, Some(body)).await;
    }
    (first, who.send(method, path, &headers, Some(body)).await)
}

/// The last answer repeats the first.
async fn replayed(who: &Client, request: (Method, &str), body: &Value, status: u16) {
    let (first, again) = repeated(who, request, body).await;
    first.expect(status);
    let again = again.expect(status);
    assert_eq!(again.header("idempotent-replayed"), Some("true"), "{}", again.text);
}

/// The last answer says that the first held a secret.
async fn told_once(who: &Client, request: (Method, &str), body: &Value, status: u16) -> Answer {
    let (first, again) = repeated(who, request, body).await;
    let first = first.expect(status);
    assert_eq!(again.expect(409).code(), "secret_no_longer_available");
    first
}

on_both!(a_password_that_was_right_is_no_wrong_guess, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    let (second, third) = ("amber lighthouse 27 sparrow", "crimson orchard 51 gravel");
    let proof = json!({ "method": "password", "password": PASSWORD });
    replayed(&who, (Method::POST, "/v1/security/proof"), &proof, 204).await;
    let change = json!({ "current_password": PASSWORD, "new_password": second });
    replayed(&who, (Method::PUT, "/v1/security/password"), &change, 204).await;
    let log = who.get("/v1/account/activity?limit=100").await.expect(200).items();
    assert!(log.iter().all(|line| line["kind"] != "password.change_refused"), "{log:#?}");

    who.post("/v1/password-resets", &json!({ "login": who.email })).await.expect(202);
    house.settle().await;
    let reset = json!({ "token": house.token_for(&who.email), "new_password": third });
    replayed(&house.stranger(), (Method::POST, "/v1/password-resets/confirmation"), &reset, 204).await;
    who.post("/v1/sessions", &json!({ "login": who.email, "password": third })).await.expect(201);
}));

on_both!(a_mailed_code_that_was_right_is_no_used_one, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let anyone = house.stranger();
    let email = "twice@example.org";
    let new = json!({ "email": email, "password": PASSWORD });
    anyone.post("/v1/accounts", &new).await.expect(202);
    house.settle().await;
    let code = json!({ "email": email, "code": house.code_for(email) });
    let opened = told_once(&anyone, (Method::POST, "/v1/accounts/email-verification"), &code, 201).await;

    let who = anyone.with_token(&opened.text("/access_token"));
    who.put("/v1/account/backup-email", &json!({ "email": "twice.backup@example.org" })).await.expect(202);
    house.settle().await;
    let code = json!({ "code": house.code_for("twice.backup@example.org") });
    replayed(&who, (Method::POST, "/v1/account/backup-email/confirmation"), &code, 200).await;

    let extra = json!([{ "email": "twice.bills@example.org", "categories": ["billing"] }]);
    let routing =
        json!({ "primary": { "categories": ["account", "security", "renewal", "order"] }, "addresses": extra });
    who.put("/v1/account/email-routing", &routing).await.expect(200);
    house.settle().await;
    let code = json!({ "email": "twice.bills@example.org", "code": house.code_for("twice.bills@example.org") });
    replayed(&who, (Method::POST, "/v1/account/email-routing/confirmation"), &code, 200).await;
}));

on_both!(a_second_factor_that_was_right_is_no_used_one, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (who, secret, _, codes) = protected(&house).await;
    let later = |seconds| house.clock.set(house.now() + chrono::TimeDelta::seconds(seconds));
    for round in 0..2 {
        later(60);
        let proof = json!({ "method": "totp", "code": shown(&house, &secret) });
        replayed(&who, (Method::POST, "/v1/security/proof"), &proof, 204).await;
        let waiting = who.post("/v1/sessions", &json!({ "login": who.email, "password": PASSWORD })).await;
        let path = format!("/v1/sessions/challenges/{}", waiting.expect(202).text("/challenge_id"));
        let answer = json!({ "method": "backup_code", "code": codes[round + 1] });
        told_once(&who, (Method::POST, &path), &answer, 201).await;
    }
}));
