//! A refresh token works once; what comes again is a lost answer or a theft.

use house::house::PASSWORD;
use house::{Answer, Client, on_both};
use serde_json::json;

async fn refresh(who: &Client, token: &str) -> Answer {
    who.post("/v1/sessions/refresh", &json!({ "refresh_token": token })).await
}

async fn opened(who: &Client) -> Answer {
    who.post("/v1/sessions", &json!({ "login": who.email, "password": PASSWORD })).await.expect(201)
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

on_both!(a_lost_answer_can_be_asked_for_again, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    let token = opened(&who).await.text("/refresh_token");
    let lost = refresh(&who, &token).await.expect(200).text("/refresh_token");
    let found = refresh(&who, &token).await.expect(200).text("/refresh_token");
    refresh(&who, &lost).await.expect(401);
    let next = refresh(&who, &found).await.expect(200);
    who.with_token(&next.text("/access_token")).get("/v1/account").await.expect(200);
}));

on_both!(a_stolen_token_ends_the_session, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    let other = opened(&who).await.text("/refresh_token");
    let token = opened(&who).await.text("/refresh_token");
    let second = refresh(&who, &token).await.expect(200).text("/refresh_token");
    let third = refresh(&who, &second).await.expect(200);
    let access = who.with_token(&third.text("/access_token"));
    access.get("/v1/account").await.expect(200);
    // the first token again, though what it gave was used: somebody else has it
    assert_eq!(refresh(&who, &token).await.expect(401).code(), "unauthenticated");
    access.get("/v1/account").await.expect(401);
    refresh(&who, &third.text("/refresh_token")).await.expect(401);
    // the owner's other sessions are not concerned
    refresh(&who, &other).await.expect(200);
    let log = who.get("/v1/account/activity").await.expect(200).items();
    assert!(log.iter().any(|line| line["kind"] == "session.token_reused"), "{log:#?}");
}));

on_both!(uses_at_once_leave_one_live_token, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    let token = opened(&who).await.text("/refresh_token");
    let answers = futures_util::future::join_all((0..10).map(|_| refresh(&who, &token))).await;
    let given: Vec<String> =
        answers.iter().filter(|answer| answer.status == 200).map(|answer| answer.text("/refresh_token")).collect();
    assert!(
        !given.is_empty() && answers.iter().all(|answer| answer.status == 200 || answer.status == 401),
        "{answers:#?}"
    );
    let live = {
        use entity::refresh_token::{Column, Entity};
        use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
        let unused = Entity::find().filter(Column::UsedAt.is_null()).filter(Column::RevokedAt.is_null());
        unused.filter(Column::ParentId.is_not_null()).count(&**house.app.read()).await.unwrap()
    };
    assert_eq!(live, 1);
}));

on_both!(a_blocked_account_is_not_refreshed, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (who, operator) = (house.customer().await, house.operator().await);
    let token = opened(&who).await.text("/refresh_token");
    let id = who.get("/v1/account").await.text("/id");
    operator.put(&format!("/v1/operator/accounts/{id}/block"), &json!({})).await.expect(200);
    refresh(&who, &token).await.expect(401);
}));
