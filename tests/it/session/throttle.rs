//! Guessing passwords: strangers wait longer and longer, the owner does not.

use futures_util::stream::{FuturesUnordered, StreamExt};
use house::house::PASSWORD;
use house::{Answer, Client, House, On, on_both};
use serde_json::json;

const WRONG: &str = "violet harbour 94 lanterns";

async fn log_in(who: &Client, login: &str, password: &str) -> Answer {
    who.post("/v1/sessions", &json!({ "login": login, "password": password })).await
}

/// What an answer shows, apart from the request's id.
fn shown(answer: &Answer) -> (u16, String, Vec<String>) {
    let names = answer.headers.keys().map(ToString::to_string).collect();
    let request = answer.body["request_id"].as_str().unwrap_or("-").to_owned();
    (answer.status, answer.text.replace(&request, "-"), names)
}

async fn close(who: &Client) -> Answer {
    let key = house::client::fresh_key();
    who.send(reqwest::Method::POST, "/v1/account/closure", &[("Idempotency-Key", key.as_str())], None).await
}

fn wait(house: &House, seconds: i64) {
    house.clock.set(house.now() + chrono::TimeDelta::seconds(seconds));
}

on_both!(strangers_wait_and_the_owner_does_not, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let owner = house.customer().await;
    let stranger = house.stranger().at("198.51.100.9");
    let first = shown(&log_in(&stranger, &owner.email, WRONG).await);
    for _ in 0..98 {
        assert_eq!(shown(&log_in(&stranger, &owner.email, WRONG).await), first);
    }
    // the owner's device gets in at once, the stranger not even with the right password
    log_in(&owner, &owner.email, PASSWORD).await.expect(201);
    assert_eq!(shown(&log_in(&stranger, &owner.email, PASSWORD).await), first);
    // the delay doubles: half a minute after the fifth, a minute after the sixth
    wait(&house, 29);
    log_in(&stranger, &owner.email, PASSWORD).await.expect(401);
    wait(&house, 1);
    log_in(&stranger, &owner.email, WRONG).await.expect(401);
    wait(&house, 59);
    log_in(&stranger, &owner.email, PASSWORD).await.expect(401);
    wait(&house, 1);
    log_in(&stranger, &owner.email, PASSWORD).await.expect(201);
    // the right password makes the stranger a known device
    for _ in 0..3 {
        log_in(&stranger, &owner.email, WRONG).await.expect(401);
    }
    log_in(&stranger, &owner.email, PASSWORD).await.expect(201);
    let log = owner.get("/v1/account/activity?limit=100").await.expect(200).items();
    assert!(log.iter().any(|line| line["detail"]["reason"] == "slowed"), "{log:#?}");
}));

on_both!(parallel_guesses_share_no_count, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let owner = house.customer().await;
    let stranger = house.stranger().at("198.51.100.9");
    let guesses = (0..40).map(|_| log_in(&stranger, &owner.email, WRONG));
    let answers = futures_util::future::join_all(guesses).await;
    assert!(answers.iter().all(|answer| matches!(answer.status, 401 | 503)), "{answers:#?}");
    use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
    let rows = entity::login_throttle::Entity::find()
        .filter(entity::login_throttle::Column::Kind.eq("account"))
        .all(&**house.app.read())
        .await
        .unwrap();
    assert_eq!(rows.len(), 1, "{rows:#?}");
    assert_eq!((rows[0].failures, rows[0].refused), (5, 35), "five were compared, the others had to wait");
}));

on_both!(after_a_hundred_the_password_is_off_until_it_is_reset, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let owner = house.customer().await;
    house.settle().await;
    for _ in 0..99 {
        log_in(&owner, &owner.email, WRONG).await.expect(401);
    }
    log_in(&owner, &owner.email, PASSWORD).await.expect(201);
    for _ in 0..100 {
        log_in(&owner, &owner.email, WRONG).await.expect(401);
    }
    house.settle().await;
    assert_eq!(house.subjects(&owner.email).iter().filter(|subject| subject.contains("switched off")).count(), 1);
    for _ in 0..2 {
        log_in(&owner, &owner.email, PASSWORD).await.expect(401);
    }
    owner.post("/v1/security/proof", &json!({ "password": PASSWORD })).await.expect(401);
    // neither time nor tidying switches it on; open sessions go on
    wait(&house, 3 * 24 * 3_600);
    let now = house.now();
    house.app.transact(async |tx| api::actions::session::throttle::forget(tx, now).await).await.unwrap();
    log_in(&owner, &owner.email, PASSWORD).await.expect(401);
    owner.post("/v1/password-resets", &json!({ "login": owner.email })).await.expect(202);
    house.settle().await;
    let new = json!({ "token": house.token_for(&owner.email), "new_password": "amber lighthouse 27 sparrow" });
    owner.post("/v1/password-resets/confirmation", &new).await.expect(204);
    log_in(&owner, &owner.email, "amber lighthouse 27 sparrow").await.expect(201);
    assert_eq!(house.subjects(&owner.email).iter().filter(|subject| subject.contains("switched off")).count(), 1);
}));

