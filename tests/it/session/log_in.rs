//! Logging in and out.

use house::house::PASSWORD;
use house::{Answer, Client, on_both};
use serde_json::json;

async fn log_in(who: &Client, login: &str, password: &str) -> Answer {
    who.post("/v1/sessions", &json!({ "login": login, "password": password })).await
}

on_both!(the_address_and_the_handle_open_the_same_account, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (who, anyone) = (house.customer().await, house.stranger());
    let account = who.get("/v1/account").await.expect(200);
    let (handle, email) = (account.text("/handle"), who.email.clone());
    for login in [email.as_str(), &email.to_uppercase(), &format!(" {email} "), handle.as_str(), &handle.to_uppercase()]
    {
        let session = log_in(&anyone, login, PASSWORD).await.expect(201);
        assert_eq!((session.text("/token_type"), session.text("/expires_in")), ("Bearer".to_owned(), "600".to_owned()));
        let seen = anyone.with_token(&session.text("/access_token")).get("/v1/account").await.expect(200);
        assert_eq!(seen.body["id"], account.body["id"], "{login}");
    }
}));

on_both!(every_failure_looks_the_same_and_is_noted, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (who, anyone) = (house.customer().await, house.stranger());
    let tries = [
        (who.email.as_str(), "wrong"),
        ("nobody@example.org", PASSWORD),
        ("zz99999-tacit", PASSWORD),
        ("", ""),
        ("@", "x"),
    ];
    let mut seen = Vec::new();
    for (login, password) in tries {
        let answer = log_in(&anyone, login, password).await.expect(401);
        let request = answer.text("/request_id");
        seen.push((
            answer.text.replace(&request, "-"),
            answer.headers.keys().map(ToString::to_string).collect::<Vec<_>>(),
        ));
    }
    assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "{seen:#?}");
    let log = who.get("/v1/account/activity").await.expect(200).items();
    assert_eq!(log.iter().filter(|line| line["kind"] == "session.refused").count(), 1, "{log:#?}");
}));

on_both!(logging_out_works_at_once, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    let session = log_in(&who, &who.email, PASSWORD).await.expect(201);
    let other = who.with_token(&session.text("/access_token"));
    other.get("/v1/account").await.expect(200);
    other.delete("/v1/sessions/current").await.expect(204);
    for _ in 0..2 {
        assert_eq!(other.get("/v1/account").await.expect(401).code(), "unauthenticated");
    }
    let kept = json!({ "refresh_token": session.text("/refresh_token") });
    who.post("/v1/sessions/refresh", &kept).await.expect(401);
    who.get("/v1/account").await.expect(200);
}));

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guesses_from_one_address_are_limited() {
    let house =
        house::House::open_with(house::On::Sqlite, "2026-01-30T09:00:00Z", |config| config.rate_limits = true).await;
    let anyone = house.stranger();
    let mut refused = None;
    for _ in 0..40 {
        let answer = log_in(&anyone, "ada@example.org", "guess").await;
        if answer.status == 429 {
            refused = Some(answer);
            break;
        }
        assert_eq!(answer.status, 401, "{}", answer.text);
    }
    let refused = refused.expect("guesses are limited");
    assert_eq!(refused.code(), "rate_limited");
    assert!(refused.header("retry-after").unwrap().parse::<u64>().unwrap() > 0);
    assert!(
        refused.header("ratelimit-policy").is_some() || refused.header("ratelimit").is_some(),
        "{:?}",
        refused.headers
    );
    house.close().await;
}

house::on_both!(a_hash_that_is_renewed_refuses_no_login_at_the_same_time, "2026-01-30T09:00:00Z", |house| Box::pin(
    async move {
        use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel};
        let who = house.customer().await;
        let cheaper = api::config::PasswordConfig { passes: 1, ..house.app.config().password.clone() };
        let old = api::password::Passwords::new(&cheaper).unwrap().hash(PASSWORD).await.unwrap();
        let account = entity::account::Entity::find().one(&**house.app.read()).await.unwrap().unwrap();
        let write = async |tx: &api::db::Tx| {
            let mut row = account.clone().into_active_model();
            row.password_hash = Set(old.clone());
            row.update(&**tx).await.map(drop)
        };
        house.app.transact(write).await.unwrap();
        let logins = (0..6).map(|_| log_in(&who, &who.email, PASSWORD));
        let answers = futures_util::future::join_all(logins).await;
        assert!(answers.iter().all(|answer| answer.status == 201), "{answers:#?}");
        let account = entity::account::Entity::find().one(&**house.app.read()).await.unwrap().unwrap();
        assert!(!house.app.passwords.needs_rehash(&account.password_hash));
    }
));
