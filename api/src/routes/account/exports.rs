//! Exports of all the data of the account.

use crate::actions::export;
use crate::app::App;
use crate::export::download;
use crate::http::body::PathId;
use crate::http::caller::{Require, RequireFresh};
use crate::http::etag::is_known;
use crate::http::idempotency::Key;
use crate::http::page::{self, KeyColumn, Page, PageQuery};
use crate::http::reply::Reply;
use crate::http::scope::{AccountRead, AccountWrite};
use crate::problem::{Problem, ProblemBody};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get, post};
use chrono::{DateTime, Utc};
use domain::export::ExportStatus;
use domain::id::ExportId;
use entity::export::{Column, Entity, Model};
use serde::Serialize;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

/// Where exports are found.
const PATH: &str = "/v1/account/exports";

/// Routes of this file.
pub(super) fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(list_exports).service(request_export).service(get_export).service(download_export);
}

/// An export of all the data of the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AccountExport)]
pub struct ExportView {
    /// Its id.
    #[schema(
        pattern = "^exp_[0-7][0-9a-hjkmnp-tv-z]{25}$",
        max_length = 30,
        example = "exp_01h455vb4pex5vsknk084sn02q"
    )]
    id: String,
    /// `pending`: it is being made, or will be in a moment; `ready`: it can be downloaded; `expired`: its week is
    /// over; `failed`: it could not be made, ask for a new one. Extensible enum.
    #[schema(max_length = 16, example = "ready")]
    status: String,
    /// When it was asked for, real time.
    #[schema(example = "2026-01-30T09:00:00Z")]
    requested_at: DateTime<Utc>,
    /// When it could be downloaded first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-01-30T09:00:04Z")]
    ready_at: Option<DateTime<Utc>>,
    /// Until when it can be downloaded: 7 days.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-02-06T09:00:04Z")]
    expires_at: Option<DateTime<Utc>>,
    /// Bytes of the archive.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 0, example = 48_213)]
    size: Option<i64>,
    /// SHA-256 of the archive, in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        nullable = false,
        pattern = "^[0-9a-f]{64}$",
        max_length = 64,
        example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    )]
    sha256: Option<String>,
    /// The address of the archive, while it can be downloaded.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        nullable = false,
        max_length = 128,
        example = "/v1/account/exports/exp_01h455vb4pex5vsknk084sn02q/archive"
    )]
    href: Option<String>,
    /// How often it was downloaded.
    #[schema(minimum = 0, example = 1)]
    downloads: i32,
    /// When it was downloaded last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-01-30T10:12:00Z")]
    last_downloaded_at: Option<DateTime<Utc>>,
}

/// The bytes of an archive, for the contract.
#[derive(Debug, Clone, Copy)]
pub struct Zip;

impl PartialSchema for Zip {
    fn schema() -> RefOr<Schema> {
        let bytes = ObjectBuilder::new().schema_type(Type::String).content_media_type("application/zip");
        bytes.description(Some("A zip file.")).max_length(Some(2_147_483_647)).build().into()
    }
}

impl ToSchema for Zip {}

impl ExportView {
    fn of(export: &Model, now: DateTime<Utc>) -> Self {
        let status = export.status.shown(export.expires_at, now);
        Self {
            id: export.id.to_string(),
            status: status.to_string(),
            requested_at: export.requested_at,
            ready_at: export.ready_at,
            expires_at: export.expires_at,
            size: export.size,
            sha256: export.sha256.clone(),
            href: (status == ExportStatus::Ready).then(|| format!("{PATH}/{}/archive", export.id)),
            downloads: export.downloads,
            last_downloaded_at: export.last_downloaded_at,
        }
    }
}

/// Lists the exports.
#[utoipa::path(
    operation_id = "list_exports", tag = "Account",
    summary = "List exports of your data",
    description = "Exports of all the data of the account, the newest first, also those that are over. Sorted by `requested_at`.",
    security(("bearer" = ["account:read"])),
    params(PageQuery),
    responses((status = 200, description = "A page of exports", body = Page<ExportView>)),
)]
#[get("/account/exports")]
pub async fn list_exports(app: Data<App>, caller: Require<AccountRead>, query: PageQuery) -> Result<Reply, Problem> {
    let Require(caller, ..) = caller;
    let key = query.sort(&[("requested_at", Column::RequestedAt)], KeyColumn::Desc(Column::RequestedAt))?;
    let page = page::keyset(app.read(), Entity::of(caller.id()), key, &query).await?;
    Ok(Reply::page(&page.map(|export| ExportView::of(&export, caller.real_now)), &query))
}

