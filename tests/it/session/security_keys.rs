//! Security keys and passkeys: as second factor, for a fresh proof, alone; and what proves nothing.

use house::client::fresh_key;
use house::house::PASSWORD;
use house::soft_key::{Browser, Names, SoftKey, Verifies};
use house::{Answer, Client, House, on_both};
use reqwest::Method;
use serde_json::{Value, json};

const KEYS: &str = "/v1/security/security-keys";

/// A customer with a key, and the backup codes that came with it, active.
async fn protected(house: &House) -> (Client, SoftKey, Vec<String>) {
    let mut who = house.customer().await;
    let added = who.add_key("Blue key").await;
    let codes: Vec<String> =
        added.body["backup_codes"].as_array().unwrap().iter().map(|code| code.as_str().unwrap().to_owned()).collect();
    who.post("/v1/security/backup-codes/activation", &json!({ "code": codes[0] })).await.expect(200);
    let key = who.key.clone().unwrap();
    (who, key, codes)
}

async fn challenge(who: &Client) -> String {
    let login = json!({ "login": who.email, "password": PASSWORD });
    who.post("/v1/sessions", &login).await.expect(202).text("/challenge_id")
}

/// What a key is asked for.
async fn asked(who: &Client, path: &str) -> Value {
    who.post(path, &json!({})).await.expect(201).body["public_key"].clone()
}

async fn asked_at_login(who: &Client, challenge: &str) -> Value {
    asked(who, &format!("/v1/sessions/challenges/{challenge}/security-key-options")).await
}

async fn answer(who: &Client, challenge: &str, credential: &Value) -> Answer {
    let shown = json!({ "method": "security_key", "credential": credential });
    who.post(&format!("/v1/sessions/challenges/{challenge}"), &shown).await
}

async fn prove(who: &Client, credential: &Value) -> Answer {
    who.post("/v1/security/proof", &json!({ "method": "security_key", "credential": credential })).await
}

async fn begin_alone(who: &Client) -> (String, Value) {
    let begun = who.post("/v1/sessions/passkey-options", &json!({})).await.expect(201);
    (begun.text("/ceremony_id"), begun.body["public_key"].clone())
}

async fn alone(who: &Client, ceremony: &str, credential: &Value) -> Answer {
    who.post("/v1/sessions/passkey", &json!({ "ceremony_id": ceremony, "credential": credential })).await
}

/// What the check-up says about second factors and about keys.
async fn advice(who: &Client) -> Value {
    let items = who.get("/v1/account/check-up").await.expect(200).items();
    let of = |code| items.iter().find(|item| item["code"] == code).map(|item| item["severity"].clone());
    json!([of("second_factor_enrolled"), of("security_keys_sound")])
}

fn later(house: &House, seconds: i64) {
    house.clock.set(house.now() + chrono::TimeDelta::seconds(seconds));
}

on_both!(a_key_is_added_named_and_removed, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (mut who, key, codes) = protected(&house).await;
    assert_eq!(codes.len(), 10);
    let listed = who.get(KEYS).await.expect(200);
    assert_eq!(advice(&who).await, json!(["fine", "fine"]));
    let (id, path) = (listed.text("/items/0/id"), format!("{KEYS}/{}", listed.text("/items/0/id")));
    assert_eq!((listed.text("/items/0/name"), listed.text("/items/0/status")), ("Blue key".into(), "active".into()));
    assert_eq!((listed.body["items"][0]["discoverable"].clone(), listed.items().len()), (json!(true), 1));
    let renamed = who.patch(&path, &json!({ "name": " Key at home " })).await.expect(200);
    assert_eq!((renamed.text("/id"), renamed.text("/name")), (id, "Key at home".to_owned()));
    who.patch(&path, &json!({ "name": " " })).await.expect(422);
    let security = who.get("/v1/security").await.expect(200);
    assert_eq!(security.body["second_factors"], json!(["security_key", "backup_code"]));
    assert_eq!(security.body["security_keys"], 1);
    // a second one, whose options name the first
    let options = asked(&who, &format!("{KEYS}/registration-options")).await;
    assert_eq!(options["excludeCredentials"][0]["id"], key.id());
    let again = json!({ "name": "Twin", "credential": key.register_by(&Browser::default(), &options) });
    assert_eq!(who.post(KEYS, &again).await.expect(422).code(), "security_key_refused");
    assert!(who.add_key("Second").await.body.get("backup_codes").is_none());
    // with the last one the backup codes go
    for key in who.get(KEYS).await.expect(200).items() {
        who.delete(&format!("{KEYS}/{}", key["id"].as_str().unwrap())).await.expect(204);
    }
    assert_eq!(who.get("/v1/security/backup-codes").await.expect(200).text("/status"), "none");
    who.key = None;
    who.log_in().await;
    assert_eq!(advice(&who).await, json!(["advised", "fine"]));
    house.settle().await;
    let told = house.subjects(&who.email);
    let count = |wanted: &str| told.iter().filter(|subject| *subject == wanted).count();
    assert_eq!((count("A second factor was added"), count("A second factor was removed")), (2, 2), "{told:?}");
}));

