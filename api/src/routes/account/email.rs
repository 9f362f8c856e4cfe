//! The primary address of the caller's account, and stopping or undoing a change of an address.

use super::view::AccountView;
use crate::actions::account::{address_change, email, masked};
use crate::actions::code::{self, Purpose};
use crate::app::App;
use crate::http::body::Body;
use crate::http::caller::{Require, RequireFresh};
use crate::http::change_token::OwnerOrToken;
use crate::http::idempotency::Key;
use crate::http::reply::Reply;
use crate::http::scope::{AccountRead, AccountWrite};
use crate::problem::{Code, Problem, ProblemBody};
use crate::routes::accounts::address;
use actix_web::web::Data;
use actix_web::{delete, get, post, put};
use chrono::{DateTime, Utc};
use domain::account::AddressChangeStatus;
use entity::address_change::Model;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

/// Routes of this file.
pub(super) fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(set_email).service(confirm_email).service(get_email_change).service(stop_email_change);
}

/// A new primary address.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEmail {
    /// It must differ from the present one and from the backup one.
    #[schema(format = Email, max_length = 254, example = "camille@durand.example")]
    email: String,
}

/// The code that was mailed to the new address.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmailConfirmation {
    /// Six digits, valid for 30 minutes and five tries.
    #[schema(pattern = "^[0-9]{6}$", min_length = 6, max_length = 6, example = "482913")]
    code: String,
}

/// A change of the primary address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = EmailChange)]
pub struct EmailChangeView {
    /// The masked new address.
    #[schema(max_length = 254, example = "c•••@d•••.example")]
    address: String,
    /// The masked address before.
    #[schema(max_length = 254, example = "c•••@e•••.org")]
    former_address: String,
    /// `awaiting_confirmation`: nothing has changed yet; `applied`. Extensible enum.
    #[schema(max_length = 24, example = "awaiting_confirmation")]
    status: String,
    /// When it was asked for.
    #[schema(example = "2026-01-30T09:00:00Z")]
    requested_at: DateTime<Utc>,
    /// When it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-01-30T09:04:00Z")]
    applied_at: Option<DateTime<Utc>>,
    /// Until when it can be stopped; once it is made, until when the addresses before can undo it.
    #[schema(example = "2026-02-02T09:00:00Z")]
    open_until: DateTime<Utc>,
}

impl EmailChangeView {
    fn of(change: &Model) -> Self {
        let shown = |address: &Option<String>| address.as_deref().map(masked).unwrap_or_default();
        let status = match change.status {
            AddressChangeStatus::Pending => "awaiting_confirmation",
            known @ (AddressChangeStatus::Applied
            | AddressChangeStatus::Vetoed
            | AddressChangeStatus::Undone
            | AddressChangeStatus::Superseded) => known.as_str(),
        };
        Self {
            address: shown(&change.new_address),
            former_address: shown(&change.former_address),
            status: status.to_owned(),
            requested_at: change.requested_at,
            applied_at: change.applied_at,
            open_until: change.open_until,
        }
    }
}

/// Asks for another primary address.
#[utoipa::path(
    operation_id = "set_email", tag = "Account",
    summary = "Change the primary e-mail address",
    description = "Mails a code of six digits to the new address; the primary address changes when the code comes back (`confirm_email`), never by itself, and the present one stays until then. The present and the backup address get a notice with a token that stops the change for 72 hours, and undoes it for seven days once it is made (`stop_email_change`). Asked again, the change before is given up. Whether the new address belongs to another account is told at the confirmation only. At most three mails an hour. Wants a fresh proof of identity.",
    security(("bearer" = ["account:write"])),
    request_body(content = NewEmail),
    responses(
        (status = 202, description = "A code is in the mail", body = EmailChangeView),
        (status = 409, description = "The account has this address already, or a recovery of lost second factors is under way", body = ProblemBody),
    ),
    extensions(("x-fresh-proof" = json!(true)), ("x-error-codes" = json!(["email_unchanged", "email_same_as_backup", "recovery_under_way"]))),
)]
#[put("/account/email")]
pub async fn set_email(
    app: Data<App>,
    caller: RequireFresh<AccountWrite>,
    key: Key,
    body: Body<NewEmail>,
) -> Result<Reply, Problem> {
    let RequireFresh(caller, ..) = caller;
    let new = address(&body.0.email, "/email")?;
    key.once(&app, &caller.scope(), async |tx| {
        let change = email::set(tx, &caller.cx(&app), caller.id(), &new).await?;
        Ok(Reply::accepted(None, &EmailChangeView::of(&change)))
    })
    .await
}

