//! The primary address: it changes by a code, and whoever had it before can stop that and undo it.

use super::mailing::{confirm as confirm_extra, route, without};
use house::client::fresh_key;
use house::house::PASSWORD;
use house::{Answer, Client, House, on_both};
use reqwest::Method;
use serde_json::json;

const PATH: &str = "/v1/account/email";
const CHANGE: &str = "/v1/account/email/change";
const NEXT: &str = "next@example.org";
const OTHER: &str = "other@example.org";
const CHOSEN: &str = "amber lighthouse 27 sparrow";

async fn ask(who: &Client, email: &str) -> Answer {
    who.put(PATH, &json!({ "email": email })).await
}

async fn confirm(who: &Client, code: &str) -> Answer {
    who.post("/v1/account/email/confirmation", &json!({ "code": code })).await
}

/// Asks, reads the code, types it back; the account goes on under the new address.
async fn change(house: &House, who: &mut Client, email: &str) {
    ask(who, email).await.expect(202);
    house.settle().await;
    confirm(who, &house.code_for(email)).await.expect(200);
    house.settle().await;
    email.clone_into(&mut who.email);
}

async fn set_backup(house: &House, who: &Client, email: &str) {
    who.put("/v1/account/backup-email", &json!({ "email": email })).await.expect(202);
    house.settle().await;
    let code = json!({ "code": house.code_for(email) });
    who.post("/v1/account/backup-email/confirmation", &code).await.expect(200);
    house.settle().await;
}

/// What a reader of a notice does with its token.
async fn take_back(house: &House, token: &str) -> Answer {
    let key = fresh_key();
    let headers = [("change-token", token), ("idempotency-key", key.as_str())];
    house.stranger().send(Method::DELETE, CHANGE, &headers, None).await
}

/// The token of the newest notice of a change to an address.
fn notice(house: &House, to: &str) -> String {
    let is_token = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let word = |text: String| text.split(|c| !is_token(c)).find(|word| word.len() == 43).map(str::to_owned);
    let about = |subject: &str| subject.contains("main address") || subject.contains("backup address");
    let mails = house.mails().into_iter().rev().filter(|mail| mail.to.contains(to) && about(&mail.subject));
    mails.filter_map(|mail| word(mail.text)).next().unwrap_or_else(|| panic!("no notice to {to}"))
}

async fn login(house: &House, login: &str, password: &str) -> u16 {
    house.stranger().post("/v1/sessions", &json!({ "login": login, "password": password })).await.status
}

/// Sets a password by the newest reset token mailed to an address.
async fn choose_password(house: &House, to: &str) {
    house.settle().await;
    let body = json!({ "token": house.token_for(to), "new_password": CHOSEN });
    house.stranger().post("/v1/password-resets/confirmation", &body).await.expect(204);
    assert_eq!(login(house, to, CHOSEN).await, 201);
}

async fn address_of(house: &House, login: &str, password: &str) -> String {
    let body = json!({ "login": login, "password": password });
    let token = house.stranger().post("/v1/sessions", &body).await.expect(201).text("/access_token");
    house.stranger().with_token(&token).get("/v1/account").await.expect(200).text("/email")
}

async fn backup_of(house: &House, login: &str) -> Option<String> {
    let body = json!({ "login": login, "password": CHOSEN });
    let token = house.stranger().post("/v1/sessions", &body).await.expect(201).text("/access_token");
    let account = house.stranger().with_token(&token).get("/v1/account").await.expect(200);
    account.body.get("backup_email").and_then(|address| address.as_str()).map(str::to_owned)
}

