//! Too much is due at once: something may be wrong with the clock.

use super::{at_boundary, due};
use house::{House, On};
use std::sync::Arc;

const SERVICES: usize = 200;

async fn open(on: On) -> Arc<House> {
    House::open_with(on, "2026-03-30T09:00:00Z", |config| config.scheduler.max_due_share = 25).await
}

async fn too_many_due_at_once_pause_until_released(on: On) {
    let house = open(on).await;
    due(&house, SERVICES, "2026-03-31").await;
    house.travel_to("2026-03-31T09:00:00Z").await;
    let operator = house.operator().await;
    let scheduler = operator.get("/v1/operator/scheduler").await.expect(200);
    assert_eq!(scheduler.text("/renewals_paused"), "true");
    assert!(scheduler.text("/pause_reason").contains("too many"), "{}", scheduler.text);
    assert_eq!(at_boundary(&house, 1).await, SERVICES as u64, "nobody was charged");

    operator.delete("/v1/operator/scheduler/pause").await.expect(204);
    house.settle().await;
    let scheduler = operator.get("/v1/operator/scheduler").await.expect(200);
    assert_eq!(scheduler.text("/renewals_paused"), "false");
    assert_eq!(at_boundary(&house, 2).await, SERVICES as u64, "release goes on, to the end");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_many_due_at_once_pause_until_released_sqlite() {
    too_many_due_at_once_pause_until_released(On::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_many_due_at_once_pause_until_released_postgres() {
    too_many_due_at_once_pause_until_released(On::Postgres).await;
}

/// The day on which few of many services renew is an ordinary one.
async fn an_ordinary_day_does_not_pause(on: On) {
    let house = open(on).await;
    due(&house, 120, "2026-03-31").await;
    due(&house, 2 * SERVICES, "2026-04-20").await;
    house.travel_to("2026-03-31T09:00:00Z").await;
    assert_eq!(at_boundary(&house, 2).await, 120);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ordinary_day_does_not_pause_sqlite() {
    an_ordinary_day_does_not_pause(On::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ordinary_day_does_not_pause_postgres() {
    an_ordinary_day_does_not_pause(On::Postgres).await;
}