on_both!(six_kinds_of_accounts_are_answered_alike, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (open, blocked, slowed) = (house.customer().await, house.customer().await, house.customer().await);
    let (pending, closed) = ("pending@example.org", house.customer().await);
    let anyone = house.stranger().at("198.51.100.9");
    let sign_up = |email: &str| json!({ "email": email, "password": PASSWORD, "language": "en" });
    anyone.post("/v1/accounts", &sign_up(pending)).await.expect(202);
    let operator = house.operator().await;
    let id = blocked.get("/v1/account").await.text("/id");
    operator.put(&format!("/v1/operator/accounts/{id}/block"), &json!({})).await.expect(200);
    close(&closed).await.expect(202);
    house.settle().await;
    let token = json!({ "token": house.token_for(&closed.email) });
    closed.post("/v1/account/closure/confirmation", &token).await.expect(200);
    house.travel_days(8).await;
    for _ in 0..8 {
        log_in(&anyone, &slowed.email, WRONG).await.expect(401);
    }
    let emails = [&*open.email, &*blocked.email, &*slowed.email, pending, &*closed.email, "nobody@example.org"]
        .map(str::to_owned);
    for (path, body) in [
        ("/v1/sessions", json!({ "login": "EMAIL", "password": WRONG })),
        ("/v1/accounts", sign_up("EMAIL")),
        ("/v1/password-resets", json!({ "login": "EMAIL" })),
        ("/v1/accounts/email-verification/resend", json!({ "email": "EMAIL" })),
        ("/v1/accounts/email-verification", json!({ "email": "EMAIL", "code": "000000" })),
    ] {
        let mut answers = Vec::new();
        for email in &emails {
            let body = serde_json::from_str(&body.to_string().replace("EMAIL", email)).unwrap();
            let (status, text, names) = shown(&anyone.post(path, &body).await);
            answers.push((status, text.replace(email.as_str(), "EMAIL"), names));
        }
        assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{path}: {answers:#?}");
    }
    // with the right password too, where it does not open the account
    let right = shown(&log_in(&anyone, "nobody@example.org", PASSWORD).await);
    for login in [&emails[1], &emails[2], &emails[4]] {
        assert_eq!(shown(&log_in(&anyone, login, PASSWORD).await), right, "{login}");
    }
}));

on_both!(a_new_device_is_told_everywhere_once, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    who.put("/v1/account/backup-email", &json!({ "email": "spare@example.org" })).await.expect(202);
    house.settle().await;
    let code = json!({ "code": house.code_for("spare@example.org") });
    who.post("/v1/account/backup-email/confirmation", &code).await.expect(200);
    house.settle().await;
    let told = |address: &str| house.subjects(address).iter().filter(|subject| subject.contains("new device")).count();
    log_in(&who, &who.email, PASSWORD).await.expect(201);
    house.settle().await;
    assert_eq!(told(&who.email), 0, "the device of the sign-up is known");
    let firefox =
        who.at("198.51.100.9").using("Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0");
    for _ in 0..2 {
        log_in(&firefox, &who.email, PASSWORD).await.expect(201);
        house.settle().await;
    }
    // the same network and program are the same device, another program is not
    log_in(&firefox.at("198.51.100.77"), &who.email, PASSWORD).await.expect(201);
    house.settle().await;
    assert_eq!((told(&who.email), told("spare@example.org")), (1, 1));
    let mail = house.mails().into_iter().rev().find(|mail| mail.subject.contains("new device")).unwrap();
    assert!(mail.text.contains("198.51.100.9") && mail.text.contains("Firefox, Linux"), "{}", mail.text);
    log_in(&firefox.using("Visit https://evil.example"), &who.email, PASSWORD).await.expect(201);
    house.settle().await;
    assert_eq!(told(&who.email), 2);
    assert!(house.mails().iter().all(|mail| !mail.text.contains("evil.example")));
}));

