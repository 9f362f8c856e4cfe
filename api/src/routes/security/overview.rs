//! How safe the account is, on one page.

use super::backup_codes::{self, BackupCodesView};
use crate::actions::{factor, session};
use crate::app::App;
use crate::http::caller::Require;
use crate::http::reply::Reply;
use crate::http::scope::SecurityRead;
use crate::problem::Problem;
use actix_web::get;
use actix_web::web::Data;
use chrono::{DateTime, Utc};
use entity::{access_token, factor_recovery, remembered_device, security_key, totp_device};
use sea_orm::{ColumnTrait, PaginatorTrait, QueryFilter};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

/// Routes of this file.
pub(super) fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(get_security);
}

/// How safe the account is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Security)]
pub struct SecurityView {
    /// When the password was last set.
    #[schema(example = "2026-01-30T09:00:00Z")]
    password_changed_at: DateTime<Utc>,
    /// The second factors that a login can be proven with; empty when the password is all there is.
    /// Extensible enum.
    #[schema(max_items = 8, example = json!(["totp", "backup_code"]))]
    second_factors: Vec<String>,
    /// Active authenticator apps.
    #[schema(minimum = 0, example = 1)]
    totp_devices: u64,
    /// Security keys and passkeys that can be used.
    #[schema(minimum = 0, example = 1)]
    security_keys: u64,
    /// The backup codes.
    backup_codes: BackupCodesView,
    /// Devices that need no second factor at login.
    #[schema(minimum = 0, example = 0)]
    remembered_devices: u64,
    /// Open sessions, this one too.
    #[schema(minimum = 0, example = 2)]
    sessions: u64,
    /// Access tokens that can be used.
    #[schema(minimum = 0, example = 0)]
    access_tokens: u64,
    /// From when a login may do without second factors, while their recovery is under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-02-02T09:00:00Z")]
    recovery_ready_at: Option<DateTime<Utc>>,
}

/// Tells how safe the account is.
#[utoipa::path(
    operation_id = "get_security", tag = "Security", security(("bearer" = ["security:read"])),
    summary = "Read how safe the account is",
    description = "The age of the password, the second factors, what is open, and whether somebody recovers lost factors.",
    responses((status = 200, description = "How safe the account is", body = SecurityView)),
)]
#[get("/security")]
pub async fn get_security(app: Data<App>, caller: Require<SecurityRead>) -> Result<Reply, Problem> {
    let Require(caller, ..) = caller;
    let (db, owner, now) = (&**app.read(), caller.id(), caller.real_now);
    let bound = factor::binding(db, &app.tools.sealer, &caller.account).await?;
    let remembered = remembered_device::Entity::of(owner)
        .filter(remembered_device::Column::ExpiresAt.gt(now))
        .filter(remembered_device::Column::BoundTo.eq(bound));
    let sessions = session::live(owner, &app.config().session, now);
    let tokens = access_token::live(owner, now);
    let recovery =
        factor_recovery::Entity::under_way(owner).filter(factor_recovery::Column::LapsesAt.gt(now)).one(db).await?;
    Ok(Reply::ok(&SecurityView {
        password_changed_at: caller.account.password_changed_at,
        second_factors: factor::enrolled(db, owner).await?.iter().map(ToString::to_string).collect(),
        totp_devices: totp_device::Entity::active(owner).count(db).await?,
        security_keys: security_key::Entity::usable(owner).count(db).await?,
        backup_codes: backup_codes::view(db, owner).await?,
        remembered_devices: remembered.count(db).await?,
        sessions: sessions.count(db).await?,
        access_tokens: tokens.count(db).await?,
        recovery_ready_at: recovery.map(|recovery| recovery.ready_at),
    }))
}
