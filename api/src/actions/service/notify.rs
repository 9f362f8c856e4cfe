//! The mails about a service, each with the cause that keeps it from being sent twice.

use super::{boundaries, boundary, open_invoice, plan_of};
use crate::actions::milestone::Effect;
use crate::actions::{Context, Error, catalog, invoice, today};
use crate::db::Tx;
use crate::mail::message::Message;
use crate::mail::{self, Letter, ServiceLink};
use chrono::NaiveDate;
use domain::calendar::Period;
use domain::money::Money;
use domain::service::{RenewalMode, ServiceStatus};
use domain::timeline::after;
use entity::{account, milestone, service};

/// Queues a mail about a service: what it says, its unique cause, and the day it names, if any.
///
/// # Errors
/// The database's.
pub async fn send(
    tx: &Tx,
    cx: &Context<'_>,
    account: &account::Model,
    service: &service::Model,
    (message, cause, names_on): (Message, String, Option<NaiveDate>),
) -> Result<(), Error> {
    let link = ServiceLink { service_id: service.id, boundary: service.boundary, cycle: service.cycle };
    let letter = Letter { account, message: &message, cause, to: None, service: Some(link), names_on };
    mail::queue(tx, cx, letter).await
}

/// What the next renewal costs, gross, for a number of periods.
///
/// # Errors
/// The database's; `plan_not_available` when the plan has no such period.
pub async fn renewal_gross(
    tx: &Tx,
    cx: &Context<'_>,
    account: &account::Model,
    service: &service::Model,
    (period, periods): (Period, u32),
) -> Result<Money, Error> {
    let draft = super::super::payment::quote::draft(&**tx, cx, account, service, (period, periods)).await?;
    Ok(invoice::issue::total(&draft)?.gross)
}

/// The notice or reminder that is due before an expiry.
///
/// # Errors
/// The database's.
pub async fn notice(
    tx: &Tx,
    cx: &Context<'_>,
    account: &account::Model,
    service: &service::Model,
    due: &milestone::Model,
) -> Result<Effect, Error> {
    let holds = service.status == ServiceStatus::Active
        && service.cancelled_on.is_none()
        && service.boundary == due.boundary
        && service.cycle == due.cycle;
    let Some(expires_on) = service.expires_on.filter(|_| holds) else {
        return Ok(Effect::Dropped("no_longer_holds"));
    };
    let today = today(account, cx.now)?;
    if super::period_at(&**tx, service.id, service.boundary).await?.is_some() {
        // if that payment fails, the notice is still owed
        return Ok(Effect::Wait(cx.now + chrono::TimeDelta::hours(1), "being_renewed"));
    }
    if overtaken(tx, due, today).await? || today >= expires_on {
        return Ok(Effect::Dropped("overtaken_by_the_next"));
    }
    let gross = renewal_gross(tx, cx, account, service, (service.period, 1)).await?;
    let days = i32::try_from((expires_on - today).num_days()).unwrap_or(due.step);
    let message = match service.renewal_mode {
        RenewalMode::Automatic => Message::RenewalNotice {
            service: service.display_name.clone(),
            on: expires_on,
            days,
            period: service.period,
            gross,
            method: super::super::payment_method::default_of(&**tx, account.id, expires_on).await?.map(|row| row.label),
        },
        RenewalMode::Manual => {
            let policy = catalog::policy(&plan_of(&**tx, service).await?)?;
            Message::ExpiryReminder {
                service: service.display_name.clone(),
                service_id: service.id.to_string(),
                on: expires_on,
                days,
                period: service.period,
                gross,
                delete_on: after(expires_on, policy.delete_after)?,
            }
        }
    };
    send(tx, cx, account, service, (message, format!("notice:{}", due.occurrence_key), None)).await?;
    Ok(Effect::Done("sent"))
}

/// After an outage, a reminder is dropped once the next one is due.
async fn overtaken(tx: &Tx, due: &milestone::Model, today: NaiveDate) -> Result<bool, Error> {
    use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
    let next = milestone::Entity::find()
        .filter(milestone::Column::ServiceId.eq(due.service_id))
        .filter(milestone::Column::Kind.eq(due.kind))
        .filter(milestone::Column::State.eq(domain::timeline::MilestoneState::Planned))
        .filter(milestone::Column::PlannedOn.gt(due.planned_on))
        .filter(milestone::Column::PlannedOn.lte(today))
        .one(&**tx)
        .await?;
    Ok(next.is_some())
}