on_both!(it_changes_when_the_code_comes_back_and_never_before, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    assert_eq!(who.get(CHANGE).await.expect(404).code(), "not_found");
    let asked = ask(&who, "Next@Example.org").await.expect(202);
    assert_eq!(asked.text("/status"), "awaiting_confirmation");
    assert_eq!(asked.text("/open_until"), "2026-02-02T09:00:00Z");
    assert!(!asked.text.contains(NEXT) && !asked.text.contains(&who.email), "masked: {}", asked.text);
    house.settle().await;
    assert_eq!(who.get("/v1/account").await.text("/email"), who.email);
    assert_eq!(login(&house, NEXT, PASSWORD).await, 401);
    let code = house.code_for(NEXT);
    let wrong = if code == "000000" { "111111" } else { "000000" };
    assert_eq!(confirm(&who, wrong).await.expect(422).code(), "code_invalid");
    let done = confirm(&who, &code).await.expect(200);
    assert_eq!(done.text("/email"), NEXT);
    assert_eq!(who.get("/v1/account").await.expect(200).text("/email"), NEXT, "the session goes on");
    assert_eq!((login(&house, NEXT, PASSWORD).await, login(&house, &who.email, PASSWORD).await), (201, 401));
    let shown = who.get(CHANGE).await.expect(200);
    assert_eq!((shown.text("/status"), shown.text("/open_until")), ("applied".into(), "2026-02-06T09:00:00Z".into()));
    assert_eq!(confirm(&who, &code).await.expect(410).code(), "code_expired");
    house.settle().await;
    let words = |to: &str| house.subjects(to).join("\n");
    assert!(words(&who.email).contains("The main address of your account was changed"), "{}", words(&who.email));
    assert!(words(NEXT).contains("The main address of your account was changed"), "{}", words(NEXT));
    let kinds: Vec<_> = who.get("/v1/account/activity").await.items().iter().map(|it| it["kind"].clone()).collect();
    assert!(kinds.contains(&json!("email.changed")) && kinds.contains(&json!("email.change_requested")), "{kinds:?}");
}));

on_both!(silence_changes_nothing, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let mut who = house.customer().await;
    ask(&who, NEXT).await.expect(202);
    house.settle().await;
    let code = house.code_for(NEXT);
    house.travel_to("2026-01-30T09:30:00Z").await;
    who.log_in().await;
    assert_eq!(confirm(&who, &code).await.expect(410).code(), "code_expired");
    house.travel_to("2026-02-28T09:00:00Z").await;
    who.log_in().await;
    assert_eq!(who.get("/v1/account").await.text("/email"), who.email);
    assert_eq!(who.get(CHANGE).await.expect(404).code(), "not_found");
}));

on_both!(it_wants_a_fresh_proof_and_another_address, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let mut who = house.customer().await;
    set_backup(&house, &who, OTHER).await;
    assert_eq!(ask(&who, &who.email.to_uppercase()).await.expect(409).code(), "email_unchanged");
    assert_eq!(ask(&who, OTHER).await.expect(422).code(), "email_same_as_backup");
    let wrong = ask(&who, "nonsense").await.expect(422);
    assert_eq!(
        (wrong.text("/errors/0/code"), wrong.text("/errors/0/pointer")),
        ("invalid_email".into(), "/email".into())
    );
    house.travel_to("2026-01-30T09:10:01Z").await;
    assert_eq!(ask(&who, NEXT).await.expect(403).code(), "fresh_proof_required");
    who.log_in().await;
    ask(&who, NEXT).await.expect(202);
    assert!(house.subjects(NEXT).is_empty());
}));

on_both!(at_most_three_mails_an_hour_go_out, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (mut who, second) = (house.customer().await, house.customer().await);
    for _ in 0..2 {
        ask(&who, NEXT).await.expect(202);
    }
    ask(&second, NEXT).await.expect(202);
    let refused = ask(&who, NEXT).await.expect(429);
    assert!(refused.header("retry-after").is_some(), "an address gets no more, whoever asks");
    ask(&who, OTHER).await.expect(202);
    ask(&who, "third@example.org").await.expect(429);
    house.travel_to("2026-01-30T10:00:01Z").await;
    who.log_in().await;
    ask(&who, NEXT).await.expect(202);
}));

on_both!(the_owner_stops_it, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    assert_eq!(who.delete(CHANGE).await.expect(404).code(), "not_found");
    ask(&who, NEXT).await.expect(202);
    house.settle().await;
    let token = notice(&house, &who.email);
    who.delete(CHANGE).await.expect(204);
    assert_eq!(who.get(CHANGE).await.expect(404).code(), "not_found");
    assert_eq!(confirm(&who, &house.code_for(NEXT)).await.expect(410).code(), "code_expired");
    assert_eq!(take_back(&house, &token).await.expect(410).code(), "code_expired");
    who.get("/v1/account").await.expect(200);
    house.settle().await;
    assert!(house.subjects(&who.email).iter().any(|it| it == "The change of your main address was stopped"));
    change(&house, &mut who.clone(), NEXT).await;
    assert_eq!(who.delete(CHANGE).await.expect(404).code(), "not_found", "made, only a notice undoes it");
}));

