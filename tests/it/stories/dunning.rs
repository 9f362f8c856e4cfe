//! Unpaid renewals: retries, suspension, notices, deletion; and every way back.

use api::mail::Reachable;
use house::on_both;
use serde_json::json;

on_both!(
    an_unpaid_manual_service_is_suspended_at_expiry_warned_and_deleted_on_the_announced_day,
    "2026-01-31T09:00:00Z",
    |house| Box::pin(async move {
        let ada = house.customer_with_service(("sim_ok", "domain-fr", "P1Y", "manual")).await;
        house.travel_to("2027-01-31T10:00:00Z").await;
        let ada = ada.clone_logged_in(&house).await;
        let service = ada.service().await;
        assert_eq!(
            (service["status"].as_str(), service["delete_on"].as_str()),
            (Some("suspended"), Some("2027-02-15"))
        );
        house.travel_to("2027-02-14T22:59:59Z").await;
        assert_eq!(ada.clone_logged_in(&house).await.service().await["status"], "suspended");
        house.travel_to("2027-02-14T23:00:00Z").await;
        let gone = ada.clone_logged_in(&house).await.service().await;
        assert_eq!((gone["status"].as_str(), gone["deletion_cause"].as_str()), (Some("deleted"), Some("not_renewed")));
    })
);

on_both!(
    a_soft_decline_is_retried_and_a_new_card_is_charged_at_once_without_losing_a_day,
    "2026-01-31T09:00:00Z",
    |house| Box::pin(async move {
        let ada = house.customer_with_service(("sim_ok", "vps-starter", "P1M", "automatic")).await;
        ada.add_method("sim_decline_soft").await.expect(201);
        house.travel_to("2026-03-04T08:00:00Z").await;
        let ada = ada.clone_logged_in(&house).await;
        assert_eq!(ada.service().await["status"], "past_due");
        let incidents = house
            .mails()
            .into_iter()
            .filter(|mail| mail.subject.contains("not paid") || mail.subject.to_lowercase().contains("payment"))
            .count();
        assert!(incidents >= 3, "the day itself, day 1 and day 3: {:?}", house.subjects(&ada.email));
        ada.add_method("sim_ok~2").await.expect(201);
        house.settle().await;
        let service = ada.service().await;
        assert_eq!((service["status"].as_str(), service["expires_on"].as_str()), (Some("active"), Some("2026-03-31")));
        house.travel_to("2026-03-20T08:00:00Z").await;
        assert_eq!(house.gateway.simulated.captured().len(), 2, "the order and one renewal");
    })
);

on_both!(a_hard_decline_stops_the_retries_and_the_service_is_suspended_on_day_seven, "2026-01-31T09:00:00Z", |house| {
    Box::pin(async move {
        let ada = house.customer_with_service(("sim_ok", "vps-starter", "P1M", "automatic")).await;
        ada.add_method("sim_decline_hard").await.expect(201);
        house.travel_to("2026-03-06T10:00:00Z").await;
        let ada = ada.clone_logged_in(&house).await;
        assert_eq!(ada.service().await["status"], "past_due");
        house.travel_to("2026-03-07T10:00:00Z").await;
        let ada = ada.clone_logged_in(&house).await;
        let service = ada.service().await;
        assert_eq!(
            (service["status"].as_str(), service["delete_on"].as_str()),
            (Some("suspended"), Some("2026-03-22"))
        );
        let attempts = ada.get("/v1/payments?limit=100").await.expect(200).items();
        let failed = attempts.iter().filter(|payment| payment["status"] == "failed").count();
        assert_eq!(failed, 1, "the same method is not tried again: {attempts:?}");
    })
});

