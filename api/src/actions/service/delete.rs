//! Deletes a service definitively: tombstone, credit note for the unpaid renewal, receipt, event, in one
//! transaction, behind the guard of [`domain::deletion`].

use super::{live_attempt, notify, open_invoice, replan, save, suspend::RECHECK_MINUTES, void_open_periods};
use crate::actions::milestone::Effect;
use crate::actions::{Context, Error, cancellation, invoice, record, today};
use crate::db::Tx;
use crate::mail::deliver::ACCEPTED;
use chrono::TimeDelta;
use domain::deletion::{LiveAttempt, Notices, Verdict, may_delete};
use domain::service::{DeletionCause, ServiceEvent, ServiceStatus};
use domain::timeline::after;
use entity::{account, email, milestone, service};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;

/// Days by which a deletion moves when its notices were never accepted.
const MOVE_DAYS: u32 = 2;

/// The deletion that a milestone announces: of a service cancelled for its expiry, or not renewed.
///
/// # Errors
/// The database's.
pub async fn due(
    tx: &Tx,
    cx: &Context<'_>,
    account: &account::Model,
    service: &service::Model,
    due: &milestone::Model,
) -> Result<Effect, Error> {
    let today = today(account, cx.now)?;
    let Some(cause) = cause_now(service, due, today) else {
        // a change of time zone may have moved the day while this was waiting for its turn
        replan(tx, cx, account, service).await?;
        let later = planned_day(service, due).is_some_and(|day| day > today);
        return Ok(if later { Effect::Moved("day_moved") } else { Effect::Dropped("no_longer_holds") });
    };
    let live = live_attempt(&**tx, service).await?;
    match may_delete(cause, &notices(tx, service).await?, live, cx.now) {
        Verdict::AttemptLive => Ok(Effect::Wait(cx.now + TimeDelta::minutes(RECHECK_MINUTES), "payment_in_progress")),
        Verdict::NoticeTooFresh(ripe) => Ok(Effect::Wait(ripe, "notice_too_fresh")),
        Verdict::NoticeMissing => {
            let service =
                save(tx, &service::Model { delete_on: Some(after(today, MOVE_DAYS)?), ..service.clone() }).await?;
            notify::suspended(tx, cx, account, &service).await?;
            notify::deletion_warning(tx, cx, account, &service).await?;
            replan(tx, cx, account, &service).await?;
            let data = json!({ "delete_on": service.delete_on, "reason": "notice_not_accepted" });
            record::event(tx, cx, account.id, "service.deletion_moved", &service.id, data).await?;
            Ok(Effect::Moved("notice_not_accepted"))
        }
        Verdict::Delete => {
            delete(tx, cx, account, service, cause).await?;
            Ok(Effect::Done(cause.as_str()))
        }
    }
}

/// The day on which this deletion is planned, if it still is.
fn planned_day(service: &service::Model, due: &milestone::Model) -> Option<chrono::NaiveDate> {
    if service.boundary != due.boundary || service.cycle != due.cycle || !service.status.is_live() {
        return None;
    }
    service.cancelled_on.or(service.delete_on.filter(|_| service.status == ServiceStatus::Suspended))
}

fn cause_now(service: &service::Model, due: &milestone::Model, today: chrono::NaiveDate) -> Option<DeletionCause> {
    if service.boundary != due.boundary || service.cycle != due.cycle || !service.status.is_live() {
        return None;
    }
    if let Some(day) = service.cancelled_on {
        return (day <= today).then_some(DeletionCause::CancelledAtExpiry);
    }
    (service.status == ServiceStatus::Suspended && service.delete_on.is_some_and(|day| day <= today))
        .then_some(DeletionCause::NotRenewed)
}

/// What the relay accepted of the notices that this debt's deletion needs.
async fn notices(tx: &Tx, service: &service::Model) -> Result<Notices, Error> {
    let accepted = |kind: &'static str| {
        email::Entity::find()
            .filter(email::Column::ServiceId.eq(service.id))
            .filter(email::Column::Kind.eq(kind))
            .filter(email::Column::Boundary.eq(service.boundary))
            .filter(email::Column::Cycle.eq(service.cycle))
            // what came back told nobody; a copy to any other proven address did
            .filter(email::Column::State.eq(ACCEPTED))
            .filter(email::Column::AcceptedAt.is_not_null())
    };
    let suspension = accepted("service_suspended").order_by_asc(email::Column::AcceptedAt).one(&**tx).await?;
    // a final notice counts only for the day that it names: an earlier deletion was never announced
    let warning = accepted("deletion_warning")
        .filter(email::Column::NamesOn.lte(service.delete_on))
        .order_by_asc(email::Column::AcceptedAt)
        .one(&**tx)
        .await?;
    Ok(Notices {
        suspension_accepted_at: suspension.and_then(|mail| mail.accepted_at),
        final_accepted: warning.and_then(|mail| mail.names_on.zip(mail.accepted_at)),
    })
}

/// Deletes a service for a cause that its guard has let through.
///
/// # Errors
/// `payment_in_progress` while an attempt on its debt is live, `service_deleted`; the database's.
pub async fn delete(
    tx: &Tx,
    cx: &Context<'_>,
    account: &account::Model,
    service: &service::Model,
    cause: DeletionCause,
) -> Result<(), Error> {
    if service.status == ServiceStatus::Deleted {
        return Err(domain::refusal::Refusal::ServiceDeleted.into());
    }
    if live_attempt(&**tx, service).await? == LiveAttempt::Yes {
        return Err(domain::refusal::Refusal::PaymentInProgress.into());
    }
    let unpaid = open_invoice(&**tx, service).await?;
    let note = match unpaid {
        Some((id, _)) => Some(invoice::credit::in_full(tx, cx, account, id, "service_deleted").await?),
        None => None,
    };
    void_open_periods(tx, service.id).await?;
    let service = save(
        tx,
        &service::Model {
            status: service.status.after(ServiceEvent::Delete)?,
            deleted_at: Some(cx.now),
            deletion_cause: Some(cause),
            suspend_on: None,
            delete_on: None,
            ..service.clone()
        },
    )
    .await?;
    replan(tx, cx, account, &service).await?;
    cancellation::service_deleted(tx, cx, &service).await?;
    notify::deleted(tx, cx, account, &service, note.map(|note| note.number)).await?;
    let data = json!({ "cause": cause, "display_name": service.display_name });
    record::activity(tx, cx, account.id, "service.deleted", Some(data.clone())).await?;
    record::event(tx, cx, account.id, "service.deleted", &service.id, data).await
}
