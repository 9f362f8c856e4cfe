//! Where the account is logged in.

use crate::actions::session;
use crate::app::App;
use crate::config::SessionConfig;
use crate::http::body::{Params, PathId};
use crate::http::caller::Require;
use crate::http::idempotency::Key;
use crate::http::page::{self, KeyColumn, Page, PageQuery};
use crate::http::reply::Reply;
use crate::http::scope::{SecurityRead, SecurityWrite};
use crate::problem::Problem;
use actix_web::web::Data;
use actix_web::{delete, get};
use chrono::{DateTime, Utc};
use domain::id::SessionId;
use entity::session::{Column, Model};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

/// Routes of this file.
pub(super) fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(list_sessions).service(end_other_sessions).service(end_session);
}

/// A session that is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Session)]
pub struct SessionView {
    /// Its id.
    #[schema(
        pattern = "^ses_[0-7][0-9a-hjkmnp-tv-z]{25}$",
        max_length = 30,
        example = "ses_01h455vb4pex5vsknk084sn02q"
    )]
    id: String,
    /// Whether it is the one that asks.
    #[schema(example = true)]
    current: bool,
    /// The address that it was opened from.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 45, example = "203.0.113.7")]
    address: Option<String>,
    /// The program that opened it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 255, example = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0)")]
    user_agent: Option<String>,
    /// What it was opened by, words separated by spaces: `password`, a second factor, `remembered_device`,
    /// `recovery`. Extensible.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 64, example = "password totp")]
    proven_by: Option<String>,
    /// When it was opened.
    #[schema(example = "2026-01-30T09:00:00Z")]
    created_at: DateTime<Utc>,
    /// When it was last used, to a few minutes.
    #[schema(example = "2026-02-03T09:00:00Z")]
    last_seen_at: DateTime<Utc>,
    /// When it ends if nobody uses it before.
    #[schema(example = "2026-03-01T09:00:00Z")]
    expires_at: DateTime<Utc>,
}

fn view(row: Model, current: Option<SessionId>, config: &SessionConfig) -> SessionView {
    SessionView {
        expires_at: session::ends_at(&row, config),
        id: row.id.to_string(),
        current: current == Some(row.id),
        address: row.address,
        user_agent: row.user_agent,
        proven_by: row.proven_by,
        created_at: row.created_at,
        last_seen_at: row.last_seen_at,
    }
}

/// Lists the open sessions.
#[utoipa::path(
    operation_id = "list_sessions", tag = "Security", security(("bearer" = ["security:read"])),
    summary = "List sessions",
    description = "The sessions that are open now, the newest first: where the account is logged in, since when, and by what.",
    params(PageQuery),
    responses((status = 200, description = "The sessions", body = Page<SessionView>)),
)]
#[get("/security/sessions")]
pub async fn list_sessions(app: Data<App>, caller: Require<SecurityRead>, query: PageQuery) -> Result<Reply, Problem> {
    let Require(caller, ..) = caller;
    let current = caller.session.as_ref().map(|session| session.id);
    let key = query.sort(&[("created_at", Column::CreatedAt)], KeyColumn::Desc(Column::CreatedAt))?;
    let config = &app.config().session;
    let open = session::live(caller.id(), config, caller.real_now);
    let page = page::keyset(app.read(), open, key, &query).await?;
    Ok(Reply::page(&page.map(|row| view(row, current, config)), &query))
}

/// Ends a session.
#[utoipa::path(
    operation_id = "end_session", tag = "Security", security(("bearer" = ["security:write"])),
    summary = "End a session",
    description = "Ends a session at once: neither its access token nor its refresh token works any more. Ending it twice is no error.",
    params(("id" = String, Path, description = "Id of the session.", pattern = "^ses_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "ses_01h455vb4pex5vsknk084sn02q")),
    responses((status = 204, description = "The session has ended")),
)]
#[delete("/security/sessions/{id}")]
pub async fn end_session(
    app: Data<App>,
    caller: Require<SecurityWrite>,
    PathId(id): PathId<SessionId>,
    key: Key,
) -> Result<Reply, Problem> {
    let Require(caller, ..) = caller;
    key.once(&app, &caller.scope(), async |tx| {
        session::end(tx, &caller.cx(&app), caller.id(), id).await?;
        Ok(Reply::no_content())
    })
    .await
}

/// Which sessions to end.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EndedSessions {
    /// Whether the session of this request ends too.
    #[serde(default)]
    #[param(value_type = Option<bool>, default = false, example = false)]
    pub include_current: bool,
}

/// Ends every other session.
#[utoipa::path(
    operation_id = "end_other_sessions", tag = "Security", security(("bearer" = ["security:write"])),
    summary = "End every other session",
    description = "Ends all sessions at once, except the one that asks; with `include_current=true` that one too. Called with an access token it ends all of them.",
    params(EndedSessions),
    responses((status = 204, description = "They have ended")),
)]
#[delete("/security/sessions")]
pub async fn end_other_sessions(
    app: Data<App>,
    caller: Require<SecurityWrite>,
    Params(which): Params<EndedSessions>,
    key: Key,
) -> Result<Reply, Problem> {
    let Require(caller, ..) = caller;
    let current = caller.session.as_ref().map(|session| session.id);
    let kept = current.filter(|_| !which.include_current);
    key.once(&app, &caller.session_scope(), async |tx| {
        session::end_all(tx, &caller.cx(&app), caller.id(), kept).await?;
        Ok(Reply::no_content())
    })
    .await
}
