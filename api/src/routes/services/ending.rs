//! How a service ends: cancelled for its expiry, or deleted at once.

use super::locked;
use super::view::{ServiceView, show};
use crate::actions::cancellation::at_expiry::{self, Motive};
use crate::actions::cancellation::{immediate, under_way};
use crate::actions::{Error, Invalid, service as actions};
use crate::app::App;
use crate::http::body::{Body, MaybeBody, PathId};
use crate::http::caller::{Require, RequireFresh};
use crate::http::etag::IfMatch;
use crate::http::idempotency::{Key, RequiredKey};
use crate::http::reply::Reply;
use crate::http::scope::{ServicesDelete, ServicesRead, ServicesWrite};
use crate::problem::{Code, Problem, ProblemBody};
use crate::routes::cancellations::CancellationView;
use crate::routes::{DryRun, views};
use actix_web::web::Data;
use actix_web::{delete, get, post, put};
use domain::cancellation::{CancellationKind, CancellationReason};
use domain::id::ServiceId;
use serde::Deserialize;
use utoipa::ToSchema;

/// The longest comment, in characters.
const COMMENT_MAX: usize = 1000;

/// Why a service is to end; the whole body may be left out.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCancellation {
    /// Out of the list of the catalogue.
    #[serde(default)]
    #[schema(schema_with = views::cancellation_reasons)]
    pub reason: Option<CancellationReason>,
    /// Anything else.
    #[serde(default)]
    #[schema(nullable = false, max_length = 1000, example = "The project ends in March.")]
    pub comment: Option<String>,
}

impl NewCancellation {
    fn motive(self) -> Result<Motive, Error> {
        let comment = self.comment.map(|comment| comment.trim().to_owned()).filter(|comment| !comment.is_empty());
        if comment.as_ref().is_some_and(|comment| comment.chars().count() > COMMENT_MAX) {
            return Err(Invalid::new("/comment", "too_long").with("max", COMMENT_MAX).into());
        }
        Ok(Motive { reason: self.reason, comment })
    }
}

/// The mailed token.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceDeletionConfirmation {
    /// The token in the mail, valid for 24 hours, once.
    #[schema(min_length = 1, max_length = 128, example = "mQ5tYkWmZrvUqJcN0fTgXhLs2aEoIi4M7uQeV1xRt9w")]
    pub token: String,
}

impl std::fmt::Debug for ServiceDeletionConfirmation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServiceDeletionConfirmation").finish_non_exhaustive()
    }
}

/// The cancellation of a service.
#[utoipa::path(
    operation_id = "get_service_cancellation", tag = "Services", security(("bearer" = ["services:read"])),
    summary = "Get the cancellation of a service",
    description = "The cancellation at expiry that is scheduled; 404 where there is none. `GET /v1/cancellations?service_id=` has the history.",
    params(("id" = String, Path, description = "Id of the service.", pattern = "^svc_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "svc_01h455vb4pex5vsknk084sn02q")),
    responses((status = 200, description = "The cancellation", body = CancellationView)),
)]
#[get("/services/{id}/cancellation")]
pub async fn get_service_cancellation(
    app: Data<App>,
    caller: Require<ServicesRead>,
    PathId(id): PathId<ServiceId>,
) -> Result<Reply, Problem> {
    let db = &**app.read();
    let service = actions::load(db, caller.0.id(), id).await?;
    let row = under_way(db, service.id, CancellationKind::AtExpiry).await?.ok_or(Code::NotFound)?;
    Ok(Reply::ok(&CancellationView::from(row)))
}

/// Cancels a service for its expiry.
#[utoipa::path(
    operation_id = "request_service_cancellation", tag = "Services", security(("bearer" = ["services:write"])),
    summary = "Cancel a service for its expiry",
    description = "The service goes on until its expiry and is then deleted definitively; nothing is charged any more. Possible, and revocable, until 24 hours before. Debt never prevents it: a service whose renewal is unpaid ends on the next billing day, and the unpaid invoice is credited. With `dry_run=true` the cancellation is answered as it would be, and nothing is stored.",
    params(
        ("id" = String, Path, description = "Id of the service.", pattern = "^svc_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "svc_01h455vb4pex5vsknk084sn02q"),
        DryRun,
        ("If-Match" = Option<String>, Header, description = "Only if the service is still this version.", example = "\"1\""),
    ),
    request_body(content = Option<NewCancellation>, example = json!({"reason": "too_expensive"})),
    responses(
        (status = 200, description = "The cancellation, with its day", body = CancellationView),
        (status = 409, description = "The service cannot be cancelled now", body = ProblemBody),
    ),
    extensions(
        ("x-error-codes" = json!(["service_deleted", "service_not_delivered", "cancellation_already_requested", "cancellation_too_late"])),
    ),
)]
#[put("/services/{id}/cancellation")]
pub async fn request_service_cancellation(
    app: Data<App>,
    caller: Require<ServicesWrite>,
    key: Key,
    expected: IfMatch,
    PathId(id): PathId<ServiceId>,
    MaybeBody(new): MaybeBody<NewCancellation>,
) -> Result<Reply, Problem> {
    let (caller, motive) = (caller.0, new.unwrap_or_default().motive()?);
    key.once(&app, &caller.scope(), async |tx| {
        let (account, service) = locked(tx, &caller, id).await?;
        expected.check_version(service.version)?;
        let row = at_expiry::ask(tx, &caller.cx(&app), &account, &service, motive.clone()).await?;
        Ok(Reply::ok(&CancellationView::from(row)))
    })
    .await
}

