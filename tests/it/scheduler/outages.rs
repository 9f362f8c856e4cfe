//! The scheduler was off for a long time.

use super::{at_boundary, due, load, outcomes, service_of};
use chrono::TimeDelta;
use domain::service::ServiceStatus;
use domain::timeline::{MilestoneKind, MilestoneState};
use entity::{email, invoice};
use house::{House, on_both};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};

/// The clock goes on and nobody runs anything.
fn outage_until(house: &House, instant: &str) {
    house.clock.set(instant.parse().unwrap());
}

async fn paused(house: &House) -> bool {
    let operator = house.operator().await;
    operator.get("/v1/operator/scheduler").await.expect(200).body["renewals_paused"].as_bool().unwrap()
}

async fn release(house: &House) {
    house.operator().await.delete("/v1/operator/scheduler/pause").await.expect(204);
}

on_both!(
    more_than_one_unbilled_boundary_pauses_renewals_until_an_operator_releases_them,
    "2026-03-01T09:00:00Z",
    |house| Box::pin(async move {
        // 40 days of expiries, the first ones with two boundaries behind them when the scheduler returns
        let mut ids = Vec::new();
        for on in ["2026-04-05", "2026-04-15", "2026-04-25", "2026-05-05", "2026-05-14"] {
            ids.extend(due(&house, 10, on).await);
        }
        outage_until(&house, "2026-05-15T09:00:00Z");
        house.settle().await;
        assert!(paused(&house).await);
        // chunks without such a service may have gone through before the pause; nobody paid two periods
        assert_eq!(at_boundary(&house, 3).await, 0);
        assert_eq!(load(&house, ids[0]).await.boundary, 1, "the one that is behind was not charged");
        let before = at_boundary(&house, 2).await;
        house.travel_to("2026-05-15T20:00:00Z").await;
        assert_eq!(at_boundary(&house, 2).await, before, "the pause lasts");

        release(&house).await;
        house.settle().await;
        assert!(!paused(&house).await);
        // one boundary at a time: those two behind were invoiced and charged twice, each for its own period
        assert_eq!((at_boundary(&house, 2).await, at_boundary(&house, 3).await), (30, 20));
        let documents = invoice::Entity::find().count(&**house.app.read()).await.unwrap();
        assert_eq!(documents, 50 + 30 + 2 * 20);
        let behind = load(&house, ids[0]).await;
        assert_eq!(
            behind.expires_on,
            Some("2026-06-05".parse().unwrap()),
            "counted from the old expiry, not from today"
        );
    })
);

on_both!(a_reminder_is_dropped_once_the_next_one_is_due, "2026-03-10T09:00:00Z", |house| Box::pin(async move {
    let customer = house.customer_with_service(("sim_ok", "vps-starter", "P1M", "manual")).await;
    let service = service_of(&house, &customer.email).await;
    // expiry on 10 April: reminders on 26 March, 3, 7 and 9 April
    outage_until(&house, "2026-04-04T09:00:00Z");
    house.settle().await;
    let dropped = || (MilestoneState::Dropped, Some("overtaken_by_the_next".to_owned()));
    let sent = || (MilestoneState::Done, Some("sent".to_owned()));
    let planned = || (MilestoneState::Planned, None);
    let notices = outcomes(&house, service.id, MilestoneKind::Notice).await;
    assert_eq!(notices, [dropped(), sent(), planned(), planned()]);
    let reminders = email::Entity::find()
        .filter(email::Column::ServiceId.eq(service.id))
        .filter(email::Column::Kind.eq("expiry_reminder"));
    assert_eq!(reminders.count(&**house.app.read()).await.unwrap(), 1, "no old news");
}));

on_both!(
    after_an_outage_nothing_is_deleted_before_its_notices_were_accepted_a_day_ago,
    "2026-03-10T09:00:00Z",
    |house| Box::pin(async move {
        let customer = house.customer_with_service(("sim_ok", "vps-starter", "P1M", "manual")).await;
        let id = service_of(&house, &customer.email).await.id;
        house.travel_to("2026-04-10T09:00:00Z").await;
        let suspended = load(&house, id).await;
        assert_eq!(suspended.status, ServiceStatus::Suspended);
        let announced = suspended.delete_on.unwrap();
        assert_eq!(announced, "2026-04-25".parse().unwrap());
        // the days of both notices and of the deletion pass unseen
        outage_until(&house, "2026-04-28T09:00:00Z");
        house.settle().await;
        let found = load(&house, id).await;
        assert_eq!(found.status, ServiceStatus::Suspended, "the announced day has passed, but nobody was warned");
        assert!(found.delete_on > Some(announced), "the deletion moved behind its notice");

        house.travel_to("2026-05-05T09:00:00Z").await;
        let deleted = load(&house, id).await;
        assert_eq!(deleted.status, ServiceStatus::Deleted);
        let warning = email::Entity::find()
            .filter(email::Column::ServiceId.eq(id))
            .filter(email::Column::Kind.eq("deletion_warning"))
            .order_by_asc(email::Column::AcceptedAt)
            .one(&**house.app.read())
            .await
            .unwrap()
            .expect("a warning went out");
        let notice = deleted.deleted_at.unwrap() - warning.accepted_at.unwrap();
        assert!(notice >= TimeDelta::hours(24), "{notice} after the warning");
    })
);
