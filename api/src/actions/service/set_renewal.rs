//! Changes how a service goes on after its expiry: mode and period.

use super::{boundaries, boundary, notify, open_invoice, replan, save};
use crate::actions::{Context, Error, Invalid, catalog, payment_method, record};
use crate::db::Tx;
use crate::mail::message::Message;
use chrono::Datelike;
use domain::calendar::{Anchor, Period};
use domain::refusal::Refusal;
use domain::service::{RenewalMode, ServiceStatus};
use entity::{account, service, service_segment};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, EntityTrait};
use serde_json::json;

/// Sets the renewal mode and the period from the next boundary on.
///
/// Switching to manual while a renewal is unpaid cancels the pending retries and keeps the announced
/// suspension day.
///
/// # Errors
/// `service_deleted`, `service_not_delivered`, `service_cancelled`, `no_payment_method` (automatic
/// without one), `renewal_unpaid` (another period while one is unpaid), a period that the plan does not
/// sell; the database's.
pub async fn set_renewal(
    tx: &Tx,
    cx: &Context<'_>,
    account: &account::Model,
    service: &service::Model,
    (mode, period): (RenewalMode, Period),
) -> Result<service::Model, Error> {
    allowed(service)?;
    if mode == RenewalMode::Automatic && service.renewal_mode == RenewalMode::Manual {
        let expiry = service.expires_on.unwrap_or(crate::actions::today(account, cx.now)?);
        if payment_method::default_of(&**tx, account.id, expiry).await?.is_none() {
            return Err(Refusal::NoPaymentMethod.into());
        }
    }
    if period != service.period {
        change_period(tx, service, period).await?;
    }
    if mode == service.renewal_mode && period == service.period {
        return Ok(service.clone());
    }
    let retries_stopped = match mode {
        RenewalMode::Automatic => false,
        RenewalMode::Manual => service.retries_stopped,
    };
    let changed = save(tx, &service::Model { renewal_mode: mode, period, retries_stopped, ..service.clone() }).await?;
    replan(tx, cx, account, &changed).await?;
    told(tx, cx, account, &changed).await?;
    let data = json!({ "mode": mode, "period": period, "former_mode": service.renewal_mode });
    record::activity(tx, cx, account.id, "service.renewal_changed", Some(data.clone())).await?;
    record::event(tx, cx, account.id, "service.renewal_changed", &service.id, data).await?;
    Ok(changed)
}

/// Whether the renewal of a service can be changed now.
///
/// # Errors
/// `service_deleted`, `service_not_delivered`, `service_cancelled`.
pub fn allowed(service: &service::Model) -> Result<(), Refusal> {
    match service.status {
        ServiceStatus::Deleted => Err(Refusal::ServiceDeleted),
        ServiceStatus::Delivering => Err(Refusal::ServiceNotDelivered),
        ServiceStatus::Active | ServiceStatus::PastDue | ServiceStatus::Suspended => match service.cancelled_on {
            Some(_) => Err(Refusal::ServiceCancelled),
            None => Ok(()),
        },
    }
}

async fn change_period(tx: &Tx, service: &service::Model, period: Period) -> Result<(), Error> {
    if catalog::price(&**tx, service.plan_id, period).await?.is_none() {
        return Err(Invalid::new("/period", "plan_not_available").into());
    }
    if open_invoice(&**tx, service).await?.is_some() {
        return Err(Refusal::RenewalUnpaid.into());
    }
    if super::period_at(&**tx, service.id, service.boundary).await?.is_some() {
        return Err(Refusal::PaymentInProgress.into());
    }
    open_segment(tx, service, period).await
}

/// Opens a segment at the service's boundary; its day stays the one of the first anchor.
///
/// # Errors
/// The database's.
pub async fn open_segment(tx: &Tx, service: &service::Model, period: Period) -> Result<(), Error> {
    let known = boundaries(&**tx, service.id).await?;
    let at = boundary(service);
    let date = known.date(at)?;
    let day = known.segments().last().map_or(date.day(), |segment| segment.anchor.day);
    let anchor = Anchor { date, day };
    let row = service_segment::ActiveModel {
        service_id: Set(service.id),
        first_boundary: Set(service.boundary),
        anchor_date: Set(anchor.date),
        anchor_day: Set(i32::try_from(anchor.day).map_err(Error::internal)?),
        period: Set(period),
    };
    service_segment::Entity::insert(row)
        .on_conflict(
            OnConflict::columns([service_segment::Column::ServiceId, service_segment::Column::FirstBoundary])
                .update_columns([
                    service_segment::Column::AnchorDate,
                    service_segment::Column::AnchorDay,
                    service_segment::Column::Period,
                ])
                .to_owned(),
        )
        .exec_without_returning(&**tx)
        .await?;
    Ok(())
}

async fn told(tx: &Tx, cx: &Context<'_>, account: &account::Model, service: &service::Model) -> Result<(), Error> {
    let Some(on) = service.expires_on else { return Ok(()) };
    let message = Message::RenewalChanged {
        service: service.display_name.clone(),
        automatic: service.renewal_mode == RenewalMode::Automatic,
        period: service.period,
        on,
    };
    let cause = format!("renewal_changed:{}:{}", service.id, service.version);
    notify::send(tx, cx, account, service, (message, cause, None)).await
}