on_both!(a_notice_stops_it_at_either_address, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    for (number, by_backup) in [(1, false), (2, true)] {
        let who = house.customer().await;
        let (backup, next) = (format!("spare{number}@example.org"), format!("next{number}@example.org"));
        set_backup(&house, &who, &backup).await;
        ask(&who, &next).await.expect(202);
        house.settle().await;
        assert_eq!(notice(&house, &backup), notice(&house, &who.email));
        let token = notice(&house, if by_backup { &backup } else { &who.email });
        take_back(&house, &token).await.expect(204);
        who.get("/v1/account").await.expect(401);
        assert_eq!(login(&house, &who.email, PASSWORD).await, 401, "whoever asked knew the password");
        choose_password(&house, &who.email).await;
        assert_eq!(address_of(&house, &who.email, CHOSEN).await, who.email);
        assert_eq!(take_back(&house, &token).await.expect(410).code(), "code_expired");
    }
}));

on_both!(a_notice_stops_it_for_72_hours, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (first, second) = (house.customer().await, house.customer().await);
    ask(&first, NEXT).await.expect(202);
    ask(&second, OTHER).await.expect(202);
    house.settle().await;
    house.travel_to("2026-02-02T08:59:59Z").await;
    take_back(&house, &notice(&house, &first.email)).await.expect(204);
    house.travel_to("2026-02-02T09:00:00Z").await;
    let late = take_back(&house, &notice(&house, &second.email)).await.expect(410);
    assert_eq!(late.code(), "code_expired");
    assert_eq!(login(&house, &second.email, PASSWORD).await, 201, "nothing happened");
}));

on_both!(a_notice_undoes_it_and_throws_everybody_out, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let mut who = house.customer().await;
    let owner = who.email.clone();
    let new = json!({ "name": "Backups", "scopes": ["account:read"], "expires_at": "2026-03-01T00:00:00Z" });
    let token = who.post("/v1/security/access-tokens", &new).await.expect(201).text("/token");
    let program = house.stranger().with_token(&token);
    program.get("/v1/account").await.expect(200);
    change(&house, &mut who, NEXT).await;
    let undo = notice(&house, &owner);
    house.travel_to("2026-02-06T08:59:59Z").await;
    who.log_in().await;
    take_back(&house, &undo).await.expect(204);
    who.get("/v1/account").await.expect(401);
    program.get("/v1/account").await.expect(401);
    for known in [&owner, NEXT] {
        assert_eq!(login(&house, known, PASSWORD).await, 401, "{known}");
    }
    choose_password(&house, &owner).await;
    assert_eq!(address_of(&house, &owner, CHOSEN).await, owner);
    assert!(house.subjects(NEXT).iter().any(|it| it == "The change of your main address was undone"));
    assert_eq!(take_back(&house, &undo).await.expect(410).code(), "code_expired");
}));

on_both!(a_notice_undoes_it_for_seven_days, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let mut who = house.customer().await;
    let owner = who.email.clone();
    change(&house, &mut who, NEXT).await;
    house.travel_to("2026-02-06T09:00:00Z").await;
    let late = take_back(&house, &notice(&house, &owner)).await.expect(410);
    assert_eq!(late.code(), "code_expired");
    assert_eq!((login(&house, NEXT, PASSWORD).await, login(&house, &owner, PASSWORD).await), (201, 401));
    let unknown = take_back(&house, "mQ5tYkWmZrvUqJcN0fTgXhLs2aEoIi4M7uQeV1xRt9w").await.expect(422);
    assert_eq!(unknown.code(), "code_invalid");
}));

on_both!(the_first_address_undoes_a_chain_of_changes, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let mut who = house.customer().await;
    let owner = who.email.clone();
    set_backup(&house, &who, "spare@example.org").await;
    house.travel_to("2026-02-01T09:00:00Z").await;
    who.log_in().await;
    change(&house, &mut who, NEXT).await;
    let undo = notice(&house, &owner);
    house.travel_to("2026-02-01T09:00:01Z").await;
    set_backup(&house, &who, "thief@example.org").await;
    house.travel_to("2026-02-01T09:00:02Z").await;
    change(&house, &mut who, OTHER).await;
    house.travel_to("2026-02-01T09:00:03Z").await;
    ask(&who, "last@example.org").await.expect(202);
    house.settle().await;
    let later = [notice(&house, NEXT), notice(&house, OTHER), notice(&house, "thief@example.org")];
    take_back(&house, &undo).await.expect(204);
    for token in &later {
        assert_eq!(take_back(&house, token).await.expect(410).code(), "code_expired");
    }
    choose_password(&house, &owner).await;
    let body = json!({ "login": owner, "password": CHOSEN });
    let token = house.stranger().post("/v1/sessions", &body).await.expect(201).text("/access_token");
    let account = house.stranger().with_token(&token).get("/v1/account").await.expect(200);
    assert_eq!(account.text("/email"), owner);
    assert_eq!(account.body.get("backup_email"), None, "what was before the last seven days' changes");
}));

