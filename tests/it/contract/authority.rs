//! Nobody gets in without the right proof and the right scope.

use super::{example_of, send, unknown_path};
use entity::access_token;
use house::contract::{Operation, operation, operations};
use house::{Client, House};
use sea_orm::{ActiveModelTrait, ActiveValue::Set};
use serde_json::json;

fn secured() -> impl Iterator<Item = &'static Operation> {
    operations().iter().filter(|operation| !operation.scopes.is_empty())
}

/// A token of a customer with these scopes, without what making one asks for.
async fn token(house: &House, who: &Client, scopes: &str) -> Client {
    let account = who.get("/v1/account").await.expect(200).text("/id").parse().unwrap();
    let text = api::token::mint(&*house.app.tools.entropy);
    let row = access_token::ActiveModel {
        id: Set(api::actions::Context::scheduler(&house.app.tools, house.now(), house.now()).id()),
        account_id: Set(Some(account)),
        name: Set("script".to_owned()),
        token_hash: Set(api::token::hash(&house.app.tools.sealer, &text)),
        scopes: Set(scopes.to_owned()),
        created_at: Set(house.now()),
        expires_at: Set(Some(house.now() + chrono::TimeDelta::days(1))),
        last_used_at: Set(None),
        revoked_at: Set(None),
        ip_ranges: Set(None),
        hint: Set(None),
        last_address: Set(None),
    };
    let stored: Result<_, sea_orm::DbErr> = house.app.transact(async |tx| row.clone().insert(&**tx).await).await;
    stored.unwrap();
    who.with_token(&text)
}

house::on_both!(the_anonymous_are_told_to_authenticate, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let anyone = house.stranger();
    for operation in secured() {
        let answer = send(&anyone, operation, &unknown_path(operation), operation.example().as_ref()).await;
        assert_eq!((answer.status, answer.code().as_str()), (401, "unauthenticated"), "{}", operation.id);
        assert_eq!(answer.header("www-authenticate"), Some("Bearer realm=\"tacit\""), "{}", operation.id);
    }
}));

house::on_both!(what_is_no_proof_is_refused, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let customer = house.customer().await;
    let good = customer.token.clone().unwrap();
    let parts: Vec<&str> = good.split('.').collect();
    // {"alg":"none","typ":"at+jwt"}
    let unsigned = format!("eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.{}.", parts[1]);
    let altered = format!("{}.{}.{}", parts[0], parts[1].chars().rev().collect::<String>(), parts[2]);
    let cut = good[..good.len() - 4].to_owned();
    let mistyped = "tct_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGH".to_owned();
    for operation in secured() {
        for wrong in [&unsigned, &altered, &cut, &mistyped, &"x".to_owned()] {
            let who = customer.with_token(wrong);
            let answer = send(&who, operation, &unknown_path(operation), operation.example().as_ref()).await;
            assert_eq!((answer.status, answer.code().as_str()), (401, "unauthenticated"), "{} {wrong}", operation.id);
            let challenge = answer.header("www-authenticate").unwrap_or_default();
            assert!(challenge.contains("invalid_token"), "{}: {challenge}", operation.id);
        }
    }
}));

house::on_both!(an_access_token_ends_by_itself, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let customer = house.customer().await;
    house.travel_to("2026-01-30T09:09:50Z").await;
    customer.get("/v1/account").await.expect(200);
    house.travel_to("2026-01-30T09:10:10Z").await;
    for operation in secured() {
        let answer = send(&customer, operation, &unknown_path(operation), operation.example().as_ref()).await;
        assert_eq!((answer.status, answer.code().as_str()), (401, "unauthenticated"), "{}", operation.id);
    }
}));

house::on_both!(customers_and_operators_keep_apart, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (customer, operator) = (house.customer().await, house.operator().await);
    for operation in secured() {
        let who = if operation.is_operator() { &customer } else { &operator };
        let answer = send(who, operation, &unknown_path(operation), operation.example().as_ref()).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (403, "insufficient_scope"),
            "{}: {}",
            operation.id,
            answer.text
        );
        let challenge = answer.header("www-authenticate").unwrap_or_default().to_owned();
        assert!(challenge.contains(&format!("scope=\"{}\"", operation.scopes[0])), "{}: {challenge}", operation.id);
    }
}));

house::on_both!(a_token_does_what_its_scopes_say, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let customer = house.customer().await;
    let all = api::http::scope::CUSTOMER;
    for operation in secured().filter(|operation| !operation.is_operator()) {
        let needed = operation.scopes[0].as_str();
        let others: Vec<&str> = all.iter().copied().filter(|scope| *scope != needed).collect();
        let without = token(&house, &customer, &others.join(" ")).await;
        let (path, example) = (unknown_path(operation), operation.example());
        let answer = send(&without, operation, &path, example.as_ref()).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (403, "insufficient_scope"),
            "{}: {}",
            operation.id,
            answer.text
        );
    }
    let reader = token(&house, &customer, "account:read").await;
    reader.get("/v1/account").await.expect(200);
    assert_eq!(reader.patch("/v1/account", &json!({ "city": "Lille" })).await.expect(403).code(), "insufficient_scope");
}));

