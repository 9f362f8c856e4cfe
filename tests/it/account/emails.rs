//! Service e-mails as their owner reads them: never with a secret.

use house::on_both;
use serde_json::json;

on_both!(mails_are_listed_and_hold_no_secret, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer_with_service(("sim_ok", "vps-starter", "P1M", "automatic")).await;
    who.post("/v1/password-resets", &json!({ "login": who.email })).await.expect(202);
    house.settle().await;
    let token = house.token_for(&who.email);
    let listed = who.get("/v1/account/emails?limit=100&with_total=true").await.expect(200);
    assert_eq!(listed.body["total"], house.subjects(&who.email).len());
    for mail in listed.items() {
        assert_eq!((mail.get("text"), mail["state"].as_str()), (None, Some("accepted")), "{mail}");
        let one = who.get(&format!("/v1/account/emails/{}", mail["id"].as_str().unwrap())).await.expect(200);
        assert!(!one.text.contains(&token), "{}", one.text);
        assert!(one.text("/text").len() > 20 && one.text("/html").contains("<"), "{}", one.text);
        assert!(!mail["to"].as_str().unwrap().contains(&who.email), "masked: {mail}");
    }
    let kinds = who.get("/v1/account/emails?kind=password_reset&kind=welcome").await.expect(200).items();
    assert_eq!(kinds.len(), 2, "{kinds:?}");
    let security = who.get("/v1/account/emails?category=security").await.expect(200).items();
    assert!(security.iter().all(|mail| mail["category"] == "security") && !security.is_empty());
    let none = who.get("/v1/account/emails?created_at_from=2026-01-30T09:00:01Z").await.expect(200).items();
    assert!(none.is_empty());
    let early = who.get("/v1/account/emails?created_at_to=2026-01-30T09:00:00Z").await.expect(200).items();
    assert!(early.is_empty());
}));

on_both!(secrets_are_erased_once_their_mail_is_accepted, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    who.post("/v1/password-resets", &json!({ "login": who.email })).await.expect(202);
    house.settle().await;
    let (token, code) = (house.token_for(&who.email), house.code_for(&who.email));
    for (table, rows) in crate::schema::contents(&house).await {
        for row in rows {
            assert!(!row.contains(&token), "{table} holds the token");
            assert!(table != "email" || !row.contains(&format!("'{code}'")), "{table} holds the code");
        }
    }
}));

on_both!(a_code_that_ended_on_the_way_is_not_sent, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let mut who = house.customer().await;
    who.put("/v1/account/email", &json!({ "email": "next@example.org" })).await.expect(202);
    // the relay was away until now
    house.clock.set("2026-01-30T09:30:00Z".parse().unwrap());
    house.settle().await;
    assert_eq!(house.subjects("next@example.org"), Vec::<String>::new());
    who.log_in().await;
    let listed = who.get("/v1/account/emails?kind=verify_new_email&kind=email_change_requested").await.expect(200);
    let state = |kind: &str| listed.items().iter().find(|mail| mail["kind"] == kind).map(|mail| mail["state"].clone());
    assert_eq!(state("verify_new_email"), Some(json!("failed")), "{}", listed.text);
    assert_eq!(state("email_change_requested"), Some(json!("accepted")), "a notice is read late rather than never");
}));
