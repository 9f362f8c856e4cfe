//! The guide's advice, item by item: each appears with its reason, and goes when it is mended.

use chrono::TimeDelta;
use entity::{backup_code, payment_method};
use house::house::PASSWORD;
use house::{Client, House, on_both};
use sea_orm::sea_query::Expr;
use sea_orm::{EntityTrait, UpdateMany};
use serde_json::{Value, json};

async fn items(who: &Client) -> Vec<Value> {
    who.get("/v1/account/check-up").await.expect(200).items()
}

/// One item, whose mend is an operation of the contract on that very path, unless it is fine.
async fn item(who: &Client, code: &str) -> Value {
    let items = items(who).await;
    let item =
        items.iter().find(|item| item["code"] == code).unwrap_or_else(|| panic!("no {code} in {items:?}")).clone();
    assert_eq!(item["severity"] == "fine", item.get("mend").is_none(), "{item}");
    if let Some(mend) = item.get("mend") {
        let operation = house::contract::operation(mend["operation_id"].as_str().unwrap());
        let found = house::contract::at(&operation.method, mend["href"].as_str().unwrap()).map(|it| it.id.as_str());
        assert_eq!(found, Some(operation.id.as_str()), "{item}");
    }
    item
}

async fn severity(who: &Client, code: &str) -> String {
    item(who, code).await["severity"].as_str().unwrap().to_owned()
}

/// The operation that mends an item, and its path.
async fn mend(who: &Client, code: &str) -> (String, String) {
    let item = item(who, code).await;
    let text = |name: &str| item["mend"][name].as_str().unwrap_or_else(|| panic!("no mend in {item}")).to_owned();
    (text("operation_id"), text("href"))
}

async fn score(who: &Client) -> u64 {
    who.get("/v1/account/check-up").await.expect(200).body["score"].as_u64().unwrap()
}

/// Writes what only time or a person would bring about.
async fn write<E: EntityTrait>(house: &House, change: UpdateMany<E>) {
    house.app.transact(async |tx| change.clone().exec(&**tx).await.map(drop)).await.unwrap();
}

fn later(house: &House, span: TimeDelta) {
    house.clock.set(house.now() + span);
}

on_both!(what_is_mended_becomes_fine, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.newcomer().await;
    let profile = json!({
        "first_name": "Ada", "last_name": "Martin", "street": "12 rue des Lilas", "postal_code": "75011",
    });
    who.patch("/v1/account", &profile).await.expect(200);
    assert_eq!(severity(&who, "primary_email_verified").await, "fine");
    assert_eq!(severity(&who, "profile_complete").await, "advised");
    assert_eq!(severity(&who, "backup_email_verified").await, "critical");
    who.put("/v1/account/backup-email", &json!({ "email": "spare@example.org" })).await.expect(202);
    assert_eq!(severity(&who, "backup_email_verified").await, "critical", "not proven yet");
    house.settle().await;
    let code = json!({ "code": house.code_for("spare@example.org") });
    who.post("/v1/account/backup-email/confirmation", &code).await.expect(200);
    assert_eq!(severity(&who, "backup_email_verified").await, "fine");
    let before = score(&who).await;
    who.patch("/v1/account", &json!({ "city": "Paris" })).await.expect(200);
    assert!(score(&who).await > before);
    assert_eq!(severity(&who, "anti_phishing_phrase_set").await, "advised");
    who.put("/v1/account/anti-phishing-phrase", &json!({ "phrase": "Three grey cats" })).await.expect(200);
    assert_eq!(severity(&who, "anti_phishing_phrase_set").await, "fine");
    assert_eq!(severity(&who, "profile_complete").await, "fine");
    assert_eq!(severity(&who, "phone_verified").await, "advised");
    who.put("/v1/account/phone", &json!({ "phone": "+33612345678" })).await.expect(202);
    house.settle().await;
    let code = json!({ "code": house.code_at("+33612345678") });
    who.post("/v1/account/phone/confirmation", &code).await.expect(200);
    assert_eq!(severity(&who, "phone_verified").await, "fine");
}));

on_both!(the_most_pressing_comes_first_and_the_score_counts_what_is_fine, "2026-01-30T09:00:00Z", |house| Box::pin(
    async move {
        let who = house.customer().await;
        let all = who.get("/v1/account/check-up").await.expect(200);
        let rank = |item: &Value| ["critical", "advised", "fine"].iter().position(|known| item["severity"] == *known);
        let ranks: Vec<usize> = all.items().iter().map(|item| rank(item).unwrap()).collect();
        assert!(ranks.is_sorted(), "{}", all.text);
        assert!(ranks.starts_with(&[0, 1]) && ranks.ends_with(&[2]), "{}", all.text);
        let fine = ranks.iter().filter(|rank| **rank == 2).count();
        assert_eq!(all.body["score"], fine * 100 / ranks.len(), "{}", all.text);
        // the reasons are in the reader's language
        let french = who.send(reqwest::Method::GET, "/v1/account/check-up", &[("Accept-Language", "fr")], None).await;
        let told = |answer: &house::Answer| answer.items()[0]["detail"].as_str().unwrap().to_owned();
        assert!(told(&all).starts_with("Without a proven backup address"), "{}", all.text);
        assert!(told(&french).starts_with("Sans adresse de secours"), "{}", french.text);
    }
));

