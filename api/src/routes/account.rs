//! The account of the caller: profile, backup address, check-up, activity, balance.

use super::accounts::{account_kinds, address, languages};
use super::views::MoneyView;
use crate::actions::account::profile::Edit;
use crate::actions::account::{self, backup_email, change, masked};
use crate::actions::code::{self, Purpose};
use crate::app::App;
use crate::http::body::{Body, Change, Patch};
use crate::http::caller::{Require, RequireFresh};
use crate::http::etag::IfMatch;
use crate::http::idempotency::Key;
use crate::http::reply::Reply;
use crate::http::scope::{AccountRead, AccountWrite};
use crate::problem::{Problem, ProblemBody};
use actix_web::web::Data;
use actix_web::{delete, get, patch, post, put};
use domain::account::{AccountKind, Language};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

pub mod activity;
pub mod check_up;
pub mod email;
pub mod exports;
pub mod mailing;
pub mod phone;
pub mod view;

use view::AccountView;

/// Routes of this file.
pub(super) fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(get_account)
        .service(update_account)
        .service(set_backup_email)
        .service(confirm_backup_email)
        .service(delete_backup_email)
        .service(get_balance)
        .configure(mailing::configure)
        .configure(email::configure)
        .configure(phone::configure)
        .configure(exports::configure)
        .service(check_up::get_check_up)
        .service(activity::list_activity);
}

/// What changes in an account: a merge patch. `null` removes what can be removed.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountPatch {
    /// Who holds the account; not after the first order.
    #[schema(schema_with = account_kinds)]
    kind: Option<AccountKind>,
    /// Language of mails and documents.
    #[schema(schema_with = languages)]
    language: Option<Language>,
    /// ISO 3166-1 alpha-2 code.
    #[schema(nullable = false, pattern = "^[A-Za-z]{2}$", min_length = 2, max_length = 2, example = "FR")]
    country: Option<String>,
    /// Billing time zone, a name of the IANA database: billing days begin at its midnight.
    #[schema(nullable = false, max_length = 48, example = "Europe/Paris")]
    time_zone: Option<String>,
    /// First name.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 100, example = "Camille")]
    first_name: Change<String>,
    /// Last name.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 100, example = "Durand")]
    last_name: Change<String>,
    /// Name of the company, association or public body.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 200, example = "Atelier Durand")]
    organisation: Change<String>,
    /// Number and street.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 200, example = "2 rue Kellermann")]
    street: Change<String>,
    /// Postal code, in the form of the country.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 20, example = "59100")]
    postal_code: Change<String>,
    /// City.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 100, example = "Roubaix")]
    city: Change<String>,
    /// Phone number in E.164 form; one that is verified changes by `set_phone` only.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 32, example = "+33612345678")]
    phone: Change<String>,
    /// SIRET of a French body, with its check digits.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 32, example = "73282932000074")]
    siret: Change<String>,
    /// VAT identification number, with its country.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 32, example = "FR44732829320")]
    vat_id: Change<String>,
}

/// A second address.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBackupEmail {
    /// It must differ from the primary one.
    #[schema(format = Email, max_length = 254, example = "camille@durand.example")]
    email: String,
}

/// The code that was mailed to the second address.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BackupEmailConfirmation {
    /// Six digits, valid for 30 minutes and five tries.
    #[schema(pattern = "^[0-9]{6}$", min_length = 6, max_length = 6, example = "482913")]
    code: String,
}

/// A second address that waits for its proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = PendingBackupEmail)]
pub struct PendingView {
    /// The masked address that the code was mailed to.
    #[schema(max_length = 254, example = "c•••@d•••.example")]
    address: String,
    /// `awaiting_confirmation`. Extensible enum.
    #[schema(max_length = 24, example = "awaiting_confirmation")]
    status: String,
}

/// The prepaid balance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AccountBalance)]
pub struct BalanceView {
    /// Money held for the account; charges take it before the default payment method.
    balance: MoneyView,
}

impl From<AccountPatch> for change::Change {
    fn from(patch: AccountPatch) -> Self {
        let edit = |member: Change<String>| Edit::from(member.into_option());
        Self {
            kind: patch.kind,
            language: patch.language,
            country: patch.country,
            time_zone: patch.time_zone,
            first_name: edit(patch.first_name),
            last_name: edit(patch.last_name),
            organisation: edit(patch.organisation),
            street: edit(patch.street),
            postal_code: edit(patch.postal_code),
            city: edit(patch.city),
            phone: edit(patch.phone),
            siret: edit(patch.siret),
            vat_id: edit(patch.vat_id),
        }
    }
}

/// Reads the account.
#[utoipa::path(
    operation_id = "get_account", tag = "Account",
    summary = "Read the account",
    description = "The account of the caller: its identity, its profile and its prepaid balance.",
    security(("bearer" = ["account:read"])),
    responses((status = 200, description = "The account", body = AccountView)),
    extensions(("x-etag" = json!(true))),
)]
#[get("/account")]
pub async fn get_account(caller: Require<AccountRead>) -> Reply {
    let Require(caller, ..) = caller;
    Reply::ok(&AccountView::of(&caller.account)).etag(caller.account.version)
}