on_both!(paying_while_suspended_reactivates_and_goes_on_from_the_old_expiry, "2026-01-31T09:00:00Z", |house| Box::pin(
    async move {
        let ada = house.customer_with_service(("sim_ok", "vps-starter", "P1M", "automatic")).await;
        ada.add_method("sim_decline_soft").await.expect(201);
        house.travel_to("2026-03-10T10:00:00Z").await;
        let ada = ada.clone_logged_in(&house).await;
        assert_eq!(ada.service().await["status"], "suspended");
        ada.add_method("sim_ok~3").await.expect(201);
        let id = ada.service().await["id"].as_str().unwrap().to_owned();
        let paid =
            ada.post(&format!("/v1/services/{id}/renewals"), &json!({ "payment_source": "payment_method" })).await;
        assert_eq!(paid.expect(201).text("/status"), "succeeded");
        let service = ada.service().await;
        assert_eq!((service["status"].as_str(), service["expires_on"].as_str()), (Some("active"), Some("2026-03-31")));
        assert!(service.get("delete_on").is_none(), "no deletion is announced any more");
        house.travel_to("2026-03-29T10:00:00Z").await;
        assert_eq!(ada.clone_logged_in(&house).await.service().await["status"], "active");
    }
));

on_both!(
    switching_to_manual_while_past_due_stops_the_retries_and_keeps_the_announced_suspension,
    "2026-01-31T09:00:00Z",
    |house| Box::pin(async move {
        let ada = house.customer_with_service(("sim_ok", "vps-starter", "P1M", "automatic")).await;
        ada.add_method("sim_decline_soft").await.expect(201);
        house.travel_to("2026-02-28T10:00:00Z").await;
        let ada = ada.clone_logged_in(&house).await;
        let id = ada.service().await["id"].as_str().unwrap().to_owned();
        ada.put(&format!("/v1/services/{id}/renewal"), &json!({ "mode": "manual", "period": "P1M" })).await.expect(200);
        let planned: Vec<String> = ada
            .get(&format!("/v1/services/{id}/timeline?limit=100"))
            .await
            .expect(200)
            .items()
            .iter()
            .filter(|each| each["state"] == "planned")
            .map(|each| format!("{} {}", each["on"].as_str().unwrap(), each["kind"].as_str().unwrap()))
            .collect();
        assert_eq!(planned, ["2026-03-07 suspend"]);
    })
);

on_both!(
    cancelling_a_past_due_service_ends_it_the_next_day_and_credits_the_unpaid_renewal,
    "2026-01-31T09:00:00Z",
    |house| Box::pin(async move {
        let ada = house.customer_with_service(("sim_ok", "vps-starter", "P1M", "automatic")).await;
        ada.add_method("sim_decline_soft").await.expect(201);
        house.travel_to("2026-03-02T10:00:00Z").await;
        let ada = ada.clone_logged_in(&house).await;
        let id = ada.service().await["id"].as_str().unwrap().to_owned();
        let asked = ada.put(&format!("/v1/services/{id}/cancellation"), &json!({})).await.expect(200);
        assert_eq!(asked.text("/effective_on"), "2026-03-03");
        house.travel_to("2026-03-03T10:00:00Z").await;
        let ada = ada.clone_logged_in(&house).await;
        assert_eq!(ada.service_by(&id).await["deletion_cause"], "cancelled_at_expiry");
        let notes = ada.get("/v1/credit-notes").await.expect(200).items();
        assert_eq!(notes.len(), 1);
        assert_eq!(notes[0]["number"], "AV-2026-000001");
        let statuses: Vec<_> = ada
            .get("/v1/invoices?sort=issued_on")
            .await
            .expect(200)
            .items()
            .iter()
            .map(|i| i["status"].clone())
            .collect();
        assert_eq!(statuses, ["paid", "credited"]);
    })
);

on_both!(a_deletion_waits_for_the_relay_to_accept_its_notices, "2026-01-31T09:00:00Z", |house| Box::pin(async move {
    let ada = house.customer_with_service(("sim_ok", "domain-fr", "P1Y", "manual")).await;
    house.travel_to("2027-01-30T10:00:00Z").await;
    house.relay(Reachable::No);
    house.travel_to("2027-02-16T10:00:00Z").await;
    let service = ada.clone_logged_in(&house).await.service().await;
    assert_eq!(service["status"], "suspended", "no notice was accepted: nothing is deleted");
    house.relay(Reachable::Yes);
    house.travel_days(20).await;
    let service = ada.clone_logged_in(&house).await.service().await;
    assert_eq!(service["status"], "deleted", "told at last, and deleted after that");
}));
