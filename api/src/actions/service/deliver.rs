//! A service becomes available: its anchor and first period start on that billing day.

use super::{replan, save};
use crate::actions::{Context, Error, record, today};
use crate::db::Tx;
use chrono::Datelike;
use domain::calendar::{Anchor, Boundaries, Segment};
use domain::service::ServiceEvent;
use entity::{account, service, service_period, service_segment};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

/// Makes a service available. One that is already, or that was deleted, is left as it is.
///
/// # Errors
/// The database's.
pub async fn deliver(
    tx: &Tx,
    cx: &Context<'_>,
    account: &account::Model,
    service: &service::Model,
) -> Result<(), Error> {
    let Ok(status) = service.status.after(ServiceEvent::Deliver) else { return Ok(()) };
    let starts_on = today(account, cx.now)?;
    let anchor = Anchor::on(starts_on);
    let boundaries = Boundaries::new(vec![Segment { first_boundary: 0, anchor, period: service.period }])?;
    let expires_on = boundaries.date(1)?;
    service_segment::ActiveModel {
        service_id: Set(service.id),
        first_boundary: Set(0),
        anchor_date: Set(starts_on),
        anchor_day: Set(i32::try_from(starts_on.day()).unwrap_or(1)),
        period: Set(service.period),
    }
    .insert(&**tx)
    .await?;
    service_period::Entity::update_many()
        .col_expr(service_period::Column::StartsOn, Expr::value(Some(starts_on)))
        .col_expr(service_period::Column::EndsOn, Expr::value(Some(expires_on)))
        .filter(service_period::Column::ServiceId.eq(service.id))
        .filter(service_period::Column::Boundary.eq(0))
        .exec(&**tx)
        .await?;
    let service = save(
        tx,
        &service::Model { status, starts_on: Some(starts_on), expires_on: Some(expires_on), ..service.clone() },
    )
    .await?;
    replan(tx, cx, account, &service).await?;
    let data = json!({ "starts_on": starts_on, "expires_on": expires_on });
    record::event(tx, cx, account.id, "service.delivered", &service.id, data).await
}