on_both!(a_key_is_the_second_factor_and_a_fresh_proof, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (who, key, _) = protected(&house).await;
    let id = challenge(&who).await;
    let options = asked_at_login(&who, &id).await;
    assert_eq!(options["allowCredentials"][0]["id"], key.id());
    let credential = key.sign(&options);
    let session = answer(&who, &id, &credential).await.expect(201);
    let who = who.with_token(&session.text("/access_token"));
    assert_eq!(answer(&who, &id, &credential).await.expect(410).code(), "challenge_ended");
    // fresh by the login, then by a proof
    who.add_method("sim_ok").await.expect(201);
    later(&house, 301);
    assert_eq!(who.add_method("sim_ok~2").await.expect(403).code(), "fresh_proof_required");
    let shown = key.sign(&asked(&who, &format!("{KEYS}/proof-options")).await);
    let body = json!({ "method": "security_key", "credential": shown });
    let idempotency = fresh_key();
    let once = [("Idempotency-Key", idempotency.as_str())];
    who.send(Method::POST, "/v1/security/proof", &once, Some(&body)).await.expect(204);
    who.add_method("sim_ok~2").await.expect(201);
    // the same request is the same answer, another one with the same signature is not
    let again = who.send(Method::POST, "/v1/security/proof", &once, Some(&body)).await.expect(204);
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(prove(&who, &shown).await.expect(410).code(), "ceremony_ended");
    assert!(who.get(KEYS).await.expect(200).body["items"][0].get("last_used_at").is_some());
}));

on_both!(a_passkey_alone_opens_a_fresh_session, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (who, key, _) = protected(&house).await;
    let anyone = house.stranger();
    let (ceremony, options) = begin_alone(&anyone).await;
    assert_eq!(options["allowCredentials"], json!([]));
    let credential = key.sign(&options);
    let session = alone(&anyone, &ceremony, &credential).await.expect(201);
    let me = who.with_token(&session.text("/access_token"));
    assert_eq!(me.get("/v1/account").await.expect(200).text("/email"), who.email);
    me.add_method("sim_ok").await.expect(201);
    anyone.post("/v1/sessions/refresh", &json!({ "refresh_token": session.text("/refresh_token") })).await.expect(200);
    assert_eq!(alone(&anyone, &ceremony, &credential).await.expect(410).code(), "ceremony_ended");
    // a key that does not name its account, one that nobody has, and one without PIN
    let stranger = house.customer().await;
    let new = asked(&stranger, &format!("{KEYS}/registration-options")).await;
    let (unknown, _) = SoftKey::create(&new);
    let nameless = Browser { names: Names::Nothing, ..Browser::default() };
    let unverified = Browser { verifies: Verifies::Nobody, ..Browser::default() };
    for (key, browser) in [(&key, nameless), (&unknown, Browser::default()), (&key, unverified)] {
        let (ceremony, options) = begin_alone(&anyone).await;
        let refused = alone(&anyone, &ceremony, &key.sign_by(&browser, &options)).await.expect(401);
        assert_eq!(refused.code(), "unauthenticated");
        // there is one answer to each ceremony
        assert_eq!(alone(&anyone, &ceremony, &key.sign(&options)).await.expect(410).code(), "ceremony_ended");
    }
}));