/// The suspension notice: names the day of deletion.
///
/// # Errors
/// The database's.
pub async fn suspended(
    tx: &Tx,
    cx: &Context<'_>,
    account: &account::Model,
    service: &service::Model,
) -> Result<(), Error> {
    let Some(delete_on) = service.delete_on else { return Ok(()) };
    let message = Message::ServiceSuspended {
        service: service.display_name.clone(),
        service_id: service.id.to_string(),
        gross: owed(tx, cx, account, service).await?,
        delete_on,
    };
    let cause = format!("suspended:{}:{}:{}:{delete_on}", service.id, service.boundary, service.cycle);
    send(tx, cx, account, service, (message, cause, Some(delete_on))).await
}

/// A final notice: names the day of deletion.
///
/// # Errors
/// The database's.
pub async fn deletion_warning(
    tx: &Tx,
    cx: &Context<'_>,
    account: &account::Model,
    service: &service::Model,
) -> Result<(), Error> {
    let Some(delete_on) = service.delete_on else { return Ok(()) };
    let today = today(account, cx.now)?;
    let message = Message::DeletionWarning {
        service: service.display_name.clone(),
        service_id: service.id.to_string(),
        gross: owed(tx, cx, account, service).await?,
        delete_on,
        days: i32::try_from((delete_on - today).num_days()).unwrap_or_default(),
    };
    let cause = format!("deletion_warning:{}:{}:{}:{delete_on}:{today}", service.id, service.boundary, service.cycle);
    send(tx, cx, account, service, (message, cause, Some(delete_on))).await
}

/// The deletion notice that is due. One that comes so late that a day's warning is not left moves the
/// deletion, never itself.
///
/// # Errors
/// The database's.
pub async fn deletion_notice(
    tx: &Tx,
    cx: &Context<'_>,
    account: &account::Model,
    service: &service::Model,
    due: &milestone::Model,
) -> Result<Effect, Error> {
    let holds = service.status == ServiceStatus::Suspended
        && service.cancelled_on.is_none()
        && service.boundary == due.boundary
        && service.cycle == due.cycle;
    let Some(delete_on) = service.delete_on.filter(|_| holds) else {
        return Ok(Effect::Dropped("no_longer_holds"));
    };
    let earliest = after(today(account, cx.now)?, 2)?;
    let service = if delete_on < earliest {
        let moved = super::save(tx, &service::Model { delete_on: Some(earliest), ..service.clone() }).await?;
        super::replan(tx, cx, account, &moved).await?;
        moved
    } else {
        service.clone()
    };
    deletion_warning(tx, cx, account, &service).await?;
    Ok(Effect::Done("sent"))
}

/// What a payment now would cost: the unpaid invoice, or the next renewal.
async fn owed(tx: &Tx, cx: &Context<'_>, account: &account::Model, service: &service::Model) -> Result<Money, Error> {
    match open_invoice(&**tx, service).await? {
        Some((_, due)) => Ok(due),
        None => renewal_gross(tx, cx, account, service, (service.period, 1)).await,
    }
}

/// The receipt of a deletion.
///
/// # Errors
/// The database's.
pub async fn deleted(
    tx: &Tx,
    cx: &Context<'_>,
    account: &account::Model,
    service: &service::Model,
    credit_note: Option<String>,
) -> Result<(), Error> {
    let Some(cause) = service.deletion_cause else { return Ok(()) };
    let message = Message::ServiceDeleted { service: service.display_name.clone(), cause, credit_note };
    send(tx, cx, account, service, (message, format!("deleted:{}", service.id), None)).await
}

/// The incident mail after a declined charge.
///
/// # Errors
/// The database's.
pub async fn payment_failed(
    tx: &Tx,
    cx: &Context<'_>,
    account: &account::Model,
    service: &service::Model,
    (invoice, due, attempt): (&entity::invoice::Model, Money, String),
) -> Result<(), Error> {
    let policy = catalog::policy(&plan_of(&**tx, service).await?)?;
    let today = today(account, cx.now)?;
    let opened = super::replan::owing_since(&**tx, account, service).await?.unwrap_or(today);
    let suspend_on = match service.suspend_on {
        Some(day) => day,
        None => after(opened, policy.suspend_after)?,
    };
    let mut next_try_on = None;
    if !service.retries_stopped && service.renewal_mode == RenewalMode::Automatic {
        for days in &policy.retries {
            let day = after(opened, *days)?;
            if day > today && next_try_on.is_none_or(|known| day < known) {
                next_try_on = Some(day);
            }
        }
    }
    let message = Message::PaymentFailed {
        service: service.display_name.clone(),
        service_id: service.id.to_string(),
        invoice: invoice.number.clone(),
        gross: due,
        next_try_on,
        suspend_on,
    };
    send(tx, cx, account, service, (message, format!("payment_failed:{attempt}"), None)).await
}

/// Days of the boundaries, for views and mails.
///
/// # Errors
/// The database's.
pub async fn expiry_after(tx: &Tx, service: &service::Model, periods: u32) -> Result<NaiveDate, Error> {
    Ok(boundaries(&**tx, service.id).await?.date(boundary(service) + periods)?)
}
