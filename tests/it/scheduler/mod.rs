//! The scheduler: several processes, failures, outages, too much at once.

mod failures;
mod outages;
mod pauses;
mod processes;

use chrono::NaiveDate;
use domain::id::ServiceId;
use domain::timeline::{MilestoneKind, MilestoneState};
use entity::{milestone, service};
use house::House;
use house::seed;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};

/// A day.
fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Services whose last paid period ends at this boundary.
async fn at_boundary(house: &House, boundary: i32) -> u64 {
    service::Entity::find().filter(service::Column::Boundary.eq(boundary)).count(&**house.app.read()).await.unwrap()
}

async fn load(house: &House, id: ServiceId) -> service::Model {
    service::Entity::find_by_id(id).one(&**house.app.read()).await.unwrap().unwrap()
}

/// The milestones of one kind of a service, in the order of their days.
async fn milestones(house: &House, id: ServiceId, kind: MilestoneKind) -> Vec<milestone::Model> {
    milestone::Entity::find()
        .filter(milestone::Column::ServiceId.eq(id))
        .filter(milestone::Column::Kind.eq(kind))
        .order_by_asc(milestone::Column::DueAt)
        .order_by_asc(milestone::Column::CreatedAt)
        .all(&**house.app.read())
        .await
        .unwrap()
}

/// The states and outcomes of the milestones of one kind of a service.
async fn outcomes(house: &House, id: ServiceId, kind: MilestoneKind) -> Vec<(MilestoneState, Option<String>)> {
    milestones(house, id, kind).await.into_iter().map(|row| (row.state, row.outcome)).collect()
}

/// The only service of a customer.
async fn service_of(house: &House, email: &str) -> service::Model {
    let account = entity::account::Entity::with_email(email).one(&**house.app.read()).await.unwrap().unwrap();
    service::Entity::of(account.id).one(&**house.app.read()).await.unwrap().unwrap()
}

/// Nothing that must always hold is broken now.
async fn verified(house: &House) {
    let broken = api::verify::run(&house.app).await.unwrap();
    assert!(broken.is_empty(), "invariants broken: {broken:#?}");
}

/// Some services due on a day, and the house they are in.
async fn due(house: &House, count: usize, on: &str) -> Vec<ServiceId> {
    seed::due(&house.app, count, day(on)).await
}
