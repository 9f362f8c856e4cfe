//! An unpaid order ends: given up by its owner, or with time.

use house::{Client, on_both};
use serde_json::json;

async fn placed(who: &Client) -> String {
    let item = json!({ "plan": "vps-starter", "period": "P1M", "renewal_mode": "automatic", "quantity": 1 });
    who.post("/v1/orders", &json!({ "items": [item] })).await.expect(201).text("/id")
}

on_both!(an_unpaid_order_is_given_up, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer_paying_with("sim_ok").await;
    let order = placed(&who).await;
    let path = format!("/v1/orders/{order}");
    let cancelled = who.delete(&path).await.expect(200);
    assert_eq!(cancelled.text("/status"), "cancelled");
    assert_eq!(cancelled.body["actions"]["pay"]["blocked_by"], json!(["order_not_payable"]));
    assert_eq!(who.delete(&path).await.expect(409).code(), "order_not_cancellable");
    let payment = who.post(&format!("{path}/payment"), &json!({ "source": "payment_method" })).await;
    assert_eq!(payment.expect(409).code(), "order_not_payable");
    house.travel_to("2026-02-10T09:00:00Z").await;
    assert_eq!(house.subjects(&who.email).iter().filter(|it| it.to_lowercase().contains("order")).count(), 2);
}));

on_both!(a_paid_order_is_not_given_up, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer_paying_with("sim_ok").await;
    let order = who.order("vps-starter", "P1M", "automatic").await;
    assert_eq!(who.delete(&format!("/v1/orders/{order}")).await.expect(409).code(), "order_not_cancellable");
}));

on_both!(an_order_ends_after_seven_days, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let mut who = house.customer_paying_with("sim_ok").await;
    let (order, paid) = (placed(&who).await, who.order("hosting-pro", "P1M", "manual").await);
    house.travel_to("2026-02-06T08:59:59Z").await;
    who.log_in().await;
    assert_eq!(who.get(&format!("/v1/orders/{order}")).await.text("/status"), "awaiting_payment");
    house.travel_to("2026-02-06T09:00:00Z").await;
    assert_eq!(who.get(&format!("/v1/orders/{order}")).await.text("/status"), "expired");
    assert_eq!(who.get(&format!("/v1/orders/{paid}")).await.text("/status"), "delivered");
    let payment = who.post(&format!("/v1/orders/{order}/payment"), &json!({ "source": "payment_method" })).await;
    assert_eq!(payment.expect(409).code(), "order_not_payable");
    let ended = who.get("/v1/account/emails?kind=order_ended").await.expect(200).items();
    assert_eq!(ended.len(), 1, "{ended:?}");
}));

on_both!(an_order_waits_for_a_payment_under_way, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let mut who = house.customer_paying_with("sim_slow").await;
    let order = placed(&who).await;
    let path = format!("/v1/orders/{order}");
    who.post(&format!("{path}/payment"), &json!({ "source": "payment_method" })).await.expect(202);
    assert_eq!(who.delete(&path).await.expect(409).code(), "payment_in_progress");
    let shown = who.get(&path).await.expect(200);
    assert_eq!(shown.body["actions"]["cancel"]["blocked_by"], json!(["payment_in_progress"]));
    house.travel_to("2026-02-07T10:00:00Z").await;
    who.log_in().await;
    assert_eq!(who.get(&path).await.text("/status"), "awaiting_payment");
    house.gateway.release();
    house.travel_to("2026-02-09T10:00:00Z").await;
    who.log_in().await;
    assert_eq!(who.get(&path).await.text("/status"), "delivered");
}));
