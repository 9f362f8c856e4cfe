//! What happened to the account, and who did it.

use crate::app::App;
use crate::http::caller::Require;
use crate::http::page::{self, KeyColumn, Page, PageQuery};
use crate::http::reply::Reply;
use crate::http::scope::AccountRead;
use crate::problem::Problem;
use actix_web::get;
use actix_web::web::Data;
use chrono::{DateTime, Utc};
use domain::id::AccountId;
use entity::activity::{self, Column};
use serde::Serialize;
use utoipa::ToSchema;

/// A line of the activity log.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Activity)]
pub struct ActivityView {
    /// Its id.
    #[schema(
        pattern = "^act_[0-7][0-9a-hjkmnp-tv-z]{25}$",
        max_length = 30,
        example = "act_01h455vb4pex5vsknk084sn02q"
    )]
    id: String,
    /// When, real time.
    #[schema(example = "2026-01-30T09:00:00Z")]
    at: DateTime<Utc>,
    /// What. Extensible enum.
    #[schema(max_length = 64, example = "session.opened")]
    kind: String,
    /// Who: `owner`, `operator`, `scheduler`, or `visitor` for somebody who had not proven who they are.
    /// Extensible enum.
    #[schema(max_length = 16, example = "visitor")]
    actor: String,
    /// The address it came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 45, example = "203.0.113.7")]
    address: Option<String>,
    /// The id of the request that did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 64, example = "019c8f6e7d2e7c3a9b1f0a1b2c3d4e5f")]
    request_id: Option<String>,
    /// What else is known about it; its members depend on the kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Object, example = json!({"session": "ses_01h455vb4pex5vsknk084sn02q"}))]
    detail: Option<serde_json::Value>,
}

impl ActivityView {
    fn of(line: activity::Model, owner: AccountId) -> Self {
        let actor =
            if line.actor == owner.to_string() { "owner" } else { line.actor.split(':').next().unwrap_or_default() };
        Self {
            id: line.id.to_string(),
            at: line.at,
            actor: actor.to_owned(),
            kind: line.kind,
            address: line.address,
            request_id: line.request_id,
            detail: line.detail,
        }
    }
}

/// Lists the activity.
#[utoipa::path(
    operation_id = "list_activity", tag = "Account",
    summary = "List what happened to the account",
    description = "The activity log, newest first: every change and every event of its security, failed logins included. Sorted by `at`.",
    security(("bearer" = ["account:read"])),
    params(PageQuery),
    responses((status = 200, description = "A page of the log", body = Page<ActivityView>)),
)]
#[get("/account/activity")]
pub async fn list_activity(app: Data<App>, caller: Require<AccountRead>, query: PageQuery) -> Result<Reply, Problem> {
    let Require(caller, ..) = caller;
    let key = query.sort(&[("at", Column::At)], KeyColumn::Desc(Column::At))?;
    let page = page::keyset(app.read(), activity::Entity::of(caller.id()), key, &query).await?;
    Ok(Reply::page(&page.map(|line| ActivityView::of(line, caller.id())), &query))
}
