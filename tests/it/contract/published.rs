//! The document itself: the house's rules, the files that are checked in, released clients.

use house::contract::{document, operations};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi")
}

#[test]
fn the_document_keeps_every_promise() {
    let problems = openapi::check::problems(document());
    assert!(problems.is_empty(), "{problems:#?}");
}

#[test]
fn the_files_are_those_that_the_code_generates() {
    let documents = api::openapi::Documents::at(api::openapi::SERVER);
    for (name, text) in documents.files().unwrap() {
        let stored = std::fs::read_to_string(folder().join(name)).unwrap_or_default();
        assert!(stored == text, "openapi/{name} is out of date: run `make openapi`");
    }
}

#[test]
fn no_released_client_breaks() {
    let released = std::fs::read_dir(folder().join("released")).expect("openapi/released");
    let files =
        released.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|it| it == "json"));
    for path in files {
        let old: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let broken = openapi::compare::breaking(&old, document());
        assert!(broken.is_empty(), "{}: {broken:#?}", path.display());
    }
}

#[test]
fn the_variants_have_the_same_operations() {
    let documents = api::openapi::Documents::at(api::openapi::SERVER);
    let ids = |document: &Value| -> BTreeSet<String> {
        let items = document["paths"].as_object().unwrap().values();
        let all = items.flat_map(|item| item.as_object().unwrap().values());
        all.filter_map(|operation| operation["operationId"].as_str()).map(str::to_owned).collect()
    };
    let all: BTreeSet<String> = operations().iter().map(|operation| operation.id.clone()).collect();
    assert_eq!(ids(&documents.full), all);
    assert_eq!(ids(&documents.client), all);
    assert_eq!(ids(&documents.three_zero), all);
    assert!(documents.three_zero["openapi"].as_str().unwrap().starts_with("3.0"));
    assert!(documents.full["openapi"].as_str().unwrap().starts_with("3.1"));
}

#[test]
fn every_scope_is_one_that_exists() {
    for operation in operations() {
        for scope in &operation.scopes {
            let known = api::http::scope::CUSTOMER.contains(&scope.as_str()) || scope == api::http::scope::OPERATOR;
            assert!(known, "{} wants {scope}", operation.id);
        }
        let path = operation.path.starts_with("/v1/operator/") || operation.path.starts_with("/v1/operations/");
        assert_eq!(operation.is_operator(), path, "{}: operators' paths and scope go together", operation.id);
    }
}

house::on_both!(the_server_serves_its_own_contract, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (anyone, documents) = (house.stranger(), api::openapi::Documents::at(&house.app.config().public_url));
    let served = [
        ("/openapi.json", &documents.full),
        ("/openapi-client.json", &documents.client),
        ("/openapi-3.0.json", &documents.three_zero),
    ];
    for (path, document) in served {
        assert!(anyone.get(path).await.expect(200).body == *document, "{path}");
    }
    let page = anyone.get("/docs/").await;
    assert!(page.status == 200 && page.text.contains("html"), "{} {}", page.status, page.text);
}));
