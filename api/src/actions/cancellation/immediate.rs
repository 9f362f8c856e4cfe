//! Deletes a service at once, definitively, after its owner confirmed with the mailed token. Without
//! the token nothing happens.

use super::at_expiry::Motive;
use super::{end, under_way};
use crate::actions::code::{self, Purpose};
use crate::actions::service::{self as services, delete, notify};
use crate::actions::{Context, Error, record};
use crate::db::Tx;
use crate::mail::message::Message;
use chrono::TimeDelta;
use domain::cancellation::{CancellationEvent, CancellationKind, CancellationStatus};
use domain::id::CancellationId;
use domain::refusal::Refusal;
use domain::service::{DeletionCause, ServiceStatus};
use entity::{account, cancellation, service};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde_json::json;

/// Hours that the mailed token is good for.
pub const VALID_HOURS: u32 = 24;

/// Whether an immediate deletion can be asked for.
///
/// # Errors
/// `service_deleted`, `service_not_delivered`.
pub const fn allowed(service: &service::Model) -> Result<(), Refusal> {
    match service.status {
        ServiceStatus::Deleted => Err(Refusal::ServiceDeleted),
        ServiceStatus::Delivering => Err(Refusal::ServiceNotDelivered),
        ServiceStatus::Active | ServiceStatus::PastDue | ServiceStatus::Suspended => Ok(()),
    }
}

/// Asks for the deletion: mails the token. Asking again replaces the former token.
///
/// # Errors
/// As [`allowed`]; the database's.
pub async fn ask(
    tx: &Tx,
    cx: &Context<'_>,
    account: &account::Model,
    service: &service::Model,
    motive: Motive,
) -> Result<cancellation::Model, Error> {
    allowed(service)?;
    if let Some(former) = under_way(&**tx, service.id, CancellationKind::Immediate).await? {
        end(tx, cx, &former, CancellationEvent::Lapse).await?;
    }
    let row = cancellation::Model {
        id: cx.id(),
        account_id: account.id,
        service_id: service.id,
        kind: CancellationKind::Immediate,
        status: CancellationStatus::AwaitingConfirmation,
        reason: motive.reason,
        comment: motive.comment,
        effective_on: None,
        requested_at: cx.now,
        confirmed_at: None,
        ended_at: None,
    };
    row.clone().into_active_model().insert(&**tx).await?;
    let secret = code::issue(
        tx,
        cx,
        code::New {
            account: account.id,
            purpose: Purpose::DeleteService,
            subject: Some(row.id.0),
            target: None,
            bound_to: None,
            valid: TimeDelta::hours(i64::from(VALID_HOURS)),
            secret: code::Secret::Token,
        },
    )
    .await?;
    let message = Message::ConfirmDeletion {
        service: service.display_name.clone(),
        service_id: service.id.to_string(),
        secret,
        valid_hours: VALID_HOURS,
    };
    notify::send(tx, cx, account, service, (message, format!("confirm_deletion:{}", row.id), None)).await?;
    let data = json!({ "cancellation": row.id });
    record::activity(tx, cx, account.id, "service.deletion_requested", Some(data.clone())).await?;
    record::event(tx, cx, account.id, "service.deletion_requested", &service.id, data).await?;
    Ok(row)
}

/// Confirms the deletion with the mailed token, and carries it out.
///
/// # Errors
/// `code_invalid` for a token of nobody, of another account or of another service; `code_expired` for
/// one that was used, replaced or is too old; `payment_in_progress` while money for the service may
/// still come; the database's.
pub async fn confirm(
    tx: &Tx,
    cx: &Context<'_>,
    account: &account::Model,
    service: &service::Model,
    token: &str,
) -> Result<(), Error> {
    let found = code::find_token(&**tx, &cx.tools.sealer, Purpose::DeleteService, token).await?;
    let asked = match found.subject_id {
        Some(subject) => {
            let of_service =
                cancellation::Entity::of(account.id).filter(cancellation::Column::ServiceId.eq(service.id));
            of_service.filter(cancellation::Column::Id.eq(CancellationId(subject))).one(&**tx).await?
        }
        None => None,
    };
    let asked = asked.ok_or(Refusal::CodeInvalid)?;
    code::redeem_token(tx, cx, Purpose::DeleteService, (account.id, Some(asked.id.0)), token).await?;
    // a later request, or another end of the service, makes the former token useless
    if asked.status != CancellationStatus::AwaitingConfirmation {
        return Err(Refusal::CodeExpired.into());
    }
    confirmed(tx, cx, account, service, asked.id).await
}

/// Deletes the service now. The token was redeemed in this transaction.
async fn confirmed(
    tx: &Tx,
    cx: &Context<'_>,
    account: &account::Model,
    service: &service::Model,
    id: CancellationId,
) -> Result<(), Error> {
    cancellation::Entity::update_many()
        .col_expr(cancellation::Column::Status, Expr::value(CancellationStatus::Scheduled))
        .col_expr(cancellation::Column::ConfirmedAt, Expr::value(Some(cx.now)))
        .col_expr(cancellation::Column::EffectiveOn, Expr::value(Some(crate::actions::today(account, cx.now)?)))
        .filter(cancellation::Column::Id.eq(id))
        .filter(cancellation::Column::AccountId.eq(account.id))
        .filter(cancellation::Column::Status.eq(CancellationStatus::AwaitingConfirmation))
        .exec(&**tx)
        .await?;
    let service = services::load(&**tx, account.id, service.id).await?;
    delete::delete(tx, cx, account, &service, DeletionCause::Immediate).await
}
