//! Accounts, as the provider finds and blocks them.

use house::house::PASSWORD;
use house::on_both;
use serde_json::json;

on_both!(an_account_is_found_by_the_beginning_of_its_name, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (one, _two, operator) = (house.customer().await, house.customer().await, house.operator().await);
    let handle = one.get("/v1/account").await.text("/handle");
    let found = async |q: &str| operator.get(&format!("/v1/operator/accounts?q={q}")).await.expect(200).items().len();
    assert_eq!(found(&one.email).await, 1);
    assert_eq!(found(&one.email.to_uppercase()).await, 1);
    assert_eq!(found("customer").await, 2);
    assert_eq!(found(&handle).await, 1);
    for nothing in ["%25", "_ustomer", "%5C", "example.org", "'%20OR%201=1--"] {
        assert_eq!(found(nothing).await, 0, "{nothing}");
    }
    assert_eq!(found("").await, 2);
}));

on_both!(a_blocked_account_lets_nobody_in, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (who, operator) =
        (house.customer_with_service(("sim_ok", "vps-starter", "P1M", "automatic")).await, house.operator().await);
    let id = who.get("/v1/account").await.text("/id");
    let path = format!("/v1/operator/accounts/{id}/block");
    let blocked = operator.put(&path, &json!({ "reason": "Stolen card reported" })).await.expect(200);
    assert_eq!(blocked.text("/status"), "blocked");
    assert_eq!(
        operator.put(&path, &json!({})).await.expect(200).body["etag"],
        blocked.body["etag"],
        "again changes nothing"
    );
    who.get("/v1/account").await.expect(401);
    let login = json!({ "login": who.email, "password": PASSWORD });
    house.stranger().post("/v1/sessions", &login).await.expect(401);
    // its services go on by their own rules
    house.travel_to("2026-03-01T09:00:00Z").await;
    assert_eq!(operator.delete(&path).await.expect(200).text("/status"), "active");
    assert_eq!(operator.delete(&path).await.expect(200).text("/status"), "active");
    let mut who = who;
    who.log_in().await;
    assert_eq!(who.service().await["expires_on"], "2026-03-30");
    let log = who.get("/v1/account/activity?limit=100").await.expect(200).items();
    for kind in ["account.blocked", "account.unblocked"] {
        let line = log.iter().find(|line| line["kind"] == kind).unwrap_or_else(|| panic!("no {kind}"));
        assert_eq!(line["actor"], "operator", "{line}");
    }
}));

on_both!(without_a_body_it_is_blocked_too, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (who, operator) = (house.customer().await, house.operator().await);
    let id = who.get("/v1/account").await.text("/id");
    let path = format!("/v1/operator/accounts/{id}/block");
    let blocked = operator.send(reqwest::Method::PUT, &path, &[], None).await.expect(200);
    assert_eq!(blocked.text("/status"), "blocked");
    // a pending account is opened by its code, not by being let in again
    house
        .stranger()
        .post("/v1/accounts", &json!({ "email": "new@example.org", "password": PASSWORD }))
        .await
        .expect(202);
    house.settle().await;
    let pending =
        operator.get("/v1/operator/accounts?q=new@example.org").await.items()[0]["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/operator/accounts/{pending}/block");
    operator.put(&path, &json!({})).await.expect(200);
    let code = json!({ "email": "new@example.org", "code": house.code_for("new@example.org") });
    assert_ne!(house.stranger().post("/v1/accounts/email-verification", &code).await.status, 201);
    assert_ne!(operator.delete(&path).await.expect(200).text("/status"), "active", "its address was never proven");
}));
