//! Somebody signs up. No answer tells whether there was an account already.

use house::house::PASSWORD;
use house::{Answer, Client, on_both};
use serde_json::json;

async fn sign_up(who: &Client, email: &str, password: &str) -> Answer {
    who.post("/v1/accounts", &json!({ "email": email, "password": password, "language": "en" })).await
}

async fn verify(who: &Client, email: &str, code: &str) -> Answer {
    who.post("/v1/accounts/email-verification", &json!({ "email": email, "code": code })).await
}

/// What an answer shows to somebody who asks with another address.
fn shown(answer: &Answer, email: &str) -> (u16, String, Vec<String>) {
    let names = answer.headers.keys().map(ToString::to_string).collect();
    let request = answer.body["request_id"].as_str().unwrap_or("-").to_owned();
    (answer.status, answer.text.replace(email, "…").replace(&request, "-"), names)
}

on_both!(an_existing_address_is_answered_like_a_new_one, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (known, anyone) = (house.customer().await, house.stranger());
    sign_up(&anyone, "pending@example.org", PASSWORD).await.expect(202);
    house.settle().await;
    let before = house.mails().len();
    let fresh = shown(&sign_up(&anyone, "fresh@example.org", PASSWORD).await, "fresh@example.org");
    for email in [known.email.as_str(), "pending@example.org"] {
        assert_eq!(shown(&sign_up(&anyone, email, PASSWORD).await, email), fresh, "{email}");
    }
    house.settle().await;
    let new: Vec<_> = house.mails().split_off(before);
    assert_eq!(new.len(), 3, "{new:#?}");
    let told = new.iter().find(|mail| mail.to.contains(&known.email)).unwrap();
    assert!(!told.text.split(|c: char| !c.is_ascii_digit()).any(|word| word.len() == 6), "{}", told.text);
    // the same for codes, logins and resets
    for (path, body) in [
        ("/v1/accounts/email-verification", json!({ "email": "EMAIL", "code": "000000" })),
        ("/v1/accounts/email-verification/resend", json!({ "email": "EMAIL" })),
        ("/v1/sessions", json!({ "login": "EMAIL", "password": "violet harbour 94 lanterns" })),
        ("/v1/password-resets", json!({ "login": "EMAIL" })),
    ] {
        let mut answers = Vec::new();
        for email in [known.email.as_str(), "pending@example.org", "nobody@example.org"] {
            let body = serde_json::from_str(&body.to_string().replace("EMAIL", email)).unwrap();
            answers.push(shown(&anyone.post(path, &body).await, email));
        }
        assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{path}: {answers:#?}");
    }
    let ada = house.stranger();
    assert_eq!(ada.post("/v1/sessions", &json!({ "login": known.email, "password": PASSWORD })).await.status, 201);
}));

on_both!(five_guesses_and_no_more, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (anyone, email) = (house.stranger(), "guess@example.org");
    sign_up(&anyone, email, PASSWORD).await.expect(202);
    house.settle().await;
    let code = house.code_for(email);
    let wrong = if code == "000000" { "111111" } else { "000000" };
    for _ in 0..5 {
        assert_eq!(verify(&anyone, email, wrong).await.expect(422).code(), "code_invalid");
    }
    assert_eq!(verify(&anyone, email, &code).await.expect(422).code(), "code_invalid");
    anyone.post("/v1/accounts/email-verification/resend", &json!({ "email": email })).await.expect(202);
    house.settle().await;
    let session = verify(&anyone, email, &house.code_for(email)).await.expect(201);
    assert_eq!(session.header("cache-control"), Some("no-store"));
    anyone.with_token(&session.text("/access_token")).get("/v1/account").await.expect(200);
}));

on_both!(guesses_at_once_are_counted, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (anyone, email) = (house.stranger(), "swift@example.org");
    sign_up(&anyone, email, PASSWORD).await.expect(202);
    house.settle().await;
    let code = house.code_for(email);
    let wrong = if code == "000000" { "111111" } else { "000000" };
    let guesses = futures_util::future::join_all((0..12).map(|_| verify(&anyone, email, wrong))).await;
    assert!(guesses.iter().all(|answer| answer.status == 422), "{guesses:#?}");
    assert_eq!(verify(&anyone, email, &code).await.expect(422).code(), "code_invalid");
}));

on_both!(a_code_ends_after_half_an_hour_and_with_the_next_one, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (anyone, email) = (house.stranger(), "late@example.org");
    sign_up(&anyone, email, PASSWORD).await.expect(202);
    house.settle().await;
    let first = house.code_for(email);
    house.travel_to("2026-01-30T09:30:00Z").await;
    assert_eq!(verify(&anyone, email, &first).await.expect(410).code(), "code_expired");
    anyone.post("/v1/accounts/email-verification/resend", &json!({ "email": email })).await.expect(202);
    house.settle().await;
    let second = house.code_for(email);
    if first != second {
        assert_eq!(verify(&anyone, email, &first).await.expect(422).code(), "code_invalid");
    }
    house.travel_to("2026-01-30T09:59:59Z").await;
    verify(&anyone, email, &second).await.expect(201);
    assert_eq!(verify(&anyone, email, &second).await.expect(410).code(), "code_expired");
}));

