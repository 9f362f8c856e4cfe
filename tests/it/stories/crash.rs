//! A crash at every commit point of a renewal and of a deletion, then running again: the end is the same
//! as without it.

use house::{House, On};
use sea_orm::{EntityTrait, PaginatorTrait, QueryOrder};
use serde_json::{Value, json};
use std::sync::Arc;

/// What must be the same with and without a crash.
async fn state(house: &House) -> Value {
    let db = &**house.app.read();
    let services = entity::service::Entity::find().order_by_asc(entity::service::Column::Id).all(db).await.unwrap();
    let invoices = entity::invoice::Entity::find().order_by_asc(entity::invoice::Column::Number).all(db).await.unwrap();
    let balances = entity::invoice_balance::Entity::find().all(db).await.unwrap();
    let mut kinds: Vec<String> = entity::email::Entity::find()
        .all(db)
        .await
        .unwrap()
        .into_iter()
        .map(|mail| format!("{} {}", mail.kind, mail.state))
        .collect();
    kinds.sort();
    let mut due: Vec<i64> = balances.iter().map(|balance| balance.due).collect();
    due.sort_unstable();
    json!({
        "services": services.iter().map(|s| format!("{} {:?} {:?}", s.status, s.expires_on, s.deletion_cause)).collect::<Vec<_>>(),
        "documents": invoices.iter().map(|i| format!("{} {}", i.number, i.gross)).collect::<Vec<_>>(),
        "due": due,
        "captured": house.gateway.simulated.captured().len(),
        "mails": kinds,
        "periods": entity::service_period::Entity::find().count(db).await.unwrap(),
        "ledger": entity::ledger_entry::Entity::find().count(db).await.unwrap(),
    })
}

async fn prepared(on: On, setup: &str) -> Arc<House> {
    let house = House::open(on, "2026-01-31T09:00:00Z").await;
    match setup {
        "renewal" => {
            house.customer_with_service(("sim_ok", "vps-starter", "P1M", "automatic")).await;
            house.travel_to("2026-02-27T22:59:00Z").await;
        }
        _ => {
            let ada = house.customer_with_service(("sim_ok", "vps-starter", "P1M", "automatic")).await;
            ada.add_method("sim_decline_soft").await.expect(201);
            house.travel_to("2026-03-21T22:59:00Z").await;
        }
    }
    house
}

/// Runs the milestones due at `to`, crashing at the nth commit point; then again without a crash, after the
/// leases of the dead process ran out. `false` once there is no nth point any more.
async fn crashing(house: &House, to: &str, nth: Option<u32>) -> bool {
    house.clock.set(to.parse().unwrap());
    let crashed = match nth {
        None => false,
        Some(nth) => {
            house.app.faults.arm(nth);
            house.try_settle().await.ok();
            house.app.faults.disarm()
        }
    };
    // a minute and a half later every lease is over, and what failed is tried again
    house.clock.set(house.now() + chrono::TimeDelta::seconds(90));
    house.settle().await;
    house.clock.set(house.now() + chrono::TimeDelta::minutes(10));
    house.settle().await;
    crashed
}

async fn every_crash_ends_the_same(on: On, setup: &str, to: &str) {
    let house = prepared(on, setup).await;
    crashing(&house, to, None).await;
    let expected = state(&house).await;
    house.close().await;
    let mut points = 0;
    loop {
        let house = prepared(on, setup).await;
        let crashed = crashing(&house, to, Some(points)).await;
        assert_eq!(state(&house).await, expected, "after a crash at commit point {points} of the {setup}");
        house.close().await;
        if !crashed {
            break;
        }
        points += 1;
    }
    assert!(points >= 6, "the {setup} has only {points} commit points: the faults were not planted");
    println!("{setup} on {on:?}: {points} commit points");
}

mod renewal {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn ends_the_same_after_a_crash_at_any_commit_point_on_sqlite() {
        every_crash_ends_the_same(On::Sqlite, "renewal", "2026-02-27T23:00:00Z").await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn ends_the_same_after_a_crash_at_any_commit_point_on_postgres() {
        every_crash_ends_the_same(On::Postgres, "renewal", "2026-02-27T23:00:00Z").await;
    }
}

mod deletion {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn ends_the_same_after_a_crash_at_any_commit_point_on_sqlite() {
        every_crash_ends_the_same(On::Sqlite, "deletion", "2026-03-21T23:00:00Z").await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn ends_the_same_after_a_crash_at_any_commit_point_on_postgres() {
        every_crash_ends_the_same(On::Postgres, "deletion", "2026-03-21T23:00:00Z").await;
    }
}
