//! Tokens for programs: what they may do, from where, until when, and that their owner knows.

use chrono::TimeDelta;
use house::{Answer, Client, House, on_both};
use serde_json::{Value, json};

const PATH: &str = "/v1/security/access-tokens";

async fn make(who: &Client, scopes: &[&str], more: Value) -> Answer {
    let mut new = json!({ "name": "Backups", "scopes": scopes });
    new.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    who.post(PATH, &new).await.expect(201)
}

async fn program(who: &Client, scopes: &[&str]) -> Client {
    who.with_token(&make(who, scopes, json!({})).await.text("/token"))
}

fn ended(house: &House, email: &str) -> usize {
    house.subjects(email).iter().filter(|subject| subject.contains("“Backups” ends")).count()
}

on_both!(a_token_does_what_it_was_made_for_and_its_text_is_shown_once, "2026-01-30T09:00:00Z", |house| Box::pin(
    async move {
        let who = house.customer().await;
        let made = make(&who, &["services:read", "account:read", "services:read"], json!({})).await;
        let text = made.text("/token");
        assert!(text.starts_with(&made.text("/access_token/hint")), "{}", made.text);
        assert_eq!(made.header("cache-control"), Some("no-store"));
        assert_eq!(made.body["access_token"]["scopes"], json!(["account:read", "services:read"]));
        assert_eq!(made.text("/access_token/expires_at"), "2026-04-30T09:00:00Z");
        let program = who.with_token(&text);
        program.get("/v1/account").await.expect(200);
        program.get("/v1/services").await.expect(200);
        for path in ["/v1/invoices", "/v1/payment-methods", "/v1/security/sessions", PATH] {
            assert_eq!(program.get(path).await.expect(403).code(), "insufficient_scope", "{path}");
        }
        let change = program.patch("/v1/account", &json!({ "city": "Lille" })).await;
        assert_eq!(change.expect(403).code(), "insufficient_scope");
        let listed = who.get(PATH).await.expect(200);
        assert!(!listed.text.contains(&text), "{}", listed.text);
        assert_eq!(listed.items()[0]["last_used_at"], "2026-01-30T09:00:00Z");
        assert_eq!(listed.items()[0]["last_address"], "127.0.0.1");
        for (table, rows) in crate::schema::contents(&house).await {
            assert!(!rows.iter().any(|row| row.contains(&text)), "{table} holds the token");
        }
        house.settle().await;
        let told = house.mails().into_iter().find(|mail| mail.subject == "An access token was created");
        assert!(!told.unwrap().text.contains(&text));
        let log = who.get("/v1/account/activity").await.items();
        assert!(log.iter().any(|line| line["kind"] == "access_token.created"), "{log:#?}");
    }
));

on_both!(a_repeated_request_makes_no_second_token, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    let (key, new) = (house::client::fresh_key(), json!({ "name": "Backups", "scopes": ["account:read"] }));
    let headers = [("Idempotency-Key", key.as_str())];
    let send = || who.send(reqwest::Method::POST, PATH, &headers, Some(&new));
    send().await.expect(201);
    assert_eq!(send().await.expect(409).code(), "secret_no_longer_available");
    assert_eq!(who.get(PATH).await.items().len(), 1);
}));

on_both!(a_token_is_never_a_fresh_proof_and_makes_no_other_token, "2026-01-30T09:00:00Z", |house| Box::pin(
    async move {
        let who = house.customer().await;
        let program = program(&who, api::http::scope::CUSTOMER).await;
        let new = json!({ "name": "Another", "scopes": ["account:read"] });
        assert_eq!(program.post(PATH, &new).await.expect(403).code(), "fresh_proof_required");
        let proof = json!({ "password": house::house::PASSWORD });
        assert_eq!(program.post("/v1/security/proof", &proof).await.expect(403).code(), "fresh_proof_required");
        house.travel_to("2026-01-30T09:05:00Z").await;
        assert_eq!(who.post(PATH, &new).await.expect(403).code(), "fresh_proof_required");
    }
));

