//! Invoices and credit notes as their owner reads them.

use house::on_both;
use serde_json::{Value, json};

on_both!(an_invoice_says_what_was_bought_and_paid, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer_with_service(("sim_ok", "vps-starter", "P1M", "automatic")).await;
    let listed = who.get("/v1/invoices").await.expect(200).items();
    assert_eq!(listed.len(), 1);
    let invoice = who.get(&format!("/v1/invoices/{}", listed[0]["id"].as_str().unwrap())).await.expect(200);
    assert_eq!(invoice.text("/number"), "FC-2026-000001");
    assert_eq!(invoice.text("/status"), "paid");
    assert!(
        invoice.text.contains("7.20") && invoice.text.contains("6.00") && invoice.text.contains("1.20"),
        "{}",
        invoice.text
    );
    assert!(invoice.text.contains("12 rue des Lilas"), "the buyer as of that day: {}", invoice.text);
    // what changes later changes no issued document
    who.patch("/v1/account", &json!({ "street": "1 place Neuve", "last_name": "Duval" })).await.expect(200);
    let later = who.get(&format!("/v1/invoices/{}", listed[0]["id"].as_str().unwrap())).await.expect(200);
    assert_eq!(later.body, invoice.body);
}));

on_both!(invoices_are_filtered_by_state_and_day, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let mut who = house.customer_with_service(("sim_ok", "vps-starter", "P1M", "automatic")).await;
    who.add_method("sim_decline_hard").await.expect(201);
    house.travel_to("2026-03-01T09:00:00Z").await;
    who.log_in().await;
    let count = async |query: &str| who.get(&format!("/v1/invoices?{query}")).await.expect(200).items().len();
    assert_eq!(count("").await, 2);
    assert_eq!(count("status=paid").await, 1);
    assert_eq!(count("status=open&status=past_due").await, 1);
    assert_eq!(count("issued_on_from=2026-02-01").await, 1);
    assert_eq!(count("issued_on_to=2026-01-30").await, 1);
    assert_eq!(count("issued_on_from=2026-03-02").await, 0);
    who.get("/v1/invoices?status=lost").await.expect(422);
}));

on_both!(a_credit_note_names_its_invoice, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let estate = crate::contract::estate::Estate::of(&house).await;
    let note = estate.owner.get(&format!("/v1/credit-notes/{}", estate.id("credit-notes"))).await.expect(200);
    assert!(note.text("/number").starts_with("AV-2026-") || !note.text("/number").starts_with("FC-"), "{}", note.text);
    let credited =
        find(&note.body, "inv_").into_iter().find(|id| id != estate.id("credit-notes")).expect("its invoice");
    let invoice = estate.owner.get(&format!("/v1/invoices/{credited}")).await.expect(200);
    assert_eq!(invoice.text("/status"), "credited", "{}", invoice.text);
    // the kinds keep apart
    let note = estate.id("credit-notes");
    estate.owner.get(&format!("/v1/invoices/{note}")).await.expect(404);
    estate.owner.get(&format!("/v1/credit-notes/{credited}")).await.expect(404);
}));

/// Every text in a value that begins so.
fn find(value: &Value, prefix: &str) -> Vec<String> {
    match value {
        Value::String(text) if text.starts_with(prefix) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(|item| find(item, prefix)).collect(),
        Value::Object(members) => members.values().flat_map(|member| find(member, prefix)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}
