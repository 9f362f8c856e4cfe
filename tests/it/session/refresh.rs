//! A refresh token works once; what comes again is a lost answer or a theft.

use chrono::TimeDelta;
use futures_util::future::LocalBoxFuture;
use house::house::PASSWORD;
use house::{Answer, Client, House, on_both};
use serde_json::json;
use std::collections::BTreeSet;

async fn refresh(who: &Client, token: &str) -> Answer {
    who.post("/v1/sessions/refresh", &json!({ "refresh_token": token })).await
}

async fn opened(who: &Client) -> Answer {
    who.post("/v1/sessions", &json!({ "login": who.email, "password": PASSWORD })).await.expect(201)
}

/// Tokens of chains that could be used.
async fn live_tokens(house: &House) -> u64 {
    use entity::refresh_token::{Column, Entity};
    use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
    let unused = Entity::find().filter(Column::UsedAt.is_null()).filter(Column::RevokedAt.is_null());
    unused.filter(Column::ParentId.is_not_null()).count(&**house.app.read()).await.unwrap()
}

on_both!(each_token_gives_the_next, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    let mut token = opened(&who).await.text("/refresh_token");
    for _ in 0..3 {
        let next = refresh(&who, &token).await.expect(200);
        who.with_token(&next.text("/access_token")).get("/v1/account").await.expect(200);
        assert_ne!(next.text("/refresh_token"), token);
        assert_eq!(next.header("cache-control"), Some("no-store"));
        token = next.text("/refresh_token");
    }
    refresh(&who, "pDb8YkWmZrvUqJcN0fTgXhLs2aEoIi4M7uQeV1xRt9w").await.expect(401);
}));

on_both!(a_lost_answer_gives_the_same_next_token, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    let token = opened(&who).await.text("/refresh_token");
    let lost = refresh(&who, &token).await.expect(200).text("/refresh_token");
    // whenever that is, as long as nothing of the answer was used
    house.travel_to("2026-01-31T09:00:00Z").await;
    let found = refresh(&who, &token).await.expect(200);
    assert_eq!(found.text("/refresh_token"), lost);
    assert_eq!(live_tokens(&house).await, 1);
    let next = refresh(&who, &lost).await.expect(200);
    who.with_token(&next.text("/access_token")).get("/v1/account").await.expect(200);
    assert_ne!(next.text("/refresh_token"), lost);
}));

on_both!(a_repeat_beside_the_answer_is_no_theft_for_ten_seconds, "2026-01-30T09:00:00Z", |house| Box::pin(
    async move {
        let who = house.customer().await;
        let token = opened(&who).await.text("/refresh_token");
        let first = refresh(&who, &token).await.expect(200);
        let access = who.with_token(&first.text("/access_token"));
        // another tab asked at the same time, and is slower
        access.get("/v1/account").await.expect(200);
        house.clock.set(house.now() + TimeDelta::seconds(10));
        assert_eq!(refresh(&who, &token).await.expect(200).text("/refresh_token"), first.text("/refresh_token"));
        access.get("/v1/account").await.expect(200);
        house.clock.set(house.now() + TimeDelta::milliseconds(1));
        assert_eq!(refresh(&who, &token).await.expect(401).code(), "unauthenticated");
        access.get("/v1/account").await.expect(401);
        refresh(&who, &first.text("/refresh_token")).await.expect(401);
    }
));

on_both!(a_stolen_token_ends_the_session, "2026-01-30T09:00:00Z", |house| {
    Box::pin(async move {
        let who = house.customer().await;
        let spare = json!({ "email": "spare@example.org" });
        who.put("/v1/account/backup-email", &spare).await.expect(202);
        house.settle().await;
        let code = json!({ "code": house.code_for("spare@example.org") });
        who.post("/v1/account/backup-email/confirmation", &code).await.expect(200);
        let other = opened(&who).await.text("/refresh_token");
        let token = opened(&who).await.text("/refresh_token");
        let second = refresh(&who, &token).await.expect(200).text("/refresh_token");
        let third = refresh(&who, &second).await.expect(200);
        let access = who.with_token(&third.text("/access_token"));
        access.get("/v1/account").await.expect(200);
        // the first token again, though what it gave was used: somebody else has it
        let thief = house.stranger().at("203.0.113.66");
        assert_eq!(refresh(&thief, &token).await.expect(401).code(), "unauthenticated");
        access.get("/v1/account").await.expect(401);
        for spent in [&token, &second, &third.text("/refresh_token")] {
            refresh(&who, spent).await.expect(401);
        }
        // the owner's other sessions are not concerned
        refresh(&who, &other).await.expect(200);
        let log = who.get("/v1/account/activity").await.expect(200).items();
        assert_eq!(log.iter().filter(|line| line["kind"] == "session.token_reused").count(), 1, "{log:#?}");
        house.settle().await;
        for address in [&who.email, "spare@example.org"] {
            let told = house.mails().into_iter().filter(|mail| mail.to.contains(address));
            let told: Vec<_> = told.filter(|mail| mail.subject.contains("used twice")).collect();
            assert_eq!(told.len(), 1, "{:?}", house.subjects(address));
            assert!(told[0].text.contains("203.0.113.66"), "{}", told[0].text);
        }
    })
});

