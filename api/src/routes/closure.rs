//! The end of the account itself.

use super::DryRun;
use super::views::ActionView;
use crate::actions::closure;
use crate::app::App;
use crate::http::body::Body;
use crate::http::caller::{Require, RequireFresh};
use crate::http::idempotency::RequiredKey;
use crate::http::reply::Reply;
use crate::http::scope::{AccountRead, AccountWrite};
use crate::problem::{Problem, ProblemBody};
use actix_web::web::Data;
use actix_web::{delete, get, post};
use chrono::{DateTime, NaiveDate, Utc};
use domain::account::Language;
use domain::closure::ClosureEvent;
use domain::refusal::Refusal;
use entity::account_closure;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

/// Where the closure is found.
const PATH: &str = "/v1/account/closure";

/// Routes of this file.
pub(super) fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(get_account_closure)
        .service(request_account_closure)
        .service(confirm_account_closure)
        .service(revoke_account_closure);
}

/// The closure of the account.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = AccountClosure)]
pub struct ClosureView {
    /// Its id.
    #[schema(
        pattern = "^clo_[0-7][0-9a-hjkmnp-tv-z]{25}$",
        max_length = 30,
        example = "clo_01h455vb4pex5vsknk084sn02q"
    )]
    id: String,
    /// `awaiting_confirmation`: the mailed token is awaited; `cooling_off`: it will be carried out on
    /// `effective_on`; `revoked`; `halted`: something new stood in the way; `completed`. Extensible enum.
    #[schema(max_length = 24, example = "cooling_off")]
    status: String,
    /// When it was asked for.
    #[schema(example = "2026-01-30T09:00:00Z")]
    requested_at: DateTime<Utc>,
    /// When the token came back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-01-30T09:12:00Z")]
    confirmed_at: Option<DateTime<Utc>>,
    /// The day at whose start the account is closed, in its billing time zone; later while a change of an address
    /// can still be undone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-02-06")]
    effective_on: Option<NaiveDate>,
    /// When it was revoked, halted or completed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-02-01T18:30:00Z")]
    ended_at: Option<DateTime<Utc>>,
    /// What can be done now.
    actions: ClosureActions,
}

/// What can be done with a closure now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AccountClosureActions)]
pub struct ClosureActions {
    /// Whether the mailed token is awaited.
    confirm: ActionView,
    /// Whether it can be taken back.
    revoke: ActionView,
}

/// The mailed token.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountClosureConfirmation {
    /// The token in the mail, valid for 24 hours, once.
    #[schema(max_length = 128, example = "mQ5tYkWmZrvUqJcN0fTgXhLs2aEoIi4M7uQeV1xRt9w")]
    token: String,
}

impl ClosureView {
    fn of(closure: &account_closure::Model, language: Language) -> Self {
        let can = |event| closure.status.after(event).map(|_| ()).map_err(|_| Refusal::NoClosure);
        Self {
            id: closure.id.to_string(),
            status: closure.status.to_string(),
            requested_at: closure.requested_at,
            confirmed_at: closure.confirmed_at,
            effective_on: closure.effective_on,
            ended_at: closure.ended_at,
            actions: ClosureActions {
                confirm: ActionView::of(can(ClosureEvent::Confirm), language),
                revoke: ActionView::of(can(ClosureEvent::Revoke), language),
            },
        }
    }
}

/// The latest closure.
#[utoipa::path(
    operation_id = "get_account_closure", tag = "Account",
    summary = "Read the closure of the account",
    description = "The latest closure asked for, also one that was revoked or halted; 404 when none ever was. To see what stands in the way of one, ask for it with `dry_run=true`.",
    security(("bearer" = ["account:read"])),
    responses(
        (status = 200, description = "The closure", body = ClosureView),
        (status = 404, description = "No closure was ever asked for", body = ProblemBody),
    ),
)]
#[get("/account/closure")]
pub async fn get_account_closure(app: Data<App>, caller: Require<AccountRead>) -> Result<Reply, Problem> {
    let Require(caller, ..) = caller;
    let closure = closure::latest(&**app.read(), caller.id()).await?;
    Ok(Reply::ok(&ClosureView::of(&closure, caller.language())))
}

