//! Ending one service: at its expiry or at once.

pub mod at_expiry;
pub mod immediate;

use super::service::save;
use super::service::settle_renewal::{Owed, Payer};
use super::{Context, Error};
use crate::db::Tx;
use domain::cancellation::{CancellationEvent, CancellationKind, CancellationStatus};
use domain::id::ServiceId;
use entity::{cancellation, service};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

/// The cancellation of a kind that is under way for a service.
///
/// # Errors
/// The database's.
pub async fn under_way<C: ConnectionTrait>(
    db: &C,
    service: ServiceId,
    kind: CancellationKind,
) -> Result<Option<cancellation::Model>, Error> {
    Ok(cancellation::Entity::find()
        .filter(cancellation::Column::ServiceId.eq(service))
        .filter(cancellation::Column::Kind.eq(kind))
        .filter(
            cancellation::Column::Status
                .is_in([CancellationStatus::AwaitingConfirmation, CancellationStatus::Scheduled]),
        )
        .one(db)
        .await?)
}

/// Ends a cancellation with an event of its state machine.
///
/// # Errors
/// `invalid_transition`; the database's.
pub async fn end(tx: &Tx, cx: &Context<'_>, row: &cancellation::Model, event: CancellationEvent) -> Result<(), Error> {
    let status = row.status.after(event)?;
    cancellation::Entity::update_many()
        .col_expr(cancellation::Column::Status, Expr::value(status))
        .col_expr(cancellation::Column::EndedAt, Expr::value(Some(cx.now)))
        .filter(cancellation::Column::Id.eq(row.id))
        .filter(cancellation::Column::Status.eq(row.status))
        .exec(&**tx)
        .await?;
    Ok(())
}

/// The service is gone: the cancellation that asked for it is completed, any other lapses.
///
/// # Errors
/// The database's.
pub async fn service_deleted(tx: &Tx, cx: &Context<'_>, service: &service::Model) -> Result<(), Error> {
    use domain::service::DeletionCause as Cause;
    for kind in CancellationKind::ALL {
        let Some(row) = under_way(&**tx, service.id, *kind).await? else { continue };
        let asked = match (kind, service.deletion_cause) {
            (CancellationKind::AtExpiry, Some(Cause::CancelledAtExpiry))
            | (CancellationKind::Immediate, Some(Cause::Immediate)) => true,
            (
                CancellationKind::AtExpiry | CancellationKind::Immediate,
                None | Some(Cause::NotRenewed | Cause::Operator | Cause::CancelledAtExpiry | Cause::Immediate),
            ) => false,
        };
        let event = if asked && row.status == CancellationStatus::Scheduled {
            CancellationEvent::Complete
        } else {
            CancellationEvent::Lapse
        };
        end(tx, cx, &row, event).await?;
    }
    Ok(())
}

/// A renewal was paid although a cancellation is scheduled. Its owner paying what was owed revokes the
/// cancellation; money that was on its way already does not: what it paid is served, then the service ends.
///
/// # Errors
/// The database's.
pub async fn overtaken_by_payment(
    tx: &Tx,
    cx: &Context<'_>,
    service: &service::Model,
    (owed, payer): (Owed, Payer),
) -> Result<service::Model, Error> {
    if service.cancelled_on.is_none() {
        return Ok(service.clone());
    }
    let row = under_way(&**tx, service.id, CancellationKind::AtExpiry).await?;
    let cancelled_on = if owed == Owed::Yes && payer == Payer::Owner {
        if let Some(row) = &row {
            end(tx, cx, row, CancellationEvent::Revoke).await?;
        }
        None
    } else {
        if let Some(row) = &row {
            cancellation::Entity::update_many()
                .col_expr(cancellation::Column::EffectiveOn, Expr::value(service.expires_on))
                .filter(cancellation::Column::Id.eq(row.id))
                .exec(&**tx)
                .await?;
        }
        service.expires_on
    };
    save(tx, &service::Model { cancelled_on, ..service.clone() }).await
}
