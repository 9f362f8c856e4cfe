//! The monthly reminder of what is essential and missing: once, on its day, to whom it helps.

use api::scheduler::{self, Scope};
use chrono::{DateTime, TimeDelta, Utc};
use domain::id::AccountId;
use entity::{account, check_up_reminder};
use house::{Client, House, On};
use reqwest::Method;
use sea_orm::ActiveValue::Set;
use sea_orm::{EntityTrait, QuerySelect};
use serde_json::{Value, json};
use std::sync::Arc;

/// When everybody signs up: their reminders are due at 9:00 on the last days of the months.
const NOW: &str = "2026-01-31T09:00:00Z";
const FIRST: &str = "2026-02-28T09:00:00Z";

async fn open(on: On) -> Arc<House> {
    House::open_with(on, NOW, |config| config.scheduler.check_up_reminders = true).await
}

/// Declares a test on both databases, in a house that reminds.
macro_rules! reminded {
    ($name:ident, $body:expr) => {
        mod $name {
            use super::*;
            async fn run(on: On) {
                let house = open(on).await;
                house::run(Arc::clone(&house), $body).await;
                house.close().await;
            }
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                run(On::Sqlite).await;
            }
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                run(On::Postgres).await;
            }
        }
    };
}

/// How many reminders went to an address.
fn reminders(house: &House, to: &str) -> usize {
    let told = house.subjects(to);
    told.iter().filter(|subject| subject.contains("essential") || subject.contains("l’essentiel")).count()
}

async fn travel(house: &House, to: &str) {
    house.travel_to(to).await;
}

async fn wants(who: &Client, wanted: bool) {
    let all = json!(["account", "security", "billing", "renewal", "order", "product"]);
    let routing = json!({ "primary": { "categories": all }, "addresses": [], "check_up_reminder": wanted });
    let changed = who.put("/v1/account/email-routing", &routing).await.expect(200);
    assert_eq!(changed.body["check_up_reminder"], wanted);
}

async fn prove_backup(house: &House, who: &Client, address: &str) {
    who.put("/v1/account/backup-email", &json!({ "email": address })).await.expect(202);
    house.settle().await;
    let code = json!({ "code": house.code_for(address) });
    who.post("/v1/account/backup-email/confirmation", &code).await.expect(200);
}

reminded!(what_is_essential_is_told_once_a_month, |house| Box::pin(async move {
    let who = house.customer().await;
    travel(&house, "2026-02-28T08:59:59Z").await;
    assert_eq!(reminders(&house, &who.email), 0, "not due");
    travel(&house, FIRST).await;
    assert_eq!(reminders(&house, &who.email), 1);
    let mail = house.mails().into_iter().rfind(|mail| mail.to.contains(&who.email)).unwrap();
    assert!(mail.text.contains("Without a proven backup address"), "{}", mail.text);
    assert!(
        !mail.text.contains("anti-phishing") && !mail.text.contains("payment"),
        "only the essential: {}",
        mail.text
    );
    travel(&house, "2026-03-31T08:59:59Z").await;
    assert_eq!(reminders(&house, &who.email), 1, "once a month");
    travel(&house, "2026-03-31T09:00:00Z").await;
    travel(&house, "2026-04-30T09:00:00Z").await;
    assert_eq!(reminders(&house, &who.email), 3);
    // it is a mail of the account like any other
    let mut who = who;
    who.log_in().await;
    let kept = who.get("/v1/account/emails?kind=check_up_reminder").await.expect(200).items();
    assert!(kept.len() == 3 && kept.iter().all(|mail| mail["category"] == "account"), "{kept:?}");
}));

reminded!(nothing_essential_is_missing_nothing_is_sent, |house| Box::pin(async move {
    let mut who = house.customer().await;
    prove_backup(&house, &who, "spare@example.org").await;
    // what has notices of its own, and what is only advised, is no reason
    let item = json!({ "plan": "vps-starter", "period": "P1M", "renewal_mode": "manual", "quantity": 1 });
    who.post("/v1/orders", &json!({ "items": [item] })).await.expect(201);
    travel(&house, FIRST).await;
    assert_eq!(reminders(&house, &who.email) + reminders(&house, "spare@example.org"), 0);
    // next month something is
    who.log_in().await;
    who.delete("/v1/account/backup-email").await.expect(204);
    travel(&house, "2026-03-31T09:00:00Z").await;
    assert_eq!(reminders(&house, &who.email), 1);
}));

reminded!(its_owner_turns_it_off_and_on, |house| Box::pin(async move {
    let (mut who, other) = (house.customer().await, house.customer().await);
    let shown = async |who: &Client| -> Value {
        who.get("/v1/account/email-routing").await.expect(200).body["check_up_reminder"].clone()
    };
    assert_eq!(shown(&who).await, true);
    wants(&who, false).await;
    // a routing that says nothing of it leaves it
    let all = json!(["account", "security", "billing", "renewal", "order", "product"]);
    let silent = json!({ "primary": { "categories": all }, "addresses": [] });
    who.put("/v1/account/email-routing", &silent).await.expect(200);
    assert_eq!(shown(&who).await, false);
    travel(&house, FIRST).await;
    assert_eq!((reminders(&house, &who.email), reminders(&house, &other.email)), (0, 1));
    who.log_in().await;
    wants(&who, true).await;
    travel(&house, "2026-03-31T09:00:00Z").await;
    assert_eq!((reminders(&house, &who.email), reminders(&house, &other.email)), (1, 2));
}));