on_both!(proving_the_password_again_is_counted_for_the_session, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    let prove = async |password: &str| who.post("/v1/security/proof", &json!({ "password": password })).await;
    for _ in 0..5 {
        prove(WRONG).await.expect(401);
    }
    let refused = prove(PASSWORD).await.expect(429);
    assert_eq!((refused.code().as_str(), refused.header("retry-after")), ("rate_limited", Some("31")));
    let change = json!({ "current_password": PASSWORD, "new_password": "amber lighthouse 27 sparrow" });
    who.put("/v1/security/password", &change).await.expect(429);
    // another session of the owner is not concerned
    let other = log_in(&who, &who.email, PASSWORD).await.expect(201);
    let other = who.with_token(&other.text("/access_token"));
    other.post("/v1/security/proof", &json!({ "password": PASSWORD })).await.expect(204);
    wait(&house, 31);
    prove(PASSWORD).await.expect(204);
    who.put("/v1/security/password", &change).await.expect(204);
}));

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_owner_is_told_when_proofs_turn_the_password_off() {
    for on in [On::Sqlite, On::Postgres] {
        let house = House::open_with(on, "2026-01-30T09:00:00Z", |config| config.throttle.password_off_after = 3).await;
        for change in [false, true] {
            let who = house.customer().await;
            house.settle().await;
            for _ in 0..3 {
                if change {
                    let new = json!({ "current_password": WRONG, "new_password": "amber lighthouse 27 sparrow" });
                    who.put("/v1/security/password", &new).await.expect(422);
                } else {
                    who.post("/v1/security/proof", &json!({ "password": WRONG })).await.expect(401);
                }
            }
            log_in(&who, &who.email, PASSWORD).await.expect(401);
            house.settle().await;
            let told = house.subjects(&who.email).iter().filter(|it| it.contains("switched off")).count();
            assert_eq!(told, 1, "change: {change}");
            let log = who.get("/v1/account/activity?limit=100").await.expect(200).items();
            assert_eq!(log.iter().filter(|line| line["kind"] == "password.off").count(), 1);
        }
        house.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_tries_many_logins_is_slowed_and_no_other() {
    for on in [On::Sqlite, On::Postgres] {
        let house =
            House::open_with(on, "2026-01-30T09:00:00Z", |config| config.throttle.failures_per_address = 20).await;
        let owner = house.customer().await;
        let known = owner.at("198.51.100.9");
        log_in(&known, &owner.email, PASSWORD).await.expect(201);
        let (robot, other) = (house.stranger().at("198.51.100.9"), house.stranger().at("203.0.113.5"));
        // the same guess again and again says nothing new
        for _ in 0..30 {
            log_in(&robot, "nobody@example.org", WRONG).await.expect(401);
        }
        let mut slowed = 0;
        for at in 0..50 {
            let answer = log_in(&robot, &format!("victim{at}@example.org"), WRONG).await;
            match answer.status {
                401 => assert!(at < 20, "{at}"),
                429 => {
                    assert_eq!(answer.code(), "rate_limited");
                    assert!(answer.header("retry-after").unwrap().parse::<u64>().unwrap() >= 30);
                    slowed += 1;
                }
                _ => panic!("{}", answer.text),
            }
        }
        assert!(slowed >= 30, "{slowed}");
        log_in(&robot, &owner.email, WRONG).await.expect(429);
        for _ in 0..3 {
            log_in(&other, "victim1@example.org", WRONG).await.expect(401);
        }
        // who shares the address with the robot gets in with the right password from a known device
        log_in(&known, &owner.email, WRONG).await.expect(429);
        log_in(&known, &owner.email, PASSWORD).await.expect(201);
        use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
        let noted = entity::activity::Entity::find()
            .filter(entity::activity::Column::Kind.eq("security.address_slowed"))
            .count(&**house.app.read())
            .await
            .unwrap();
        assert_eq!(noted, 1);
        // half a minute, then a minute
        wait(&house, 31);
        log_in(&robot, "victim60@example.org", WRONG).await.expect(429);
        wait(&house, 59);
        log_in(&robot, "victim61@example.org", WRONG).await.expect(429);
        wait(&house, 3_600);
        log_in(&robot, "victim62@example.org", WRONG).await.expect(401);
        let now = house.now() + chrono::TimeDelta::days(2);
        house.app.transact(async |tx| api::actions::session::throttle::forget(tx, now).await).await.unwrap();
        assert_eq!(entity::failed_credential::Entity::find().count(&**house.app.read()).await.unwrap(), 0);
        house.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_logins_is_turned_away_and_everything_else_goes_on() {
    let house = House::open_with(On::Sqlite, "2026-01-30T09:00:00Z", |config| {
        (config.password.slots, config.throttle.password_off_after) = (1, 3);
    });
    let house = house.await;
    let owner = house.customer().await;
    let stranger = house.stranger().at("198.51.100.9");
    // the only slot is taken until the flood has been answered
    let (begun, release) = (tokio::sync::oneshot::channel(), std::sync::mpsc::channel());
    let app = std::sync::Arc::clone(&house.app);
    let holding = tokio::spawn(async move {
        let work = move || {
            begun.0.send(()).unwrap();
            release.1.recv().unwrap();
        };
        app.passwords.work(work).await.unwrap();
    });
    begun.1.await.unwrap();
    let mut flood: FuturesUnordered<_> = (0..150)
        .map(|at| {
            let (stranger, login) = (stranger.clone(), format!("nobody{at}@example.org"));
            async move { log_in(&stranger, &login, WRONG).await }
        })
        .collect();
    for _ in 0..86 {
        let answer = flood.next().await.unwrap().expect(503);
        assert_eq!((answer.code().as_str(), answer.header("retry-after")), ("unavailable", Some("5")));
    }
    // what cannot be compared is no failure, however often it is tried
    for _ in 0..4 {
        log_in(&stranger.at("192.0.2.7"), &owner.email, WRONG).await.expect(503);
    }
    for _ in 0..20 {
        house.stranger().get("/health/live").await.expect(200);
        owner.get("/v1/account").await.expect(200);
    }
    release.0.send(()).unwrap();
    holding.await.unwrap();
    while let Some(answer) = flood.next().await {
        answer.expect(401);
    }
    log_in(&stranger.at("203.0.113.5"), &owner.email, PASSWORD).await.expect(201);
    house.close().await;
}

on_both!(a_new_password_forgets_where_the_former_one_was_used, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let owner = house.customer().await;
    let thief = house.stranger().at("203.0.113.77").using("curl/8.9.1");
    log_in(&thief, &owner.email, PASSWORD).await.expect(201);
    log_in(&thief, &owner.email, PASSWORD).await.expect(201);
    house.settle().await;
    let told = async || {
        house.settle().await;
        house.subjects(&owner.email).iter().filter(|subject| *subject == "A sign-in from a new device").count()
    };
    assert_eq!(told().await, 1);
    let second = "amber lighthouse 27 sparrow";
    let change = json!({ "current_password": PASSWORD, "new_password": second });
    owner.put("/v1/security/password", &change).await.expect(204);
    // the device that changed it is still known, the other one is not
    log_in(&owner, &owner.email, second).await.expect(201);
    assert_eq!(told().await, 1);
    log_in(&thief, &owner.email, second).await.expect(201);
    assert_eq!(told().await, 2);
    owner.post("/v1/password-resets", &json!({ "login": owner.email })).await.expect(202);
    house.settle().await;
    let third = "crimson orchard 51 gravel";
    let reset = json!({ "token": house.token_for(&owner.email), "new_password": third });
    owner.post("/v1/password-resets/confirmation", &reset).await.expect(204);
    log_in(&thief, &owner.email, third).await.expect(201);
    assert_eq!(told().await, 3);
}));

on_both!(closing_the_account_forgets_all_of_it, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    let change = json!({ "current_password": PASSWORD, "new_password": "amber lighthouse 27 sparrow" });
    who.put("/v1/security/password", &change).await.expect(204);
    log_in(&who, &who.email, WRONG).await.expect(401);
    let rules = json!({ "rules": [{ "cidr": "127.0.0.0/8", "action": "allow" }], "default_action": "deny" });
    who.put("/v1/security/ip-rules", &rules).await.expect(200);
    close(&who).await.expect(202);
    house.settle().await;
    let token = json!({ "token": house.token_for(&who.email) });
    who.post("/v1/account/closure/confirmation", &token).await.expect(200);
    house.travel_days(8).await;
    let all = crate::schema::contents(&house).await;
    for table in ["former_password", "known_device"] {
        assert!(all[table].is_empty(), "{table}: {:?}", all[table]);
    }
    assert!(all["login_throttle"].iter().all(|row| !row.contains("account")), "{:?}", all["login_throttle"]);
    use sea_orm::EntityTrait;
    let account = entity::account::Entity::find().one(&**house.app.read()).await.unwrap().unwrap();
    assert_eq!(account.ip_rules, None);
}));
