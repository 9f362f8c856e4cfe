//! Second factors: at login, for a fresh proof, lost and remembered.

use crate::account::mailing::{confirm, route, without};
use house::house::PASSWORD;
use house::{Answer, Client, House, on_both};
use serde_json::json;
use totp_rs::{Builder, Secret};

/// What an authenticator app shows at the house's present instant.
pub fn shown(house: &House, secret: &str) -> String {
    let app = Builder::new().with_secret(Secret::try_from_base32(secret).unwrap()).with_account_name("x");
    app.build().unwrap().generate(house.now().timestamp() as u64).to_string()
}

async fn log_in(who: &Client) -> Answer {
    who.post("/v1/sessions", &json!({ "login": who.email, "password": PASSWORD })).await
}

async fn answer(who: &Client, challenge: &str, method: &str, code: &str) -> Answer {
    who.post(&format!("/v1/sessions/challenges/{challenge}"), &json!({ "method": method, "code": code })).await
}

/// A customer with an app: its secret, its id, and the backup codes that came with it, active.
pub async fn protected(house: &House) -> (Client, String, String, Vec<String>) {
    let who = house.customer().await;
    let new = who.post("/v1/security/totp-devices", &json!({ "name": "Phone" })).await.expect(201);
    assert_eq!(new.text("/device/status"), "pending");
    assert!(new.text("/qr_svg").contains("<svg") && new.text("/otpauth_url").starts_with("otpauth://totp/"));
    let (secret, id) = (new.text("/secret"), new.text("/device/id"));
    // no factor yet
    log_in(&who).await.expect(201);
    let path = format!("/v1/security/totp-devices/{id}/activation");
    who.post(&path, &json!({ "code": "000000" })).await.expect(422);
    let active = who.post(&path, &json!({ "code": shown(house, &secret) })).await.expect(200);
    let codes: Vec<String> =
        active.body["backup_codes"].as_array().unwrap().iter().map(|code| code.as_str().unwrap().to_owned()).collect();
    assert_eq!(codes.len(), 10);
    assert_eq!(who.get("/v1/security/backup-codes").await.expect(200).text("/status"), "inactive");
    who.post("/v1/security/backup-codes/activation", &json!({ "code": codes[0].to_uppercase() })).await.expect(200);
    (who, secret, id, codes)
}

fn later(house: &House, seconds: i64) {
    house.clock.set(house.now() + chrono::TimeDelta::seconds(seconds));
}

on_both!(a_login_wants_the_second_factor_once_per_code, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (who, secret, ..) = protected(&house).await;
    let waiting = log_in(&who).await.expect(202);
    assert_eq!(waiting.body["methods"], json!(["totp", "backup_code"]));
    assert_eq!(waiting.header("cache-control"), Some("no-store"));
    let challenge = waiting.text("/challenge_id");
    // the code of the enrolment was used
    assert_eq!(answer(&who, &challenge, "totp", &shown(&house, &secret)).await.expect(401).code(), "unauthenticated");
    later(&house, 30);
    let code = shown(&house, &secret);
    let session = answer(&who, &challenge, "totp", &code).await.expect(201);
    who.with_token(&session.text("/access_token")).get("/v1/account").await.expect(200);
    assert_eq!(answer(&who, &challenge, "totp", &code).await.expect(410).code(), "challenge_ended");
    let again = log_in(&who).await.expect(202).text("/challenge_id");
    answer(&who, &again, "totp", &code).await.expect(401);
    let refreshed = json!({ "refresh_token": session.text("/refresh_token") });
    who.post("/v1/sessions/refresh", &refreshed).await.expect(200);
    house.settle().await;
    let told = house.subjects(&who.email);
    assert_eq!(told.iter().filter(|subject| *subject == "Right password, wrong second factor").count(), 1, "{told:?}");
    assert_eq!(told.iter().filter(|subject| *subject == "A second factor was added").count(), 1, "{told:?}");
}));