on_both!(three_mails_an_hour_go_to_an_address, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (anyone, email) = (house.stranger(), "eager@example.org");
    for _ in 0..3 {
        sign_up(&anyone, email, PASSWORD).await.expect(202);
        anyone.post("/v1/accounts/email-verification/resend", &json!({ "email": email })).await.expect(202);
    }
    house.settle().await;
    assert_eq!(house.subjects(email).len(), 3);
    let last = house.code_for(email);
    house.travel_to("2026-01-30T10:00:01Z").await;
    anyone.post("/v1/accounts/email-verification/resend", &json!({ "email": email })).await.expect(202);
    house.settle().await;
    assert_eq!(house.subjects(email).len(), 4);
    assert_ne!(verify_with(&anyone, email, &last, PASSWORD).await.status, 201);
    verify_with(&anyone, email, &house.code_for(email), PASSWORD).await.expect(201);
    // a proven address gets none
    anyone.post("/v1/accounts/email-verification/resend", &json!({ "email": email })).await.expect(202);
    house.settle().await;
    assert_eq!(house.subjects(email).len(), 5, "{:?}", house.subjects(email));
}));

/// Two sign up with one address; one of them reads its mails.
const OTHERS: &str = "amber lighthouse 27 sparrow";

async fn log_in(who: &Client, email: &str, password: &str) -> u16 {
    who.post("/v1/sessions", &json!({ "login": email, "password": password })).await.status
}

async fn verify_with(who: &Client, email: &str, code: &str, password: &str) -> Answer {
    let body = json!({ "email": email, "code": code, "password": password });
    who.post("/v1/accounts/email-verification", &body).await
}

on_both!(whoever_signed_up_too_never_logs_in, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let anyone = house.stranger();
    for (email, order) in [("before@example.org", [OTHERS, PASSWORD]), ("after@example.org", [PASSWORD, OTHERS])] {
        sign_up(&anyone, email, order[0]).await.expect(202);
        // two codes at once would arrive in any order
        house.settle().await;
        sign_up(&anyone, &email.to_uppercase(), order[1]).await.expect(202);
        house.settle().await;
        let code = house.code_for(email);
        // the right code alone opens nothing, and stays good
        let refused = verify(&anyone, email, &code).await.expect(422);
        let told = (refused.text("/errors/0/pointer"), refused.text("/errors/0/code"));
        assert_eq!(told, ("/password".to_owned(), "password_contested".to_owned()));
        assert_eq!((log_in(&anyone, email, PASSWORD).await, log_in(&anyone, email, OTHERS).await), (401, 401));
        verify_with(&anyone, email, &code, PASSWORD).await.expect(201);
        assert_eq!((log_in(&anyone, email, PASSWORD).await, log_in(&anyone, email, OTHERS).await), (201, 401));
        // nor once the account is open
        sign_up(&anyone, email, OTHERS).await.expect(202);
        assert_eq!((log_in(&anyone, email, PASSWORD).await, log_in(&anyone, email, OTHERS).await), (201, 401));
    }
}));

on_both!(a_sign_up_beyond_the_limit_of_mails_is_not_forgotten, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (anyone, email) = (house.stranger(), "flooded@example.org");
    sign_up(&anyone, email, OTHERS).await.expect(202);
    for _ in 0..2 {
        house.settle().await;
        anyone.post("/v1/accounts/email-verification/resend", &json!({ "email": email })).await.expect(202);
    }
    house.settle().await;
    sign_up(&anyone, email, PASSWORD).await.expect(202);
    house.settle().await;
    assert_eq!(house.subjects(email).len(), 3);
    let code = house.code_for(email);
    assert_eq!(verify(&anyone, email, &code).await.expect(422).text("/errors/0/code"), "password_contested");
    verify_with(&anyone, email, &code, PASSWORD).await.expect(201);
    assert_eq!(log_in(&anyone, email, OTHERS).await, 401);
}));

on_both!(only_the_right_code_tells_that_a_password_is_needed, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (anyone, email) = (house.stranger(), "quiet@example.org");
    for _ in 0..2 {
        sign_up(&anyone, email, PASSWORD).await.expect(202);
        house.settle().await;
    }
    let wrong = if house.code_for(email) == "000000" { "111111" } else { "000000" };
    let mut answers = Vec::new();
    for email in [email, "nobody@example.org"] {
        answers.push(shown(&verify(&anyone, email, wrong).await, email));
        answers.push(shown(&verify_with(&anyone, email, wrong, PASSWORD).await, email));
        answers.push(shown(&verify_with(&anyone, email, wrong, "short").await, email));
    }
    assert_eq!(answers[..3], answers[3..]);
    assert_eq!(answers.iter().map(|answer| answer.0).collect::<Vec<_>>(), [422; 6]);
    // a password that cannot be set costs no guess
    for _ in 0..6 {
        let refused = verify_with(&anyone, email, &house.code_for(email), "short").await.expect(422);
        assert_eq!(refused.text("/errors/0/code"), "too_short");
    }
    verify_with(&anyone, email, &house.code_for(email), PASSWORD).await.expect(201);
}));

