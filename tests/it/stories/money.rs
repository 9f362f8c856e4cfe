//! Every payment counts once, whatever the gateway says and when.

use house::on_both;
use serde_json::json;

on_both!(a_lost_answer_is_looked_up_and_never_charged_again, "2026-01-31T09:00:00Z", |house| Box::pin(async move {
    let ada = house.customer_with_service(("sim_ok", "vps-starter", "P1M", "automatic")).await;
    ada.add_method("sim_timeout").await.expect(201);
    house.travel_to("2026-02-27T23:00:30Z").await;
    let ada = ada.clone_logged_in(&house).await;
    let service = ada.service().await;
    assert_eq!(service["expires_on"], "2026-02-28", "the outcome is unknown");
    house.travel_to("2026-03-01T10:00:00Z").await;
    let service = ada.clone_logged_in(&house).await.service().await;
    assert_eq!((service["status"].as_str(), service["expires_on"].as_str()), (Some("active"), Some("2026-03-31")));
    assert_eq!(house.gateway.simulated.captured().len(), 2, "the order and one renewal");
}));

on_both!(a_declined_order_stays_payable_and_has_no_invoice, "2026-01-31T09:00:00Z", |house| Box::pin(async move {
    let ada = house.customer_paying_with("sim_decline_soft").await;
    let item = json!({ "plan": "vps-starter", "period": "P1M", "renewal_mode": "automatic", "quantity": 1 });
    let order = ada.post("/v1/orders", &json!({ "items": [item] })).await.expect(201).text("/id");
    let path = format!("/v1/orders/{order}/payment");
    let body = json!({ "source": "payment_method" });
    assert_eq!(ada.post(&path, &body).await.expect(402).code(), "payment_declined");
    assert!(ada.get("/v1/invoices").await.expect(200).items().is_empty());
    ada.add_method("sim_ok").await.expect(201);
    ada.post(&path, &body).await.expect(201);
    house.settle().await;
    assert_eq!(ada.service().await["status"], "active");
}));

on_both!(a_method_that_declines_twice_then_pays_settles_on_the_second_retry, "2026-01-31T09:00:00Z", |house| Box::pin(
    async move {
        let ada = house.customer_with_service(("sim_ok", "vps-starter", "P1M", "automatic")).await;
        ada.add_method("sim_decline_soft_2").await.expect(201);
        house.travel_to("2026-03-02T10:00:00Z").await;
        assert_eq!(ada.clone_logged_in(&house).await.service().await["status"], "past_due");
        house.travel_to("2026-03-03T10:00:00Z").await;
        let service = ada.clone_logged_in(&house).await.service().await;
        assert_eq!((service["status"].as_str(), service["expires_on"].as_str()), (Some("active"), Some("2026-03-31")));
    }
));

on_both!(
    a_payment_that_waits_for_its_customer_is_called_off_after_a_day_and_the_ladder_goes_on,
    "2026-01-31T09:00:00Z",
    |house| Box::pin(async move {
        let ada = house.customer_with_service(("sim_ok", "vps-starter", "P1M", "automatic")).await;
        ada.add_method("sim_requires_action").await.expect(201);
        house.travel_to("2026-03-20T10:00:00Z").await;
        let ada = ada.clone_logged_in(&house).await;
        let service = ada.service().await;
        assert_eq!(service["status"], "suspended", "the ladder ended");
        let payments = ada.get("/v1/payments?limit=100").await.expect(200).items();
        assert!(payments.iter().all(|p| p["status"] == "failed" || p["status"] == "succeeded"), "{payments:?}");
    })
);
