//! Personal access tokens.

use crate::actions::access_token::{self as tokens, New};
use crate::app::App;
use crate::http::body::{Body, PathId};
use crate::http::caller::{Require, RequireFresh};
use crate::http::idempotency::Key;
use crate::http::page::{self, KeyColumn, Page, PageQuery};
use crate::http::reply::Reply;
use crate::http::scope::{CUSTOMER, SecurityRead, SecurityWrite};
use crate::problem::{Problem, ProblemBody};
use actix_web::web::Data;
use actix_web::{delete, get, post};
use chrono::{DateTime, Utc};
use domain::id::AccessTokenId;
use entity::access_token::{self, Column, Model};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::schema::{Array, ArrayBuilder};
use utoipa_actix_web::service_config::ServiceConfig;

/// Routes of this file.
pub(super) fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(list_access_tokens).service(create_access_token).service(revoke_access_token);
}

/// A new access token.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAccessToken {
    /// How the owner calls it.
    #[schema(min_length = 1, max_length = 64, example = "Backups")]
    name: String,
    /// What it may do.
    #[schema(schema_with = scopes)]
    scopes: Vec<String>,
    /// When it ends, at most 366 days from now; in 90 days if left out.
    #[serde(default)]
    #[schema(nullable = false, example = "2026-04-30T09:00:00Z")]
    expires_at: Option<DateTime<Utc>>,
    /// The addresses that it may be used from: CIDR, or single ones; from everywhere if left out.
    #[serde(default)]
    #[schema(max_items = 20, example = json!(["192.0.2.0/24"]))]
    ip_ranges: Vec<String>,
}

fn scopes() -> Array {
    ArrayBuilder::new()
        .description(Some("What it may do."))
        .items(super::super::views::customer_scopes())
        .min_items(Some(1))
        .max_items(Some(CUSTOMER.len()))
        .unique_items(true)
        .examples([serde_json::json!(["account:read", "services:read"])])
        .build()
}

/// An access token, without its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AccessToken)]
pub struct AccessTokenView {
    /// Its id.
    #[schema(
        pattern = "^tok_[0-7][0-9a-hjkmnp-tv-z]{25}$",
        max_length = 30,
        example = "tok_01h455vb4pex5vsknk084sn02q"
    )]
    id: String,
    /// How the owner calls it.
    #[schema(max_length = 64, example = "Backups")]
    name: String,
    /// Its first characters, to know it again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 12, example = "tct_qR5t")]
    hint: Option<String>,
    /// What it may do. Extensible enum.
    #[schema(max_items = 32, example = json!(["account:read", "services:read"]))]
    scopes: Vec<String>,
    /// The addresses that it may be used from; empty is everywhere.
    #[schema(max_items = 20, example = json!(["192.0.2.0/24"]))]
    ip_ranges: Vec<String>,
    /// When it was made.
    #[schema(example = "2026-01-30T09:00:00Z")]
    created_at: DateTime<Utc>,
    /// When it ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-04-30T09:00:00Z")]
    expires_at: Option<DateTime<Utc>>,
    /// When it was last used, to a minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-02-03T09:00:00Z")]
    last_used_at: Option<DateTime<Utc>>,
    /// Where it was used then.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 45, example = "192.0.2.7")]
    last_address: Option<String>,
}

impl TryFrom<Model> for AccessTokenView {
    type Error = crate::actions::Error;

    fn try_from(row: Model) -> Result<Self, Self::Error> {
        let ranges = tokens::ranges(&row)?;
        Ok(Self {
            id: row.id.to_string(),
            name: row.name,
            hint: row.hint,
            scopes: row.scopes.split_ascii_whitespace().map(str::to_owned).collect(),
            ip_ranges: ranges.iter().map(ToString::to_string).collect(),
            created_at: row.created_at,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
            last_address: row.last_address,
        })
    }
}

