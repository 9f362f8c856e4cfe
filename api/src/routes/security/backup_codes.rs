//! Backup codes.

use crate::actions::factor::{self, backup_codes};
use crate::app::App;
use crate::http::body::Body;
use crate::http::caller::{Require, RequireFresh};
use crate::http::idempotency::Key;
use crate::http::reply::Reply;
use crate::http::scope::{SecurityRead, SecurityWrite};
use crate::problem::{Problem, ProblemBody};
use actix_web::web::Data;
use actix_web::{get, post};
use chrono::{DateTime, Utc};
use domain::id::AccountId;
use entity::backup_code;
use sea_orm::{ConnectionTrait, DbErr};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

/// Routes of this file.
pub(super) fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(get_backup_codes).service(create_backup_codes).service(activate_backup_codes);
}

/// How the backup codes stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = BackupCodes)]
pub struct BackupCodesView {
    /// `none`, `inactive` until one is typed back, `active`. Extensible enum.
    #[schema(max_length = 16, example = "active")]
    status: String,
    /// Codes that are not used.
    #[schema(minimum = 0, maximum = 10, example = 10)]
    left: usize,
    /// When they were made.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-01-30T09:00:00Z")]
    created_at: Option<DateTime<Utc>>,
}

/// Codes, shown once.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = NewBackupCodes)]
pub struct CodesView {
    /// Ten codes; they can be used after `activate_backup_codes`.
    #[schema(max_items = 10, example = json!(["7k3f-9q2m-x4wd-0ht6"]))]
    codes: Vec<String>,
}

/// One of the codes.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BackupCodesActivation {
    /// Any of the codes that were shown; it stays usable.
    #[schema(max_length = 64, example = "7k3f-9q2m-x4wd-0ht6")]
    code: String,
}

pub(super) async fn view<C: ConnectionTrait>(db: &C, owner: AccountId) -> Result<BackupCodesView, DbErr> {
    let codes = backup_code::Entity::of(owner).all(db).await?;
    let status = match codes.first() {
        None => "none",
        Some(code) if code.activated_at.is_some() => "active",
        Some(_) => "inactive",
    };
    Ok(BackupCodesView {
        status: status.to_owned(),
        left: codes.iter().filter(|code| code.used_at.is_none()).count(),
        created_at: codes.first().map(|code| code.created_at),
    })
}

/// Tells how many codes are left.
#[utoipa::path(
    operation_id = "get_backup_codes", tag = "Security", security(("bearer" = ["security:read"])),
    summary = "Read how many backup codes are left",
    description = "Whether there are backup codes, whether they can be used, and how many are left. The codes themselves are shown once, when they are made.",
    responses((status = 200, description = "How they stand", body = BackupCodesView)),
)]
#[get("/security/backup-codes")]
pub async fn get_backup_codes(app: Data<App>, caller: Require<SecurityRead>) -> Result<Reply, Problem> {
    Ok(Reply::ok(&view(&**app.read(), caller.0.id()).await?))
}

/// Makes new codes.
#[utoipa::path(
    operation_id = "create_backup_codes", tag = "Security", security(("bearer" = ["security:write"])),
    summary = "Make new backup codes",
    description = "Ten codes, shown once, replace all those before at once. They can be used once one of them comes to `activate_backup_codes`. Each works once, in place of a second factor, and its use is told by mail.",
    responses(
        (status = 201, description = "The codes", body = CodesView),
        (status = 409, description = "The account has no second factor", body = ProblemBody),
    ),
    extensions(("x-fresh-proof" = json!(true)), ("x-error-codes" = json!(["no_second_factor"]))),
)]
#[post("/security/backup-codes")]
pub async fn create_backup_codes(
    app: Data<App>,
    caller: RequireFresh<SecurityWrite>,
    key: Key,
) -> Result<Reply, Problem> {
    let RequireFresh(caller, ..) = caller;
    key.once(&app, &caller.scope(), async |tx| {
        let codes = backup_codes::replace(tx, &caller.cx(&app), caller.id()).await?;
        Ok(Reply::created("/v1/security/backup-codes", &CodesView { codes }).secret())
    })
    .await
}

/// Makes the codes usable.
#[utoipa::path(
    operation_id = "activate_backup_codes", tag = "Security", security(("bearer" = ["security:write"])),
    summary = "Activate the backup codes",
    description = "One code typed back proves that they are kept: all of them can be used from now on, that one too.",
    request_body(content = BackupCodesActivation),
    responses(
        (status = 200, description = "How they stand", body = BackupCodesView),
        (status = 422, description = "It is none of the codes", body = ProblemBody),
    ),
    extensions(("x-error-codes" = json!(["code_invalid"]))),
)]
#[post("/security/backup-codes/activation")]
pub async fn activate_backup_codes(
    app: Data<App>,
    caller: Require<SecurityWrite>,
    key: Key,
    body: Body<BackupCodesActivation>,
) -> Result<Reply, Problem> {
    let Require(caller, ..) = caller;
    if let Some(reply) = key.answered(&app, &caller.scope()).await? {
        return Ok(reply);
    }
    let cx = caller.cx(&app);
    factor::count_try(&app, &cx, caller.id(), None).await?;
    key.once(&app, &caller.scope(), async |tx| {
        backup_codes::activate(tx, &cx, caller.id(), &body.0.code).await?;
        Ok(Reply::ok(&view(&**tx, caller.id()).await?))
    })
    .await
}