on_both!(a_change_of_the_backup_address_is_undone_with_what_came_after, "2026-01-30T09:00:00Z", |house| Box::pin(
    async move {
        let mut who = house.customer().await;
        let owner = who.email.clone();
        set_backup(&house, &who, "spare@example.org").await;
        house.travel_to("2026-02-08T09:00:00Z").await;
        who.log_in().await;
        set_backup(&house, &who, "thief@example.org").await;
        let undo = notice(&house, &owner);
        let told = house.mails().into_iter().rev().find(|mail| mail.to.contains("spare@example.org")).unwrap();
        assert!(told.subject.contains("backup address was changed"), "{}", told.subject);
        assert!(!told.text.contains(&undo), "it may have been removed because somebody else reads it");
        house.travel_to("2026-02-08T09:00:01Z").await;
        change(&house, &mut who, NEXT).await;
        take_back(&house, &undo).await.expect(204);
        choose_password(&house, &owner).await;
        let body = json!({ "login": owner, "password": CHOSEN });
        let token = house.stranger().post("/v1/sessions", &body).await.expect(201).text("/access_token");
        let account = house.stranger().with_token(&token).get("/v1/account").await.expect(200);
        assert_eq!(account.text("/email"), owner);
        assert_eq!(account.text("/backup_email"), "spare@example.org");
    }
));

on_both!(a_backup_address_that_came_days_before_goes_with_the_primary_one, "2026-01-30T09:00:00Z", |house| Box::pin(
    async move {
        let mut who = house.customer().await;
        let owner = who.email.clone();
        set_backup(&house, &who, "thief@example.org").await;
        house.travel_to("2026-02-05T09:00:00Z").await;
        who.log_in().await;
        change(&house, &mut who, NEXT).await;
        // by itself the change of the backup address would be final since four days
        house.travel_to("2026-02-10T09:00:00Z").await;
        take_back(&house, &notice(&house, &owner)).await.expect(204);
        choose_password(&house, &owner).await;
        assert_eq!(backup_of(&house, &owner).await, None);
        let heard = house.mails().iter().filter(|mail| mail.to.contains("thief@example.org")).count();
        house.stranger().post("/v1/password-resets", &json!({ "login": "thief@example.org" })).await.expect(202);
        house.settle().await;
        assert_eq!(house.mails().iter().filter(|mail| mail.to.contains("thief@example.org")).count(), heard);
    }
));

on_both!(stopping_a_change_takes_back_the_backup_address_that_came_before, "2026-01-30T09:00:00Z", |house| Box::pin(
    async move {
        let mut who = house.customer().await;
        let owner = who.email.clone();
        set_backup(&house, &who, "spare@example.org").await;
        house.travel_to("2026-02-07T09:00:00Z").await;
        who.log_in().await;
        set_backup(&house, &who, "thief@example.org").await;
        house.travel_to("2026-02-13T09:00:00Z").await;
        who.log_in().await;
        ask(&who, NEXT).await.expect(202);
        house.travel_to("2026-02-15T09:00:00Z").await;
        take_back(&house, &notice(&house, &owner)).await.expect(204);
        choose_password(&house, &owner).await;
        assert_eq!(backup_of(&house, &owner).await.as_deref(), Some("spare@example.org"));
        assert!(
            house.subjects("thief@example.org").iter().any(|it| it == "The change of your backup address was undone")
        );
    }
));

