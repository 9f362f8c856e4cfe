//! Authenticator apps.

use crate::actions::factor;
use crate::actions::factor::totp::{self, Enrolling};
use crate::app::App;
use crate::http::body::{Body, PathId, fault};
use crate::http::caller::{Require, RequireFresh};
use crate::http::idempotency::Key;
use crate::http::page::{self, KeyColumn, Page, PageQuery};
use crate::http::reply::Reply;
use crate::http::scope::{SecurityRead, SecurityWrite};
use crate::problem::{Code, Problem, ProblemBody};
use actix_web::web::Data;
use actix_web::{delete, get, post};
use chrono::{DateTime, Utc};
use domain::id::TotpDeviceId;
use entity::totp_device::{self, Column};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

/// Routes of this file.
pub(super) fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(list_totp_devices).service(add_totp_device).service(activate_totp_device).service(delete_totp_device);
}

/// Longest name of an app, in characters.
const NAME_MAX: usize = 64;

/// A new authenticator app.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTotpDevice {
    /// How the owner calls it.
    #[schema(min_length = 1, max_length = 64, example = "Phone")]
    name: String,
}

/// The first code of an app.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TotpActivation {
    /// The code that the app shows now.
    #[schema(max_length = 16, example = "492039")]
    code: String,
}

/// An authenticator app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = TotpDevice)]
pub struct TotpDeviceView {
    /// Its id.
    #[schema(
        pattern = "^otp_[0-7][0-9a-hjkmnp-tv-z]{25}$",
        max_length = 30,
        example = "otp_01h455vb4pex5vsknk084sn02q"
    )]
    id: String,
    /// How the owner calls it.
    #[schema(max_length = 64, example = "Phone")]
    name: String,
    /// `pending` until its first code is typed, then `active`. Extensible enum.
    #[schema(max_length = 16, example = "active")]
    status: String,
    /// When it was added.
    #[schema(example = "2026-01-30T09:00:00Z")]
    created_at: DateTime<Utc>,
    /// When it became a factor.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-01-30T09:01:00Z")]
    activated_at: Option<DateTime<Utc>>,
    /// When a code of it was last used.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-01-31T09:00:00Z")]
    last_used_at: Option<DateTime<Utc>>,
}

impl From<totp_device::Model> for TotpDeviceView {
    fn from(row: totp_device::Model) -> Self {
        Self {
            id: row.id.to_string(),
            name: row.name,
            status: if row.activated_at.is_some() { "active" } else { "pending" }.to_owned(),
            created_at: row.created_at,
            activated_at: row.activated_at,
            last_used_at: row.last_used_at,
        }
    }
}

/// A new app with what is shown once.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = TotpEnrolment)]
pub struct EnrolmentView {
    /// The app, pending.
    device: TotpDeviceView,
    /// The seed in base32, to type into the app.
    #[schema(max_length = 64, example = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")]
    secret: String,
    /// The seed as an address that apps open.
    #[schema(
        max_length = 1024,
        example = "otpauth://totp/Tacit:camille.durand%40example.org?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Tacit"
    )]
    otpauth_url: String,
    /// That address as a QR code, to scan: an SVG document.
    #[schema(max_length = 65536, example = "<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>")]
    qr_svg: String,
}

impl From<Enrolling> for EnrolmentView {
    fn from(new: Enrolling) -> Self {
        Self { device: new.device.into(), secret: new.secret, otpauth_url: new.otpauth_url, qr_svg: new.qr_svg }
    }
}

/// An app that became a factor.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = TotpActivated)]
pub struct ActivatedView {
    /// The app, active.
    device: TotpDeviceView,
    /// With the first factor: ten backup codes, shown once, to be used after `activate_backup_codes`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_items = 10, example = json!(["7k3f-9q2m-x4wd-0ht6"]))]
    backup_codes: Option<Vec<String>>,
}

/// Lists the authenticator apps.
#[utoipa::path(
    operation_id = "list_totp_devices", tag = "Security", security(("bearer" = ["security:read"])),
    summary = "List authenticator apps",
    description = "The authenticator apps of the account, those that wait for their first code too.",
    params(PageQuery),
    responses((status = 200, description = "The apps", body = Page<TotpDeviceView>)),
)]
#[get("/security/totp-devices")]
pub async fn list_totp_devices(
    app: Data<App>,
    caller: Require<SecurityRead>,
    query: PageQuery,
) -> Result<Reply, Problem> {
    let select = totp_device::Entity::of(caller.0.id());
    let key = query.sort(&[("created_at", Column::CreatedAt)], KeyColumn::Desc(Column::CreatedAt))?;
    let page = page::keyset(app.read(), select, key, &query).await?;
    Ok(Reply::page(&page.map(TotpDeviceView::from), &query))
}