reminded!(who_is_blocked_closing_or_closed_is_not_told, |house| Box::pin(async move {
    let (blocked, mut closed, mut french) = (house.customer().await, house.customer().await, house.customer().await);
    french.patch("/v1/account", &json!({ "language": "fr" })).await.expect(200);
    let id = blocked.get("/v1/account").await.text("/id");
    house.operator().await.put(&format!("/v1/operator/accounts/{id}/block"), &json!({})).await.expect(200);
    // one asks for the closure three days before its reminder, and is still closing on that day
    travel(&house, "2026-02-25T09:00:00Z").await;
    closed.log_in().await;
    let key = house::client::fresh_key();
    closed.send(Method::POST, "/v1/account/closure", &[("Idempotency-Key", &key)], None).await.expect(202);
    house.settle().await;
    let token = json!({ "token": house.token_for(&closed.email) });
    closed.post("/v1/account/closure/confirmation", &token).await.expect(200);
    travel(&house, FIRST).await;
    assert_eq!(reminders(&house, &blocked.email) + reminders(&house, &closed.email), 0);
    let mail = house.mails().into_iter().rfind(|mail| mail.to.contains(&french.email)).unwrap();
    assert!(mail.subject.contains("l’essentiel") && mail.text.contains("Sans adresse de secours"), "{}", mail.subject);
    // and is closed on the next one
    travel(&house, "2026-03-31T09:00:00Z").await;
    assert_eq!(reminders(&house, &blocked.email) + reminders(&house, &closed.email), 0);
    french.log_in().await;
    assert_eq!(reminders(&house, &french.email), 2);
}));

reminded!(after_an_outage_no_flood_follows, |house| Box::pin(async move {
    let who = house.customer().await;
    // nothing ran on the day, nor for the months that follow
    house.clock.set("2026-05-20T12:00:00Z".parse().unwrap());
    house.settle().await;
    assert_eq!(reminders(&house, &who.email), 0, "what is long past is left out");
    travel(&house, "2026-06-30T09:00:00Z").await;
    assert_eq!(reminders(&house, &who.email), 1, "and the next one comes on its day");
    // late by less than three days: still told, and the next one on its own day
    house.clock.set("2026-08-03T08:00:00Z".parse().unwrap());
    house.settle().await;
    assert_eq!(reminders(&house, &who.email), 2);
    travel(&house, "2026-08-31T08:59:59Z").await;
    assert_eq!(reminders(&house, &who.email), 2);
}));

reminded!(many_are_looked_at_together, |house| Box::pin(async move {
    house::seed::due(&house.app, 450, "2026-03-01".parse().unwrap()).await;
    let due: DateTime<Utc> = FIRST.parse().unwrap();
    let accounts = account::Entity::find().select_only().column(account::Column::Id).into_tuple();
    let ids: Vec<AccountId> = accounts.all(&**house.app.read()).await.unwrap();
    let rows = ids.iter().map(|id| check_up_reminder::ActiveModel { account_id: Set(*id), due_at: Set(due) });
    let rows: Vec<_> = rows.collect();
    house
        .app
        .transact(async |tx| check_up_reminder::Entity::insert_many(rows.clone()).exec_without_returning(&**tx).await)
        .await
        .unwrap();
    house.clock.set(due);
    let began = std::time::Instant::now();
    house.settle().await;
    println!("{} accounts were looked at and told in {:?}", ids.len(), began.elapsed());
    let told = house.mails().into_iter().filter(|mail| mail.subject.contains("ssenti"));
    let told: std::collections::BTreeSet<String> = told.map(|mail| mail.to).collect();
    assert_eq!(told.len(), 450);
}));

/// Two schedulers at once, several times over: one mail each.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_nodes_send_one_reminder() {
    let house = open(On::Postgres).await;
    let mut customers = Vec::new();
    for _ in 0..5 {
        customers.push(house.customer().await);
    }
    travel(&house, "2026-02-28T08:59:59Z").await;
    house.clock.set(FIRST.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let gateway = Arc::new(api::payment::simulated::Simulated::default());
    let on = |config: &mut api::config::Config| config.scheduler.check_up_reminders = true;
    let node = house::bare::open(&house.database_url, folder.path(), house.now(), gateway, on).await;
    let looks = (0..6).map(|number| {
        let app = if number % 2 == 0 { &*house.app } else { &node };
        scheduler::drain(app, Scope::Ordinary, house.now())
    });
    for look in futures_util::future::join_all(looks).await {
        look.unwrap();
    }
    house.settle().await;
    for who in &mut customers {
        assert_eq!(reminders(&house, &who.email), 1, "{}", who.email);
        who.log_in().await;
        assert_eq!(who.get("/v1/account/emails?kind=check_up_reminder").await.expect(200).items().len(), 1);
    }
    node.db.close().await;
    house.close().await;
}

/// Dies at each commit point: one reminder all the same.
async fn every_crash_ends_the_same(on: On) {
    for point in 0.. {
        let house = open(on).await;
        let who = house.customer().await;
        travel(&house, "2026-02-28T08:59:59Z").await;
        house.clock.set(FIRST.parse().unwrap());
        house.app.faults.arm(point);
        scheduler::drain(&house.app, Scope::Ordinary, house.now()).await.ok();
        let crashed = house.app.faults.disarm();
        // what failed is tried again a day later
        for hours in [0, 25] {
            house.clock.set(house.now() + TimeDelta::hours(hours));
            house.settle().await;
        }
        assert_eq!(reminders(&house, &who.email), 1, "after a crash at commit point {point}");
        house.close().await;
        if !crashed {
            assert!(point >= 2, "only {point} commit points: the faults were not planted");
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_at_any_commit_point_sends_one_on_sqlite() {
    every_crash_ends_the_same(On::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_at_any_commit_point_sends_one_on_postgres() {
    every_crash_ends_the_same(On::Postgres).await;
}