on_both!(what_a_thief_set_going_ends_with_them, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let mut who = house.customer().await.at("192.0.2.7");
    let owner = who.email.clone();
    let mine = json!({ "rules": [{ "cidr": "192.0.2.0/24", "action": "allow" }], "default_action": "deny" });
    who.put("/v1/security/ip-rules", &mine).await.expect(200);
    let key = fresh_key();
    who.send(Method::POST, "/v1/account/closure", &[("idempotency-key", &key)], None).await.expect(202);
    house.settle().await;
    let closing = json!({ "token": house.token_for(&owner) });
    who.post("/v1/account/closure/confirmation", &closing).await.expect(200);
    change(&house, &mut who, NEXT).await;
    take_back(&house, &notice(&house, &owner)).await.expect(204);
    choose_password(&house, &owner).await;
    let body = json!({ "login": owner, "password": CHOSEN });
    let token = house.stranger().post("/v1/sessions", &body).await.expect(201).text("/access_token");
    let back = house.stranger().with_token(&token);
    assert_eq!(back.get("/v1/security/ip-rules").await.expect(200).body["rules"], json!([]));
    assert_eq!(back.get("/v1/account/closure").await.expect(200).text("/status"), "revoked");
    assert_eq!(back.get("/v1/account").await.expect(200).text("/status"), "active");
    house.travel_to("2026-02-28T09:00:00Z").await;
    assert_eq!(login(&house, &owner, CHOSEN).await, 201, "nothing was closed");
}));

on_both!(rules_that_were_there_before_the_thief_stay, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let mut who = house.customer().await;
    let owner = who.email.clone();
    let mine = json!({ "rules": [{ "cidr": "198.51.100.0/24", "action": "deny" }], "default_action": "allow" });
    who.put("/v1/security/ip-rules", &mine).await.expect(200);
    house.travel_to("2026-02-08T09:00:00Z").await;
    who.log_in().await;
    change(&house, &mut who, NEXT).await;
    take_back(&house, &notice(&house, &owner)).await.expect(204);
    choose_password(&house, &owner).await;
    let body = json!({ "login": owner, "password": CHOSEN });
    let token = house.stranger().post("/v1/sessions", &body).await.expect(201).text("/access_token");
    let rules = house.stranger().with_token(&token).get("/v1/security/ip-rules").await.expect(200);
    assert_eq!(rules.text("/rules/0/cidr"), "198.51.100.0/24");
}));

on_both!(what_came_with_the_first_of_several_changes_goes_too, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let mut who = house.customer().await.at("192.0.2.7");
    let owner = who.email.clone();
    let mine = json!({ "rules": [{ "cidr": "192.0.2.0/24", "action": "allow" }], "default_action": "deny" });
    who.put("/v1/security/ip-rules", &mine).await.expect(200);
    set_backup(&house, &who, "thief@example.org").await;
    // each request keeps the change of the backup address a little longer
    for (day, address) in [("2026-02-05T09:00:00Z", NEXT), ("2026-02-08T08:00:00Z", OTHER)] {
        house.travel_to(day).await;
        who.log_in().await;
        ask(&who, address).await.expect(202);
    }
    house.travel_to("2026-02-09T09:00:00Z").await;
    take_back(&house, &notice(&house, &owner)).await.expect(204);
    choose_password(&house, &owner).await;
    assert_eq!(backup_of(&house, &owner).await, None);
}));

on_both!(a_closure_waits_while_the_address_can_be_restored, "2026-01-30T17:00:00Z", |house| Box::pin(async move {
    for taken_back in [true, false] {
        let mut who = house.customer().await;
        let owner = who.email.clone();
        let start = house.now();
        let next = format!("next.{taken_back}@example.org");
        change(&house, &mut who, &next).await;
        let key = fresh_key();
        who.send(Method::POST, "/v1/account/closure", &[("idempotency-key", &key)], None).await.expect(202);
        house.settle().await;
        let closing = json!({ "token": house.token_for(&next) });
        who.post("/v1/account/closure/confirmation", &closing).await.expect(200);
        house.settle().await;
        let told = house.subjects(&owner);
        assert!(told.last().unwrap().contains("will be closed"), "who had the account before hears of it: {told:?}");
        // its day has come, in Paris
        let end = start + chrono::TimeDelta::days(7);
        house.travel_to(&(end - chrono::TimeDelta::seconds(1)).to_rfc3339()).await;
        assert_eq!(login(&house, &next, PASSWORD).await, 201, "it is still there");
        if taken_back {
            take_back(&house, &notice(&house, &owner)).await.expect(204);
            choose_password(&house, &owner).await;
            assert_eq!(address_of(&house, &owner, CHOSEN).await, owner);
        }
        house.travel_to(&(end + chrono::TimeDelta::seconds(1)).to_rfc3339()).await;
        let (owned, stolen) = (login(&house, &owner, CHOSEN).await, login(&house, &next, PASSWORD).await);
        assert_eq!((owned, stolen), if taken_back { (201, 401) } else { (401, 401) });
    }
}));