/// Asks for an export.
#[utoipa::path(
    operation_id = "request_export", tag = "Account",
    summary = "Export all your data",
    description = "Asks for an archive (zip) of all the data of the account: JSON files by topic, the e-mails as they were sent, and a list of what is in it and what is not. It is made in the background, from the data as it is at one instant; an e-mail tells when it is ready, and it can be downloaded for 7 days. While one is being made, that one is the answer. A few a day.",
    security(("bearer" = ["account:write"])),
    responses((status = 202, description = "The export, being made", body = ExportView)),
    extensions(("x-fresh-proof" = json!(true))),
)]
#[post("/account/exports")]
pub async fn request_export(app: Data<App>, caller: RequireFresh<AccountWrite>, key: Key) -> Result<Reply, Problem> {
    let RequireFresh(caller, ..) = caller;
    key.once(&app, &caller.scope(), async |tx| {
        let export = export::request(tx, &caller.cx(&app), caller.id()).await?;
        let view = ExportView::of(&export, caller.real_now);
        Ok(Reply::accepted(Some(format!("{PATH}/{}", export.id)), &view))
    })
    .await
}

/// Reads an export.
#[utoipa::path(
    operation_id = "get_export", tag = "Account",
    summary = "Read an export of your data",
    description = "How far it is, and, once it is ready, its size, its SHA-256 and until when it can be downloaded.",
    security(("bearer" = ["account:read"])),
    params(("id" = String, Path, description = "The export.", pattern = "^exp_[0-7][0-9a-hjkmnp-tv-z]{25}$",
        max_length = 30, example = "exp_01h455vb4pex5vsknk084sn02q")),
    responses((status = 200, description = "The export", body = ExportView)),
)]
#[get("/account/exports/{id}")]
pub async fn get_export(app: Data<App>, caller: Require<AccountRead>, id: PathId<ExportId>) -> Result<Reply, Problem> {
    let Require(caller, ..) = caller;
    let export = export::load(&**app.read(), caller.id(), id.0).await?;
    Ok(Reply::ok(&ExportView::of(&export, caller.real_now)))
}

/// Downloads the archive.
#[utoipa::path(
    operation_id = "download_export", tag = "Account",
    summary = "Download the archive of an export",
    description = "The zip, as a file. Each download is noted in the activity of the account. A download that is cut off begins anew.",
    security(("bearer" = ["account:read"])),
    params(("id" = String, Path, description = "The export.", pattern = "^exp_[0-7][0-9a-hjkmnp-tv-z]{25}$",
        max_length = 30, example = "exp_01h455vb4pex5vsknk084sn02q")),
    responses(
        (status = 200, description = "The archive", body = inline(Zip), content_type = "application/zip"),
        (status = 409, description = "It is still being made, or could not be made", body = ProblemBody),
        (status = 410, description = "Its week is over", body = ProblemBody),
    ),
    extensions(("x-fresh-proof" = json!(true))),
)]
#[get("/account/exports/{id}/archive")]
pub async fn download_export(
    app: Data<App>,
    caller: RequireFresh<AccountRead>,
    id: PathId<ExportId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let RequireFresh(caller, ..) = caller;
    let export = export::available(&**app.read(), caller.id(), id.0, caller.real_now).await?;
    let tag = export.sha256.as_deref().unwrap_or_default();
    if is_known(request.headers(), tag) {
        return Ok(Reply::unchanged(tag));
    }
    let archive = download::archive(app.clone().into_inner(), &export)?;
    let cx = caller.cx(&app);
    app.transact(async |tx| export::download(tx, &cx, caller.id(), id.0).await).await?;
    let name = format!("{}-{}.zip", caller.account.handle, export.requested_at.format("%Y-%m-%d"));
    let size = export.size.and_then(|size| u64::try_from(size).ok()).unwrap_or_default();
    Ok(Reply::stream("application/zip", (&name, size), tag, archive))
}
