//! Cancels a service for its expiry, and takes it back.

use super::{end, under_way};
use crate::actions::service::{notify, replan, save};
use crate::actions::{Context, Error, record, zone};
use crate::db::Tx;
use crate::mail::message::Message;
use chrono::{DateTime, NaiveDate, Utc};
use domain::calendar::{Zone as Tz, cancellable_until};
use domain::cancellation::{
    CancellationEvent, CancellationKind, CancellationReason, CancellationStatus, at_expiry_on, may_revoke,
};
use domain::refusal::Refusal;
use domain::service::{RenewalMode, ServiceStatus};
use entity::{account, cancellation, service};
use sea_orm::{ActiveModelTrait, IntoActiveModel};
use serde_json::json;

/// Why, in the owner's words; both optional.
#[derive(Debug, Clone, Default)]
pub struct Motive {
    /// One of the listed reasons.
    pub reason: Option<CancellationReason>,
    /// Anything else.
    pub comment: Option<String>,
}

/// The day on which a service would end if that was asked for now, and its expiry.
///
/// # Errors
/// As [`at_expiry_on`].
pub fn allowed(service: &service::Model, now: DateTime<Utc>, zone: Tz) -> Result<(NaiveDate, NaiveDate), Refusal> {
    let missing =
        if service.status == ServiceStatus::Deleted { Refusal::ServiceDeleted } else { Refusal::ServiceNotDelivered };
    let expires_on = service.expires_on.ok_or(missing)?;
    Ok((at_expiry_on(service.status, service.cancelled_on, expires_on, now, zone)?, expires_on))
}

/// Asks for the end of a service at its expiry; on one that owes its renewal, at the next billing day.
/// The renewal mode stays as it is, so that revoking restores exactly the former renewal.
///
/// # Errors
/// As [`at_expiry_on`]; the database's.
pub async fn ask(
    tx: &Tx,
    cx: &Context<'_>,
    account: &account::Model,
    service: &service::Model,
    motive: Motive,
) -> Result<cancellation::Model, Error> {
    let zone = zone(account)?;
    let (effective_on, expires_on) = allowed(service, cx.now, zone)?;
    let row = cancellation::Model {
        id: cx.id(),
        account_id: account.id,
        service_id: service.id,
        kind: CancellationKind::AtExpiry,
        status: CancellationStatus::Scheduled,
        reason: motive.reason,
        comment: motive.comment,
        effective_on: Some(effective_on),
        requested_at: cx.now,
        confirmed_at: Some(cx.now),
        ended_at: None,
    };
    row.clone().into_active_model().insert(&**tx).await?;
    let service = save(tx, &service::Model { cancelled_on: Some(effective_on), ..service.clone() }).await?;
    replan(tx, cx, account, &service).await?;
    let revocable = (service.status == ServiceStatus::Active && effective_on == expires_on)
        .then(|| cancellable_until(effective_on, zone));
    let message = Message::CancellationScheduled {
        service: service.display_name.clone(),
        service_id: service.id.to_string(),
        on: effective_on,
        revocable_until: revocable,
    };
    notify::send(tx, cx, account, &service, (message, format!("cancellation_scheduled:{}", row.id), None)).await?;
    let data = json!({ "cancellation": row.id, "effective_on": effective_on, "reason": row.reason });
    record::activity(tx, cx, account.id, "service.cancellation_scheduled", Some(data.clone())).await?;
    record::event(tx, cx, account.id, "service.cancellation_scheduled", &service.id, data).await?;
    Ok(row)
}

/// Takes a cancellation at expiry back, until 24 hours before it takes effect.
///
/// # Errors
/// As [`may_revoke`]; the database's.
pub async fn revoke(
    tx: &Tx,
    cx: &Context<'_>,
    account: &account::Model,
    service: &service::Model,
) -> Result<service::Model, Error> {
    may_revoke(service.status, service.cancelled_on, cx.now, zone(account)?)?;
    let row = under_way(&**tx, service.id, CancellationKind::AtExpiry).await?.ok_or(Refusal::NoCancellation)?;
    end(tx, cx, &row, CancellationEvent::Revoke).await?;
    let service = save(tx, &service::Model { cancelled_on: None, ..service.clone() }).await?;
    replan(tx, cx, account, &service).await?;
    let message = Message::CancellationRevoked {
        service: service.display_name.clone(),
        automatic: service.renewal_mode == RenewalMode::Automatic,
        expires_on: service.expires_on.ok_or(Refusal::ServiceNotDelivered)?,
    };
    notify::send(tx, cx, account, &service, (message, format!("cancellation_revoked:{}", row.id), None)).await?;
    let data = json!({ "cancellation": row.id });
    record::activity(tx, cx, account.id, "service.cancellation_revoked", Some(data.clone())).await?;
    record::event(tx, cx, account.id, "service.cancellation_revoked", &service.id, data).await?;
    Ok(service)
}
