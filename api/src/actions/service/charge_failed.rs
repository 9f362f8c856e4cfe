//! A renewal charge got no money: past due, incident mail, the ladder goes on or stops.

use super::{notify, replan, save};
use crate::actions::{Context, Error, catalog, record};
use crate::db::Tx;
use domain::money::Money;
use domain::payment::DeclineKind;
use domain::service::ServiceEvent;
use domain::timeline::after;
use entity::{account, invoice, service};
use serde_json::json;

/// Notes a failed charge of the service's unpaid renewal. A hard decline stops the retries.
///
/// # Errors
/// The database's.
pub async fn charge_failed(
    tx: &Tx,
    cx: &Context<'_>,
    account: &account::Model,
    service: &service::Model,
    (invoice, due, kind, cause): (&invoice::Model, Money, DeclineKind, String),
) -> Result<(), Error> {
    let Ok(status) = service.status.after(ServiceEvent::ChargeFailed) else { return Ok(()) };
    let policy = catalog::policy(&super::plan_of(&**tx, service).await?)?;
    let suspend_on = match (service.suspend_on, super::replan::owing_since(&**tx, account, service).await?) {
        (Some(day), _) => Some(day),
        (None, Some(opened)) => Some(after(opened, policy.suspend_after)?),
        (None, None) => None,
    };
    let retries_stopped = service.retries_stopped || kind == DeclineKind::Hard;
    let service = save(tx, &service::Model { status, suspend_on, retries_stopped, ..service.clone() }).await?;
    replan(tx, cx, account, &service).await?;
    notify::payment_failed(tx, cx, account, &service, (invoice, due, cause)).await?;
    let data = json!({ "invoice": invoice.number, "decline": kind, "retries_stopped": retries_stopped });
    record::event(tx, cx, account.id, "service.payment_failed", &service.id, data).await
}
