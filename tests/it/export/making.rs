//! How an export is made: once, whatever happens meanwhile, or given up.

use super::{ask, download, happened, read, unzip};
use api::actions::export::make::{self, Claim};
use api::actions::{self, Error};
use api::db::Tx;
use api::scheduler::exports::make_due;
use chrono::TimeDelta;
use entity::{account, export, export_part};
use futures_util::future::join_all;
use house::{Client, House, On, on_both};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use std::sync::Arc;

async fn parts(house: &House) -> u64 {
    export_part::Entity::find().count(&**house.app.read()).await.unwrap()
}

fn told(house: &House, who: &Client, subject: &str) -> usize {
    house.subjects(&who.email).iter().filter(|it| it.contains(subject)).count()
}

const READY: &str = "The export of all your data is ready";

on_both!(twenty_requests_at_once_are_one_export, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    let answers = join_all((0..20).map(|_| ask(&who))).await;
    let ids: std::collections::BTreeSet<String> =
        answers.into_iter().map(|answer| answer.expect(202).text("/id")).collect();
    assert_eq!(ids.len(), 1, "{ids:?}");
    house.settle().await;
    assert_eq!(who.get("/v1/account/exports").await.items().len(), 1);
    assert_eq!((happened(&who, "export.requested").await, happened(&who, "export.ready").await), (1, 1));
    assert_eq!(told(&house, &who, READY), 1);
}));

on_both!(the_same_request_twice_is_one_export, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    let again = async || {
        let headers = [("Idempotency-Key", "the-same")];
        who.send(reqwest::Method::POST, "/v1/account/exports", &headers, None).await.expect(202)
    };
    let first = again().await;
    house.settle().await;
    let second = again().await;
    assert_eq!(second.header("idempotent-replayed"), Some("true"));
    assert_eq!((second.text("/id"), second.text("/status")), (first.text("/id"), "pending".to_owned()));
    assert_eq!(first.header("location").unwrap(), format!("/v1/account/exports/{}", first.text("/id")));
    assert_eq!(who.get("/v1/account/exports").await.items().len(), 1);
}));

on_both!(three_a_day, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let (mut who, other) = (house.customer().await, house.customer().await);
    for _ in 0..3 {
        ask(&who).await.expect(202);
        house.settle().await;
    }
    let refused = ask(&who).await.expect(429);
    assert_eq!((refused.code().as_str(), refused.header("retry-after")), ("rate_limited", Some("86400")));
    ask(&other).await.expect(202);
    house.travel_to("2026-01-31T08:59:59Z").await;
    who.log_in().await;
    ask(&who).await.expect(429);
    house.travel_to("2026-01-31T09:00:00Z").await;
    ask(&who).await.expect(202);
}));

on_both!(everybody_is_told_and_the_mail_opens_nothing, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    who.put("/v1/account/backup-email", &serde_json::json!({ "email": "spare@example.org" })).await.expect(202);
    house.settle().await;
    let code = serde_json::json!({ "code": house.code_for("spare@example.org") });
    who.post("/v1/account/backup-email/confirmation", &code).await.expect(200);
    let id = ask(&who).await.expect(202).text("/id");
    house.settle().await;
    for address in [who.email.as_str(), "spare@example.org"] {
        let mail = house.mails().into_iter().find(|mail| mail.to.contains(address) && mail.subject == READY).unwrap();
        assert!(mail.text.contains("6 February 2026"), "{}", mail.text);
        for body in [&mail.text, &mail.html] {
            assert!(!body.contains(&id) && !body.contains("/archive") && !body.contains("/exports"), "{body}");
        }
    }
}));

/// What must be the same with and without a crash.
async fn outcome(house: &House, who: &Client) -> serde_json::Value {
    let exports = who.get("/v1/account/exports").await.expect(200).items();
    let id = exports[0]["id"].as_str().unwrap().to_owned();
    let files = unzip(&download(who, &id).await.expect(200).bytes);
    serde_json::json!({
        "exports": exports.len(),
        "status": exports[0]["status"],
        "ready": happened(who, "export.ready").await,
        "told": told(house, who, READY),
        "files": files.keys().filter(|name| !name.starts_with("documents/")).collect::<Vec<_>>(),
    })
}