/// Adds an authenticator app.
#[utoipa::path(
    operation_id = "add_totp_device", tag = "Security", security(("bearer" = ["security:write"])),
    summary = "Add an authenticator app",
    description = "Makes a seed (RFC 6238: SHA-1, 6 digits, 30 seconds) and shows it once, as text, address and QR code. The app becomes a factor once its first code comes to `activate_totp_device`, within 30 minutes. At most 10 apps.",
    request_body(content = NewTotpDevice),
    responses(
        (status = 201, description = "The app and its seed", body = EnrolmentView),
        (status = 409, description = "There are too many", body = ProblemBody),
    ),
    extensions(("x-fresh-proof" = json!(true)), ("x-error-codes" = json!(["too_many_factors"]))),
)]
#[post("/security/totp-devices")]
pub async fn add_totp_device(
    app: Data<App>,
    caller: RequireFresh<SecurityWrite>,
    key: Key,
    body: Body<NewTotpDevice>,
) -> Result<Reply, Problem> {
    let RequireFresh(caller, ..) = caller;
    let name = body.0.name.trim().to_owned();
    if name.is_empty() || name.chars().count() > NAME_MAX || name.chars().any(char::is_control) {
        return Err(Problem::invalid(vec![fault("/name", "invalid_format")]));
    }
    key.once(&app, &caller.scope(), async |tx| {
        let new = totp::enrol(tx, &caller.cx(&app), caller.id(), &name).await?;
        Ok(Reply::created("/v1/security/totp-devices", &EnrolmentView::from(new)).secret())
    })
    .await
}

/// Makes an app a factor.
#[utoipa::path(
    operation_id = "activate_totp_device", tag = "Security", security(("bearer" = ["security:write"])),
    summary = "Activate an authenticator app",
    description = "The first code of the app makes it a second factor, which every login then wants; that code counts as used. Other sessions end, remembered devices are forgotten, and the owner is told at every address. With the first factor come ten backup codes.",
    params(("id" = String, Path, description = "Id of the app.", pattern = "^otp_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "otp_01h455vb4pex5vsknk084sn02q")),
    request_body(content = TotpActivation),
    responses(
        (status = 200, description = "The app, active", body = ActivatedView),
        (status = 409, description = "The app is active already", body = ProblemBody),
        (status = 410, description = "The app waited too long for its first code", body = ProblemBody),
        (status = 422, description = "The code is wrong", body = ProblemBody),
    ),
    extensions(("x-fresh-proof" = json!(true)), ("x-error-codes" = json!(["invalid_transition", "code_expired", "code_invalid"]))),
)]
#[post("/security/totp-devices/{id}/activation")]
pub async fn activate_totp_device(
    app: Data<App>,
    caller: RequireFresh<SecurityWrite>,
    PathId(id): PathId<TotpDeviceId>,
    key: Key,
    body: Body<TotpActivation>,
) -> Result<Reply, Problem> {
    let RequireFresh(caller, ..) = caller;
    if let Some(reply) = key.answered(&app, &caller.scope()).await? {
        return Ok(reply);
    }
    let session = caller.session.as_ref().map(|session| session.id).ok_or(Problem::new(Code::FreshProofRequired))?;
    let cx = caller.cx(&app);
    factor::count_try(&app, &cx, caller.id(), None).await?;
    key.once(&app, &caller.scope(), async |tx| {
        let (device, backup_codes) = totp::activate(tx, &cx, (caller.id(), session), id, &body.0.code).await?;
        Ok(Reply::ok(&ActivatedView { device: device.into(), backup_codes }).secret())
    })
    .await
}

/// Removes an app.
#[utoipa::path(
    operation_id = "delete_totp_device", tag = "Security", security(("bearer" = ["security:write"])),
    summary = "Remove an authenticator app",
    description = "The app is no factor any more. Other sessions end, remembered devices are forgotten, and the owner is told at every address. With the last factor the backup codes go too. Wants a fresh proof of identity: of a second factor, a backup code if need be.",
    params(("id" = String, Path, description = "Id of the app.", pattern = "^otp_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "otp_01h455vb4pex5vsknk084sn02q")),
    responses((status = 204, description = "The app is removed")),
    extensions(("x-fresh-proof" = json!(true))),
)]
#[delete("/security/totp-devices/{id}")]
pub async fn delete_totp_device(
    app: Data<App>,
    caller: RequireFresh<SecurityWrite>,
    PathId(id): PathId<TotpDeviceId>,
    key: Key,
) -> Result<Reply, Problem> {
    let RequireFresh(caller, ..) = caller;
    let keep = caller.session.as_ref().map(|session| session.id);
    key.once(&app, &caller.scope(), async |tx| {
        totp::remove(tx, &caller.cx(&app), (caller.id(), keep), id).await?;
        Ok(Reply::no_content())
    })
    .await
}