on_both!(twenty_uses_at_once_leave_one_live_token, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    let token = opened(&who).await.text("/refresh_token");
    let answers = futures_util::future::join_all((0..20).map(|_| refresh(&who, &token))).await;
    let given: BTreeSet<String> = answers.into_iter().map(|answer| answer.expect(200).text("/refresh_token")).collect();
    assert_eq!(given.len(), 1, "all get the same one");
    assert_eq!(live_tokens(&house).await, 1);
    refresh(&who, given.first().unwrap()).await.expect(200);
}));

on_both!(refreshes_and_changes_of_the_account_do_not_wait_for_each_other, "2026-01-30T09:00:00Z", |house| {
    Box::pin(async move {
        let who = house.customer().await;
        let (mut tokens, mut waiting) = (Vec::new(), Vec::new());
        for _ in 0..6 {
            tokens.push(opened(&who).await.text("/refresh_token"));
        }
        for token in &tokens {
            waiting.push(Box::pin(async { refresh(&who, token).await.status }) as LocalBoxFuture<'_, u16>);
            // each ends all sessions but its own
            waiting.push(Box::pin(async { who.delete("/v1/security/sessions").await.status }));
        }
        for status in futures_util::future::join_all(waiting).await {
            assert!([200, 204, 401].contains(&status), "{status}");
        }
        for token in &tokens {
            refresh(&who, token).await.expect(401);
        }
        who.get("/v1/account").await.expect(200);
    })
});

on_both!(a_session_that_nobody_uses_ends_after_seven_days, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let mut who = house.customer().await;
    let (kept, left) = (opened(&who).await, opened(&who).await);
    house.travel_to("2026-02-06T08:59:59Z").await;
    let kept = refresh(&who, &kept.text("/refresh_token")).await.expect(200);
    house.travel_to("2026-02-06T09:00:00Z").await;
    refresh(&who, &left.text("/refresh_token")).await.expect(401);
    who.token = Some(kept.text("/access_token"));
    let open = who.get("/v1/security/sessions").await.expect(200).items();
    assert_eq!(open.len(), 1, "what was left alone is not listed: {open:#?}");
    assert_eq!(open[0]["expires_at"], "2026-02-13T09:00:00Z");
    assert_eq!(who.get("/v1/security").await.expect(200).text("/sessions"), "1");
}));

on_both!(a_session_ends_after_thirty_days, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    let mut token = opened(&who).await.text("/refresh_token");
    for day in ["2026-02-05", "2026-02-11", "2026-02-17", "2026-02-23", "2026-02-28"] {
        house.travel_to(&format!("{day}T09:00:00Z")).await;
        token = refresh(&who, &token).await.expect(200).text("/refresh_token");
    }
    house.travel_to("2026-03-01T08:59:59Z").await;
    let last = refresh(&who, &token).await.expect(200);
    let access = who.with_token(&last.text("/access_token"));
    let open = access.get("/v1/security/sessions").await.expect(200).items();
    assert_eq!(open[0]["expires_at"], "2026-03-01T09:00:00Z");
    house.travel_to("2026-03-01T09:00:00Z").await;
    access.get("/v1/account").await.expect(401);
    refresh(&who, &last.text("/refresh_token")).await.expect(401);
}));

on_both!(a_blocked_account_is_not_refreshed, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (who, operator) = (house.customer().await, house.operator().await);
    let token = opened(&who).await.text("/refresh_token");
    let id = who.get("/v1/account").await.text("/id");
    let block = format!("/v1/operator/accounts/{id}/block");
    operator.put(&block, &json!({})).await.expect(200);
    refresh(&who, &token).await.expect(401);
    who.get("/v1/account").await.expect(401);
    // what was ended stays so
    operator.delete(&block).await.expect(200);
    refresh(&who, &token).await.expect(401);
    who.get("/v1/account").await.expect(401);
}));
