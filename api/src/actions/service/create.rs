//! Makes the services of a paid order line.

use super::SETTLED;
use crate::actions::{Context, Error, record};
use crate::db::Tx;
use domain::id::{InvoiceId, PeriodId};
use domain::service::ServiceStatus;
use entity::{account, order_item, service, service_period};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, IntoActiveModel};
use serde_json::json;

/// One service for each unit of the line, `delivering`, its first period paid by `invoice`. The days are
/// set when it becomes available.
///
/// # Errors
/// The database's.
pub async fn create_for_item(
    tx: &Tx,
    cx: &Context<'_>,
    account: &account::Model,
    item: &order_item::Model,
    invoice: InvoiceId,
) -> Result<Vec<service::Model>, Error> {
    let mut made = Vec::new();
    for number in 1..=item.quantity {
        let name = match (&item.display_name, item.quantity) {
            (Some(name), 1) => name.clone(),
            (Some(name), _) => format!("{name} {number}"),
            (None, 1) => item.label.chars().take(100).collect(),
            (None, _) => format!("{} {number}", item.label).chars().take(100).collect(),
        };
        let row = service::Model {
            id: cx.id(),
            account_id: account.id,
            plan_id: item.plan_id,
            order_item_id: Some(item.id),
            display_name: name,
            status: ServiceStatus::Delivering,
            renewal_mode: item.renewal_mode,
            period: item.period,
            boundary: 1,
            cycle: 0,
            starts_on: None,
            expires_on: None,
            retries_stopped: false,
            suspend_on: None,
            suspended_on: None,
            delete_on: None,
            cancelled_on: None,
            deleted_at: None,
            deletion_cause: None,
            version: 1,
            created_at: cx.now,
        };
        row.clone().into_active_model().insert(&**tx).await?;
        service_period::ActiveModel {
            id: Set(cx.id::<PeriodId>()),
            service_id: Set(row.id),
            boundary: Set(0),
            state: Set(SETTLED.to_owned()),
            starts_on: Set(None),
            ends_on: Set(None),
            invoice_id: Set(Some(invoice)),
            payment_id: Set(None),
            created_at: Set(cx.now),
        }
        .insert(&**tx)
        .await?;
        record::event(tx, cx, account.id, "service.created", &row.id, json!({ "display_name": row.display_name }))
            .await?;
        made.push(row);
    }
    Ok(made)
}
