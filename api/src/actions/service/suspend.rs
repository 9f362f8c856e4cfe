//! Stops access to an unpaid service and names the day of its deletion.

use super::{live_attempt, notify, plan_of, replan, save};
use crate::actions::milestone::Effect;
use crate::actions::{Context, Error, catalog, record, today};
use crate::db::Tx;
use chrono::TimeDelta;
use domain::deletion::LiveAttempt;
use domain::service::{RenewalMode, ServiceEvent, ServiceStatus};
use domain::timeline::{Rule, after};
use entity::{account, milestone, service};
use serde_json::json;

/// How long a suspension or deletion waits before it looks again whether an attempt has its outcome; the
/// outcome itself wakes it.
pub const RECHECK_MINUTES: i64 = 360;

/// Suspends a service whose time is over; does not while an attempt on its debt is live.
///
/// # Errors
/// The database's.
pub async fn suspend(
    tx: &Tx,
    cx: &Context<'_>,
    account: &account::Model,
    service: &service::Model,
    due: &milestone::Model,
) -> Result<Effect, Error> {
    let holds = matches!(service.status, ServiceStatus::Active | ServiceStatus::PastDue)
        && service.cancelled_on.is_none()
        && service.boundary == due.boundary
        && service.cycle == due.cycle
        && !(due.rule == Rule::NotRenewed && service.renewal_mode == RenewalMode::Automatic);
    if !holds {
        replan(tx, cx, account, service).await?;
        return Ok(Effect::Dropped("no_longer_holds"));
    }
    if due.planned_on > today(account, cx.now)? {
        // a change of time zone moved the day while this was waiting for its turn
        return Ok(Effect::Moved("day_moved"));
    }
    if live_attempt(&**tx, service).await? == LiveAttempt::Yes {
        return Ok(Effect::Wait(cx.now + TimeDelta::minutes(RECHECK_MINUTES), "payment_in_progress"));
    }
    let policy = catalog::policy(&plan_of(&**tx, service).await?)?;
    let suspended_on = today(account, cx.now)?;
    let delete_on = after(suspended_on, policy.delete_after)?;
    let service = save(
        tx,
        &service::Model {
            status: service.status.after(ServiceEvent::Suspend)?,
            suspended_on: Some(suspended_on),
            delete_on: Some(delete_on),
            ..service.clone()
        },
    )
    .await?;
    notify::suspended(tx, cx, account, &service).await?;
    replan(tx, cx, account, &service).await?;
    let data = json!({ "suspended_on": suspended_on, "delete_on": delete_on });
    record::event(tx, cx, account.id, "service.suspended", &service.id, data).await?;
    Ok(Effect::Done("suspended"))
}