/// Takes a cancellation back.
#[utoipa::path(
    operation_id = "revoke_service_cancellation", tag = "Services", security(("bearer" = ["services:write"])),
    summary = "Revoke the cancellation of a service",
    description = "Restores exactly the former renewal, until 24 hours before the cancellation takes effect. Where a renewal is unpaid, paying it revokes the cancellation instead. With `dry_run=true` the service is answered as it would be, and nothing is stored.",
    params(
        ("id" = String, Path, description = "Id of the service.", pattern = "^svc_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "svc_01h455vb4pex5vsknk084sn02q"),
        DryRun,
        ("If-Match" = Option<String>, Header, description = "Only if the service is still this version.", example = "\"2\""),
    ),
    responses(
        (status = 200, description = "The service", body = ServiceView),
        (status = 402, description = "The renewal is unpaid: pay it instead", body = ProblemBody),
        (status = 409, description = "There is nothing to revoke, or it is too late", body = ProblemBody),
    ),
    extensions(
        ("x-etag" = json!(true)),
        ("x-error-codes" = json!(["no_cancellation", "cancellation_too_late", "renewal_unpaid", "service_deleted"])),
    ),
)]
#[delete("/services/{id}/cancellation")]
pub async fn revoke_service_cancellation(
    app: Data<App>,
    caller: Require<ServicesWrite>,
    key: Key,
    expected: IfMatch,
    PathId(id): PathId<ServiceId>,
) -> Result<Reply, Problem> {
    let caller = caller.0;
    key.once(&app, &caller.scope(), async |tx| {
        let (account, service) = locked(tx, &caller, id).await?;
        expected.check_version(service.version)?;
        let service = at_expiry::revoke(tx, &caller.cx(&app), &account, &service).await?;
        Ok(Reply::ok(&show(&**tx, &app, &caller, &service).await?).etag(service.version))
    })
    .await
}

/// Asks that a service is deleted at once.
#[utoipa::path(
    operation_id = "request_service_deletion", tag = "Services", security(("bearer" = ["services:delete"])),
    summary = "Ask to delete a service at once",
    description = "Mails a token to the primary address, valid for 24 hours; nothing happens without it. Asking again mails another one, which replaces the first. There is no refund. With `dry_run=true` the answer is the same, nothing is stored and nothing is mailed.",
    params(
        ("id" = String, Path, description = "Id of the service.", pattern = "^svc_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "svc_01h455vb4pex5vsknk084sn02q"),
        DryRun,
    ),
    request_body(content = Option<NewCancellation>, example = json!({"reason": "project_ended"})),
    responses(
        (status = 202, description = "The token is in the mail", body = CancellationView),
        (status = 409, description = "The service cannot be deleted now", body = ProblemBody),
    ),
    extensions(
        ("x-idempotency" = json!("required")),
        ("x-error-codes" = json!(["service_deleted", "service_not_delivered"])),
    ),
)]
#[post("/services/{id}/deletion")]
pub async fn request_service_deletion(
    app: Data<App>,
    caller: Require<ServicesDelete>,
    key: RequiredKey,
    PathId(id): PathId<ServiceId>,
    MaybeBody(new): MaybeBody<NewCancellation>,
) -> Result<Reply, Problem> {
    let (caller, motive) = (caller.0, new.unwrap_or_default().motive()?);
    key.0
        .once(&app, &caller.scope(), async |tx| {
            let (account, service) = locked(tx, &caller, id).await?;
            let row = immediate::ask(tx, &caller.cx(&app), &account, &service, motive.clone()).await?;
            Ok(Reply::accepted(Some(format!("/v1/cancellations/{}", row.id)), &CancellationView::from(row)))
        })
        .await
}

/// Deletes a service at once.
#[utoipa::path(
    operation_id = "confirm_service_deletion", tag = "Services", security(("bearer" = ["services:delete"])),
    summary = "Delete a service with the mailed token",
    description = "Deletes the service now and definitively. An unpaid renewal is credited by a credit note. Refused with `payment_in_progress` while a payment for it has no final outcome: the token stays good.",
    params(("id" = String, Path, description = "Id of the service.", pattern = "^svc_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "svc_01h455vb4pex5vsknk084sn02q")),
    request_body = ServiceDeletionConfirmation,
    responses(
        (status = 200, description = "The service, deleted", body = ServiceView),
        (status = 409, description = "The service cannot be deleted now", body = ProblemBody),
        (status = 410, description = "The token was used, replaced, or is too old", body = ProblemBody),
    ),
    extensions(
        ("x-fresh-proof" = json!(true)),
        ("x-etag" = json!(true)),
        ("x-idempotency" = json!("required")),
        ("x-error-codes" = json!(["code_invalid", "code_expired", "payment_in_progress", "service_deleted"])),
    ),
)]
#[post("/services/{id}/deletion/confirmation")]
pub async fn confirm_service_deletion(
    app: Data<App>,
    caller: RequireFresh<ServicesDelete>,
    key: RequiredKey,
    PathId(id): PathId<ServiceId>,
    Body(input): Body<ServiceDeletionConfirmation>,
) -> Result<Reply, Problem> {
    let caller = caller.0;
    key.0
        .once(&app, &caller.scope(), async |tx| {
            let (account, service) = locked(tx, &caller, id).await?;
            immediate::confirm(tx, &caller.cx(&app), &account, &service, &input.token).await?;
            let service = actions::load(&**tx, account.id, id).await?;
            Ok(Reply::ok(&show(&**tx, &app, &caller, &service).await?).etag(service.version))
        })
        .await
}