on_both!(keys_that_came_with_the_thief_open_nothing, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let mut who = house.customer().await;
    let owner = who.email.clone();
    who.add_key("Theirs").await;
    change(&house, &mut who, NEXT).await;
    take_back(&house, &notice(&house, &owner)).await.expect(204);
    house.settle().await;
    assert!(house.subjects(&owner).iter().any(|it| it == "A security key was suspended"));
    let asked = house.stranger().post("/v1/sessions/passkey-options", &json!({})).await.expect(201);
    let key = who.key.as_ref().unwrap();
    let shown = json!({ "ceremony_id": asked.text("/ceremony_id"), "credential": key.sign(&asked.body["public_key"]) });
    house.stranger().post("/v1/sessions/passkey", &shown).await.expect(401);
    house.settle().await;
    let body = json!({ "token": house.token_for(&owner), "new_password": CHOSEN });
    house.stranger().post("/v1/password-resets/confirmation", &body).await.expect(204);
    assert_eq!(login(&house, &owner, CHOSEN).await, 202, "a mailbox alone does not do without the second factor");
}));

on_both!(addresses_that_came_with_the_thief_are_told_nothing_more, "2026-01-30T09:00:00Z", |house| Box::pin(
    async move {
        let mut who = house.customer().await;
        let owner = who.email.clone();
        let extra = [("old@example.org", &["security"][..]), ("thief@example.org", &["security", "billing"][..])];
        route(&who, &without("product"), &extra[..1]).await.expect(200);
        house.settle().await;
        confirm_extra(&who, extra[0].0, &house.code_for(extra[0].0)).await.expect(200);
        house.travel_to("2026-02-08T09:00:00Z").await;
        who.log_in().await;
        route(&who, &without("billing"), &extra).await.expect(200);
        house.settle().await;
        confirm_extra(&who, extra[1].0, &house.code_for(extra[1].0)).await.expect(200);
        change(&house, &mut who, NEXT).await;
        let heard = house.subjects("thief@example.org").len();
        take_back(&house, &notice(&house, &owner)).await.expect(204);
        choose_password(&house, &owner).await;
        let body = json!({ "login": owner, "password": CHOSEN });
        let token = house.stranger().post("/v1/sessions", &body).await.expect(201).text("/access_token");
        let routing = house.stranger().with_token(&token).get("/v1/account/email-routing").await.expect(200);
        assert_eq!(routing.body["addresses"].as_array().unwrap().len(), 1, "{}", routing.text);
        assert_eq!(routing.text("/addresses/0/email"), "old@example.org", "it was there before");
        assert!(routing.body["primary"]["categories"].as_array().unwrap().contains(&json!("billing")));
        let since: Vec<String> =
            house.subjects("thief@example.org").iter().skip(heard).map(ToString::to_string).collect();
        assert_eq!(since, ["The change of your main address was undone"], "and nothing else");
    }
));

on_both!(that_an_address_is_taken_is_told_to_its_reader_alone, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (who, known) = (house.customer().await, house.customer().await);
    let free = ask(&who, "free1@example.org").await.expect(202);
    let taken = ask(&who, &known.email).await.expect(202);
    let names = |answer: &Answer| answer.headers.keys().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(names(&free), names(&taken));
    assert_eq!(free.text("/status"), taken.text("/status"));
    house.settle().await;
    let refused = confirm(&who, &house.code_for(&known.email)).await.expect(409);
    assert_eq!(refused.code(), "email_already_used");
    assert_eq!(who.get("/v1/account").await.text("/email"), who.email);
    assert_eq!(login(&house, &known.email, PASSWORD).await, 201);
}));

