//! Nothing can be asked without end: every operation is counted in some class.

use super::{send, unknown_path};
use api::http::rate_limit::Class;
use house::contract::operations;
use house::{Client, House, On};
use reqwest::Method;
use serde_json::json;

async fn limited() -> std::sync::Arc<House> {
    House::open_with(On::Sqlite, "2026-01-30T09:00:00Z", |config| config.rate_limits = true).await
}

/// The class that an answer was counted in.
fn class(answer: &house::Answer) -> &str {
    let policy = answer.header("ratelimit-policy").unwrap_or_default();
    policy.split('"').nth(1).unwrap_or_default()
}

/// Sends until it is refused; a quota comes back while it is used.
async fn exhaust(who: &Client, method: &Method, path: &str, most: u32) -> Option<house::Answer> {
    for _ in 0..most {
        let answer = who.send(method.clone(), path, &[], None).await;
        if answer.status == 429 {
            return Some(answer);
        }
    }
    None
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_operation_escapes() {
    let house = limited().await;
    let robot = house.stranger().at("198.51.100.9");
    for operation in operations() {
        let method: Method = operation.method.parse().unwrap();
        let path = unknown_path(operation);
        let refused = exhaust(&robot, &method, &path, 1_500).await;
        let refused = refused.unwrap_or_else(|| panic!("{} can be asked without end", operation.id));
        assert_eq!(refused.code(), "rate_limited", "{}", operation.id);
        assert!(refused.header("retry-after").unwrap().parse::<u64>().unwrap() > 0, "{}", operation.id);
        let known = Class::ALL.iter().any(|known| known.name() == class(&refused));
        assert!(known && refused.header("ratelimit").is_some(), "{}: {:?}", operation.id, refused.headers);
    }
    // nor does what is no operation
    for path in ["/docs/", "/v1/nothing", "/"] {
        assert!(exhaust(&robot, &Method::GET, path, 100).await.is_some(), "{path}");
    }
    // another address has its own
    house.stranger().at("203.0.113.5").get("/health/live").await.expect(200);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_spelling_of_a_path_has_other_limits() {
    let house = limited().await;
    for (at, operation) in (1_u16..).zip(operations()) {
        let path = unknown_path(operation);
        let literals: Vec<&str> =
            operation.path.split('/').filter(|part| part.len() > 2 && !part.starts_with('{')).collect();
        let last = *literals.last().unwrap();
        let (letters, letter) = last.split_at(last.len() - 1);
        let spelled = path.replacen(&format!("/{last}"), &format!("/{letters}%{:02X}", letter.as_bytes()[0]), 1);
        assert_ne!(spelled, path, "{}", operation.id);
        // each operation has the whole quota of an address of its own
        let ask = async |path: &str, host: u8| {
            let address = format!("10.{}.{}.{host}", at >> 8, at & 255);
            let method: Method = operation.method.parse().unwrap();
            house.stranger().at(&address).send(method, path, &[], None).await
        };
        let (plain, coded) = (ask(&path, 1).await, ask(&spelled, 2).await);
        assert_eq!(class(&plain), class(&coded), "{}: {spelled}", operation.id);
        assert_eq!(
            (plain.status, &plain.body["code"]),
            (coded.status, &coded.body["code"]),
            "{}: {spelled}",
            operation.id
        );
    }
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_costs_most_has_the_smallest_quota() {
    let house = limited().await;
    let classes = [
        ("create_session", "\"login\";q=3;w=60"),
        ("create_account", "\"sign-up\";q=10;w=3600"),
        ("create_password_reset", "\"recovery\";q=3;w=3600"),
        ("resend_email_verification", "\"resend\";q=3;w=3600"),
        ("judge_password", "\"judgement\";q=120;w=60"),
        ("confirm_password_reset", "\"visitor\";q=20;w=60"),
        ("refresh_session", "\"refresh\";q=600;w=60"),
        ("get_time", "\"default\";q=600;w=60"),
    ];
    for (id, policy) in classes {
        let operation = house::contract::operation(id);
        let answer = send(&house.stranger(), operation, &unknown_path(operation), operation.example().as_ref()).await;
        assert_eq!(answer.header("ratelimit-policy"), Some(policy), "{id}");
    }
    house.settle().await;
    let answer = house.operator().await.get("/v1/operator/accounts").await.expect(200);
    assert_eq!(class(&answer), "token");
    // guesses at a mailed code: ten, then one a minute, for each address that is named
    let anyone = house.stranger();
    let guess = json!({ "email": "camille.durand@example.org", "code": "000000" });
    let mut answers = Vec::new();
    for at in 0..12 {
        let who = anyone.at(&format!("198.51.100.{}", at % 2));
        answers.push(who.post("/v1/accounts/email-verification", &guess).await.status);
    }
    assert!(answers.iter().all(|status| *status == 422), "{answers:?}");
    let one = anyone.at("198.51.100.77");
    for _ in 0..10 {
        one.post("/v1/accounts/email-verification", &guess).await.expect(422);
    }
    one.post("/v1/accounts/email-verification", &guess).await.expect(429);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn headers_that_anybody_can_write_change_no_quota() {
    let house = House::open_with(On::Sqlite, "2026-01-30T09:00:00Z", |config| {
        config.rate_limits = true;
        config.trusted_proxies = String::new();
    })
    .await;
    let robot = house.stranger();
    let (mut passed, mut refused) = (0, 0);
    for at in 0..200 {
        let forged = robot.at(&format!("10.0.{}.{}", at / 250, at % 250));
        match forged.post("/v1/sessions", &json!({ "login": "nobody@example.org", "password": "x" })).await.status {
            401 => passed += 1,
            429 => refused += 1,
            other => panic!("{other}"),
        }
    }
    assert!(passed <= 4 && refused >= 196, "{passed} passed");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_a_network_of_addresses_has_one_quota() {
    let house = limited().await;
    let anyone = house.stranger();
    let guess = json!({ "login": "nobody@example.org", "password": "x" });
    let mut refused = 0;
    for at in 0..100 {
        let neighbour = anyone.at(&format!("2001:db8:0:1:{at:x}::{at:x}"));
        match neighbour.post("/v1/sessions", &guess).await.status {
            401 => {}
            429 => refused += 1,
            other => panic!("{other}"),
        }
    }
    assert!(refused >= 90, "{refused} refused");
    // mailed codes are guessed from one place, too
    let code = json!({ "email": "camille.durand@example.org", "code": "000000" });
    let mut statuses = Vec::new();
    for at in 0..12 {
        let neighbour = anyone.at(&format!("2001:db8:0:2::{at:x}"));
        statuses.push(neighbour.post("/v1/accounts/email-verification", &code).await.status);
    }
    assert!(statuses.contains(&429), "{statuses:?}");
    // another network has its own
    anyone.at("2001:db8:0:3::1").post("/v1/sessions", &guess).await.expect(401);
    house.close().await;
}