/// Small parts: an archive has several, and so many commits.
async fn opened(on: On) -> (Arc<House>, Client) {
    let house = House::open_with(on, "2026-01-30T09:00:00Z", |config| config.export.part_kib = 4).await;
    let who = house.customer().await;
    ask(&who).await.expect(202);
    (house, who)
}

async fn every_crash_ends_the_same(on: On) {
    let mut expected = None;
    for point in 0.. {
        let (house, mut who) = opened(on).await;
        house.app.faults.arm(point);
        make_due(&house.app).await.ok();
        let crashed = house.app.faults.disarm();
        // the leases of the dead process run out, and what failed is tried again
        for seconds in [90, 600] {
            house.clock.set(house.now() + TimeDelta::seconds(seconds));
            house.settle().await;
        }
        who.log_in().await;
        let found = outcome(&house, &who).await;
        assert_eq!(*expected.get_or_insert(found.clone()), found, "after a crash at commit point {point}");
        let whole = export::Entity::find().one(&**house.app.read()).await.unwrap().unwrap();
        assert_eq!(parts(&house).await, u64::try_from(whole.parts).unwrap());
        assert!(whole.parts > 1, "the archive has one part only");
        house.close().await;
        if !crashed {
            assert!(point >= 8, "only {point} commit points: the faults were not planted");
            println!("export on {on:?}: {point} commit points");
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_at_any_commit_point_ends_the_same_on_sqlite() {
    every_crash_ends_the_same(On::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_at_any_commit_point_ends_the_same_on_postgres() {
    every_crash_ends_the_same(On::Postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_make_one_archive() {
    let (house, who) = opened(On::Postgres).await;
    let folder = tempfile::tempdir().unwrap();
    let gateway = Arc::new(api::payment::simulated::Simulated::default());
    let node = house::bare::open(&house.database_url, folder.path(), house.now(), gateway, |_| {}).await;
    let (one, two) = tokio::join!(make_due(&house.app), make_due(&node));
    assert_eq!(one.unwrap() + two.unwrap(), 1, "one of them found it taken");
    node.db.close().await;
    house.settle().await;
    assert_eq!(outcome(&house, &who).await["told"], 1);
    house.close().await;
}

on_both!(a_node_that_lost_its_claim_changes_nothing_any_more, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    let id = ask(&who).await.expect(202).text("/id");
    let claim = async || {
        let now = house.now();
        match house.app.transact(async |tx: &Tx| make::claim(tx, &house.app.tools, now).await).await.unwrap() {
            Claim::Mine(claimed) => Some(claimed),
            Claim::Nothing | Claim::GivenUp => None,
        }
    };
    let slow = claim().await.unwrap();
    assert!(claim().await.is_none(), "it belongs to one at a time");
    house.clock.set(house.now() + TimeDelta::seconds(61));
    let heir = claim().await.unwrap();
    let until = house.now() + TimeDelta::seconds(60);
    let lost = |outcome: Result<(), Error>| assert!(matches!(outcome, Err(Error::PreconditionFailed)), "{outcome:?}");
    lost(house.app.transact(async |tx: &Tx| make::store(tx, &slow, until, (0, b"x")).await).await);
    lost(house.app.transact(async |tx: &Tx| make::keep(tx, &slow, until).await).await);
    let made = api::export::archive::Made { size: 1, sha256: "0".repeat(64) };
    let now = house.now();
    lost(house.app.transact(async |tx: &Tx| make::finish(tx, &house.app.tools, now, &slow, &made).await).await);
    let why = Error::internal("too slow");
    let failed = house.app.transact(async |tx: &Tx| make::fail(tx, &house.app.tools, (now, now), &slow, &why).await);
    failed.await.unwrap();
    assert_eq!(parts(&house).await, 0);
    // what the dead one sealed is noise to the heir
    let sealed = slow.vault.seal(0, b"Ada".to_vec()).unwrap();
    assert!(heir.vault.unseal(0, sealed).is_err());
    house.app.transact(async |tx: &Tx| make::release(tx, &heir).await).await.unwrap();
    house.settle().await;
    assert_eq!(read(&who, &id).await["status"], "ready");
    assert_eq!(happened(&who, "export.ready").await, 1);
}));

async fn set_currency(house: &House, who: &Client, currency: &str) {
    let done: Result<_, actions::Error> = house
        .app
        .transact(async |tx: &Tx| {
            account::Entity::update_many()
                .col_expr(account::Column::Currency, Expr::value(currency))
                .filter(account::Column::Email.eq(who.email.as_str()))
                .exec(&**tx)
                .await?;
            Ok(())
        })
        .await;
    done.unwrap();
}

on_both!(what_fails_is_tried_again_then_given_up, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let mut who = house.customer().await;
    // a row that cannot be written stands for any fault
    set_currency(&house, &who, "???").await;
    let id = ask(&who).await.expect(202).text("/id");
    let given_up = ask(&house.customer().await).await.expect(202);
    house.settle().await;
    assert_eq!(read(&who, &id).await["status"], "pending");
    set_currency(&house, &who, "EUR").await;
    house.clock.set(house.now() + TimeDelta::minutes(1));
    house.settle().await;
    assert_eq!(read(&who, &id).await["status"], "ready", "{}", given_up.text);

    set_currency(&house, &who, "???").await;
    let id = ask(&who).await.expect(202).text("/id");
    for hours in [0, 1, 1, 3, 7, 7] {
        assert_eq!(told(&house, &who, "could not be made"), 0);
        house.clock.set(house.now() + TimeDelta::hours(hours));
        house.settle().await;
    }
    who.log_in().await;
    assert_eq!(read(&who, &id).await["status"], "failed");
    assert_eq!(download(&who, &id).await.expect(409).code(), "export_not_ready");
    assert_eq!((told(&house, &who, "could not be made"), happened(&who, "export.failed").await), (1, 1));
    let row = export::Entity::find_by_id(id.parse::<domain::id::ExportId>().unwrap());
    let row = row.one(&**house.app.read()).await.unwrap().unwrap();
    assert!(row.last_error.unwrap().contains("currency") && row.sealed_key.is_none());
    // nobody waits for it any more
    set_currency(&house, &who, "EUR").await;
    let next = ask(&who).await.expect(202).text("/id");
    let operator = house.operator().await;
    let retry = async |id: &str| {
        operator.post(&format!("/v1/operator/exports/{id}/retry-request"), &serde_json::json!({})).await
    };
    assert_eq!(retry(&id).await.expect(409).code(), "export_not_failed", "another one is being made");
    house.settle().await;
    assert_eq!(read(&who, &next).await["status"], "ready");
    // or the provider mends it
    let failed = operator.get("/v1/operator/exports?status=failed").await.expect(200).items();
    assert_eq!(
        (failed.len(), failed[0]["id"].as_str(), failed[0]["attempts"].as_i64()),
        (1, Some(id.as_str()), Some(6))
    );
    assert!(failed[0]["last_error"].as_str().unwrap().contains("currency"), "{}", failed[0]);
    retry(&id).await.expect(202);
    house.settle().await;
    who.log_in().await;
    assert_eq!(read(&who, &id).await["status"], "ready");
    download(&who, &id).await.expect(200);
    assert_eq!(retry(&id).await.expect(409).code(), "export_not_failed");
    assert_eq!(retry("exp_01h455vb4pex5vsknk084sn02q").await.expect(404).code(), "not_found");
}));

on_both!(what_nobody_lives_to_finish_is_given_up, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let mut who = house.customer().await;
    let id = ask(&who).await.expect(202).text("/id");
    for _ in 0..house.app.config().scheduler.max_attempts {
        let now = house.now();
        let claim = house.app.transact(async |tx: &Tx| make::claim(tx, &house.app.tools, now).await).await.unwrap();
        assert!(matches!(claim, Claim::Mine(_)), "{claim:?}");
        house.clock.set(now + TimeDelta::seconds(61));
    }
    house.settle().await;
    who.log_in().await;
    assert_eq!(read(&who, &id).await["status"], "failed");
}));

on_both!(a_process_that_stops_gives_its_claim_back, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    let id = ask(&who).await.expect(202).text("/id");
    let stopping = &house.app.stopping;
    stopping.store(true, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(make_due(&house.app).await.unwrap(), 0);
    stopping.store(false, std::sync::atomic::Ordering::Relaxed);
    house.settle().await;
    assert_eq!(read(&who, &id).await["status"], "ready");
}));