on_both!(what_does_not_fit_proves_nothing, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (who, key, _) = protected(&house).await;
    let (mut other, foreign, _) = protected(&house).await;
    let usual = Browser::default;
    let other_challenge =
        Some(asked(&who, &format!("{KEYS}/proof-options")).await["challenge"].as_str().unwrap().into());
    let wrong = [
        Browser { origin: "https://localhost.attacker.example".into(), ..usual() },
        Browser { origin: "http://localhost:8081".into(), ..usual() },
        Browser { challenge: other_challenge, ..usual() },
        Browser { rp_id: Some("attacker.example".into()), ..usual() },
        Browser { verifies: Verifies::Nobody, ..usual() },
    ];
    for browser in &wrong {
        let id = challenge(&who).await;
        let options = asked_at_login(&who, &id).await;
        answer(&who, &id, &key.sign_by(browser, &options)).await.expect(401);
        // the ceremony is over, the login is not
        assert_eq!(answer(&who, &id, &key.sign(&options)).await.expect(410).code(), "ceremony_ended");
        answer(&who, &id, &key.sign(&asked_at_login(&who, &id).await)).await.expect(201);
        later(&house, 600);
    }
    // another customer's key, with their name in it or without
    for browser in [usual(), Browser { names: Names::Nothing, ..usual() }] {
        let id = challenge(&who).await;
        let options = asked_at_login(&who, &id).await;
        answer(&who, &id, &foreign.sign_by(&browser, &options)).await.expect(401);
    }
    later(&house, 600);
    // what was asked for a proof is no login, and the other way round
    let mut who = who;
    who.log_in().await;
    let id = challenge(&who).await;
    let (login, proof) = (asked_at_login(&who, &id).await, asked(&who, &format!("{KEYS}/proof-options")).await);
    answer(&who, &id, &key.sign(&proof)).await.expect(401);
    prove(&who, &key.sign(&login)).await.expect(401);
    // it is for this session, and for five minutes
    let proof = asked(&who, &format!("{KEYS}/proof-options")).await;
    let mut second = who.clone();
    second.log_in().await;
    assert_eq!(prove(&second, &key.sign(&proof)).await.expect(410).code(), "ceremony_ended");
    later(&house, 300);
    assert_eq!(prove(&who, &key.sign(&proof)).await.expect(410).code(), "ceremony_ended");
    for shown in [json!({ "method": "security_key" }), json!({ "method": "totp", "credential": {}, "code": "1" })] {
        who.post("/v1/security/proof", &shown).await.expect(422);
    }
    let none = house.customer().await;
    let refused = none.post(&format!("{KEYS}/proof-options"), &json!({})).await.expect(409);
    assert_eq!(refused.code(), "no_security_key");
    other.log_in().await;
    assert_eq!(other.get(KEYS).await.expect(200).items().len(), 1);
}));

on_both!(a_new_key_must_fit_what_was_asked, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (_, taken, _) = protected(&house).await;
    let who = house.customer().await;
    let ask = async || asked(&who, &format!("{KEYS}/registration-options")).await;
    let add = async |credential: &Value| who.post(KEYS, &json!({ "name": "Key", "credential": credential })).await;
    let usual = Browser::default;
    let wrong = [
        Browser { origin: "https://attacker.example".into(), ..usual() },
        Browser { challenge: Some("q1tYkWmZrvUqJcN0fTgXhLs2aEoIi4M7uQeV1xRt9wA".into()), ..usual() },
        Browser { rp_id: Some("attacker.example".into()), ..usual() },
        Browser { verifies: Verifies::Nobody, ..usual() },
    ];
    for browser in &wrong {
        let options = ask().await;
        let refused = add(&SoftKey::create_by(browser, &options).1).await.expect(422);
        assert_eq!(refused.code(), "security_key_refused", "{browser:?}");
        assert_eq!(add(&SoftKey::create(&options).1).await.expect(410).code(), "ceremony_ended");
    }
    // a key of somebody else's account
    let options = ask().await;
    assert_eq!(add(&taken.register_by(&usual(), &options)).await.expect(422).code(), "security_key_refused");
    // options of before, options that are too old, a session that is not fresh
    let (before, options) = (options, ask().await);
    add(&SoftKey::create(&before).1).await.expect(422);
    let (_, late) = SoftKey::create(&options);
    later(&house, 301);
    assert_eq!(add(&late).await.expect(403).code(), "fresh_proof_required");
    who.post("/v1/security/proof", &json!({ "password": PASSWORD })).await.expect(204);
    assert_eq!(add(&late).await.expect(410).code(), "ceremony_ended");
    assert_eq!(who.get(KEYS).await.expect(200).items().len(), 0);
    // one answer that comes twenty times is one key
    let (_, credential) = SoftKey::create(&ask().await);
    let answers = futures_util::future::join_all((0..20).map(|_| add(&credential))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1, "{answers:#?}");
    assert_eq!(who.get(KEYS).await.expect(200).items().len(), 1);
}));