on_both!(backup_codes_are_counted_once_there_is_a_factor, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let mut who = house.customer().await;
    assert_eq!(severity(&who, "second_factor_enrolled").await, "advised");
    assert_eq!(severity(&who, "backup_codes_left").await, "fine", "nothing can be lost yet");
    let codes = who.add_key("Blue key").await.body["backup_codes"].clone();
    assert_eq!(severity(&who, "second_factor_enrolled").await, "fine");
    // shown, not typed back
    assert_eq!(severity(&who, "backup_codes_left").await, "critical");
    assert_eq!(mend(&who, "backup_codes_left").await.0, "activate_backup_codes");
    who.post("/v1/security/backup-codes/activation", &json!({ "code": codes[0] })).await.expect(200);
    let fine = item(&who, "backup_codes_left").await;
    assert_eq!((&fine["severity"], &fine["count"]), (&json!("fine"), &json!(10)));
    let used = backup_code::Entity::update_many();
    write(&house, used.col_expr(backup_code::Column::UsedAt, Expr::value(Some(house.now())))).await;
    assert_eq!(severity(&who, "backup_codes_left").await, "critical");
    assert_eq!(mend(&who, "backup_codes_left").await.0, "create_backup_codes");
}));

on_both!(sessions_without_use_are_named_until_they_end, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let mut who = house.customer().await;
    assert_eq!(severity(&who, "sessions_in_use").await, "fine");
    later(&house, TimeDelta::hours(84));
    who.log_in().await;
    assert_eq!(severity(&who, "sessions_in_use").await, "fine", "half of the seven days are over and no more");
    later(&house, TimeDelta::seconds(1));
    let idle = item(&who, "sessions_in_use").await;
    assert_eq!((&idle["severity"], &idle["count"]), (&json!("advised"), &json!(1)), "{idle}");
    let (operation, path) = mend(&who, "sessions_in_use").await;
    assert_eq!(operation, "end_session");
    let before = house.stranger();
    who.delete(&path).await.expect(204);
    assert_eq!(severity(&who, "sessions_in_use").await, "fine");
    // one that ended by itself is nobody's business
    before.post("/v1/sessions", &json!({ "login": who.email, "password": PASSWORD })).await.expect(201);
    later(&house, TimeDelta::hours(84));
    who.log_in().await;
    later(&house, TimeDelta::hours(83));
    who.log_in().await;
    assert_eq!(item(&who, "sessions_in_use").await["count"], 2);
    later(&house, TimeDelta::hours(1));
    who.log_in().await;
    assert_eq!(severity(&who, "sessions_in_use").await, "fine");
}));

on_both!(tokens_without_use_are_named_until_they_end, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let mut who = house.customer().await;
    let new = |name: &str| json!({ "name": name, "scopes": ["account:read"], "expires_at": "2026-04-30T00:00:00Z" });
    let used = who.post("/v1/security/access-tokens", &new("Used")).await.expect(201).text("/token");
    who.post("/v1/security/access-tokens", &new("Forgotten")).await.expect(201);
    later(&house, TimeDelta::days(45));
    who.log_in().await;
    assert_eq!(severity(&who, "access_tokens_in_use").await, "fine", "what runs every six weeks is in use");
    house.stranger().with_token(&used).get("/v1/account").await.expect(200);
    later(&house, TimeDelta::seconds(1));
    let idle = item(&who, "access_tokens_in_use").await;
    assert_eq!((&idle["severity"], &idle["count"]), (&json!("advised"), &json!(1)), "{idle}");
    let (operation, path) = mend(&who, "access_tokens_in_use").await;
    assert_eq!(operation, "revoke_access_token");
    who.delete(&path).await.expect(204);
    assert_eq!(severity(&who, "access_tokens_in_use").await, "fine");
    let left = who.get("/v1/security/access-tokens").await.expect(200).items();
    assert!(left.iter().any(|token| token["name"] == "Used" && token.get("revoked_at").is_none()), "{left:?}");
    later(&house, TimeDelta::days(45));
    who.log_in().await;
    assert_eq!(severity(&who, "access_tokens_in_use").await, "fine", "it ended by itself");
}));

on_both!(a_password_that_became_weak_is_told_after_the_next_login, "2026-01-30T09:00:00Z", |house| Box::pin(
    async move {
        let mut who = house.customer().await;
        assert_eq!(severity(&who, "password_strong").await, "fine");
        // details that the password is made of
        who.patch("/v1/account", &json!({ "last_name": house::house::PASSWORD })).await.expect(200);
        assert_eq!(severity(&who, "password_strong").await, "fine", "nobody knows the password until it is typed");
        who.log_in().await;
        assert_eq!(severity(&who, "password_strong").await, "critical");
        let (operation, path) = mend(&who, "password_strong").await;
        assert_eq!(operation, "change_password");
        let new = json!({ "current_password": house::house::PASSWORD, "new_password": "crimson orchard 51 gravel" });
        assert_eq!(who.put(&path, &new).await.status / 100, 2);
        assert_eq!(severity(&who, "password_strong").await, "fine");
    }
));

