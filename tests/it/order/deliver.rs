//! What was paid is delivered: by the house itself, or step by step by the provider's systems.

use house::{Answer, Client, on_both};
use serde_json::json;

async fn set(operator: &Client, order: &str, step: &str, status: &str) -> Answer {
    operator.patch(&format!("/v1/operator/orders/{order}/steps/{step}"), &json!({ "status": status })).await
}

fn steps(tracking: &Answer) -> Vec<(String, String)> {
    let step = |item: serde_json::Value| {
        (item["step"].as_str().unwrap().to_owned(), item["status"].as_str().unwrap().to_owned())
    };
    tracking.items().into_iter().map(step).collect()
}

#[track_caller]
fn stands(tracking: &Answer, expected: [&str; 4]) {
    let known = ["validating", "validated", "delivering", "available"];
    let expected: Vec<_> =
        known.iter().zip(expected).map(|(step, status)| ((*step).to_owned(), status.to_owned())).collect();
    assert_eq!(steps(tracking), expected, "{}", tracking.text);
}

on_both!(an_automatic_plan_is_delivered_at_once, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer_paying_with("sim_ok").await;
    let order = who.order("vps-starter", "P1M", "automatic").await;
    let path = format!("/v1/orders/{order}/tracking");
    stands(&who.get(&path).await.expect(200), ["doing", "todo", "todo", "todo"]);
    assert_eq!(who.service().await["status"], "delivering");
    house.settle().await;
    let tracking = who.get(&path).await.expect(200);
    stands(&tracking, ["done", "done", "done", "done"]);
    let at: Vec<chrono::DateTime<chrono::Utc>> = tracking
        .items()
        .iter()
        .flat_map(|item| item["history"].as_array().unwrap().clone())
        .map(|line| line["at"].as_str().unwrap().parse().unwrap())
        .collect();
    assert!(at.len() >= 5 && at.is_sorted(), "{at:?}");
    let service = who.service().await;
    assert_eq!((&service["status"], &service["expires_on"]), (&json!("active"), &json!("2026-02-28")));
    let read = who.get(&format!("/v1/orders/{order}")).await.expect(200);
    assert_eq!(read.text("/items/0/service_ids/0"), service["id"].as_str().unwrap());
}));

on_both!(the_provider_s_systems_report_step_by_step, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (who, operator) = (house.customer_paying_with("sim_ok").await, house.operator().await);
    let order = who.order("dedicated-1", "P1M", "automatic").await;
    house.settle().await;
    let path = format!("/v1/orders/{order}/tracking");
    // they check the order, too
    stands(&who.get(&path).await.expect(200), ["doing", "todo", "todo", "todo"]);
    assert_eq!(set(&operator, &order, "validated", "done").await.expect(409).code(), "step_out_of_order");
    set(&operator, &order, "validating", "done").await.expect(200);
    set(&operator, &order, "validated", "done").await.expect(200);
    assert_eq!(who.get(&format!("/v1/orders/{order}")).await.text("/status"), "delivering");
    set(&operator, &order, "delivering", "doing").await.expect(200);
    stands(&who.get(&path).await.expect(200), ["done", "done", "doing", "todo"]);
    assert_eq!(who.service().await["status"], "delivering");
    for (step, status) in
        [("available", "done"), ("validated", "error"), ("delivering", "todo"), ("validating", "doing")]
    {
        assert_eq!(
            set(&operator, &order, step, status).await.expect(409).code(),
            "step_out_of_order",
            "{step} {status}"
        );
    }
    set(&operator, &order, "delivering", "error").await.expect(200);
    set(&operator, &order, "delivering", "doing").await.expect(200);
    stands(&set(&operator, &order, "delivering", "done").await.expect(200), ["done", "done", "done", "todo"]);
    let lines = who.get(&path).await.expect(200).items()[2]["history"].as_array().unwrap().len();
    set(&operator, &order, "delivering", "done").await.expect(200);
    assert_eq!(
        who.get(&path).await.expect(200).items()[2]["history"].as_array().unwrap().len(),
        lines,
        "again changes nothing"
    );
    house.travel_to("2026-02-03T15:00:00Z").await;
    stands(&set(&operator, &order, "available", "done").await.expect(200), ["done", "done", "done", "done"]);
    let mut who = who;
    who.log_in().await;
    let service = who.service().await;
    assert_eq!(
        (&service["status"], &service["expires_on"]),
        (&json!("active"), &json!("2026-03-03")),
        "the period begins on delivery"
    );
    assert_eq!(set(&operator, &order, "delivering", "error").await.expect(409).code(), "step_out_of_order");
    house.settle().await;
    let delivered = who.get("/v1/account/emails?kind=order_delivered").await.expect(200).items();
    assert_eq!(delivered.len(), 1);
}));

on_both!(steps_that_are_none_are_refused, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (who, operator) = (house.customer_paying_with("sim_ok").await, house.operator().await);
    let item = json!({ "plan": "dedicated-1", "period": "P1M", "renewal_mode": "automatic", "quantity": 1 });
    let unpaid = who.post("/v1/orders", &json!({ "items": [item] })).await.expect(201).text("/id");
    assert_eq!(set(&operator, &unpaid, "delivering", "done").await.expect(409).code(), "step_out_of_order");
    assert_eq!(set(&operator, &unpaid, "flying", "done").await.expect(404).code(), "not_found");
    assert_eq!(set(&operator, &unpaid, "delivering", "gone").await.expect(422).text("/errors/0/code"), "not_one_of");
    let nothing = operator.patch(&format!("/v1/operator/orders/{unpaid}/steps/delivering"), &json!({})).await;
    assert_eq!(nothing.expect(422).text("/errors/0/code"), "required");
}));

on_both!(an_order_of_both_kinds_waits_for_the_slower, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (who, operator) = (house.customer_paying_with("sim_ok").await, house.operator().await);
    let item = |plan: &str| json!({ "plan": plan, "period": "P1M", "renewal_mode": "automatic", "quantity": 1 });
    let items = json!({ "items": [item("vps-starter"), item("dedicated-1")] });
    let order = who.post("/v1/orders", &items).await.expect(201).text("/id");
    who.post(&format!("/v1/orders/{order}/payment"), &json!({ "source": "payment_method" })).await.expect(201);
    house.settle().await;
    let mut statuses: Vec<String> =
        who.get("/v1/services").await.items().iter().map(|it| it["status"].as_str().unwrap().to_owned()).collect();
    statuses.sort();
    assert_eq!(statuses, ["active", "delivering"]);
    assert_eq!(who.get(&format!("/v1/orders/{order}")).await.text("/status"), "delivering");
    set(&operator, &order, "delivering", "done").await.expect(200);
    set(&operator, &order, "available", "done").await.expect(200);
    assert_eq!(who.get("/v1/services?status=active").await.items().len(), 2);
    assert_eq!(who.get(&format!("/v1/orders/{order}")).await.text("/status"), "delivered");
}));
