//! From which addresses an account may be used.

use house::house::PASSWORD;
use house::{Answer, Client, on_both};
use serde_json::{Value, json};

const PATH: &str = "/v1/security/ip-rules";

fn only(cidr: &str) -> Value {
    json!({ "rules": [{ "cidr": cidr, "action": "allow", "label": "Office" }], "default_action": "deny" })
}

async fn log_in(who: &Client, password: &str) -> Answer {
    who.post("/v1/sessions", &json!({ "login": who.email, "password": password })).await
}

on_both!(they_hold_at_once_for_logins_sessions_and_their_refresh, "2026-01-30T09:00:00Z", |house| Box::pin(
    async move {
        let home = house.customer().await.at("192.0.2.7");
        let session = log_in(&home, PASSWORD).await.expect(201);
        let away = home.at("198.51.100.9");
        away.get("/v1/account").await.expect(200);
        let set = home.put(PATH, &only("192.0.2.77/24")).await.expect(200);
        assert_eq!(set.text("/rules/0/cidr"), "192.0.2.0/24");
        assert_eq!(set.text("/your_address"), "192.0.2.7");
        let read = home.get(PATH).await.expect(200);
        assert_eq!((read.body.clone(), read.header("etag")), (set.body.clone(), set.header("etag")));
        assert_eq!(away.get("/v1/account").await.expect(403).code(), "address_not_allowed");
        let kept = json!({ "refresh_token": session.text("/refresh_token") });
        away.post("/v1/sessions/refresh", &kept).await.expect(401);
        home.post("/v1/sessions/refresh", &kept).await.expect(200);
        // the right password from the wrong place looks like a wrong one
        let shown = |answer: &Answer| {
            let names: Vec<_> = answer.headers.keys().map(ToString::to_string).collect();
            (answer.status, answer.text.replace(&answer.text("/request_id"), "-"), names)
        };
        let (right, wrong) = (log_in(&away, PASSWORD).await, log_in(&away, "violet harbour 94 lanterns").await);
        assert_eq!(shown(&right), shown(&wrong));
        assert_eq!(right.status, 401);
        log_in(&home, PASSWORD).await.expect(201);
        let log = home.get("/v1/account/activity").await.expect(200).items();
        let reasons: Vec<_> = log.iter().filter(|line| line["kind"] == "session.refused").collect();
        assert_eq!(reasons.iter().filter(|line| line["detail"]["reason"] == "ip_rules").count(), 1, "{reasons:#?}");
        house.settle().await;
        assert!(house.subjects(&home.email).iter().any(|subject| subject.contains("limited to some addresses")));
    }
));

on_both!(nobody_locks_themselves_out, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await.at("192.0.2.7");
    for out in [
        json!({ "rules": [], "default_action": "deny" }),
        only("198.51.100.0/24"),
        json!({ "rules": [{ "cidr": "192.0.2.7", "action": "deny" }, { "cidr": "192.0.2.0/24", "action": "allow" }], "default_action": "allow" }),
        only("::/0"),
    ] {
        assert_eq!(who.put(PATH, &out).await.expect(409).code(), "ip_rules_would_lock_out", "{out}");
    }
    assert_eq!(who.get(PATH).await.expect(200).text("/default_action"), "allow");
    for (wrong, pointer, code) in [
        (only("10.0.0.0/33"), "/rules/0/cidr", "invalid_format"),
        (
            json!({ "rules": [{ "cidr": "10.0.0.1/8", "action": "allow" }, { "cidr": "10.9.9.9/8", "action": "deny" }], "default_action": "allow" }),
            "/rules/1/cidr",
            "duplicate_item",
        ),
        (
            json!({ "rules": [{ "cidr": "10.0.0.0/8", "action": "perhaps" }], "default_action": "allow" }),
            "/rules/0/action",
            "",
        ),
        (
            json!({ "rules": [{ "cidr": "10.0.0.0/8", "action": "deny", "label": "x".repeat(101) }], "default_action": "allow" }),
            "/rules/0/label",
            "too_long",
        ),
    ] {
        let refused = who.put(PATH, &wrong).await.expect(422);
        assert_eq!(refused.text("/errors/0/pointer"), pointer, "{wrong}");
        assert!(code.is_empty() || refused.text("/errors/0/code") == code, "{}", refused.text);
    }
    let many = |count: u32| {
        let rule = |at: u32| json!({ "cidr": format!("10.0.{at}.0/24"), "action": "deny" });
        json!({ "rules": (0..count).map(rule).collect::<Vec<_>>(), "default_action": "allow" })
    };
    who.put(PATH, &many(101)).await.expect(422);
    who.put(PATH, &many(100)).await.expect(200);
}));

on_both!(the_first_rule_that_fits_decides_and_replacing_is_conditional, "2026-01-30T09:00:00Z", |house| Box::pin(
    async move {
        let who = house.customer().await.at("192.0.2.7");
        let before = who.get(PATH).await.expect(200);
        let rules = json!({
            "rules": [
                { "cidr": "192.0.2.66", "action": "deny", "label": "The printer" },
                { "cidr": "192.0.2.0/24", "action": "allow" },
                { "cidr": "2001:db8::/32", "action": "allow" },
            ],
            "default_action": "deny",
        });
        let conditional = async |tag: &str| {
            let key = house::client::fresh_key();
            let headers = [("Idempotency-Key", key.as_str()), ("If-Match", tag)];
            who.send(reqwest::Method::PUT, PATH, &headers, Some(&rules)).await
        };
        let tag = before.header("etag").unwrap().to_owned();
        conditional(&tag).await.expect(200);
        conditional(&tag).await.expect(412);
        for (address, status) in
            [("192.0.2.8", 200), ("192.0.2.66", 403), ("2001:db8::9", 200), ("2001:db9::9", 403), ("198.51.100.1", 403)]
        {
            who.at(address).get("/v1/account").await.expect(status);
        }
        who.put(PATH, &json!({ "rules": [], "default_action": "allow" })).await.expect(200);
        who.at("198.51.100.1").get("/v1/account").await.expect(200);
        house.travel_to("2026-01-30T09:05:00Z").await;
        assert_eq!(who.put(PATH, &rules).await.expect(403).code(), "fresh_proof_required");
    }
));

on_both!(an_operator_lets_back_in_who_is_kept_out, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await.at("192.0.2.7");
    let account = who.get("/v1/account").await.expect(200).text("/id");
    who.put(PATH, &only("192.0.2.7")).await.expect(200);
    let moved = who.at("198.51.100.9");
    moved.get("/v1/account").await.expect(403);
    let operator = house.operator().await;
    for _ in 0..2 {
        operator.delete(&format!("/v1/operator/accounts/{account}/ip-rules")).await.expect(204);
    }
    moved.get("/v1/account").await.expect(200);
    log_in(&moved, PASSWORD).await.expect(201);
    let log = moved.get("/v1/account/activity").await.expect(200).items();
    let cleared: Vec<_> = log.iter().filter(|line| line["kind"] == "security.ip_rules_cleared").collect();
    assert_eq!(cleared.len(), 1, "{log:#?}");
    house.settle().await;
    assert!(house.subjects(&who.email).iter().any(|subject| subject.contains("from every address")));
    moved.delete(&format!("/v1/operator/accounts/{account}/ip-rules")).await.expect(403);
}));
