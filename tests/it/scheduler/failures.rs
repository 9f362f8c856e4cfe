//! A milestone that keeps failing is parked with its error, alone.

use super::{at_boundary, due, load, milestones, outcomes, verified};
use domain::service::ServiceStatus;
use domain::timeline::{MilestoneKind, MilestoneState};
use entity::service_segment;
use house::on_both;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde_json::json;

on_both!(a_milestone_that_keeps_failing_is_parked_alone_and_runs_again_when_asked, "2026-03-30T09:00:00Z", |house| {
    Box::pin(async move {
        let ids = due(&house, 20, "2026-03-31").await;
        let broken = ids[7];
        // its calendar is lost: no date of it can be computed
        let db = &house.app;
        let of_broken = || service_segment::Entity::find().filter(service_segment::Column::ServiceId.eq(broken));
        let lost = of_broken().one(&**db.read()).await.unwrap().unwrap();
        db.transact(async |tx| {
            service_segment::Entity::delete_many()
                .filter(service_segment::Column::ServiceId.eq(broken))
                .exec(&**tx)
                .await
                .map_err(api::actions::Error::from)
        })
        .await
        .unwrap();

        house.travel_to("2026-03-30T22:00:00Z").await;
        assert_eq!(at_boundary(&house, 2).await, 19, "it held up nobody, not even in its own chunk");
        let renew = &milestones(&house, broken, MilestoneKind::Renew).await[0];
        assert_eq!((renew.state, renew.attempts), (MilestoneState::Planned, 1));

        house.travel_to("2026-04-02T09:00:00Z").await;
        let renew = &milestones(&house, broken, MilestoneKind::Renew).await[0];
        assert_eq!((renew.state, renew.attempts), (MilestoneState::Parked, 6), "after its ladder");
        assert!(renew.last_error.as_deref().is_some_and(|error| error.contains("segments")), "{:?}", renew.last_error);
        assert_eq!(at_boundary(&house, 2).await, 19);
        assert_eq!(load(&house, broken).await.status, ServiceStatus::Active, "nothing happened to the service itself");
        let charge = &milestones(&house, broken, MilestoneKind::Charge).await[0];
        assert_eq!(charge.state, MilestoneState::Planned, "its charge waits for it");
        verified(&house).await;

        // mended, and asked for by an operator
        db.transact(async |tx| {
            service_segment::Entity::insert(lost.clone().into_active_model())
                .exec_without_returning(&**tx)
                .await
                .map_err(api::actions::Error::from)
        })
        .await
        .unwrap();
        let operator = house.operator().await;
        operator.post(&format!("/v1/operator/milestones/{}/retry-request", renew.id), &json!({})).await.expect(202);
        house.settle().await;
        assert_eq!(at_boundary(&house, 2).await, 20);
        let done = Some((MilestoneState::Done, Some("charged".to_owned())));
        assert_eq!(outcomes(&house, broken, MilestoneKind::Charge).await.into_iter().next(), done);
    })
});
