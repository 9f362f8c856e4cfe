//! How an archive is handed out: to its owner, behind a fresh proof, for a week.

use super::{ask, download, happened, read, unzip};
use api::actions::export::forget::forget;
use api::seal::sha256;
use chrono::TimeDelta;
use entity::{export, export_part};
use futures_util::StreamExt;
use house::{House, On, on_both};
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::json;
use std::sync::Arc;

on_both!(an_archive_can_be_downloaded_for_a_week, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let mut who = house.customer().await;
    let handle = who.get("/v1/account").await.text("/handle");
    let id = ask(&who).await.expect(202).text("/id");
    assert_eq!(read(&who, &id).await["status"], "pending");
    assert_eq!(download(&who, &id).await.expect(409).code(), "export_not_ready");
    house.settle().await;
    let ready = read(&who, &id).await;
    assert_eq!(ready["status"], "ready");
    assert_eq!(ready["expires_at"], "2026-02-06T09:00:00Z");
    assert_eq!(ready["href"], format!("/v1/account/exports/{id}/archive"));
    let taken = who.get(ready["href"].as_str().unwrap()).await.expect(200);
    assert_eq!(taken.header("content-type"), Some("application/zip"));
    let name = format!("attachment; filename=\"{handle}-2026-01-30.zip\"");
    assert_eq!(taken.header("content-disposition"), Some(name.as_str()));
    assert_eq!(taken.header("cache-control"), Some("no-store"));
    assert_eq!(taken.header("content-length").unwrap(), ready["size"].to_string());
    assert_eq!(taken.bytes.len().to_string(), ready["size"].to_string());
    assert_eq!(sha256(&taken.bytes), ready["sha256"]);
    assert!(unzip(&taken.bytes).contains_key("account.json"));
    // nothing compresses it again, whatever the client would take
    let gzip = [("Accept-Encoding", "gzip")];
    let path = format!("/v1/account/exports/{id}/archive");
    let again = who.send(reqwest::Method::GET, &path, &gzip, None).await.expect(200);
    assert_eq!(again.bytes, taken.bytes);
    // who has it already takes nothing
    let etag = taken.header("etag").unwrap().to_owned();
    who.send(reqwest::Method::GET, &path, &[("If-None-Match", &etag)], None).await.expect(304);
    assert_eq!((read(&who, &id).await["downloads"].clone(), happened(&who, "export.downloaded").await), (json!(2), 2));
    house.travel_to("2026-02-06T08:59:59Z").await;
    who.log_in().await;
    download(&who, &id).await.expect(200);
    house.travel_to("2026-02-06T09:00:00Z").await;
    assert_eq!(download(&who, &id).await.expect(410).code(), "export_expired");
    let over = read(&who, &id).await;
    assert_eq!((over["status"].as_str(), over.get("href")), (Some("expired"), None));
}));

on_both!(it_wants_a_fresh_proof_each_time, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    let id = ask(&who).await.expect(202).text("/id");
    house.settle().await;
    download(&who, &id).await.expect(200);
    house.travel_to("2026-01-30T09:05:01Z").await;
    assert_eq!(download(&who, &id).await.expect(403).code(), "fresh_proof_required");
    assert_eq!(ask(&who).await.expect(403).code(), "fresh_proof_required");
    assert_eq!(read(&who, &id).await["downloads"], 1);
    who.post("/v1/security/proof", &json!({ "password": house::house::PASSWORD })).await.expect(204);
    download(&who, &id).await.expect(200);
}));

on_both!(what_has_expired_is_deleted, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let mut who = house.customer().await;
    let id = ask(&who).await.expect(202).text("/id");
    house.settle().await;
    let stored = async || {
        let db = &**house.app.read();
        let keys = export::Entity::find().all(db).await.unwrap();
        let keys = keys.iter().filter(|row| row.sealed_key.is_some()).count();
        (keys, export_part::Entity::find().count(db).await.unwrap())
    };
    forget(&house.app, house.now()).await.unwrap();
    assert_eq!(stored().await, (1, 1));
    house.travel_to("2026-02-06T09:59:59Z").await;
    forget(&house.app, house.now()).await.unwrap();
    assert_eq!(stored().await, (1, 1), "a download that began in time may go on");
    house.travel_to("2026-02-06T10:00:00Z").await;
    forget(&house.app, house.now()).await.unwrap();
    assert_eq!(stored().await, (0, 0));
    who.log_in().await;
    assert_eq!(read(&who, &id).await["status"], "expired");
    assert_eq!(download(&who, &id).await.expect(410).code(), "export_expired");
    house.travel_to("2026-05-08T10:00:00Z").await;
    forget(&house.app, house.now()).await.unwrap();
    who.log_in().await;
    who.get(&format!("/v1/account/exports/{id}")).await.expect(404);
}));

