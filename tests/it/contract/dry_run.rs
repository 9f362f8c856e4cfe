//! A dry run answers what would happen and stores nothing: no row of any table differs.

use super::estate::Estate;
use super::send;
use crate::schema::contents;
use house::contract::{Operation, operations};
use house::{Client, House};

async fn tried(house: &House, who: &Client, operation: &Operation, path: &str) -> house::Answer {
    let before = contents(house).await;
    let answer = send(who, operation, &format!("{path}?dry_run=true"), operation.example().as_ref()).await;
    let after = contents(house).await;
    for (table, rows) in before {
        assert_eq!(rows, after[&table], "{} stored something in {table}", operation.id);
    }
    answer
}

house::on_both!(a_dry_run_stores_nothing, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let estate = Estate::of(&house).await;
    // the first use of an access token is noted
    for who in [&estate.owner, &estate.other] {
        who.get("/v1/account").await.expect(200);
    }
    let mut refused = Vec::new();
    for operation in operations().iter().filter(|operation| operation.takes("dry_run")) {
        let mut answer = tried(&house, estate.entitled(operation), operation, &estate.path(operation)).await;
        if answer.status >= 400 {
            // what the owner cannot do, somebody without obligations can
            answer = tried(&house, &estate.other, operation, &estate.path(operation)).await;
        }
        if answer.status >= 400 {
            refused.push(format!("{}: {}", operation.id, answer.text));
        }
        assert_eq!(answer.header("idempotent-replayed"), None);
    }
    assert!(refused.is_empty(), "{refused:#?}");
    assert!(house.mails().iter().all(|mail| !mail.subject.is_empty()));
}));

house::on_both!(what_is_neither_true_nor_false_is_refused_and_does_nothing, "2026-01-30T09:00:00Z", |house| Box::pin(
    async move {
        let estate = Estate::of(&house).await;
        estate.owner.get("/v1/account").await.expect(200);
        for operation in operations().iter().filter(|operation| operation.takes("dry_run")) {
            let (who, path, example) = (estate.entitled(operation), estate.path(operation), operation.example());
            let before = contents(&house).await;
            for (query, status, code) in [
                ("dry_run=1", 422, "validation_failed"),
                ("dry_run=True", 422, "validation_failed"),
                ("dry_run=", 422, "validation_failed"),
                ("dry_run", 422, "validation_failed"),
                ("dry_run=true&dry_run=false", 400, "unknown_parameter"),
                ("dry%5Frun=true", 400, "unknown_parameter"),
            ] {
                let answer = send(who, operation, &format!("{path}?{query}"), example.as_ref()).await.expect(status);
                assert_eq!(answer.code(), code, "{} {query}", operation.id);
                let named = answer.text("/errors/0/parameter");
                assert!(named == "dry_run" || named == "dry%5Frun", "{} {query}: {named}", operation.id);
            }
            for (table, rows) in contents(&house).await {
                assert_eq!(rows, before[&table], "{} stored something in {table}", operation.id);
            }
        }
        let order = house::contract::operation("place_order");
        // the same value, spelled otherwise
        let spelled = send(&house.customer().await, order, "/v1/orders?dry_run=tru%65", order.example().as_ref()).await;
        spelled.expect(200);
    }
));

house::on_both!(a_dry_run_leaves_its_key_free, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let customer = house.customer().await;
    let order = house::contract::operation("place_order");
    let body = order.example();
    let headers = [("Idempotency-Key", "the-key")];
    let ask = async |path: &str| customer.send(reqwest::Method::POST, path, &headers, body.as_ref()).await;
    let quote = ask("/v1/orders?dry_run=true").await.expect(200);
    assert!(customer.get("/v1/orders").await.items().is_empty());
    let placed = ask("/v1/orders?dry_run=false").await.expect(201);
    assert_eq!(quote.body["totals"], placed.body["totals"]);
    assert_eq!(placed.header("idempotent-replayed"), None);
}));

#[test]
fn what_moves_money_or_ends_something_can_be_tried() {
    for id in [
        "place_order",
        "pay_order",
        "pay_invoice",
        "renew_service",
        "set_service_renewal",
        "request_service_cancellation",
        "request_service_deletion",
        "request_account_closure",
    ] {
        assert!(house::contract::operation(id).takes("dry_run"), "{id} takes no dry_run");
    }
}
