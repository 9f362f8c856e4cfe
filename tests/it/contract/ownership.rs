//! What belongs to others looks exactly like what does not exist: the same bytes, the same headers.

use super::estate::{Estate, stray};
use super::send;
use house::Answer;
use house::contract::{operations, prefix};
use serde_json::{Value, json};

/// An answer without what names the request: the path that was called.
fn told(answer: &Answer, path: &str) -> (u16, String, Vec<(String, String)>) {
    let headers = answer.headers.iter().filter(|(name, _)| *name != "date");
    let headers =
        headers.map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
    (answer.status, answer.text.replace(path, "…"), headers.collect())
}

house::on_both!(anothers_is_nobodys, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let estate = Estate::of(&house).await;
    let mut tried = 0;
    for operation in operations().iter().filter(|operation| !operation.scopes.is_empty() && !operation.is_operator()) {
        if !operation.parameters("path").iter().any(|parameter| prefix(parameter).is_some()) {
            continue;
        }
        let body = operation.example();
        let (foreign, stray) = (estate.path(operation), estate.stray_path(operation));
        assert_ne!(foreign, stray);
        let one = send(&estate.other, operation, &foreign, body.as_ref()).await;
        let two = send(&estate.other, operation, &stray, body.as_ref()).await;
        assert_eq!((one.status, one.code().as_str()), (404, "not_found"), "{}: {}", operation.id, one.text);
        assert_eq!(told(&one, &foreign), told(&two, &stray), "{}", operation.id);
        tried += 1;
    }
    assert!(tried >= 20, "only {tried} operations have an id");
    // what nobody may see is neither there when it is only named
    house.travel_to(&house.now().to_rfc3339()).await;
    for (filter, kind) in [("order_id", "paid order"), ("invoice_id", "inv"), ("service_id", "svc")] {
        let page = estate.other.get(&format!("/v1/payments?{filter}={}", estate.id(kind))).await.expect(200);
        assert!(page.items().is_empty(), "{}", page.text);
    }
    let named = async |id: &str| {
        let answer = estate.other.put("/v1/payment-methods/default", &json!({ "payment_method_id": id })).await;
        (answer.status, answer.body["errors"].clone())
    };
    let foreign = named(estate.id("pmt")).await;
    assert_eq!(foreign, named(&stray(estate.id("pmt"))).await);
    assert_eq!(foreign.0, 422, "{}", foreign.1);
}));

house::on_both!(ids_of_the_wrong_kind_or_form_are_unknown, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let estate = Estate::of(&house).await;
    for operation in operations().iter().filter(|operation| !operation.scopes.is_empty()) {
        let own = estate.path(operation);
        for parameter in operation.parameters("path") {
            let Some(kind) = prefix(parameter) else { continue };
            let id = estate.id(Estate::kind(operation, &kind));
            let (_, random) = id.split_once('_').unwrap();
            let wrong =
                [format!("xxx_{random}"), random.to_owned(), id.to_uppercase(), format!("{id}0"), "%00".to_owned()];
            for wrong in wrong {
                let path = own.replace(id, &wrong);
                let answer = send(estate.entitled(operation), operation, &path, operation.example().as_ref()).await;
                assert_eq!(
                    (answer.status, answer.code().as_str()),
                    (404, "not_found"),
                    "{} {path}: {}",
                    operation.id,
                    answer.text
                );
            }
        }
    }
}));

house::on_both!(a_customer_sees_nothing_of_another_in_lists, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let estate = Estate::of(&house).await;
    for operation in operations().iter().filter(|operation| !operation.is_operator() && !operation.scopes.is_empty()) {
        if operation.writes() || operation.path.contains('{') {
            continue;
        }
        let seen = estate.other.get(&operation.path).await;
        let text = seen.text.clone();
        for kind in ["svc", "ord", "paid order", "inv", "credit-notes", "pmt", "pay", "eml", "can", "acc"] {
            assert!(!text.contains(estate.id(kind)), "{} shows another's {kind}: {text}", operation.id);
        }
        assert!(!text.contains(&estate.owner.email), "{} shows another's address", operation.id);
        assert!(!matches!(seen.body, Value::Null) || seen.status == 204, "{}", operation.id);
    }
}));