async fn large(on: On) -> (Arc<House>, house::Client, export::Model) {
    let house = House::open_with(on, "2026-01-30T09:00:00Z", |config| config.export.part_kib = 4).await;
    let who = house.customer().await;
    ask(&who).await.expect(202);
    house.settle().await;
    let export = export::Entity::find().one(&**house.app.read()).await.unwrap().unwrap();
    assert!(export.parts >= 3, "{} parts", export.parts);
    (house, who, export)
}

async fn begun_in_time(on: On) {
    let (house, _, export) = large(on).await;
    let mut archive = Box::pin(api::export::download::archive(Arc::clone(&house.app), &export).unwrap());
    let mut bytes = archive.next().await.unwrap().unwrap().to_vec();
    // its time is over while it is sent
    house.clock.set(export.expires_at.unwrap() + TimeDelta::minutes(59));
    forget(&house.app, house.now()).await.unwrap();
    while let Some(part) = archive.next().await {
        bytes.extend_from_slice(&part.unwrap());
    }
    assert_eq!(Some(sha256(&bytes)), export.sha256);
    // whoever is still at it an hour later sees that it broke off
    let mut archive = Box::pin(api::export::download::archive(Arc::clone(&house.app), &export).unwrap());
    archive.next().await.unwrap().unwrap();
    house.clock.set(export.expires_at.unwrap() + TimeDelta::minutes(60));
    forget(&house.app, house.now()).await.unwrap();
    assert!(archive.next().await.unwrap().is_err());
    assert!(archive.next().await.is_none());
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_download_that_began_in_time_ends_on_sqlite() {
    begun_in_time(On::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_download_that_began_in_time_ends_on_postgres() {
    begun_in_time(On::Postgres).await;
}

on_both!(what_is_stored_says_nothing, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    ask(&who).await.expect(202);
    house.settle().await;
    let parts = export_part::Entity::find().all(&**house.app.read()).await.unwrap();
    for part in &parts {
        for plain in [b"PK\x03\x04".as_slice(), b"account.json", who.email.as_bytes()] {
            let found = part.sealed.windows(plain.len()).any(|window| window == plain);
            assert!(!found, "{} in part {}", String::from_utf8_lossy(plain), part.position);
        }
    }
    assert!(!parts.is_empty());
}));

on_both!(it_goes_with_the_account, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let mut who = house.customer().await;
    let key = house::client::fresh_key();
    let headers = [("Idempotency-Key", key.as_str())];
    who.send(reqwest::Method::POST, "/v1/account/closure", &headers, None).await.expect(202);
    house.settle().await;
    let token = json!({ "token": house.token_for(&who.email) });
    who.post("/v1/account/closure/confirmation", &token).await.expect(200);
    // until it is done, its data is its owner's
    house.travel_to("2026-02-05T22:00:00Z").await;
    who.log_in().await;
    let id = ask(&who).await.expect(202).text("/id");
    house.settle().await;
    download(&who, &id).await.expect(200);
    // one more is being made
    ask(&who).await.expect(202);
    let now = house.now();
    let claim = house.app.transact(async |tx| api::actions::export::make::claim(tx, &house.app.tools, now).await);
    let api::actions::export::make::Claim::Mine(claimed) = claim.await.unwrap() else { panic!("nothing to make") };
    house.travel_to("2026-02-05T23:00:00Z").await;
    let left = export::Entity::find().count(&**house.app.read()).await.unwrap();
    assert_eq!((left, export_part::Entity::find().count(&**house.app.read()).await.unwrap()), (0, 0));
    let late = house.app.transact(async |tx| api::actions::export::make::store(tx, &claimed, now, (0, b"late")).await);
    assert!(late.await.is_err(), "a part of an erased account was stored");
}));
