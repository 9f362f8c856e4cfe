//! The password: what it must satisfy, changing it, judging one.

use house::house::PASSWORD;
use house::{Answer, Client, on_both};
use serde_json::json;

const NEXT: [&str; 6] = [
    "amber lighthouse 27 sparrow",
    "crimson orchard 51 gravel",
    "velvet canyon 63 thimble",
    "copper meadow 18 walrus",
    "silent glacier 72 pebble",
    "dusty compass 45 magnolia",
];

async fn change(who: &Client, current: &str, new: &str) -> Answer {
    who.put("/v1/security/password", &json!({ "current_password": current, "new_password": new })).await
}

async fn log_in(who: &Client, password: &str) -> Answer {
    who.post("/v1/sessions", &json!({ "login": who.email, "password": password })).await
}

on_both!(changing_it_ends_the_other_sessions_and_is_told_everywhere, "2026-01-30T09:00:00Z", |house| Box::pin(
    async move {
        let who = house.customer().await;
        who.put("/v1/account/backup-email", &json!({ "email": "spare@example.org" })).await.expect(202);
        house.settle().await;
        let code = json!({ "code": house.code_for("spare@example.org") });
        who.post("/v1/account/backup-email/confirmation", &code).await.expect(200);
        house.settle().await;
        let other = log_in(&who, PASSWORD).await.expect(201);
        let wrong = change(&who, "violet harbour 94 lanterns", NEXT[0]).await.expect(422);
        assert_eq!(
            (wrong.text("/errors/0/pointer"), wrong.text("/errors/0/code")),
            ("/current_password".to_owned(), "password_wrong".to_owned())
        );
        who.with_token(&other.text("/access_token")).get("/v1/account").await.expect(200);
        let before = house.mails().len();
        change(&who, PASSWORD, NEXT[0]).await.expect(204);
        house.settle().await;
        let told: Vec<_> = house.mails().split_off(before).into_iter().map(|mail| (mail.to, mail.subject)).collect();
        assert_eq!(told.len(), 2, "{told:?}");
        for address in [who.email.as_str(), "spare@example.org"] {
            assert!(told.iter().any(|(to, subject)| to.contains(address) && subject.contains("password")), "{told:?}");
        }
        who.get("/v1/account").await.expect(200);
        who.with_token(&other.text("/access_token")).get("/v1/account").await.expect(401);
        let kept = json!({ "refresh_token": other.text("/refresh_token") });
        who.post("/v1/sessions/refresh", &kept).await.expect(401);
        log_in(&who, PASSWORD).await.expect(401);
        log_in(&who, NEXT[0]).await.expect(201);
        let log = who.get("/v1/account/activity").await.expect(200).items();
        for kind in ["password.changed", "password.change_refused"] {
            assert_eq!(log.iter().filter(|line| line["kind"] == kind).count(), 1, "{kind}");
        }
    }
));

on_both!(it_wants_a_fresh_proof, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    house.travel_to("2026-01-30T09:05:00Z").await;
    assert_eq!(change(&who, PASSWORD, NEXT[0]).await.expect(403).code(), "fresh_proof_required");
    log_in(&who, PASSWORD).await.expect(201);
}));

on_both!(none_of_the_last_five_comes_back, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    let mut all = vec![PASSWORD];
    for next in NEXT {
        for (at, former) in all.iter().enumerate() {
            if at + 5 >= all.len() {
                let refused = change(&who, all.last().unwrap(), former).await.expect(422);
                assert_eq!(refused.text("/errors/0/code"), "password_reused", "{former} after {}", all.len());
            }
        }
        house.clock.set(house.now() + chrono::TimeDelta::seconds(1));
        change(&who, all.last().unwrap(), next).await.expect(204);
        all.push(next);
    }
    // a reset remembers them too
    who.post("/v1/password-resets", &json!({ "login": who.email })).await.expect(202);
    house.settle().await;
    let token = house.token_for(&who.email);
    let reset = async |password: &str| {
        let body = json!({ "token": token, "new_password": password });
        who.post("/v1/password-resets/confirmation", &body).await
    };
    assert_eq!(reset(NEXT[2]).await.expect(422).text("/errors/0/code"), "password_reused");
    // the sixth before is forgotten
    reset(PASSWORD).await.expect(204);
    log_in(&who, PASSWORD).await.expect(201);
}));

on_both!(two_changes_at_once_leave_one_password, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    let changes = futures_util::future::join_all(NEXT[..4].iter().map(|next| change(&who, PASSWORD, next))).await;
    let done: Vec<_> =
        changes.iter().enumerate().filter(|(_, answer)| answer.status == 204).map(|(at, _)| at).collect();
    assert_eq!(done.len(), 1, "{changes:#?}");
    assert!(changes.iter().all(|answer| matches!(answer.status, 204 | 422)), "{changes:#?}");
    log_in(&who, NEXT[done[0]]).await.expect(201);
}));