on_both!(codes_of_the_steps_beside_are_right_and_none_farther, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (who, secret, ..) = protected(&house).await;
    later(&house, 300);
    let code = shown(&house, &secret);
    let challenge = log_in(&who).await.expect(202).text("/challenge_id");
    later(&house, 60);
    answer(&who, &challenge, "totp", &code).await.expect(401);
    later(&house, -120);
    answer(&who, &challenge, "totp", &code).await.expect(401);
    later(&house, 30);
    answer(&who, &challenge, "totp", &code).await.expect(201);
    later(&house, 60);
}));

on_both!(guesses_at_once_are_counted_before_they_are_compared, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (who, secret, ..) = protected(&house).await;
    later(&house, 600);
    let challenge = log_in(&who).await.expect(202).text("/challenge_id");
    let tries = futures_util::future::join_all((0..50).map(|_| answer(&who, &challenge, "totp", "000000"))).await;
    let count = |status| tries.iter().filter(|answer| answer.status == status).count();
    assert_eq!((count(401), count(410)), (5, 45), "{tries:#?}");
    // a new login opens a new challenge, not a new budget
    let next = log_in(&who).await.expect(202).text("/challenge_id");
    for _ in 0..5 {
        answer(&who, &next, "totp", "000000").await.expect(401);
    }
    let third = log_in(&who).await.expect(202).text("/challenge_id");
    let refused = answer(&who, &third, "totp", &shown(&house, &secret)).await.expect(429);
    assert!(refused.header("retry-after").unwrap().parse::<u64>().unwrap() <= 61);
    later(&house, 61);
    answer(&who, &third, "totp", &shown(&house, &secret)).await.expect(201);
}));

on_both!(of_twenty_uses_of_one_code_one_succeeds, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (who, secret, _, codes) = protected(&house).await;
    later(&house, 600);
    let code = shown(&house, &secret);
    for (method, code) in [("totp", code.as_str()), ("backup_code", codes[3].as_str())] {
        let mut challenges = Vec::new();
        for _ in 0..20 {
            challenges.push(log_in(&who).await.expect(202).text("/challenge_id"));
        }
        let tries = challenges.iter().map(|challenge| answer(&who, challenge, method, code));
        let answers = futures_util::future::join_all(tries).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1, "{method}: {answers:#?}");
        later(&house, 700);
    }
    assert_eq!(who.post("/v1/sessions", &json!({ "login": who.email, "password": PASSWORD })).await.status, 202);
    house.settle().await;
    let told = house.subjects(&who.email);
    assert_eq!(told.iter().filter(|subject| *subject == "A backup code was used").count(), 1, "{told:?}");
}));

on_both!(a_fresh_proof_is_one_of_the_strongest_kind, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (who, secret, id, codes) = protected(&house).await;
    let path = format!("/v1/security/totp-devices/{id}");
    later(&house, 301);
    assert_eq!(who.delete(&path).await.expect(403).code(), "fresh_proof_required");
    who.post("/v1/security/proof", &json!({ "password": PASSWORD })).await.expect(204);
    assert_eq!(who.delete(&path).await.expect(403).code(), "fresh_proof_required");
    assert_eq!(who.add_method("sim_ok").await.expect(403).code(), "fresh_proof_required");
    who.post("/v1/security/proof", &json!({ "method": "totp", "code": "000000" })).await.expect(401);
    who.post("/v1/security/proof", &json!({ "method": "totp" })).await.expect(422);
    let code = shown(&house, &secret);
    who.post("/v1/security/proof", &json!({ "method": "totp", "code": code })).await.expect(204);
    who.add_method("sim_ok").await.expect(201);
    later(&house, 301);
    who.add_method("sim_ok").await.expect(403);
    // another session ends when the factor goes
    let challenge = log_in(&who).await.expect(202).text("/challenge_id");
    let other = answer(&who, &challenge, "totp", &shown(&house, &secret)).await.expect(201);
    who.post("/v1/security/proof", &json!({ "method": "backup_code", "code": codes[1] })).await.expect(204);
    who.delete(&path).await.expect(204);
    who.with_token(&other.text("/access_token")).get("/v1/account").await.expect(401);
    assert_eq!(who.get("/v1/security/backup-codes").await.expect(200).text("/status"), "none");
    assert_eq!(who.post("/v1/security/backup-codes", &json!({})).await.status, 403);
    log_in(&who).await.expect(201);
}));