on_both!(a_password_may_come_with_the_only_sign_up_too, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (anyone, email) = (house.stranger(), "once@example.org");
    sign_up(&anyone, email, OTHERS).await.expect(202);
    house.settle().await;
    verify_with(&anyone, email, &house.code_for(email), PASSWORD).await.expect(201);
    assert_eq!((log_in(&anyone, email, PASSWORD).await, log_in(&anyone, email, OTHERS).await), (201, 401));
}));

on_both!(values_that_cannot_be_used_are_told_together, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let anyone = house.stranger();
    let answer =
        anyone.post("/v1/accounts", &json!({ "email": "no address", "password": "short", "country": "XX" })).await;
    let errors = answer.expect(422).body["errors"].clone();
    let pairs: Vec<_> = errors
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["pointer"].as_str().unwrap(), it["code"].as_str().unwrap()))
        .collect();
    assert_eq!(pairs.len(), 3, "{errors}");
    for expected in [("/email", "invalid_email"), ("/password", "too_short"), ("/country", "invalid_value")] {
        assert!(pairs.contains(&expected), "{expected:?} in {errors}");
    }
    for weak in ["passwordpassword", "aaaaaaaaaaaaaaaaaaaa", "1234567890123456"] {
        let answer = sign_up(&anyone, "weak@example.org", weak).await.expect(422);
        assert_eq!(answer.text("/errors/0/code"), "password_blocklisted", "{weak}");
    }
    for wrong in ["a@b", "@example.org", "a b@example.org", "a@example.org\r\nBcc: x@example.org", ""] {
        assert_eq!(sign_up(&anyone, wrong, PASSWORD).await.expect(422).text("/errors/0/pointer"), "/email", "{wrong}");
    }
    assert!(house.mails().is_empty());
}));

on_both!(a_sign_up_that_nobody_proves_is_erased_after_seven_days, "2026-01-30T09:00:00Z", |house| Box::pin(
    async move {
        let (anyone, email, asking) = (house.stranger(), "nobody@example.org", "asking@example.org");
        let known = house.customer().await;
        for address in [email, asking] {
            sign_up(&anyone, address, PASSWORD).await.expect(202);
        }
        house.travel_to("2026-02-06T08:59:59Z").await;
        anyone.post("/v1/accounts/email-verification/resend", &json!({ "email": asking })).await.expect(202);
        house.settle().await;
        api::housekeeping::sweep(&house.app, api::housekeeping::Reach::Recent).await;
        let holds = async |address: &str| {
            let contents = crate::schema::contents(&house).await;
            let found: Vec<_> =
                contents.iter().filter(|(_, rows)| rows.iter().any(|row| row.contains(address))).collect();
            found.iter().map(|(table, _)| (*table).clone()).collect::<Vec<_>>()
        };
        assert!(holds(email).await.contains(&"account".to_owned()), "one second to go");
        house.travel_to("2026-02-06T09:00:00Z").await;
        let told = house.mails().len();
        api::housekeeping::sweep(&house.app, api::housekeeping::Reach::Recent).await;
        house.settle().await;
        assert_eq!(holds(email).await, Vec::<String>::new());
        assert!(holds(asking).await.contains(&"account".to_owned()), "its owner asked for a code just now");
        assert_eq!(house.mails().len(), told, "nobody is told");
        assert_eq!(api::verify::run(&house.app).await.unwrap(), Vec::new());
        verify(&anyone, asking, &house.code_for(asking)).await.expect(201);
        assert_eq!(log_in(&anyone, &known.email, PASSWORD).await, 201, "a proven one is no sign-up");
        // the address is free
        sign_up(&anyone, email, PASSWORD).await.expect(202);
        house.settle().await;
        verify(&anyone, email, &house.code_for(email)).await.expect(201);
    }
));

on_both!(codes_do_not_keep_a_sign_up_for_ever, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (anyone, email) = (house.stranger(), "asking@example.org");
    sign_up(&anyone, email, PASSWORD).await.expect(202);
    for day in ["2026-02-10T09:00:00Z", "2026-02-28T09:00:00Z", "2026-03-01T09:00:00Z"] {
        house.travel_to(day).await;
        anyone.post("/v1/accounts/email-verification/resend", &json!({ "email": email })).await.expect(202);
        house.settle().await;
        api::housekeeping::sweep(&house.app, api::housekeeping::Reach::Recent).await;
        let contents = crate::schema::contents(&house).await;
        let kept = contents["account"].iter().any(|row| row.contains(email));
        assert_eq!(kept, day < "2026-03-01", "{day}");
    }
}));