/// A new access token with its text, which is shown once.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = CreatedAccessToken)]
pub struct CreatedView {
    /// The token.
    access_token: AccessTokenView,
    /// For `Authorization: Bearer`; kept nowhere.
    #[schema(
        pattern = "^tct_[A-Za-z0-9_-]{43}[0-9a-f]{6}$",
        max_length = 53,
        example = "tct_qR5tYkWmZrvUqJcN0fTgXhLs2aEoIi4M7uQeV1xRt9w3f1c0a"
    )]
    token: String,
}

/// Lists the tokens.
#[utoipa::path(
    operation_id = "list_access_tokens", tag = "Security", security(("bearer" = ["security:read"])),
    summary = "List access tokens",
    description = "The personal access tokens that can be used now, the newest first, with where they were last used. Never their text.",
    params(PageQuery),
    responses((status = 200, description = "The tokens", body = Page<AccessTokenView>)),
)]
#[get("/security/access-tokens")]
pub async fn list_access_tokens(
    app: Data<App>,
    caller: Require<SecurityRead>,
    query: PageQuery,
) -> Result<Reply, Problem> {
    let Require(caller, ..) = caller;
    let select = access_token::live(caller.id(), caller.real_now);
    let key = query.sort(&[("created_at", Column::CreatedAt)], KeyColumn::Desc(Column::CreatedAt))?;
    let page = page::keyset(app.read(), select, key, &query).await?;
    Ok(Reply::page(&page.try_map(AccessTokenView::try_from)?, &query))
}

/// Makes a token.
#[utoipa::path(
    operation_id = "create_access_token", tag = "Security", security(("bearer" = ["security:write"])),
    summary = "Create an access token",
    description = "Makes a token for programs and shows it once: `tct_`, 43 characters, 6 of checksum (the first of the SHA-256 of the 43, in hexadecimal), so that secret scanners find it. It may do what its scopes say, as each operation names them, and never what wants a fresh proof of identity. It ends at `expires_at`, when it is revoked, or when the password is set by mail. The owner is told at every proven address now, and 14 days and one day before it ends. At most 50 at once. Wants a fresh proof of identity.",
    request_body(content = NewAccessToken),
    responses(
        (status = 201, description = "The token and its text", body = CreatedView),
        (status = 409, description = "There are too many", body = ProblemBody),
    ),
    extensions(("x-fresh-proof" = json!(true)), ("x-error-codes" = json!(["too_many_access_tokens"]))),
)]
#[post("/security/access-tokens")]
pub async fn create_access_token(
    app: Data<App>,
    caller: RequireFresh<SecurityWrite>,
    key: Key,
    body: Body<NewAccessToken>,
) -> Result<Reply, Problem> {
    let RequireFresh(caller, ..) = caller;
    let NewAccessToken { name, scopes, expires_at, ip_ranges } = body.0;
    let new = New { name, scopes, known: CUSTOMER, expires_at, ip_ranges };
    key.once(&app, &caller.scope(), async |tx| {
        let (row, token) = tokens::create(tx, &caller.cx(&app), caller.id(), &new).await?;
        let created = CreatedView { access_token: row.try_into()?, token };
        Ok(Reply::created("/v1/security/access-tokens", &created).secret())
    })
    .await
}

/// Revokes a token.
#[utoipa::path(
    operation_id = "revoke_access_token", tag = "Security", security(("bearer" = ["security:write"])),
    summary = "Revoke an access token",
    description = "The token does not work any more, from now on. Revoking it again changes nothing.",
    params(("id" = String, Path, description = "Id of the token.", pattern = "^tok_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "tok_01h455vb4pex5vsknk084sn02q")),
    responses((status = 204, description = "The token is revoked")),
)]
#[delete("/security/access-tokens/{id}")]
pub async fn revoke_access_token(
    app: Data<App>,
    caller: Require<SecurityWrite>,
    PathId(id): PathId<AccessTokenId>,
    key: Key,
) -> Result<Reply, Problem> {
    let Require(caller, ..) = caller;
    key.once(&app, &caller.scope(), async |tx| {
        tokens::revoke(tx, &caller.cx(&app), caller.id(), id).await?;
        Ok(Reply::no_content())
    })
    .await
}