on_both!(a_revoked_token_is_refused_at_once, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (who, stranger) = (house.customer().await, house.customer().await);
    let made = make(&who, &["account:read", "security:write"], json!({})).await;
    let program = who.with_token(&made.text("/token"));
    program.get("/v1/account").await.expect(200);
    let path = format!("{PATH}/{}", made.text("/access_token/id"));
    assert_eq!(stranger.delete(&path).await.expect(404).code(), "not_found");
    program.get("/v1/account").await.expect(200);
    for _ in 0..2 {
        who.delete(&path).await.expect(204);
        assert_eq!(program.get("/v1/account").await.expect(401).code(), "unauthenticated");
    }
    assert!(who.get(PATH).await.items().is_empty());
    let log = who.get("/v1/account/activity").await.items();
    assert_eq!(log.iter().filter(|line| line["kind"] == "access_token.revoked").count(), 1, "{log:#?}");
    // nothing is told about a token that is gone
    house.travel_to("2026-05-01T09:00:00Z").await;
    assert_eq!(ended(&house, &who.email), 0);
}));

on_both!(a_token_ends_when_it_says_and_its_owner_is_told_before_once_each, "2026-01-30T09:00:00Z", |house| {
    Box::pin(async move {
        let mut who = house.customer().await;
        let program = who.with_token(
            &make(&who, &["account:read"], json!({ "expires_at": "2026-03-01T09:00:00Z" })).await.text("/token"),
        );
        house.travel_to("2026-02-15T08:59:59Z").await;
        assert_eq!(ended(&house, &who.email), 0);
        house.travel_to("2026-02-15T09:00:00Z").await;
        assert_eq!(ended(&house, &who.email), 1);
        house.travel_to("2026-02-28T09:00:00Z").await;
        house.settle().await;
        assert_eq!(ended(&house, &who.email), 2, "{:?}", house.subjects(&who.email));
        house.travel_to("2026-03-01T08:59:59Z").await;
        program.get("/v1/account").await.expect(200);
        house.travel_to("2026-03-01T09:00:00Z").await;
        program.get("/v1/account").await.expect(401);
        assert_eq!(ended(&house, &who.email), 2);
        who.log_in().await;
        assert!(who.get(PATH).await.items().is_empty());
    })
});

on_both!(a_token_is_used_from_its_ranges_only, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    let ranges = json!({ "ip_ranges": ["192.0.2.77/24", "2001:db8::/32"] });
    let made = make(&who, &["account:read"], ranges).await;
    assert_eq!(made.body["access_token"]["ip_ranges"], json!(["192.0.2.0/24", "2001:db8::/32"]));
    let program = who.with_token(&made.text("/token"));
    for inside in ["192.0.2.1", "2001:db8:1::7"] {
        program.at(inside).get("/v1/account").await.expect(200);
    }
    for outside in ["192.0.3.1", "2001:db9::1", "127.0.0.1"] {
        let refused = program.at(outside).get("/v1/account").await.expect(403);
        assert_eq!(refused.code(), "address_not_allowed", "{outside}");
    }
    house.clock.set(house.now() + TimeDelta::minutes(2));
    program.at("192.0.2.9").get("/v1/account").await.expect(200);
    assert_eq!(who.get(PATH).await.items()[0]["last_address"], "192.0.2.9");
}));

on_both!(what_cannot_be_a_token_is_refused_with_every_fault, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    let wrong = json!({
        "name": " ", "scopes": ["operator:*"], "ip_ranges": ["10.0.0.0/33"], "expires_at": "2027-02-01T09:00:00Z",
    });
    let refused = who.post(PATH, &wrong).await.expect(422);
    let pointers = refused.body["errors"].as_array().unwrap().iter().map(|fault| fault["pointer"].clone());
    assert_eq!(pointers.collect::<Vec<_>>(), ["/name", "/scopes/0", "/ip_ranges/0", "/expires_at"], "{}", refused.text);
    assert!(who.get(PATH).await.items().is_empty());
    // a typing mistake is seen by the checksum alone
    let mut text = make(&who, &["account:read"], json!({})).await.text("/token");
    text.replace_range(20..21, if &text[20..21] == "a" { "b" } else { "a" });
    who.with_token(&text).get("/v1/account").await.expect(401);
}));