on_both!(a_password_is_strong_again_once_the_details_are_others, "2026-01-30T09:00:00Z", |house| Box::pin(
    async move {
        let mut who = house.customer().await;
        who.patch("/v1/account", &json!({ "last_name": house::house::PASSWORD })).await.expect(200);
        who.log_in().await;
        assert_eq!(severity(&who, "password_strong").await, "critical");
        who.patch("/v1/account", &json!({ "last_name": "Martin" })).await.expect(200);
        who.log_in().await;
        assert_eq!(severity(&who, "password_strong").await, "fine");
    }
));

on_both!(a_method_is_pressing_once_a_service_needs_it_and_must_outlive_it, "2026-01-30T09:00:00Z", |house| Box::pin(
    async move {
        let who = house.customer().await;
        assert_eq!(severity(&who, "payment_method_valid").await, "advised");
        assert_eq!(severity(&who, "payment_method_outlives_renewals").await, "fine");
        who.add_method("sim_ok").await.expect(201);
        assert_eq!(severity(&who, "payment_method_valid").await, "fine");
        who.order("vps-starter", "P1M", "automatic").await;
        house.settle().await;
        assert_eq!(severity(&who, "payment_method_outlives_renewals").await, "fine");
        let ends = async |on: &str| {
            let on: chrono::NaiveDate = on.parse().unwrap();
            let ended = payment_method::Entity::update_many();
            write(&house, ended.col_expr(payment_method::Column::ExpiresOn, Expr::value(Some(on)))).await;
        };
        ends("2026-02-27").await;
        assert_eq!(severity(&who, "payment_method_valid").await, "fine", "it can still be charged");
        assert_eq!(severity(&who, "payment_method_outlives_renewals").await, "advised");
        ends("2026-01-29").await;
        assert_eq!(severity(&who, "payment_method_valid").await, "critical");
        let (operation, path) = mend(&who, "payment_method_valid").await;
        assert_eq!((operation.as_str(), path.as_str()), ("add_payment_method", "/v1/payment-methods"));
        who.add_method("sim_ok~2").await.expect(201);
        assert_eq!(severity(&who, "payment_method_valid").await, "fine");
        assert_eq!(severity(&who, "payment_method_outlives_renewals").await, "fine");
    }
));

on_both!(an_unpaid_invoice_is_named_until_it_is_paid, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let mut who = house.customer_with_service(("sim_ok", "vps-starter", "P1M", "automatic")).await;
    assert_eq!(severity(&who, "invoices_paid").await, "fine");
    who.add_method("sim_decline_hard").await.expect(201);
    house.travel_to("2026-03-01T09:00:00Z").await;
    who.log_in().await;
    assert_eq!(severity(&who, "invoices_paid").await, "critical");
    let (operation, path) = mend(&who, "invoices_paid").await;
    assert_eq!(operation, "pay_invoice");
    who.add_method("sim_ok~2").await.expect(201);
    who.post(&path, &json!({ "source": "payment_method" })).await.expect(201);
    house.settle().await;
    assert_eq!(severity(&who, "invoices_paid").await, "fine");
}));

on_both!(orders_and_services_that_wait_are_named, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let mut who = house.customer_with_service(("sim_ok", "vps-starter", "P1M", "manual")).await;
    assert_eq!(severity(&who, "orders_clear").await, "fine");
    assert_eq!(severity(&who, "services_renewed").await, "fine");
    let item = json!({ "plan": "vps-starter", "period": "P1M", "renewal_mode": "manual", "quantity": 1 });
    let order = who.post("/v1/orders", &json!({ "items": [item] })).await.expect(201).text("/id");
    assert_eq!(severity(&who, "orders_clear").await, "advised");
    assert_eq!(mend(&who, "orders_clear").await, ("pay_order".to_owned(), format!("/v1/orders/{order}/payment")));
    who.delete(&format!("/v1/orders/{order}")).await.expect(200);
    assert_eq!(severity(&who, "orders_clear").await, "fine");
    house.travel_to("2026-02-25T09:00:00Z").await;
    who.log_in().await;
    assert_eq!(severity(&who, "services_renewed").await, "critical");
    let (operation, path) = mend(&who, "services_renewed").await;
    assert_eq!(operation, "renew_service");
    who.post(&path, &json!({ "period": "P1M", "payment_source": "payment_method" })).await.expect(201);
    house.settle().await;
    assert_eq!(severity(&who, "services_renewed").await, "fine");
}));

on_both!(a_suspended_service_is_named_whatever_its_mode, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let mut who = house.customer_with_service(("sim_ok", "vps-starter", "P1M", "manual")).await;
    house.travel_to("2026-03-02T09:00:00Z").await;
    who.log_in().await;
    assert_eq!(who.service().await["status"], "suspended");
    assert_eq!(severity(&who, "services_renewed").await, "critical");
    // somebody else's matters change nothing
    let other = house.customer().await;
    assert_eq!(severity(&other, "services_renewed").await, "fine");
}));
