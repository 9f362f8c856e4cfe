//! A forgotten password.

use house::house::PASSWORD;
use house::{Answer, Client, House, on_both};
use serde_json::json;

const NEW: &str = "amber lighthouse 27 sparrow";

async fn ask(house: &House, login: &str) {
    house.stranger().post("/v1/password-resets", &json!({ "login": login })).await.expect(202);
    house.settle().await;
}

async fn reset(house: &House, token: &str, password: &str) -> Answer {
    let body = json!({ "token": token, "new_password": password });
    house.stranger().post("/v1/password-resets/confirmation", &body).await
}

async fn login(who: &Client, password: &str) -> Answer {
    who.post("/v1/sessions", &json!({ "login": who.email, "password": password })).await
}

on_both!(a_token_sets_a_password_once_and_ends_every_session, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    let second = login(&who, PASSWORD).await.expect(201);
    ask(&house, &who.email).await;
    who.get("/v1/account").await.expect(200);
    let token = house.token_for(&who.email);
    reset(&house, &token, NEW).await.expect(204);
    who.get("/v1/account").await.expect(401);
    let kept = json!({ "refresh_token": second.text("/refresh_token") });
    house.stranger().post("/v1/sessions/refresh", &kept).await.expect(401);
    login(&who, PASSWORD).await.expect(401);
    login(&who, NEW).await.expect(201);
    assert_eq!(reset(&house, &token, "crimson orchard 51 gravel").await.expect(410).code(), "code_expired");
    login(&who, NEW).await.expect(201);
    house.settle().await;
    assert!(house.subjects(&who.email).len() >= 4, "the owner is told: {:?}", house.subjects(&who.email));
}));

on_both!(a_token_ends_with_time_the_next_one_and_another_password, "2026-01-30T09:00:00Z", |house| Box::pin(
    async move {
        let who = house.customer().await;
        ask(&house, &who.email).await;
        let first = house.token_for(&who.email);
        ask(&house, &who.email).await;
        let second = house.token_for(&who.email);
        assert_ne!(first, second);
        assert_eq!(reset(&house, &first, NEW).await.expect(410).code(), "code_expired");
        house.travel_to("2026-01-30T09:30:00Z").await;
        assert_eq!(reset(&house, &second, NEW).await.expect(410).code(), "code_expired");
        ask(&house, &who.email).await;
        let third = house.token_for(&who.email);
        assert_eq!(
            reset(&house, "mQ5tYkWmZrvUqJcN0fTgXhLs2aEoIi4M7uQeV1xRt9w", NEW).await.expect(422).code(),
            "code_invalid"
        );
        let weak = reset(&house, &third, "passwordpassword").await.expect(422);
        assert_eq!(weak.text("/errors/0/pointer"), "/new_password");
        let own = reset(&house, &third, &who.email.to_uppercase()).await.expect(422);
        assert_eq!(own.text("/errors/0/code"), "password_blocklisted");
        reset(&house, &third, NEW).await.expect(204);
    }
));

on_both!(a_token_that_ended_says_nothing_about_any_password, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    ask(&house, &who.email).await;
    let replaced = house.token_for(&who.email);
    ask(&house, &who.email).await;
    let used = house.token_for(&who.email);
    reset(&house, &used, NEW).await.expect(204);
    ask(&house, &who.email).await;
    let old = house.token_for(&who.email);
    house.travel_to("2026-01-30T09:30:00Z").await;
    // the present password, a former one, one that was never set, a weak one
    for guess in [NEW, PASSWORD, "crimson orchard 51 gravel", "passwordpassword"] {
        for token in [&replaced, &used, &old] {
            assert_eq!(reset(&house, token, guess).await.expect(410).code(), "code_expired", "{guess}");
        }
    }
}));

on_both!(a_token_does_not_outlive_a_change_of_address, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    ask(&house, &who.email).await;
    let token = house.token_for(&who.email);
    who.put("/v1/account/backup-email", &json!({ "email": "spare@example.org" })).await.expect(202);
    house.settle().await;
    let code = json!({ "code": house.code_for("spare@example.org") });
    who.post("/v1/account/backup-email/confirmation", &code).await.expect(200);
    assert_eq!(reset(&house, &token, NEW).await.expect(410).code(), "code_expired");
    login(&who, PASSWORD).await.expect(201);
}));