on_both!(an_account_has_at_most_fifty_tokens, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    let new = json!({ "name": "Backups", "scopes": ["account:read"] });
    let answers = futures_util::future::join_all((0..52).map(|_| who.post(PATH, &new))).await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(made, 50);
    for refused in answers.iter().filter(|answer| answer.status != 201) {
        assert_eq!((refused.status, refused.code().as_str()), (409, "too_many_access_tokens"));
    }
}));

on_both!(tokens_end_with_a_reset_wait_while_blocked_and_go_with_the_account, "2026-01-30T09:00:00Z", |house| {
    Box::pin(async move {
        let (mut who, operator) = (house.customer().await, house.operator().await);
        let token = program(&who, &["account:read"]).await;
        let block = format!("/v1/operator/accounts/{}/block", who.get("/v1/account").await.text("/id"));
        operator.put(&block, &json!({})).await.expect(200);
        assert_eq!(token.get("/v1/account").await.expect(403).code(), "account_not_active");
        operator.delete(&block).await.expect(200);
        token.get("/v1/account").await.expect(200);
        house.stranger().post("/v1/password-resets", &json!({ "login": who.email })).await.expect(202);
        house.settle().await;
        let new = json!({ "token": house.token_for(&who.email), "new_password": "amber lighthouse 27 sparrow" });
        house.stranger().post("/v1/password-resets/confirmation", &new).await.expect(204);
        token.get("/v1/account").await.expect(401);
        let login = json!({ "login": who.email, "password": "amber lighthouse 27 sparrow" });
        who.token = Some(who.post("/v1/sessions", &login).await.expect(201).text("/access_token"));
        let ranges = json!({ "name": "My private script", "ip_ranges": ["127.0.0.0/8"] });
        let last = who.with_token(&make(&who, &["account:read"], ranges).await.text("/token"));
        last.get("/v1/account").await.expect(200);
        let key = house::client::fresh_key();
        let headers = [("Idempotency-Key", key.as_str())];
        who.send(reqwest::Method::POST, "/v1/account/closure", &headers, None).await.expect(202);
        house.settle().await;
        let confirm = json!({ "token": house.token_for(&who.email) });
        who.post("/v1/account/closure/confirmation", &confirm).await.expect(200);
        house.travel_days(8).await;
        last.get("/v1/account").await.expect(401);
        let rows = crate::schema::contents(&house).await.remove("access_token").unwrap();
        let rows: Vec<_> = rows.into_iter().filter(|row| !row.contains("operator:*")).collect();
        assert_eq!(rows.len(), 2);
        assert!(!rows.iter().any(|row| row.contains("private script") || row.contains("127.0.0")), "{rows:#?}");
        // nor is anything told about it later
        let before = house.subjects(&who.email).len();
        house.travel_days(100).await;
        assert_eq!(house.subjects(&who.email).len(), before);
    })
});

on_both!(an_operators_token_is_listed_and_revoked, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    use sea_orm::EntityTrait;
    let (operator, who) = (house.operator().await, house.customer().await);
    make(&who, &["account:read"], json!({})).await;
    let listed = entity::access_token::Entity::of_operators().all(&**house.app.read()).await.unwrap();
    assert_eq!(listed.len(), 1, "customers' are not among them");
    operator.get("/v1/operator/scheduler").await.expect(200);
    let cx = api::actions::Context::scheduler(&house.app.tools, house.now(), house.now());
    let all = entity::access_token::Entity::find().all(&**house.app.read()).await.unwrap();
    let of_customer = all.iter().find(|token| token.account_id.is_some()).unwrap().id;
    let revoke =
        async |id| house.app.transact(async |tx| api::actions::operator::revoke_token(tx, &cx, id).await).await;
    assert!(revoke(of_customer).await.is_err());
    for _ in 0..2 {
        revoke(listed[0].id).await.unwrap();
        operator.get("/v1/operator/scheduler").await.expect(401);
    }
}));
