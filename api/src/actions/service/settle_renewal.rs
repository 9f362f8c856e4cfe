//! A renewal is paid: its periods are settled, the boundary advances, the service goes on.

use super::{OPEN, SETTLED, boundaries, notify, replan, save};
use crate::actions::{Context, Error, cancellation, record, today};
use crate::db::Tx;
use crate::mail::message::Message;
use chrono::NaiveDate;
use domain::money::Money;
use domain::service::{ServiceEvent, ServiceStatus};
use entity::{account, invoice, service, service_period};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;

/// Whether a renewal was owed when it was paid, or paid in advance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owed {
    /// Its boundary had come.
    Yes,
    /// It was paid in advance.
    No,
}

impl Owed {
    /// From what the service was before it was paid.
    fn of(before: &service::Model, today: NaiveDate) -> Self {
        match before.status {
            ServiceStatus::PastDue | ServiceStatus::Suspended => Self::Yes,
            ServiceStatus::Delivering | ServiceStatus::Active | ServiceStatus::Deleted => {
                if before.expires_on.is_some_and(|day| day <= today) { Self::Yes } else { Self::No }
            }
        }
    }
}

/// Who started the payment of a renewal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payer {
    /// The service's owner.
    Owner,
    /// The scheduler.
    Scheduler,
}

/// Settles every open period that `invoice` paid. The boundary advances by as many, from the old expiry.
///
/// # Errors
/// [`Error::PreconditionFailed`] when the boundary moved meanwhile; the database's.
pub async fn settle_renewal(
    tx: &Tx,
    cx: &Context<'_>,
    account: &account::Model,
    service: &service::Model,
    (invoice, payer): (&invoice::Model, Payer),
) -> Result<service::Model, Error> {
    let open = service_period::Entity::find()
        .filter(service_period::Column::ServiceId.eq(service.id))
        .filter(service_period::Column::InvoiceId.eq(invoice.id))
        .filter(service_period::Column::State.eq(OPEN))
        .order_by_asc(service_period::Column::Boundary)
        .all(&**tx)
        .await?;
    if open.first().is_none_or(|first| first.boundary != service.boundary) {
        return Err(Error::internal(format!("{} has no open period at its boundary", service.id)));
    }
    let paid = i32::try_from(open.len()).map_err(Error::internal)?;
    service_period::Entity::update_many()
        .col_expr(service_period::Column::State, Expr::value(SETTLED))
        .filter(service_period::Column::Id.is_in(open.iter().map(|period| period.id)))
        .exec(&**tx)
        .await?;
    let was = service.status;
    let owed = Owed::of(service, today(account, cx.now)?);
    let boundary = service.boundary + paid;
    let expires_on = boundaries(&**tx, service.id).await?.date(u32::try_from(boundary).map_err(Error::internal)?)?;
    let service = save(
        tx,
        &service::Model {
            boundary,
            status: service.status.after(ServiceEvent::Settle)?,
            expires_on: Some(expires_on),
            retries_stopped: false,
            suspend_on: None,
            suspended_on: None,
            delete_on: None,
            ..service.clone()
        },
    )
    .await?;
    let service = cancellation::overtaken_by_payment(tx, cx, &service, (owed, payer)).await?;
    replan(tx, cx, account, &service).await?;
    let starts_on = open.first().and_then(|period| period.starts_on);
    receipt(tx, cx, account, &service, (invoice, starts_on, was)).await?;
    let data = json!({ "periods": paid, "expires_on": expires_on, "invoice": invoice.number });
    record::event(tx, cx, account.id, "service.renewed", &service.id, data).await?;
    Ok(service)
}

async fn receipt(
    tx: &Tx,
    cx: &Context<'_>,
    account: &account::Model,
    service: &service::Model,
    (invoice, starts_on, was): (&invoice::Model, Option<NaiveDate>, ServiceStatus),
) -> Result<(), Error> {
    let expires_on = service.expires_on.unwrap_or(today(account, cx.now)?);
    let gross = Money::from_minor(invoice.gross, crate::actions::invoice::currency(&invoice.currency)?);
    let paid = Message::RenewalPaid {
        service: service.display_name.clone(),
        invoice: invoice.number.clone(),
        gross,
        starts_on: starts_on.unwrap_or(expires_on),
        expires_on,
    };
    notify::send(tx, cx, account, service, (paid, format!("renewal_paid:{}", invoice.id), None)).await?;
    if was == ServiceStatus::Suspended {
        let back = Message::ServiceReactivated { service: service.display_name.clone(), expires_on };
        notify::send(tx, cx, account, service, (back, format!("service_reactivated:{}", invoice.id), None)).await?;
    }
    Ok(())
}