/// Asks for the closure.
#[utoipa::path(
    operation_id = "request_account_closure", tag = "Account",
    summary = "Ask to close the account",
    description = "Mails a token to the primary address; nothing happens without it. Services that are not deleted, open orders, unpaid invoices, payments without outcome and a balance that is not zero stand in the way: each is listed in `blockers` of the 409 with the address that mends it. Asking again while the token is awaited mails another one, which replaces the first.",
    security(("bearer" = ["account:write"])),
    params(DryRun),
    responses(
        (status = 202, description = "The token is in the mail", body = ClosureView),
        (status = 409, description = "Something stands in the way", body = ProblemBody),
    ),
    extensions(("x-fresh-proof" = json!(true)), ("x-idempotency" = json!("required"))),
)]
#[post("/account/closure")]
pub async fn request_account_closure(
    app: Data<App>,
    caller: RequireFresh<AccountWrite>,
    key: RequiredKey,
) -> Result<Reply, Problem> {
    let RequireFresh(caller, ..) = caller;
    let RequiredKey(key) = key;
    key.once(&app, &caller.scope(), async |tx| {
        let closure = closure::request(tx, &caller.cx(&app), caller.id()).await?;
        Ok(Reply::accepted(Some(PATH.to_owned()), &ClosureView::of(&closure, caller.language())))
    })
    .await
}

/// Confirms the closure.
#[utoipa::path(
    operation_id = "confirm_account_closure", tag = "Account",
    summary = "Confirm the closure by token",
    description = "Begins the cooling-off: in seven days the account is closed, its personal data erased and its invoices kept for their legal term. Until then it can be revoked. While a change of an address can still be undone the account waits for that, and the former primary address is told of the closure too.",
    security(("bearer" = ["account:write"])),
    request_body(content = AccountClosureConfirmation),
    responses(
        (status = 200, description = "The closure, with its day", body = ClosureView),
        (status = 409, description = "Something stands in the way, or no closure awaits its confirmation", body = ProblemBody),
        (status = 410, description = "The token was used, replaced, or is too old", body = ProblemBody),
    ),
    extensions(("x-idempotency" = json!("required"))),
)]
#[post("/account/closure/confirmation")]
pub async fn confirm_account_closure(
    app: Data<App>,
    caller: Require<AccountWrite>,
    key: RequiredKey,
    body: Body<AccountClosureConfirmation>,
) -> Result<Reply, Problem> {
    let (Require(caller, ..), RequiredKey(key), input) = (caller, key, body.0);
    key.once(&app, &caller.scope(), async |tx| {
        let closure = closure::confirm(tx, &caller.cx(&app), caller.id(), &input.token).await?;
        Ok(Reply::ok(&ClosureView::of(&closure, caller.language())))
    })
    .await
}

/// Takes the closure back.
#[utoipa::path(
    operation_id = "revoke_account_closure", tag = "Account",
    summary = "Revoke the closure",
    description = "Takes the closure back, whether it awaits its confirmation or is cooling off: the account is as before.",
    security(("bearer" = ["account:write"])),
    responses(
        (status = 204, description = "The closure is revoked"),
        (status = 409, description = "No closure is under way", body = ProblemBody),
    ),
    extensions(("x-idempotency" = json!("required"))),
)]
#[delete("/account/closure")]
pub async fn revoke_account_closure(
    app: Data<App>,
    caller: Require<AccountWrite>,
    key: RequiredKey,
) -> Result<Reply, Problem> {
    let (Require(caller, ..), RequiredKey(key)) = (caller, key);
    key.once(&app, &caller.scope(), async |tx| {
        closure::revoke(tx, &caller.cx(&app), caller.id()).await?;
        Ok(Reply::no_content())
    })
    .await
}