on_both!(the_backup_address_and_the_handle_can_start_a_reset, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    let handle = who.get("/v1/account").await.text("/handle");
    ask(&house, &handle.to_uppercase()).await;
    house.token_for(&who.email);
    who.put("/v1/account/backup-email", &json!({ "email": "spare@example.org" })).await.expect(202);
    house.settle().await;
    ask(&house, "spare@example.org").await;
    assert_eq!(house.subjects("spare@example.org").len(), 1, "an unproven address gets no token");
    let code = json!({ "code": house.code_for("spare@example.org") });
    who.post("/v1/account/backup-email/confirmation", &code).await.expect(200);
    ask(&house, "spare@example.org").await;
    reset(&house, &house.token_for("spare@example.org"), NEW).await.expect(204);
    house.settle().await;
    login(&who, NEW).await.expect(201);
    for address in [who.email.as_str(), "spare@example.org"] {
        let last = house.subjects(address).pop().unwrap();
        assert!(last.to_lowercase().contains("password"), "{address} is told: {last}");
    }
}));

on_both!(nobody_stands_between_an_owner_and_the_backup_address, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (mut who, other) = (house.customer().await, house.customer().await);
    for (backup, pending) in [("spare@example.org", true), (other.email.as_str(), false)] {
        who.put("/v1/account/backup-email", &json!({ "email": backup })).await.expect(202);
        house.settle().await;
        let code = json!({ "code": house.code_for(backup) });
        who.post("/v1/account/backup-email/confirmation", &code).await.expect(200);
        if pending {
            let new = json!({ "email": backup, "password": NEW, "language": "en" });
            house.stranger().post("/v1/accounts", &new).await.expect(202);
            house.settle().await;
        }
        let resets = |mails: Vec<String>| mails.iter().filter(|it| it.contains("password")).count();
        let heard = resets(house.subjects(backup));
        ask(&house, backup).await;
        let told = resets(house.subjects(backup)) - heard;
        assert_eq!(told, if pending { 1 } else { 2 }, "of each open account that has it: {:?}", house.subjects(backup));
        house.travel_to("2026-01-30T09:05:00Z").await;
        who.log_in().await;
    }
}));

on_both!(at_most_three_mails_an_hour, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    house.settle().await;
    let before = house.subjects(&who.email).len();
    for _ in 0..5 {
        ask(&house, &who.email).await;
    }
    assert_eq!(house.subjects(&who.email).len() - before, 3);
}));

on_both!(an_address_gets_three_mails_an_hour_whoever_asks_for_whichever_account, "2026-01-30T09:00:00Z", |house| {
    Box::pin(async move {
        let shared = "spare@example.org";
        let mut all = Vec::new();
        for number in 0..4 {
            if number == 3 {
                // it gets three codes an hour too
                house.travel_to("2026-01-30T10:00:01Z").await;
            }
            let who = house.customer().await;
            who.put("/v1/account/backup-email", &json!({ "email": shared })).await.expect(202);
            house.settle().await;
            let code = json!({ "code": house.code_for(shared) });
            who.post("/v1/account/backup-email/confirmation", &code).await.expect(200);
            all.push(who);
        }
        house.settle().await;
        let before = house.subjects(shared).len();
        let anyone = house.stranger();
        let mut answers = Vec::new();
        for at in 0..4 {
            let login = json!({ "login": shared });
            answers.push(anyone.at(&format!("198.51.100.{at}")).post("/v1/password-resets", &login).await.expect(202));
            house.settle().await;
        }
        assert!(answers.windows(2).all(|pair| pair[0].text == pair[1].text), "{answers:#?}");
        assert_eq!(house.subjects(shared).len() - before, 3);
        // the primary addresses have mails of their own
        ask(&house, &all[3].email).await;
        house.token_for(&all[3].email);
        house.travel_to("2026-01-30T11:00:02Z").await;
        ask(&house, shared).await;
        assert!(house.subjects(shared).len() - before > 3);
    })
});

on_both!(what_was_asked_for_is_looked_into_once_and_leaves_nothing_behind, "2026-01-30T09:00:00Z", |house| Box::pin(
    async move {
        let who = house.customer().await;
        house.settle().await;
        let before = house.subjects(&who.email).len();
        for login in [who.email.as_str(), "nobody@example.org"] {
            house.stranger().post("/v1/password-resets", &json!({ "login": login })).await.expect(202);
        }
        let stored = crate::schema::contents(&house).await["visitor_request"].clone();
        assert_eq!(stored.len(), 2);
        assert!(stored.iter().all(|row| !row.contains("example.org")), "{stored:?}");
        // several nodes at once
        let rounds = (0..4).map(|_| api::actions::account::visitor_request::look_into_next(&house.app));
        futures_util::future::join_all(rounds).await;
        house.settle().await;
        assert_eq!(house.subjects(&who.email).len() - before, 1);
        assert!(crate::schema::contents(&house).await["visitor_request"].is_empty());
    }
));