on_both!(of_twenty_uses_of_one_answer_one_succeeds, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (mut who, key, _) = protected(&house).await;
    let ones = |answers: Vec<Answer>, status: u16| {
        assert_eq!(answers.iter().filter(|answer| answer.status == status).count(), 1, "{answers:#?}");
        assert!(answers.iter().all(|answer| [status, 401, 410, 429].contains(&answer.status)), "{answers:#?}");
    };
    let id = challenge(&who).await;
    let credential = key.sign(&asked_at_login(&who, &id).await);
    ones(futures_util::future::join_all((0..20).map(|_| answer(&who, &id, &credential))).await, 201);
    later(&house, 660);
    who.log_in().await;
    let credential = key.sign(&asked(&who, &format!("{KEYS}/proof-options")).await);
    ones(futures_util::future::join_all((0..20).map(|_| prove(&who, &credential))).await, 204);
    let (ceremony, options) = begin_alone(&who).await;
    let credential = key.sign(&options);
    ones(futures_util::future::join_all((0..20).map(|_| alone(&who, &ceremony, &credential))).await, 201);
    // the same answer twice is no copy of the key
    assert_eq!(who.get(KEYS).await.expect(200).text("/items/0/status"), "active");
}));

on_both!(a_key_whose_count_goes_back_is_suspended, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (mut who, key, codes) = protected(&house).await;
    let copy = key.copied();
    let mut thief = who.clone();
    who.log_in().await;
    who.log_in().await;
    thief.key = Some(copy.clone());
    // the copy counts less than the key did: that login is over, and so is every session
    let id = challenge(&thief).await;
    let refused = answer(&thief, &id, &copy.sign(&asked_at_login(&thief, &id).await)).await.expect(410);
    assert_eq!(refused.code(), "challenge_ended");
    who.get("/v1/account").await.expect(401);
    // neither of them proves anything any more, and the password alone does not either
    let (ceremony, options) = begin_alone(&thief).await;
    alone(&thief, &ceremony, &key.sign(&options)).await.expect(401);
    let id = challenge(&who).await;
    let refused = who.post(&format!("/v1/sessions/challenges/{id}/security-key-options"), &json!({})).await.expect(409);
    assert_eq!(refused.code(), "no_security_key");
    let shown = json!({ "method": "backup_code", "code": codes[2] });
    let session = who.post(&format!("/v1/sessions/challenges/{id}"), &shown).await.expect(201);
    let who = who.with_token(&session.text("/access_token"));
    let listed = who.get(KEYS).await.expect(200);
    assert_eq!(listed.text("/items/0/status"), "suspended");
    assert_eq!(who.get("/v1/security").await.expect(200).body["security_keys"], 0);
    assert_eq!(advice(&who).await, json!(["fine", "critical"]));
    who.delete(&format!("{KEYS}/{}", listed.text("/items/0/id"))).await.expect(204);
    house.settle().await;
    let told = house.subjects(&who.email);
    assert_eq!(told.iter().filter(|subject| *subject == "A security key was suspended").count(), 1, "{told:?}");
    let activity = who.get("/v1/account/activity?limit=100").await.expect(200).text;
    assert!(activity.contains("security_key.suspended") && activity.contains("security_key.added"), "{activity}");
}));