/// Changes the profile.
#[utoipa::path(
    operation_id = "update_account", tag = "Account",
    summary = "Change the profile",
    description = "A merge patch: members that are left out stay, `null` removes. Every value that cannot be used is told at once. A new time zone moves the instants of everything planned, never its days. `kind` cannot change after the first order (`account_has_orders`), and what decides on VAT (`country`, `postal_code`, `vat_id`) not while a payment is under way (`payments_unsettled`). Documents that were issued stay as they are.",
    security(("bearer" = ["account:write"])),
    params(("If-Match" = Option<String>, Header, description = "The `etag` of the account as the caller knows it.", max_length = 255, example = "\"3\"")),
    request_body(content(
        (AccountPatch = "application/merge-patch+json"),
        (AccountPatch = "application/json"),
    )),
    responses((status = 200, description = "The account", body = AccountView)),
    extensions(("x-etag" = json!(true))),
)]
#[patch("/account")]
pub async fn update_account(
    app: Data<App>,
    caller: Require<AccountWrite>,
    expected: IfMatch,
    key: Key,
    body: Patch<AccountPatch>,
) -> Result<Reply, Problem> {
    let (Require(caller, ..), patch) = (caller, change::Change::from(body.0));
    key.once(&app, &caller.scope(), async |tx| {
        let fits = |version| expected.check_version(version);
        let account = account::change(tx, &caller.cx(&app), caller.id(), &patch, fits).await?;
        Ok(Reply::ok(&AccountView::of(&account)).etag(account.version))
    })
    .await
}

/// Asks for a second address.
#[utoipa::path(
    operation_id = "set_backup_email", tag = "Account",
    summary = "Set the backup e-mail address",
    description = "Mails a code of six digits to the address; the backup address changes when the code comes back. It can start a password reset. At most three mails an hour.",
    security(("bearer" = ["account:write"])),
    request_body(content = NewBackupEmail),
    responses((status = 202, description = "A code is in the mail", body = PendingView)),
    extensions(("x-fresh-proof" = json!(true))),
)]
#[put("/account/backup-email")]
pub async fn set_backup_email(
    app: Data<App>,
    caller: RequireFresh<AccountWrite>,
    key: Key,
    body: Body<NewBackupEmail>,
) -> Result<Reply, Problem> {
    let RequireFresh(caller, ..) = caller;
    let email = address(&body.0.email, "/email")?;
    key.once(&app, &caller.scope(), async |tx| {
        backup_email::set(tx, &caller.cx(&app), caller.id(), &email).await?;
        let pending = PendingView { address: masked(&email), status: "awaiting_confirmation".to_owned() };
        Ok(Reply::accepted(None, &pending))
    })
    .await
}

/// Proves the second address.
#[utoipa::path(
    operation_id = "confirm_backup_email", tag = "Account",
    summary = "Confirm the backup e-mail address",
    description = "The code that was mailed to the new address makes it the backup address. The primary address is told, and so is the backup address before; for seven days whoever reads the primary one can undo it with the token in that mail (`stop_email_change`). A wrong code is counted; after five a new one must be asked for.",
    security(("bearer" = ["account:write"])),
    request_body(content = BackupEmailConfirmation),
    responses(
        (status = 200, description = "The account", body = AccountView),
        (status = 410, description = "The right code, but used, replaced or too old", body = ProblemBody),
    ),
)]
#[post("/account/backup-email/confirmation")]
pub async fn confirm_backup_email(
    app: Data<App>,
    caller: Require<AccountWrite>,
    key: Key,
    body: Body<BackupEmailConfirmation>,
) -> Result<Reply, Problem> {
    let (Require(caller, ..), input) = (caller, body.0);
    if let Some(reply) = key.answered(&app, &caller.scope()).await? {
        return Ok(reply);
    }
    let counted = code::count_try(&app, caller.id(), Purpose::VerifyBackupEmail, None).await?;
    key.once(&app, &caller.scope(), async |tx| {
        let account = backup_email::confirm(tx, &caller.cx(&app), caller.id(), counted, &input.code).await?;
        Ok(Reply::ok(&AccountView::of(&account)).etag(account.version))
    })
    .await
}

/// Removes the second address.
#[utoipa::path(
    operation_id = "delete_backup_email", tag = "Account",
    summary = "Remove the backup e-mail address",
    description = "Both addresses are told; for seven days whoever reads the primary one can undo it with the token in that mail (`stop_email_change`). 404 when there is none.",
    security(("bearer" = ["account:write"])),
    responses(
        (status = 204, description = "There is no backup address any more"),
        (status = 404, description = "There was none", body = ProblemBody),
    ),
    extensions(("x-fresh-proof" = json!(true))),
)]
#[delete("/account/backup-email")]
pub async fn delete_backup_email(
    app: Data<App>,
    caller: RequireFresh<AccountWrite>,
    key: Key,
) -> Result<Reply, Problem> {
    let RequireFresh(caller, ..) = caller;
    key.once(&app, &caller.scope(), async |tx| {
        backup_email::remove(tx, &caller.cx(&app), caller.id()).await?;
        Ok(Reply::no_content())
    })
    .await
}

/// Reads the balance.
#[utoipa::path(
    operation_id = "get_balance", tag = "Account",
    summary = "Read the prepaid balance",
    description = "Money held for the account.",
    security(("bearer" = ["account:read"])),
    responses((status = 200, description = "The balance", body = BalanceView)),
)]
#[get("/account/balance")]
pub async fn get_balance(caller: Require<AccountRead>) -> Reply {
    let Require(caller, ..) = caller;
    Reply::ok(&BalanceView { balance: MoneyView::minor(caller.account.balance, &caller.account.currency) })
}