on_both!(a_remembered_device_skips_the_factor_at_login_only, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (mut who, secret, ..) = protected(&house).await;
    later(&house, 300);
    let challenge = log_in(&who).await.expect(202).text("/challenge_id");
    let shown_now = json!({ "method": "totp", "code": shown(&house, &secret), "remember_device": true });
    let session = who.post(&format!("/v1/sessions/challenges/{challenge}"), &shown_now).await.expect(201);
    let token = session.text("/device_token");
    let with = |token: &str| json!({ "login": who.email, "password": PASSWORD, "device_token": token });
    who.post("/v1/sessions", &with("pDb8YkWmZrvUqJcN0fTgXhLs2aEoIi4M7uQeV1xRt9w")).await.expect(202);
    let stolen = json!({ "login": who.email, "password": "wrong", "device_token": token });
    who.post("/v1/sessions", &stolen).await.expect(401);
    let opened = who.post("/v1/sessions", &with(&token)).await.expect(201);
    let there = who.with_token(&opened.text("/access_token"));
    assert_eq!(there.add_method("sim_ok").await.expect(403).code(), "fresh_proof_required");
    who.post("/v1/sessions/refresh", &json!({ "refresh_token": opened.text("/refresh_token") })).await.expect(200);
    who.token = Some(session.text("/access_token"));
    let known = who.get("/v1/security/remembered-devices").await.expect(200).items();
    assert_eq!(known.len(), 1);
    // another factor makes it void
    let new = who.post("/v1/security/totp-devices", &json!({ "name": "Tablet" })).await.expect(201);
    let path = format!("/v1/security/totp-devices/{}/activation", new.text("/device/id"));
    let code = shown(&house, &new.text("/secret"));
    let active = who.post(&path, &json!({ "code": code })).await.expect(200);
    assert!(active.body.get("backup_codes").is_none());
    who.post("/v1/sessions", &json!({ "login": who.email, "password": PASSWORD, "device_token": token }))
        .await
        .expect(202);
    assert!(who.get("/v1/security/remembered-devices").await.expect(200).items().is_empty());
}));

on_both!(a_new_password_does_not_pass_the_second_factor, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (who, ..) = protected(&house).await;
    who.post("/v1/password-resets", &json!({ "login": who.email })).await.expect(202);
    house.settle().await;
    let (token, other) = (house.token_for(&who.email), "neuf lanternes flottent sur la Deule");
    let reset = json!({ "token": token, "new_password": other });
    who.post("/v1/password-resets/confirmation", &reset).await.expect(204);
    who.post("/v1/sessions", &json!({ "login": who.email, "password": other })).await.expect(202);
}));

on_both!(lost_factors_are_given_up_after_three_days_with_notices, "2026-01-30T09:00:00Z", |house| Box::pin(
    async move {
        let (who, ..) = protected(&house).await;
        who.put("/v1/account/backup-email", &json!({ "email": "spare@example.org" })).await.expect(202);
        house.settle().await;
        let code = house.code_for("spare@example.org");
        who.post("/v1/account/backup-email/confirmation", &json!({ "code": code })).await.expect(200);
        let ask = async |status| {
            let id = log_in(&who).await.expect(202).text("/challenge_id");
            who.post(&format!("/v1/sessions/challenges/{id}/recovery"), &json!({})).await.expect(status)
        };
        let started = ask(202).await;
        assert_eq!(started.text("/ready_at"), "2026-02-02T09:00:00Z");
        let other = json!({ "email": "other@example.org" });
        assert_eq!(who.put("/v1/account/backup-email", &other).await.expect(409).code(), "recovery_under_way");
        house.travel_to("2026-02-02T08:59:59Z").await;
        assert_eq!(ask(202).await.text("/ready_at"), "2026-02-02T09:00:00Z");
        let begun = "Recovery of your account: a wait has begun";
        for address in [who.email.as_str(), "spare@example.org"] {
            assert_eq!(house.subjects(address).iter().filter(|subject| *subject == begun).count(), 3, "{address}");
        }
        house.travel_to("2026-02-02T09:00:00Z").await;
        let recovered = who.with_token(&ask(201).await.text("/access_token"));
        assert_eq!(recovered.add_method("sim_ok").await.expect(403).code(), "fresh_proof_required");
        let fresh = who.clone_logged_in(&house).await;
        fresh.add_method("sim_ok").await.expect(201);
        house.settle().await;
        assert!(house.subjects("spare@example.org").contains(&"Your second factors were removed".to_owned()));
    }
));