on_both!(what_guessers_try_first_is_refused_everywhere, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    let weak = [
        "password1234567",
        "To be, or not to be",
        "motdepassemotdepasse",
        "azertyuiop123456",
        "P@ssw0rd P@ssw0rd",
        "ada martin ada martin",
        "tacit-tacit-tacit",
    ];
    for password in weak {
        let refused = change(&who, PASSWORD, password).await.expect(422);
        assert_eq!(
            (refused.text("/errors/0/pointer"), refused.text("/errors/0/code")),
            ("/new_password".to_owned(), "password_blocklisted".to_owned()),
            "{password}"
        );
    }
    let refused = change(&who, PASSWORD, &who.email).await.expect(422);
    assert_eq!(refused.text("/errors/0/code"), "password_blocklisted");
    let body = json!({ "email": "new@example.org", "password": "qwertyqwerty123456" });
    let refused = house.stranger().post("/v1/accounts", &body).await.expect(422);
    assert_eq!(refused.text("/errors/0/code"), "password_blocklisted");
    for (password, code) in [("fourteen chars", "too_short"), (&*"ab1é ".repeat(52), "too_long")] {
        assert_eq!(change(&who, PASSWORD, password).await.expect(422).text("/errors/0/code"), code, "{password}");
    }
    change(&who, PASSWORD, "voilà quinze ca").await.expect(204);
    // the same letters from another keyboard are the same password
    log_in(&who, "voila\u{300} quinze ca").await.expect(201);
}));

on_both!(the_whole_password_counts, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    let long = "velvet canyon 63 thimble copper meadow 18 walrus silent glacier 72 pebble dusty compass 45 x";
    change(&who, PASSWORD, long).await.expect(204);
    for other in [&long[..long.len() - 1], &format!("{}y", &long[..long.len() - 1]), &long[..72]] {
        log_in(&who, other).await.expect(401);
    }
    log_in(&who, long).await.expect(201);
}));

on_both!(a_password_is_judged_without_being_kept, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let anyone = house.stranger();
    let judge = async |password: &str, language: &str| {
        let (key, body) = (house::client::fresh_key(), json!({ "password": password, "own_words": ["Ada Martin"] }));
        let headers = [("Accept-Language", language), ("Idempotency-Key", key.as_str())];
        anyone.send(reqwest::Method::POST, "/v1/security/password-strength", &headers, Some(&body)).await.expect(200)
    };
    let before = crate::schema::contents(&house).await;
    let strong = judge("dusty compass 45 magnolia", "en").await;
    assert_eq!((strong.text("/acceptable"), strong.text("/score")), ("true".to_owned(), "4".to_owned()));
    let common = judge("password1234567", "fr").await;
    assert_eq!(
        (common.text("/acceptable"), common.text("/faults/0/code")),
        ("false".to_owned(), "password_blocklisted".to_owned())
    );
    assert!(common.text("/faults/0/message").contains("essaie d'abord"), "{}", common.text);
    assert_eq!(judge("Martin Ada Martin", "en").await.text("/faults/0/code"), "password_blocklisted");
    let short = judge("kitten", "en").await;
    assert_eq!(short.text("/faults/0/code"), "too_short");
    assert!(short.text("/faults/0/message").contains("15"), "{}", short.text);
    assert!(!short.body["suggestions"].as_array().unwrap().is_empty(), "{}", short.text);
    judge(&"x7Ké ".repeat(3_000), "en").await;
    assert_eq!(crate::schema::contents(&house).await, before, "nothing is stored");
    let many = json!({ "password": "x", "own_words": vec!["y"; 11] });
    anyone.post("/v1/security/password-strength", &many).await.expect(422);
}));

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_password_is_stored_in_any_form_that_helps_to_guess_it() {
    let house = house::House::open(house::On::Sqlite, "2026-01-30T09:00:00Z").await;
    let who = house.customer().await;
    let body = json!({ "login": who.email, "password": PASSWORD });
    who.post("/v1/sessions", &body).await.expect(201);
    // what a request is known again by is keyed: without the key it says nothing about its body
    let mut about = b"POST\n/v1/sessions\n\n".to_vec();
    about.extend(serde_json::to_vec(&body).unwrap());
    let unkeyed = api::seal::sha256(&about);
    let all = crate::schema::contents(&house).await;
    for (table, rows) in &all {
        for row in rows {
            assert!(!row.contains(&unkeyed) && !row.contains(PASSWORD), "{table}: {row}");
        }
    }
    assert_eq!(all["idempotency_key"].iter().filter(|row| row.contains("POST /v1/sessions")).count(), 1);
    house.close().await;
}
