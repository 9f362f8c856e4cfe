//! What happened to the account, and who did it.

use crate::app::App;
use crate::http::body::Params;
use crate::http::caller::{Caller, Require};
use crate::http::page::{self, KeyColumn, Page, PageQuery};
use crate::http::reply::Reply;
use crate::http::scope::AccountRead;
use crate::problem::Problem;
use crate::words;
use crate::words::activity::Outcome;
use actix_web::get;
use actix_web::web::Data;
use chrono::{DateTime, Utc};
use entity::activity::{self, Column};
use sea_orm::{ColumnTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

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
    /// Its place in the chain of the account's lines, from 1; left out for a line from before the chain.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1, example = 7)]
    sequence: Option<i64>,
    /// When, real time.
    #[schema(example = "2026-01-30T09:00:00Z")]
    at: DateTime<Utc>,
    /// What. Extensible enum.
    #[schema(max_length = 64, example = "session.opened")]
    kind: String,
    /// The same in words, in the caller's language.
    #[schema(max_length = 200, example = "A session was opened")]
    label: String,
    /// How it went: `done` or `refused`. Extensible enum.
    #[schema(max_length = 16, example = "done")]
    outcome: String,
    /// Who: `owner`, `operator`, `scheduler`, or `visitor` for somebody who had not proven who they are.
    /// Extensible enum.
    #[schema(max_length = 16, example = "visitor")]
    actor: String,
    /// The address it came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 45, example = "203.0.113.7")]
    address: Option<String>,
    /// The device it came from, as it calls itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        nullable = false,
        max_length = 255,
        example = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    )]
    user_agent: Option<String>,
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
    fn of(line: activity::Model, caller: &Caller) -> Self {
        let owner = line.actor == caller.id().to_string();
        let actor = if owner { "owner" } else { line.actor.split(':').next().unwrap_or_default() };
        let kind = words::activity::find(&line.kind);
        Self {
            id: line.id.to_string(),
            at: line.at,
            actor: actor.to_owned(),
            label: kind.map_or(line.kind.as_str(), |kind| kind.words(caller.language())).to_owned(),
            outcome: kind.map_or(Outcome::Done, |kind| kind.outcome).code().to_owned(),
            kind: line.kind,
            sequence: line.seq.filter(|place| *place > 0),
            address: line.address,
            user_agent: line.user_agent,
            request_id: line.request_id,
            detail: line.detail,
        }
    }
}

/// Which lines to list.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ActivityFilter {
    /// Only lines of one of these kinds; may be given several times.
    #[serde(default)]
    #[param(value_type = Option<Vec<String>>, max_items = 20, example = json!(["session.refused"]))]
    pub kind: Vec<String>,
    /// Only what was `done`, or only what was `refused`.
    #[serde(default)]
    #[param(value_type = Option<String>, nullable = false, max_length = 16, example = "refused")]
    pub outcome: Option<Outcome>,
    /// Only lines at this instant or later.
    #[serde(default)]
    #[param(nullable = false, example = "2026-01-01T00:00:00Z")]
    pub at_from: Option<DateTime<Utc>>,
    /// Only lines at this instant or earlier.
    #[serde(default)]
    #[param(nullable = false, example = "2026-02-01T00:00:00Z")]
    pub at_to: Option<DateTime<Utc>>,
}

/// Lists the activity.
#[utoipa::path(
    operation_id = "list_activity", tag = "Account",
    summary = "List what happened to the account",
    description = "The activity log, newest first: every change and every event of its security, failed logins included, with the address and the device that it came from. Each line is chained to the one before: none can be changed, taken away or slipped in unseen. Sorted by `sequence` or `at`.",
    security(("bearer" = ["account:read"])),
    params(PageQuery, ActivityFilter),
    responses((status = 200, description = "A page of the log", body = Page<ActivityView>)),
)]
#[get("/account/activity")]
pub async fn list_activity(
    app: Data<App>,
    caller: Require<AccountRead>,
    query: PageQuery,
    Params(filter): Params<ActivityFilter>,
) -> Result<Reply, Problem> {
    let Require(caller, ..) = caller;
    let mut select = activity::Entity::chain_of(caller.id());
    if !filter.kind.is_empty() {
        select = select.filter(Column::Kind.is_in(filter.kind));
    }
    if let Some(outcome) = filter.outcome {
        select = select.filter(Column::Kind.is_in(words::activity::with(outcome)));
    }
    if let Some(from) = filter.at_from {
        select = select.filter(Column::At.gte(from));
    }
    if let Some(to) = filter.at_to {
        select = select.filter(Column::At.lte(to));
    }
    let known = [("sequence", Column::Seq), ("at", Column::At)];
    let key = query.sort(&known, KeyColumn::Desc(Column::Seq))?;
    let page = page::keyset(app.read(), select, key, &query).await?;
    Ok(Reply::page(&page.map(|line| ActivityView::of(line, &caller)), &query))
}