on_both!(a_sign_up_that_nobody_proved_does_not_hold_an_address, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let mut who = house.customer().await;
    let anyone = house.stranger();
    anyone.post("/v1/accounts", &json!({ "email": NEXT, "password": CHOSEN, "language": "en" })).await.expect(202);
    house.settle().await;
    let first = json!({ "email": NEXT, "code": house.code_for(NEXT) });
    house.travel_to("2026-01-30T09:00:01Z").await;
    change(&house, &mut who, NEXT).await;
    assert_eq!(login(&house, NEXT, PASSWORD).await, 201);
    assert_eq!(login(&house, NEXT, CHOSEN).await, 401);
    assert_eq!(anyone.post("/v1/accounts/email-verification", &first).await.expect(422).code(), "code_invalid");
    assert_eq!(api::verify::run(&house.app).await.unwrap(), Vec::new());
}));

on_both!(a_former_address_is_kept_for_its_account, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (mut who, second) = (house.customer().await, house.customer().await);
    let owner = who.email.clone();
    change(&house, &mut who, NEXT).await;
    let new = |email: &str| json!({ "email": email, "password": CHOSEN, "language": "en" });
    house.stranger().post("/v1/accounts", &new(&owner)).await.expect(202);
    house.settle().await;
    assert!(house.subjects(&owner).last().unwrap().contains("already"), "{:?}", house.subjects(&owner));
    ask(&second, &owner).await.expect(202);
    house.settle().await;
    assert_eq!(confirm(&second, &house.code_for(&owner)).await.expect(409).code(), "email_already_used");
    change(&house, &mut who, &owner).await;
    assert_eq!(who.get("/v1/account").await.text("/email"), owner, "its own account takes it back");
    // `next` is kept now, and free again later
    house.travel_to("2026-02-06T09:00:01Z").await;
    house.stranger().post("/v1/accounts", &new(NEXT)).await.expect(202);
    house.settle().await;
    let code = json!({ "email": NEXT, "code": house.code_for(NEXT) });
    house.stranger().post("/v1/accounts/email-verification", &code).await.expect(201);
}));

on_both!(the_next_request_replaces_the_one_before, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    ask(&who, NEXT).await.expect(202);
    house.settle().await;
    let (first, token) = (house.code_for(NEXT), notice(&house, &who.email));
    house.travel_to("2026-01-30T09:00:01Z").await;
    ask(&who, OTHER).await.expect(202);
    house.settle().await;
    assert_eq!(confirm(&who, &first).await.expect(422).code(), "code_invalid");
    assert_eq!(take_back(&house, &token).await.expect(410).code(), "code_expired");
    assert_eq!(confirm(&who, &house.code_for(OTHER)).await.expect(200).text("/email"), OTHER);
}));

on_both!(a_reset_asked_for_before_opens_nothing_after, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let mut who = house.customer().await;
    let owner = who.email.clone();
    house.stranger().post("/v1/password-resets", &json!({ "login": owner })).await.expect(202);
    house.settle().await;
    let token = house.token_for(&owner);
    change(&house, &mut who, NEXT).await;
    let body = json!({ "token": token, "new_password": CHOSEN });
    let refused = house.stranger().post("/v1/password-resets/confirmation", &body).await.expect(410);
    assert_eq!(refused.code(), "code_expired");
}));

on_both!(one_of_many_confirmations_counts, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (who, second) = (house.customer().await, house.customer().await);
    ask(&who, NEXT).await.expect(202);
    house.settle().await;
    let code = house.code_for(NEXT);
    assert_eq!(confirm(&second, &code).await.expect(422).code(), "code_invalid", "nothing to another account");
    let answers = futures_util::future::join_all((0..20).map(|_| confirm(&who, &code))).await;
    assert_eq!(answers.iter().filter(|it| it.status == 200).count(), 1, "{answers:#?}");
    house.settle().await;
    let told = house.subjects(&who.email);
    assert_eq!(told.iter().filter(|it| it.contains("main address of your account was changed")).count(), 1);
}));

on_both!(two_accounts_cannot_get_one_address, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (first, second) = (house.customer().await, house.customer().await);
    let mut codes = Vec::new();
    for who in [&first, &second] {
        ask(who, NEXT).await.expect(202);
        house.settle().await;
        codes.push(house.code_for(NEXT));
    }
    let (one, two) = futures_util::future::join(confirm(&first, &codes[0]), confirm(&second, &codes[1])).await;
    let mut seen = [one.status, two.status];
    seen.sort_unstable();
    assert_eq!(seen, [200, 409], "{one:?} {two:?}");
    let refused = if one.status == 409 { one } else { two };
    assert_eq!(refused.code(), "email_already_used");
}));
