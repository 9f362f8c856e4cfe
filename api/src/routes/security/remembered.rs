//! Remembered devices.

use crate::actions::factor::{self, remembered};
use crate::app::App;
use crate::http::body::PathId;
use crate::http::caller::Require;
use crate::http::idempotency::Key;
use crate::http::page::{self, KeyColumn, Page, PageQuery};
use crate::http::reply::Reply;
use crate::http::scope::{SecurityRead, SecurityWrite};
use crate::problem::Problem;
use actix_web::web::Data;
use actix_web::{delete, get};
use chrono::{DateTime, Utc};
use domain::id::RememberedDeviceId;
use entity::remembered_device::{self, Column};
use sea_orm::{ColumnTrait, QueryFilter};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

/// Routes of this file.
pub(super) fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(list_remembered_devices).service(delete_remembered_device);
}

/// A device that needs no second factor at login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = RememberedDevice)]
pub struct RememberedDeviceView {
    /// Its id.
    #[schema(
        pattern = "^rmd_[0-7][0-9a-hjkmnp-tv-z]{25}$",
        max_length = 30,
        example = "rmd_01h455vb4pex5vsknk084sn02q"
    )]
    id: String,
    /// The address that it was remembered at.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 45, example = "203.0.113.7")]
    address: Option<String>,
    /// Its program.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 255, example = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0)")]
    user_agent: Option<String>,
    /// Since when.
    #[schema(example = "2026-01-30T09:00:00Z")]
    created_at: DateTime<Utc>,
    /// Until when.
    #[schema(example = "2026-03-01T09:00:00Z")]
    expires_at: DateTime<Utc>,
    /// When it last logged in without second factor.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-02-03T09:00:00Z")]
    last_used_at: Option<DateTime<Utc>>,
}

impl From<remembered_device::Model> for RememberedDeviceView {
    fn from(row: remembered_device::Model) -> Self {
        Self {
            id: row.id.to_string(),
            address: row.address,
            user_agent: row.user_agent,
            created_at: row.created_at,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
        }
    }
}

/// Lists the remembered devices.
#[utoipa::path(
    operation_id = "list_remembered_devices", tag = "Security", security(("bearer" = ["security:read"])),
    summary = "List remembered devices",
    description = "The devices that need no second factor at login now.",
    params(PageQuery),
    responses((status = 200, description = "The devices", body = Page<RememberedDeviceView>)),
)]
#[get("/security/remembered-devices")]
pub async fn list_remembered_devices(
    app: Data<App>,
    caller: Require<SecurityRead>,
    query: PageQuery,
) -> Result<Reply, Problem> {
    let Require(caller, ..) = caller;
    let bound = factor::binding(&**app.read(), &app.tools.sealer, &caller.account).await?;
    let select = remembered_device::Entity::of(caller.id())
        .filter(Column::ExpiresAt.gt(caller.real_now))
        .filter(Column::BoundTo.eq(bound));
    let key = query.sort(&[("created_at", Column::CreatedAt)], KeyColumn::Desc(Column::CreatedAt))?;
    let page = page::keyset(app.read(), select, key, &query).await?;
    Ok(Reply::page(&page.map(RememberedDeviceView::from), &query))
}

/// Forgets a device.
#[utoipa::path(
    operation_id = "delete_remembered_device", tag = "Security", security(("bearer" = ["security:write"])),
    summary = "Forget a remembered device",
    description = "The device needs a second factor at its next login. Its sessions go on.",
    params(("id" = String, Path, description = "Id of the device.", pattern = "^rmd_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "rmd_01h455vb4pex5vsknk084sn02q")),
    responses((status = 204, description = "The device is forgotten")),
)]
#[delete("/security/remembered-devices/{id}")]
pub async fn delete_remembered_device(
    app: Data<App>,
    caller: Require<SecurityWrite>,
    PathId(id): PathId<RememberedDeviceId>,
    key: Key,
) -> Result<Reply, Problem> {
    let Require(caller, ..) = caller;
    key.once(&app, &caller.scope(), async |tx| {
        remembered::forget(tx, &caller.cx(&app), caller.id(), id).await?;
        Ok(Reply::no_content())
    })
    .await
}
