//! The phone number of the caller's account.

use super::view::AccountView;
use crate::actions::account::phone;
use crate::actions::code::{self, Purpose};
use crate::app::App;
use crate::http::body::Body;
use crate::http::caller::{Require, RequireFresh};
use crate::http::idempotency::Key;
use crate::http::reply::Reply;
use crate::http::scope::AccountWrite;
use crate::problem::{Problem, ProblemBody};
use actix_web::web::Data;
use actix_web::{delete, post, put};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

/// Routes of this file.
pub(super) fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(set_phone).service(confirm_phone).service(delete_phone);
}

/// A phone number.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPhone {
    /// A mobile number in E.164 form; spaces, dots, hyphens and parentheses are left out.
    #[schema(max_length = 32, example = "+33612345678")]
    phone: String,
}

/// The code that was sent to the number.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PhoneConfirmation {
    /// Six digits, valid for 10 minutes and five tries.
    #[schema(pattern = "^[0-9]{6}$", min_length = 6, max_length = 6, example = "482913")]
    code: String,
}

/// A phone number that waits for its proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = PendingPhone)]
pub struct PendingPhoneView {
    /// The masked number that the code was sent to.
    #[schema(max_length = 20, example = "+33•••••••78")]
    phone: String,
    /// `awaiting_confirmation`. Extensible enum.
    #[schema(max_length = 24, example = "awaiting_confirmation")]
    status: String,
}

/// Asks for a proven number.
#[utoipa::path(
    operation_id = "set_phone", tag = "Account",
    summary = "Set the phone number",
    description = "Sends a code of six digits to the number by text message; the phone number changes when the code comes back, and the present one stays until then. Only mobile numbers, of the countries that this installation sends texts to. At most three texts an hour and ten a day, for the account and for the number. Wants a fresh proof of identity.",
    security(("bearer" = ["account:write"])),
    request_body(content = NewPhone),
    responses(
        (status = 202, description = "A code is on its way", body = PendingPhoneView),
        (status = 409, description = "The account has this number, and it is verified", body = ProblemBody),
    ),
    extensions(("x-fresh-proof" = json!(true))),
)]
#[put("/account/phone")]
pub async fn set_phone(
    app: Data<App>,
    caller: RequireFresh<AccountWrite>,
    key: Key,
    body: Body<NewPhone>,
) -> Result<Reply, Problem> {
    let (RequireFresh(caller, ..), new) = (caller, body.0);
    key.once(&app, &caller.scope(), async |tx| {
        let number = phone::set(tx, &caller.cx(&app), caller.id(), &new.phone).await?;
        let pending = PendingPhoneView { phone: phone::masked(&number), status: "awaiting_confirmation".to_owned() };
        Ok(Reply::accepted(None, &pending))
    })
    .await
}

/// Proves the number.
#[utoipa::path(
    operation_id = "confirm_phone", tag = "Account",
    summary = "Confirm the phone number",
    description = "The code that was sent to the new number makes it the phone number. Both e-mail addresses are told. A wrong code is counted; after five a new one must be asked for.",
    security(("bearer" = ["account:write"])),
    request_body(content = PhoneConfirmation),
    responses(
        (status = 200, description = "The account", body = AccountView),
        (status = 410, description = "The right code, but used, replaced or too old", body = ProblemBody),
    ),
)]
#[post("/account/phone/confirmation")]
pub async fn confirm_phone(
    app: Data<App>,
    caller: Require<AccountWrite>,
    key: Key,
    body: Body<PhoneConfirmation>,
) -> Result<Reply, Problem> {
    let (Require(caller, ..), input) = (caller, body.0);
    if let Some(reply) = key.answered(&app, &caller.scope()).await? {
        return Ok(reply);
    }
    let counted = code::count_try(&app, caller.id(), Purpose::VerifyPhone, None).await?;
    key.once(&app, &caller.scope(), async |tx| {
        let account = phone::confirm(tx, &caller.cx(&app), caller.id(), counted, &input.code).await?;
        Ok(Reply::ok(&AccountView::of(&account)).etag(account.version))
    })
    .await
}

/// Removes the number.
#[utoipa::path(
    operation_id = "delete_phone", tag = "Account",
    summary = "Remove the phone number",
    description = "Proven or not; a code that is under way proves nothing any more. Both e-mail addresses are told. 404 when there is none. Wants a fresh proof of identity.",
    security(("bearer" = ["account:write"])),
    responses(
        (status = 204, description = "There is no phone number any more"),
        (status = 404, description = "There was none", body = ProblemBody),
    ),
    extensions(("x-fresh-proof" = json!(true))),
)]
#[delete("/account/phone")]
pub async fn delete_phone(app: Data<App>, caller: RequireFresh<AccountWrite>, key: Key) -> Result<Reply, Problem> {
    let RequireFresh(caller, ..) = caller;
    key.once(&app, &caller.scope(), async |tx| {
        phone::remove(tx, &caller.cx(&app), caller.id()).await?;
        Ok(Reply::no_content())
    })
    .await
}
