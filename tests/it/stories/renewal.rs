//! Renewals at the month's end, in advance, and what is told before them.

use house::on_both;
use serde_json::json;

on_both!(
    an_automatic_service_keeps_its_31st_through_february_and_is_charged_once_at_each_boundary,
    "2026-01-31T09:00:00Z",
    |house| Box::pin(async move {
        let ada = house.customer_with_service(("sim_ok", "vps-starter", "P1M", "automatic")).await;
        assert_eq!(ada.service().await["expires_on"], "2026-02-28");
        house.travel_to("2026-05-02T10:00:00Z").await;
        let service = ada.clone_logged_in(&house).await.service().await;
        assert_eq!(service["status"], "active");
        assert_eq!(service["expires_on"], "2026-05-31");
        let ada = ada.clone_logged_in(&house).await;
        let invoices = ada.get("/v1/invoices?sort=issued_on").await.expect(200).items();
        let days: Vec<_> = invoices.iter().map(|invoice| invoice["issued_on"].as_str().unwrap().to_owned()).collect();
        assert_eq!(days, ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]);
        assert!(invoices.iter().all(|invoice| invoice["status"] == "paid"), "{invoices:?}");
        let numbers: Vec<_> = invoices.iter().map(|invoice| invoice["number"].as_str().unwrap().to_owned()).collect();
        assert_eq!(numbers, ["FC-2026-000001", "FC-2026-000002", "FC-2026-000003", "FC-2026-000004"]);
        assert_eq!(house.gateway.simulated.captured().len(), 4, "one charge for each period");
    })
);

on_both!(renewing_in_advance_adds_to_the_expiry_and_silences_the_reminders, "2026-01-31T09:00:00Z", |house| Box::pin(
    async move {
        let ada = house.customer_with_service(("sim_ok", "domain-fr", "P1Y", "manual")).await;
        house.travel_to("2026-12-23T10:00:00Z").await;
        let ada = ada.clone_logged_in(&house).await;
        let id = ada.service().await["id"].as_str().unwrap().to_owned();
        let body = json!({ "payment_source": "payment_method" });
        ada.post(&format!("/v1/services/{id}/renewals"), &body).await.expect(201);
        let service = ada.service().await;
        assert_eq!(service["expires_on"], "2028-01-31", "every paid day is kept");
        let before = house.subjects(&ada.email).len();
        house.travel_to("2027-06-01T10:00:00Z").await;
        assert_eq!(house.subjects(&ada.email).len() - before, 1, "only the receipt of the renewal");
    }
));

on_both!(a_second_renewal_of_a_boundary_that_is_being_paid_is_refused, "2026-01-31T09:00:00Z", |house| Box::pin(
    async move {
        let ada = house.customer_with_service(("sim_ok", "domain-fr", "P1Y", "manual")).await;
        ada.add_method("sim_processing_3d").await.expect(201);
        let id = ada.service().await["id"].as_str().unwrap().to_owned();
        let body = json!({ "payment_source": "payment_method" });
        let path = format!("/v1/services/{id}/renewals");
        let first = ada.post(&path, &body).await.expect(202);
        assert_eq!(first.text("/status"), "processing");
        assert_eq!(ada.post(&path, &body).await.expect(409).code(), "payment_in_progress");
        house.travel_days(4).await;
        let ada = ada.clone_logged_in(&house).await;
        assert_eq!(ada.service().await["expires_on"], "2028-01-31", "settled three days later, once");
    }
));
