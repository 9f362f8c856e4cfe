//! Where an account is logged in, and ending it there.

use house::on_both;
use serde_json::json;

on_both!(sessions_are_listed_and_ended_one_by_one_or_all_others, "2026-01-30T09:00:00Z", |house| Box::pin(
    async move {
        let who = house.customer().await;
        let mut others = Vec::new();
        for _ in 0..3 {
            house.clock.set(house.now() + chrono::TimeDelta::seconds(1));
            others.push(who.clone_logged_in(&house).await);
        }
        let listed = who.get("/v1/security/sessions").await.expect(200).items();
        assert_eq!(
            listed.iter().map(|session| session["current"] == true).collect::<Vec<_>>(),
            [false, false, false, true]
        );
        assert_eq!(listed[0]["proven_by"], "password");
        // seven days after it was last used
        assert_eq!(listed[3]["expires_at"], "2026-02-06T09:00:00Z");
        // the newest, which is others[2]; twice is no error
        let path = format!("/v1/security/sessions/{}", listed[0]["id"].as_str().unwrap());
        for _ in 0..2 {
            who.delete(&path).await.expect(204);
        }
        others[2].get("/v1/account").await.expect(401);
        others[1].get("/v1/account").await.expect(200);
        assert_eq!(who.get("/v1/security/sessions").await.expect(200).items().len(), 3);
        // another customer's does not exist
        let stranger = house.customer().await;
        assert_eq!(stranger.delete(&path).await.expect(404).code(), "not_found");
        assert_eq!(stranger.get("/v1/security/sessions").await.expect(200).items().len(), 1);
        who.delete("/v1/security/sessions").await.expect(204);
        let left = who.get("/v1/security/sessions").await.expect(200).items();
        assert_eq!((left.len(), &left[0]["current"]), (1, &json!(true)));
        for other in &others {
            other.get("/v1/account").await.expect(401);
        }
        who.get("/v1/account").await.expect(200);
        stranger.get("/v1/account").await.expect(200);
    }
));

on_both!(an_ended_session_is_not_refreshed, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    let login = json!({ "login": who.email, "password": house::house::PASSWORD });
    house.clock.set(house.now() + chrono::TimeDelta::seconds(1));
    let refresh = who.post("/v1/sessions", &login).await.expect(201).text("/refresh_token");
    who.delete("/v1/security/sessions").await.expect(204);
    house.stranger().post("/v1/sessions/refresh", &json!({ "refresh_token": refresh })).await.expect(401);
}));
