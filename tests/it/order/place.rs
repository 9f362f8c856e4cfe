//! An order is placed at the prices of the current catalogue.

use house::{Answer, Client, on_both};
use serde_json::{Value, json};

async fn place(who: &Client, items: Value) -> Answer {
    who.post("/v1/orders", &json!({ "items": items })).await
}

fn vps(quantity: i64) -> Value {
    json!({ "plan": "vps-starter", "period": "P1M", "renewal_mode": "automatic", "quantity": quantity })
}

fn amounts(order: &Answer) -> [String; 3] {
    ["/totals/net/amount", "/totals/tax/amount", "/totals/gross/amount"].map(|pointer| order.text(pointer))
}

on_both!(totals_are_exact, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    let domain = json!({ "plan": "domain-fr", "period": "P1Y", "renewal_mode": "manual" });
    let order = place(&who, json!([vps(3), domain])).await.expect(201);
    assert_eq!(amounts(&order), ["26.50", "5.30", "31.80"]);
    assert_eq!((order.text("/status"), order.text("/tax_rate")), ("awaiting_payment".to_owned(), "20".to_owned()));
    assert_eq!(
        (order.text("/created_at"), order.text("/expires_at")),
        ("2026-01-30T09:00:00Z".to_owned(), "2026-02-06T09:00:00Z".to_owned())
    );
    assert_eq!(
        (order.text("/items/0/net/amount"), order.text("/items/0/quantity")),
        ("18.00".to_owned(), "3".to_owned())
    );
    assert_eq!(
        (order.text("/items/1/unit_price/amount"), order.text("/items/1/quantity")),
        ("8.50".to_owned(), "1".to_owned())
    );
    assert_eq!(order.text("/actions/pay/allowed"), "true");
    assert_eq!(order.header("location"), Some(format!("/v1/orders/{}", order.text("/id")).as_str()));
    let read = who.get(&format!("/v1/orders/{}", order.text("/id"))).await.expect(200);
    assert_eq!(read.body, order.body);
    // a quote says the same, its id and number apart
    let quote = who
        .post(
            "/v1/orders?dry_run=true",
            &json!({ "items": [vps(3), { "plan": "domain-fr", "period": "P1Y", "renewal_mode": "manual" }] }),
        )
        .await;
    assert_eq!(amounts(&quote.expect(200)), amounts(&order));
}));

on_both!(every_line_that_cannot_be_ordered_is_named, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    let items = json!([
        { "plan": "no-such-plan", "period": "P1M", "renewal_mode": "manual" },
        { "plan": "domain-fr", "period": "P1M", "renewal_mode": "manual" },
        { "plan": "vps-starter", "period": "P1M", "renewal_mode": "manual", "quantity": 0 },
        { "plan": "vps-starter", "period": "P1M", "renewal_mode": "manual", "quantity": 101 },
        { "plan": "vps-starter", "period": "P1M", "renewal_mode": "manual", "display_name": "x".repeat(101) },
    ]);
    let answer = place(&who, items).await.expect(422);
    let told: Vec<(String, String)> = answer.body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["pointer"].as_str().unwrap().to_owned(), it["code"].as_str().unwrap().to_owned()))
        .collect();
    for (pointer, code) in [
        ("/items/0/plan", "plan_not_available"),
        ("/items/1/period", "plan_not_available"),
        ("/items/2/quantity", "out_of_range"),
        ("/items/3/quantity", "out_of_range"),
        ("/items/4/display_name", "too_long"),
    ] {
        assert!(told.contains(&(pointer.to_owned(), code.to_owned())), "{pointer} {code} in {told:?}");
    }
    assert_eq!(place(&who, json!([])).await.expect(422).text("/errors/0/pointer"), "/items");
    let many: Vec<Value> = (0..21).map(|_| vps(1)).collect();
    assert_eq!(place(&who, json!(many)).await.expect(422).text("/errors/0/code"), "too_many");
    for wrong in [json!(1.5), json!("1"), json!(-1), json!(4_294_967_297_i64)] {
        let mut item = vps(1);
        item["quantity"] = wrong;
        assert_eq!(place(&who, json!([item])).await.expect(422).text("/errors/0/pointer"), "/items/0/quantity");
    }
    assert!(who.get("/v1/orders").await.items().is_empty());
}));

on_both!(the_price_is_that_of_the_order_whatever_is_published_later, "2026-01-30T09:00:00Z", |house| Box::pin(
    async move {
        let (who, operator) = (house.customer_paying_with("sim_ok").await, house.operator().await);
        let order = place(&who, json!([vps(1)])).await.expect(201);
        let mut dearer = house::contract::operation("publish_plan").example().unwrap();
        dearer["code"] = json!("vps-starter");
        dearer["prices"] = json!([{ "period": "P1M", "unit_price": "7.00" }]);
        let published = operator.post("/v1/operator/plans", &dearer).await.expect(201);
        assert_eq!((published.text("/version"), published.text("/is_current")), ("2".to_owned(), "true".to_owned()));
        let id = order.text("/id");
        assert_eq!(amounts(&who.get(&format!("/v1/orders/{id}")).await), ["6.00", "1.20", "7.20"]);
        let paid =
            who.post(&format!("/v1/orders/{id}/payment"), &json!({ "source": "payment_method" })).await.expect(201);
        assert_eq!(paid.text("/amount/amount"), "7.20");
        assert_eq!(amounts(&place(&who, json!([vps(1)])).await.expect(201)), ["7.00", "1.40", "8.40"]);
        // the service renews at the price of its own version
        house.settle().await;
        assert_eq!(who.service().await["renewal"]["next_amount"]["amount"], "7.20");
        let versions = operator.get("/v1/operator/plans?code=vps-starter").await.expect(200).items();
        let current: Vec<bool> = versions.iter().map(|version| version["is_current"].as_bool().unwrap()).collect();
        assert_eq!(current.iter().filter(|is| **is).count(), 1, "{versions:?}");
    }
));

on_both!(who_placed_it_is_told, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    let order = place(&who, json!([vps(1)])).await.expect(201);
    house.settle().await;
    let told = house
        .mails()
        .into_iter()
        .filter(|mail| mail.to.contains(&who.email))
        .find(|mail| mail.text.contains(&order.text("/number")));
    assert!(told.as_ref().is_some_and(|mail| mail.text.contains("7.20")), "{told:?}");
    let tracking = who.get(&order.text("/tracking_href")).await.expect(200);
    assert_eq!(tracking.text("/items/0/action_required/code"), "payment_required");
    assert_eq!(tracking.text("/items/0/action_required/until"), "2026-02-06T09:00:00Z");
}));
