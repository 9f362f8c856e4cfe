//! Every refusal is `application/problem+json` with a published code, in the caller's language.

use super::estate::Estate;
use super::{send, unknown_path};
use api::problem::Code;
use house::contract::operations;
use house::{Answer, Client};
use reqwest::Method;
use serde_json::json;
use std::collections::BTreeSet;

/// Checks everything that a problem promises.
#[track_caller]
fn is_problem(answer: &Answer, what: &str) {
    assert!((400..600).contains(&answer.status), "{what}: {}", answer.status);
    assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{what}");
    assert_eq!(answer.body["status"], answer.status, "{what}");
    let code: Result<Code, _> = answer.code().parse();
    assert!(code.is_ok_and(|code| code.entry().status == answer.status), "{what}: {}", answer.code());
    assert!(answer.text("/type").ends_with(&format!("/docs/errors/{}", answer.code())), "{what}");
    for member in ["/title", "/detail", "/instance", "/request_id"] {
        assert!(!answer.text(member).is_empty(), "{what}");
    }
    assert_eq!(answer.header("x-request-id"), Some(answer.text("/request_id").as_str()), "{what}");
    assert_eq!(answer.header("cache-control"), Some("no-store"), "{what}");
}

async fn in_language(who: &Client, method: &Method, path: &str, language: &str) -> Answer {
    who.send(method.clone(), path, &[("Accept-Language", language)], None).await
}

house::on_both!(what_is_not_there_is_told_in_both_languages, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let anyone = house.stranger();
    for path in [
        "/",
        "/v1",
        "/v1/",
        "/v2/account",
        "/v1/acount",
        "/v1/account/",
        "//v1/account",
        "/v1/services/a/b/c",
        "/docs/errors/none",
    ] {
        let (english, french) = (
            in_language(&anyone, &Method::GET, path, "en").await,
            in_language(&anyone, &Method::GET, path, "fr-CA").await,
        );
        is_problem(&english, path);
        is_problem(&french, path);
        assert_eq!((english.status, english.code()), (404, french.code()), "{path}");
        assert_ne!(english.text("/title"), french.text("/title"), "{path}");
        assert_eq!(english.header("content-language"), Some("en"));
        assert_eq!(french.header("content-language"), Some("fr"));
    }
}));

house::on_both!(other_methods_are_refused_with_allow, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let anyone = house.stranger();
    let paths: BTreeSet<&str> = operations().iter().map(|operation| operation.path.as_str()).collect();
    for path in paths {
        let here: Vec<_> = operations().iter().filter(|operation| operation.path == path).collect();
        let real = unknown_path(here[0]);
        let allowed: BTreeSet<&str> = here.iter().map(|known| known.method.as_str()).collect();
        for method in [Method::GET, Method::PUT, Method::POST, Method::PATCH, Method::DELETE, Method::TRACE] {
            if allowed.contains(method.as_str()) {
                continue;
            }
            let answer = anyone.send(method.clone(), &real, &[], None).await;
            let what = format!("{method} {path}");
            is_problem(&answer, &what);
            assert_eq!((answer.status, answer.code().as_str()), (405, "method_not_allowed"), "{what}");
            let told: BTreeSet<&str> = answer.header("allow").unwrap().split(", ").collect();
            let also_head = allowed.contains("GET").then_some("HEAD");
            assert_eq!(told, allowed.iter().copied().chain(also_head).collect(), "{what}");
        }
    }
}));

house::on_both!(every_operation_refuses_in_both_languages, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let anyone = house.stranger();
    for operation in operations().iter().filter(|operation| !operation.scopes.is_empty()) {
        let path = unknown_path(operation);
        let method: Method = operation.method.parse().unwrap();
        let english = in_language(&anyone, &method, &path, "en").await;
        let french = in_language(&anyone, &method, &path, "de;q=1, fr;q=0.9, en;q=0.1").await;
        is_problem(&english, &operation.id);
        is_problem(&french, &operation.id);
        assert_eq!(english.code(), french.code(), "{}", operation.id);
        assert_ne!(english.text("/title"), french.text("/title"), "{}", operation.id);
        assert_ne!(english.text("/detail"), french.text("/detail"), "{}", operation.id);
    }
}));

house::on_both!(the_account_s_language_is_used_when_none_is_asked_for, "2026-01-30T09:00:00Z", |house| Box::pin(
    async move {
        let customer = house.customer().await;
        let stray = "/v1/services/svc_01h455vb4pex5vsknk084sn02q";
        let english = customer.get(stray).await.expect(404);
        customer.patch("/v1/account", &json!({ "language": "fr" })).await.expect(200);
        let french = customer.get(stray).await.expect(404);
        assert_eq!(
            (english.text("/title").as_str(), french.text("/title").as_str()),
            ("There is no such resource", "Cette ressource n'existe pas")
        );
        let asked = in_language(&customer, &Method::GET, stray, "en").await;
        assert_eq!(asked.text("/title"), english.text("/title"));
    }
));

house::on_both!(every_code_has_its_page, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let anyone = house.stranger();
    for code in Code::all() {
        let page = anyone.get(&format!("/docs/errors/{code}")).await.expect(200);
        assert!(page.text.contains(code.as_str()) && page.text.contains(&code.entry().status.to_string()), "{code}");
    }
}));

house::on_both!(addresses_and_headers_have_limits, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let customer = house.customer().await;
    let long = format!("/v1/account/emails?category={}", "x".repeat(8_200));
    let answer = customer.get(&long).await;
    is_problem(&answer, "a long address");
    assert_eq!((answer.status, answer.code().as_str()), (414, "uri_too_long"));
    let key = "k".repeat(256);
    for wrong in ["", "\"\"", "a b", key.as_str()] {
        let headers = [("Idempotency-Key", wrong)];
        let answer = customer.send(Method::PATCH, "/v1/account", &headers, Some(&json!({}))).await;
        is_problem(&answer, wrong);
        assert_eq!((answer.status, answer.text("/errors/0/header").as_str()), (400, "Idempotency-Key"), "{wrong}");
    }
}));

house::on_both!(nothing_of_the_inside_is_told, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let estate = Estate::of(&house).await;
    for operation in operations() {
        for body in [None, operation.example(), Some(json!({})), Some(json!({ "items": [[]] }))] {
            let path = estate.stray_path(operation);
            let answer = send(estate.entitled(operation), operation, &path, body.as_ref()).await;
            assert!(answer.status < 500 || operation.id == "get_readiness", "{}: {}", operation.id, answer.text);
            if answer.status >= 400 && answer.body["code"].is_string() {
                is_problem(&answer, &operation.id);
            }
            for word in ["sqlx", "SELECT ", "panicked", "/src/", "DbErr", "sea_orm"] {
                assert!(
                    !answer.text.contains(word) || operation.id.starts_with("get_openapi"),
                    "{}: {}",
                    operation.id,
                    answer.text
                );
            }
        }
    }
}));

house::on_both!(only_known_origins_may_read_answers, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let anyone = house.stranger();
    for origin in ["https://evil.example", "null", "http://127.0.0.1.evil.example"] {
        let answer = anyone.send(Method::GET, "/v1/time", &[("Origin", origin)], None).await;
        assert_eq!(answer.header("access-control-allow-origin"), None, "{origin}");
    }
    let answer = anyone.get("/v1/time").await;
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(
        answer.header("content-security-policy"),
        Some("default-src 'none'; base-uri 'none'; frame-ancestors 'none'")
    );
    assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
}));