house::on_both!(a_blocked_account_gets_nothing, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (customer, operator) = (house.customer().await, house.operator().await);
    let able = token(&house, &customer, &api::http::scope::CUSTOMER.join(" ")).await;
    let id = customer.get("/v1/account").await.expect(200).text("/id");
    able.get("/v1/account").await.expect(200);
    operator.put(&format!("/v1/operator/accounts/{id}/block"), &json!({})).await.expect(200);
    for operation in secured().filter(|operation| !operation.is_operator()) {
        // the session has ended; the token waits for the account to be opened again
        for (who, refusal) in [(&customer, (401, "unauthenticated")), (&able, (403, "account_not_active"))] {
            let answer = send(who, operation, &unknown_path(operation), operation.example().as_ref()).await;
            assert_eq!((answer.status, answer.code().as_str()), refusal, "{}", operation.id);
        }
    }
}));

house::on_both!(a_token_is_never_fresh, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let customer = house.customer().await;
    let able = token(&house, &customer, &api::http::scope::CUSTOMER.join(" ")).await;
    for operation in fresh_ones() {
        let answer = send(&able, operation, &unknown_path(operation), operation.example().as_ref()).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (403, "fresh_proof_required"),
            "{}: {}",
            operation.id,
            answer.text
        );
    }
    let answer = able.post("/v1/security/proof", &json!({ "password": house::house::PASSWORD })).await;
    assert_eq!(answer.expect(403).code(), "fresh_proof_required");
}));

house::on_both!(a_proof_is_fresh_for_five_minutes, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let mut customer = house.customer().await;
    house.travel_to("2026-01-30T09:04:59Z").await;
    for operation in fresh_ones() {
        let answer = send(&customer, operation, &unknown_path(operation), operation.example().as_ref()).await;
        assert_ne!(answer.status, 403, "{}: {}", operation.id, answer.text);
    }
    house.travel_to("2026-01-30T09:05:00Z").await;
    // those that say so and no others; what ends the session comes last, and the proof itself is tried below
    let mut all: Vec<_> = secured().filter(|it| !it.is_operator() && it.id != "prove_identity").collect();
    all.sort_by_key(|operation| operation.id == "end_current_session");
    for operation in all {
        let answer = send(&customer, operation, &unknown_path(operation), operation.example().as_ref()).await;
        let refused = answer.status == 403 && answer.code() == "fresh_proof_required";
        let declared = operation.value["x-fresh-proof"] == true;
        assert_eq!(refused, declared, "{}: {}", operation.id, answer.text);
    }
    customer.log_in().await;
    house.travel_to("2026-01-30T09:10:00Z").await;
    customer.post("/v1/security/proof", &json!({ "password": "not the password" })).await.expect(401);
    assert_eq!(customer.add_method("sim_ok").await.expect(403).code(), "fresh_proof_required");
    customer.post("/v1/security/proof", &json!({ "password": house::house::PASSWORD })).await.expect(204);
    customer.add_method("sim_ok").await.expect(201);
    house.travel_to("2026-01-30T09:15:00Z").await;
    customer.log_in().await;
    customer.add_method("sim_ok~2").await.expect(201);
}));

/// The operations that want a fresh proof, as the contract says.
fn fresh_ones() -> Vec<&'static Operation> {
    secured().filter(|operation| operation.value["x-fresh-proof"] == true).collect()
}

#[test]
fn what_is_dangerous_wants_a_fresh_proof() {
    let found = fresh_ones();
    let must = [
        "set_email",
        "set_backup_email",
        "delete_backup_email",
        "set_phone",
        "delete_phone",
        "set_email_routing",
        "set_anti_phishing_phrase",
        "add_payment_method",
        "remove_payment_method",
        "set_default_payment_method",
        "request_account_closure",
        "add_totp_device",
        "activate_totp_device",
        "delete_totp_device",
        "begin_security_key_registration",
        "add_security_key",
        "delete_security_key",
        "create_backup_codes",
        "change_password",
        "set_ip_rules",
        "request_export",
        "download_export",
        "create_access_token",
    ];
    for id in must {
        assert!(found.iter().any(|known| known.id == id), "{id} does not say that it wants a fresh proof");
    }
    for operation in found {
        let (words, answer) = (&operation.value["description"], &operation.value["responses"]["403"]["$ref"]);
        assert!(words.as_str().unwrap().contains("Wants a fresh proof of identity"), "{}", operation.id);
        assert_eq!(answer, "#/components/responses/FreshProofRequired", "{}", operation.id);
    }
}

#[test]
fn every_parameter_of_a_path_has_an_example() {
    for operation in operations() {
        for parameter in operation.parameters("path") {
            assert!(!example_of(parameter).is_empty(), "{}", operation.id);
        }
    }
    assert_eq!(operation("get_account").method, "GET");
}
