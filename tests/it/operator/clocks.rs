//! Test clocks: time of their own for the accounts on them, and for nobody else.

use api::scheduler::clocks::advance_all;
use house::{Client, House, on_both};
use serde_json::json;

async fn clock(operator: &Client, now: &str) -> String {
    operator.post("/v1/operator/test-clocks", &json!({ "name": "a year", "now_at": now })).await.expect(201).text("/id")
}

/// A customer on a clock, with a payment method.
async fn clocked(house: &House, operator: &Client, clock: &str) -> Client {
    let who = house.customer_paying_with("sim_ok").await;
    let id = who.get("/v1/account").await.text("/id");
    let path = format!("/v1/operator/accounts/{id}");
    operator.patch(&path, &json!({ "test_clock_id": clock })).await.expect(200);
    who
}

async fn advance(house: &House, operator: &Client, clock: &str, to: &str) {
    let path = format!("/v1/operator/test-clocks/{clock}/advance");
    let moving = operator.post(&path, &json!({ "to": to })).await.expect(202);
    assert_eq!(moving.header("location"), Some(format!("/v1/operations/{}", moving.text("/id")).as_str()));
    assert_eq!(moving.text("/status"), "running");
    let again = operator.post(&path, &json!({ "to": to })).await.expect(409);
    assert_eq!(again.code(), "clock_advancing");
    advance_all(&house.app).await.unwrap();
    let done = operator.get(&format!("/v1/operations/{}", moving.text("/id"))).await.expect(200);
    assert_eq!(
        (done.text("/status"), done.text("/progress")),
        ("succeeded".to_owned(), "100".to_owned()),
        "{}",
        done.text
    );
    assert_eq!(operator.get(&format!("/v1/operator/test-clocks/{clock}")).await.text("/now_at"), to);
}

on_both!(time_passes_for_its_accounts_only, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let operator = house.operator().await;
    let clock = clock(&operator, "2026-01-30T09:00:00Z").await;
    let (on, off) = (
        clocked(&house, &operator, &clock).await,
        house.customer_with_service(("sim_ok", "vps-starter", "P1M", "automatic")).await,
    );
    on.order("vps-starter", "P1M", "automatic").await;
    // the ordinary run leaves it alone
    house.settle().await;
    assert_eq!(on.service().await["status"], "delivering");
    advance(&house, &operator, &clock, "2026-01-30T09:00:00Z").await;
    assert_eq!(on.service().await["expires_on"], "2026-02-28");
    advance(&house, &operator, &clock, "2026-05-15T12:00:00Z").await;
    assert_eq!(on.service().await["expires_on"], "2026-05-30");
    assert_eq!(on.get("/v1/invoices").await.items().len(), 4);
    assert_eq!(off.service().await["expires_on"], "2026-02-28", "the other lives in real time");
    assert_eq!(off.get("/v1/invoices").await.items().len(), 1);
    let numbers: Vec<String> =
        on.get("/v1/invoices").await.items().iter().map(|it| it["number"].as_str().unwrap().to_owned()).collect();
    assert!(
        numbers.iter().all(|number| number.starts_with('T')),
        "test invoices have a series of their own: {numbers:?}"
    );
    let mails = on.get("/v1/account/emails?limit=100").await.items();
    assert!(mails.iter().all(|mail| mail["state"] == "accepted"), "{mails:#?}");
    assert!(mails.iter().any(|mail| mail["created_at"].as_str().unwrap().starts_with("2026-04")));
    // authentication stays in real time: the session of January is still fresh
    on.add_method("sim_ok~2").await.expect(201);
}));

on_both!(the_ordinary_run_leaves_it_alone_whatever_the_time, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let operator = house.operator().await;
    let clock = clock(&operator, "2026-01-30T09:00:00Z").await;
    let mut who = clocked(&house, &operator, &clock).await;
    who.order("vps-starter", "P1M", "automatic").await;
    advance(&house, &operator, &clock, "2026-01-30T10:00:00Z").await;
    house.travel_to("2026-06-30T09:00:00Z").await;
    who.log_in().await;
    let service = who.service().await;
    assert_eq!((&service["status"], &service["expires_on"]), (&json!("active"), &json!("2026-02-28")));
}));

on_both!(a_clock_never_goes_back, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let operator = house.operator().await;
    let clock = clock(&operator, "2026-03-01T00:00:00Z").await;
    let path = format!("/v1/operator/test-clocks/{clock}/advance");
    let back = operator.post(&path, &json!({ "to": "2026-02-28T23:59:59Z" })).await;
    assert_eq!(back.expect(409).code(), "clock_goes_back");
    for wrong in [json!({ "to": "2026-03-01" }), json!({ "to": "tomorrow" }), json!({ "to": 5 }), json!({})] {
        operator.post(&path, &wrong).await.expect(422);
    }
    let listed = operator.get("/v1/operator/test-clocks").await.expect(200).items();
    assert_eq!(
        (listed.len(), &listed[0]["now_at"], listed[0].get("target_at")),
        (1, &json!("2026-03-01T00:00:00Z"), None)
    );
}));

on_both!(an_account_with_an_order_keeps_its_clock, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let operator = house.operator().await;
    let clock = clock(&operator, "2026-01-30T09:00:00Z").await;
    let who = clocked(&house, &operator, &clock).await;
    let account = who.get("/v1/account").await.expect(200);
    assert_eq!(account.text("/test_clock_id"), clock);
    let path = format!("/v1/operator/accounts/{}", account.text("/id"));
    let back = operator.patch(&path, &json!({ "test_clock_id": null })).await.expect(200);
    assert_eq!(back.body.get("test_clock_id"), None);
    operator.patch(&path, &json!({ "test_clock_id": clock })).await.expect(200);
    let item = json!({ "plan": "vps-starter", "period": "P1M", "renewal_mode": "manual", "quantity": 1 });
    who.post("/v1/orders", &json!({ "items": [item] })).await.expect(201);
    let refused = operator.patch(&path, &json!({ "test_clock_id": null })).await.expect(409);
    assert_eq!(refused.code(), "account_has_orders");
    let stray = crate::contract::estate::stray(&clock);
    let other = house.customer().await.get("/v1/account").await.text("/id");
    let unknown = operator.patch(&format!("/v1/operator/accounts/{other}"), &json!({ "test_clock_id": stray })).await;
    assert_eq!(unknown.expect(422).text("/errors/0/pointer"), "/test_clock_id");
}));

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_leave_of_the_configuration_there_are_none() {
    let house = House::open_with(house::On::Sqlite, "2026-01-30T09:00:00Z", |config| config.test_clocks = false).await;
    let operator = house.operator().await;
    let made = operator.post("/v1/operator/test-clocks", &json!({ "name": "a clock" })).await;
    assert_eq!(made.expect(404).code(), "not_found");
    operator.get("/v1/operator/test-clocks").await.expect(404);
    house.close().await;
}