on_both!(a_recovery_is_cancelled_by_its_notice_or_by_a_factor, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (who, secret, ..) = protected(&house).await;
    house.travel_to("2026-02-06T09:00:00Z").await;
    let start = async || {
        let id = log_in(&who).await.expect(202).text("/challenge_id");
        who.post(&format!("/v1/sessions/challenges/{id}/recovery"), &json!({})).await.expect(202)
    };
    start().await;
    house.settle().await;
    let token = house.token_for(&who.email);
    let anyone = house.stranger();
    anyone.post("/v1/factor-recoveries/cancellation", &json!({ "token": "nothing" })).await.expect(422);
    anyone.post("/v1/factor-recoveries/cancellation", &json!({ "token": token })).await.expect(204);
    anyone.post("/v1/factor-recoveries/cancellation", &json!({ "token": token })).await.expect(410);
    later(&house, 3_600);
    assert_eq!(start().await.text("/started_at"), "2026-02-06T10:00:00Z");
    let id = log_in(&who).await.expect(202).text("/challenge_id");
    let right = json!({ "method": "totp", "code": shown(&house, &secret), "remember_device": true });
    let session = who.post(&format!("/v1/sessions/challenges/{id}"), &right).await.expect(201);
    house.travel_to("2026-02-10T09:00:00Z").await;
    // a new wait
    assert_eq!(start().await.text("/started_at"), "2026-02-10T09:00:00Z");
    // a device that is remembered stands for the factor
    let device = session.text("/device_token");
    let remembered = json!({ "login": who.email, "password": PASSWORD, "device_token": device });
    who.post("/v1/sessions", &remembered).await.expect(201);
    later(&house, 60);
    assert_eq!(start().await.text("/started_at"), "2026-02-10T09:01:00Z");
}));

on_both!(what_a_thief_added_ends_no_recovery, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    // whoever got in by the password added an app and a mailbox of their own
    let (who, secret, _, codes) = protected(&house).await;
    let inbox = "thief@example.org";
    route(&who, &without("product"), &[(inbox, &["security"])]).await.expect(200);
    house.settle().await;
    confirm(&who, inbox, &house.code_for(inbox)).await.expect(200);
    house.travel_to("2026-02-05T09:00:00Z").await;
    let start = async || {
        let id = log_in(&who).await.expect(202).text("/challenge_id");
        who.post(&format!("/v1/sessions/challenges/{id}/recovery"), &json!({})).await.expect(202)
    };
    let began = start().await.text("/started_at");
    house.settle().await;
    let token = house.token_for(&who.email);
    let told = house.mails().into_iter().rev().find(|mail| mail.to.contains(inbox)).unwrap();
    assert_eq!(told.subject, "Recovery of your account: a wait has begun");
    assert!(!told.text.contains(&token) && !told.html.contains(&token), "{}", told.text);
    // the app opens a session, and so do a backup code and the device that was remembered
    let id = log_in(&who).await.expect(202).text("/challenge_id");
    let right = json!({ "method": "totp", "code": shown(&house, &secret), "remember_device": true });
    let device = who.post(&format!("/v1/sessions/challenges/{id}"), &right).await.expect(201).text("/device_token");
    let id = log_in(&who).await.expect(202).text("/challenge_id");
    answer(&who, &id, "backup_code", &codes[1]).await.expect(201);
    let remembered = json!({ "login": who.email, "password": PASSWORD, "device_token": device });
    who.post("/v1/sessions", &remembered).await.expect(201);
    assert_eq!(start().await.text("/started_at"), began, "the wait goes on");
    house.travel_to("2026-02-08T09:00:00Z").await;
    let id = log_in(&who).await.expect(202).text("/challenge_id");
    who.post(&format!("/v1/sessions/challenges/{id}/recovery"), &json!({})).await.expect(201);
    log_in(&who).await.expect(201);
}));

