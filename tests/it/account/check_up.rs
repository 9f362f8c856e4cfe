//! The guide's advice, item by item.

use house::{Client, on_both};
use serde_json::{Value, json};

async fn severity(who: &Client, code: &str) -> String {
    let items = who.get("/v1/account/check-up").await.expect(200).items();
    let item =
        items.iter().find(|item| item["code"] == code).unwrap_or_else(|| panic!("no {code} in {items:?}")).clone();
    assert_eq!(item["severity"] == "fine", item["mend"] == Value::Null, "{item}");
    item["severity"].as_str().unwrap().to_owned()
}

on_both!(what_is_mended_becomes_fine, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.newcomer().await;
    let profile = json!({
        "first_name": "Ada", "last_name": "Martin", "street": "12 rue des Lilas", "postal_code": "75011",
    });
    who.patch("/v1/account", &profile).await.expect(200);
    assert_eq!(severity(&who, "primary_email_verified").await, "fine");
    assert_ne!(severity(&who, "profile_complete").await, "fine");
    assert_ne!(severity(&who, "backup_email_verified").await, "fine");
    who.put("/v1/account/backup-email", &json!({ "email": "spare@example.org" })).await.expect(202);
    house.settle().await;
    let code = json!({ "code": house.code_for("spare@example.org") });
    who.post("/v1/account/backup-email/confirmation", &code).await.expect(200);
    assert_eq!(severity(&who, "backup_email_verified").await, "fine");
    let before = who.get("/v1/account/check-up").await.body["score"].as_u64().unwrap();
    who.patch("/v1/account", &json!({ "city": "Paris" })).await.expect(200);
    assert!(who.get("/v1/account/check-up").await.body["score"].as_u64().unwrap() > before);
    assert_eq!(severity(&who, "profile_complete").await, "fine");
}));

on_both!(every_mend_is_an_operation_of_the_contract, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    for item in who.get("/v1/account/check-up").await.expect(200).items() {
        let Some(mend) = item.get("mend") else { continue };
        let operation = house::contract::operation(mend["operation_id"].as_str().unwrap());
        let path = mend["href"].as_str().unwrap();
        let found = house::contract::at(&operation.method, path).map(|it| it.id.as_str());
        assert_eq!(found, Some(operation.id.as_str()), "{item}");
    }
}));

on_both!(orders_and_services_that_wait_are_named, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let mut who = house.customer_with_service(("sim_ok", "vps-starter", "P1M", "manual")).await;
    assert_eq!(severity(&who, "orders_clear").await, "fine");
    let item = json!({ "plan": "vps-starter", "period": "P1M", "renewal_mode": "manual", "quantity": 1 });
    let order = who.post("/v1/orders", &json!({ "items": [item] })).await.expect(201).text("/id");
    assert_ne!(severity(&who, "orders_clear").await, "fine");
    who.delete(&format!("/v1/orders/{order}")).await.expect(200);
    assert_eq!(severity(&who, "orders_clear").await, "fine");
    house.travel_to("2026-02-25T09:00:00Z").await;
    who.log_in().await;
    assert_ne!(severity(&who, "services_renewed").await, "fine");
}));