/// Proves the new address.
#[utoipa::path(
    operation_id = "confirm_email", tag = "Account",
    summary = "Confirm the primary e-mail address",
    description = "The code that was mailed to the new address makes it the primary one: for logging in and for mails. The addresses before are told, with the token that undoes it for seven days; so long the former address is nobody else's. Sessions go on; tokens that reset the password end. A wrong code is counted; after five a new one must be asked for.",
    security(("bearer" = ["account:write"])),
    request_body(content = EmailConfirmation),
    responses(
        (status = 200, description = "The account", body = AccountView),
        (status = 409, description = "Another account has this address", body = ProblemBody),
        (status = 410, description = "The right code, but used, replaced or too old, or the change was stopped", body = ProblemBody),
    ),
    extensions(("x-error-codes" = json!(["email_already_used", "email_same_as_backup", "code_invalid", "code_expired"]))),
)]
#[post("/account/email/confirmation")]
pub async fn confirm_email(
    app: Data<App>,
    caller: Require<AccountWrite>,
    key: Key,
    body: Body<EmailConfirmation>,
) -> Result<Reply, Problem> {
    let (Require(caller, ..), input) = (caller, body.0);
    if let Some(reply) = key.answered(&app, &caller.scope()).await? {
        return Ok(reply);
    }
    let counted = code::count_try(&app, caller.id(), Purpose::ChangeEmail, None).await?;
    key.once(&app, &caller.scope(), async |tx| {
        let account = email::confirm(tx, &caller.cx(&app), caller.id(), counted, &input.code).await?;
        Ok(Reply::ok(&AccountView::of(&account)).etag(account.version))
    })
    .await
}

/// The change that is under way.
#[utoipa::path(
    operation_id = "get_email_change", tag = "Account",
    summary = "Read the change of the primary e-mail address",
    description = "The latest change that waits for its code, or that can still be undone. 404 when there is none.",
    security(("bearer" = ["account:read"])),
    responses(
        (status = 200, description = "The change", body = EmailChangeView),
        (status = 404, description = "No change waits or can be undone", body = ProblemBody),
    ),
)]
#[get("/account/email/change")]
pub async fn get_email_change(app: Data<App>, caller: Require<AccountRead>) -> Result<Reply, Problem> {
    let Require(caller, ..) = caller;
    let change = address_change::latest(&**app.read(), caller.id(), caller.real_now).await?;
    change.map(|change| Reply::ok(&EmailChangeView::of(&change))).ok_or_else(|| Code::NotFound.into())
}

/// Stops or undoes a change.
#[utoipa::path(
    operation_id = "stop_email_change", tag = "Account",
    summary = "Stop or undo a change of an address",
    description = "With a login: stops the change of the primary address that waits for its code; 404 when none waits. With the token of a notice in `Change-Token`, without login: stops that change or, once it was made, undoes it with whatever came after it. With a change of the primary address, stopped or undone, the changes of the backup address go that could still be undone when it was asked for. Whoever uses a token says that somebody else is in the account: every session and access token ends, the password opens nothing any more, a closure under way is taken back, rules by address of these days are dropped, and a token that sets another one is mailed to the primary address. Every address is told.",
    security(("bearer" = ["account:write"]), ("change_token" = [])),
    responses(
        (status = 204, description = "The change is stopped or undone"),
        (status = 404, description = "With a login: no change waits", body = ProblemBody),
        (status = 410, description = "The change has ended, or was made too long ago", body = ProblemBody),
        (status = 422, description = "The token is unknown", body = ProblemBody),
    ),
    extensions(("x-error-codes" = json!(["code_invalid", "code_expired"]))),
)]
#[delete("/account/email/change")]
pub async fn stop_email_change(app: Data<App>, who: OwnerOrToken<AccountWrite>, key: Key) -> Result<Reply, Problem> {
    match who {
        OwnerOrToken::Owner(caller, _) => {
            key.once(&app, &caller.scope(), async |tx| {
                address_change::veto(tx, &caller.cx(&app), caller.id()).await?;
                Ok(Reply::no_content())
            })
            .await
        }
        OwnerOrToken::Token(client, token) => {
            let cx = client.cx(&app, app.now());
            key.once(&app, &client.scope(), async |tx| {
                address_change::take_back(tx, &cx, &token).await?;
                Ok(Reply::no_content())
            })
            .await
        }
    }
}