on_both!(what_has_ended_is_deleted, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (who, secret, ..) = protected(&house).await;
    later(&house, 300);
    let challenge = log_in(&who).await.expect(202).text("/challenge_id");
    let right = json!({ "method": "totp", "code": shown(&house, &secret), "remember_device": true });
    who.post(&format!("/v1/sessions/challenges/{challenge}"), &right).await.expect(201);
    let left = async || {
        api::housekeeping::sweep(&house.app, api::housekeeping::Reach::Recent).await;
        let all = crate::schema::contents(&house).await;
        (all["login_challenge"].len(), all["remembered_device"].len())
    };
    assert_eq!(left().await, (1, 1));
    later(&house, 25 * 3_600);
    assert_eq!(left().await, (0, 1));
    later(&house, 29 * 86_400);
    assert_eq!(left().await, (0, 0));
}));

on_both!(a_backup_code_and_a_mailed_code_recover_at_once, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (who, _, _, codes) = protected(&house).await;
    let open = log_in(&who).await.expect(202).text("/challenge_id");
    let path = |id: &str, step: &str| format!("/v1/sessions/challenges/{id}/recovery{step}");
    // a wait that is under way ends with it, and nobody is told that it was cancelled
    who.post(&path(&open, ""), &json!({})).await.expect(202);
    who.post(&path(&open, "/code"), &json!({ "backup_code": "0000-0000-0000-0000" })).await.expect(401);
    who.post(&path(&open, "/code"), &json!({ "backup_code": codes[1] })).await.expect(202);
    house.settle().await;
    let code = house.code_for(&who.email);
    let both = |backup: &str, code: &str| json!({ "backup_code": backup, "code": code });
    // neither alone, and the code of one login not at another
    let other = log_in(&who).await.expect(202).text("/challenge_id");
    let elsewhere = who.post(&path(&other, "/confirmation"), &both(&codes[1], &code)).await.expect(422);
    assert_eq!(elsewhere.code(), "code_invalid");
    let wrong = if code == "000000" { "111111" } else { "000000" };
    who.post(&path(&open, "/confirmation"), &both(&codes[1], wrong)).await.expect(422);
    who.post(&path(&open, "/confirmation"), &both("0000-0000-0000-0000", &code)).await.expect(401);
    let done = who.post(&path(&open, "/confirmation"), &both(&codes[1], &code)).await.expect(201);
    let session = who.with_token(&done.text("/access_token"));
    assert_eq!(session.add_method("sim_ok").await.expect(403).code(), "fresh_proof_required");
    who.get("/v1/account").await.expect(401);
    later(&house, 1);
    session.post("/v1/security/proof", &json!({ "password": PASSWORD })).await.expect(204);
    session.post("/v1/security/totp-devices", &json!({ "name": "New phone" })).await.expect(201);
    log_in(&who).await.expect(201);
    house.settle().await;
    let told = house.subjects(&who.email);
    assert!(told.contains(&"Your second factors were removed".to_owned()), "{told:?}");
    assert!(!told.contains(&"The recovery of your account is cancelled".to_owned()), "{told:?}");
}));

on_both!(tries_at_a_recovery_are_tries_at_the_challenge, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (who, secret, _, codes) = protected(&house).await;
    let open = log_in(&who).await.expect(202).text("/challenge_id");
    let path = |step: &str| format!("/v1/sessions/challenges/{open}/recovery/{step}");
    who.post(&path("code"), &json!({ "backup_code": codes[1] })).await.expect(202);
    house.settle().await;
    let code = house.code_for(&who.email);
    let wrong = json!({ "backup_code": codes[1], "code": if code == "000000" { "111111" } else { "000000" } });
    let (to, tries) = (path("confirmation"), 50);
    let answers = futures_util::future::join_all((0..tries).map(|_| who.post(&to, &wrong))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 422).count(), 4);
    assert_eq!(answers.iter().filter(|answer| answer.status == 410).count(), tries - 4);
    let right = json!({ "backup_code": codes[1], "code": code });
    who.post(&to, &right).await.expect(410);
    later(&house, 60);
    answer(&who, &open, "totp", &shown(&house, &secret)).await.expect(410);
}));
