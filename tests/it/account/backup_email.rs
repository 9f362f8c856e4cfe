//! The second address: proven by a code before it counts.

use house::{Answer, Client, House, on_both};
use serde_json::json;

async fn ask(who: &Client, email: &str) -> Answer {
    who.put("/v1/account/backup-email", &json!({ "email": email })).await
}

async fn confirm(who: &Client, code: &str) -> Answer {
    who.post("/v1/account/backup-email/confirmation", &json!({ "code": code })).await
}

async fn with_backup(house: &House, email: &str) -> Client {
    let who = house.customer().await;
    ask(&who, email).await.expect(202);
    house.settle().await;
    confirm(&who, &house.code_for(email)).await.expect(200);
    who
}

on_both!(it_counts_once_it_is_proven, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    let pending = ask(&who, "Spare@Example.org").await.expect(202);
    assert_eq!(pending.text("/status"), "awaiting_confirmation");
    assert!(!pending.text.contains("spare@example.org"), "masked: {}", pending.text);
    assert_eq!(who.get("/v1/account").await.body.get("backup_email"), None);
    house.settle().await;
    let code = house.code_for("spare@example.org");
    let wrong = if code == "000000" { "111111" } else { "000000" };
    for _ in 0..4 {
        assert_eq!(confirm(&who, wrong).await.expect(422).code(), "code_invalid");
    }
    assert_eq!(confirm(&who, &code).await.expect(200).text("/backup_email"), "spare@example.org");
    assert_eq!(confirm(&who, &code).await.expect(422).code(), "code_invalid", "the fifth guess was the last");
    house.settle().await;
    assert!(house.subjects(&who.email).iter().any(|subject| subject.to_lowercase().contains("backup")));
}));

on_both!(it_is_not_the_primary_address, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    assert_eq!(ask(&who, &who.email.to_uppercase()).await.expect(422).code(), "backup_email_same_as_primary");
    assert_eq!(ask(&who, "nonsense").await.expect(422).text("/errors/0/code"), "invalid_email");
}));

on_both!(a_change_is_told_to_the_former_address, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = with_backup(&house, "spare@example.org").await;
    ask(&who, "other@example.org").await.expect(202);
    house.settle().await;
    assert_eq!(who.get("/v1/account").await.text("/backup_email"), "spare@example.org");
    let before = (house.subjects(&who.email).len(), house.subjects("spare@example.org").len());
    confirm(&who, &house.code_for("other@example.org")).await.expect(200);
    house.settle().await;
    assert_eq!(house.subjects(&who.email).len(), before.0 + 1);
    assert_eq!(house.subjects("spare@example.org").len(), before.1 + 1);
    who.delete("/v1/account/backup-email").await.expect(204);
    assert_eq!(who.get("/v1/account").await.body.get("backup_email"), None);
    assert_eq!(who.delete("/v1/account/backup-email").await.expect(404).code(), "not_found");
}));

on_both!(codes_of_one_account_are_nothing_to_another, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (one, two) = (house.customer().await, house.customer().await);
    ask(&one, "spare@example.org").await.expect(202);
    house.settle().await;
    let code = house.code_for("spare@example.org");
    assert_eq!(confirm(&two, &code).await.expect(422).code(), "code_invalid");
    confirm(&one, &code).await.expect(200);
}));

on_both!(at_most_three_mails_an_hour, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (mut who, second) = (house.customer().await, house.customer().await);
    for _ in 0..3 {
        ask(&who, "spare@example.org").await.expect(202);
    }
    ask(&second, "spare@example.org").await.expect(429);
    ask(&second, "other@example.org").await.expect(202);
    let refused = ask(&who, "third@example.org").await.expect(429);
    assert!(refused.header("retry-after").is_some());
    house.travel_to("2026-01-30T10:00:01Z").await;
    who.log_in().await;
    ask(&who, "spare@example.org").await.expect(202);
}));
