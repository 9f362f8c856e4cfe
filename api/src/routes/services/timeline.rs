//! The timeline of a service: what happened and what will happen.

use super::words;
use crate::actions::service as actions;
use crate::app::App;
use crate::http::body::{Params, PathId};
use crate::http::caller::Require;
use crate::http::page::{self, KeyColumn, Page, PageQuery};
use crate::http::reply::Reply;
use crate::http::scope::ServicesRead;
use crate::problem::Problem;
use actix_web::get;
use actix_web::web::Data;
use chrono::{DateTime, NaiveDate, Utc};
use domain::account::Language;
use domain::id::{MilestoneId, ServiceId};
use domain::timeline::MilestoneState;
use entity::milestone;
use sea_orm::{ColumnTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// One dated thing in the life of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Milestone)]
pub struct MilestoneView {
    /// Its id.
    #[schema(value_type = String, pattern = "^mst_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "mst_01h455vb4pex5vsknk084sn02q")]
    pub id: MilestoneId,
    /// `notice`, `renew`, `charge`, `suspend`, `deletion_notice`, `delete`. Extensible enum.
    #[schema(max_length = 24, example = "notice")]
    pub kind: String,
    /// On which billing day.
    #[schema(example = "2026-02-25")]
    pub on: NaiveDate,
    /// The instant at which that day begins, in the billing time zone.
    #[schema(example = "2026-02-24T23:00:00Z")]
    pub due_at: DateTime<Utc>,
    /// `planned`, `running`, `done`, `dropped`: something changed before; `parked`: the provider looks into
    /// it. Extensible enum.
    #[schema(max_length = 8, example = "planned")]
    pub state: String,
    /// Why it is there. Extensible enum.
    #[schema(max_length = 32, example = "renewal_notice")]
    pub rule: String,
    /// What it does and why, in the caller's language.
    #[schema(
        max_length = 500,
        example = "E-mail 3 days before the automatic renewal: what it costs, how it is paid and how to stop it."
    )]
    pub detail: String,
    /// What became of it. Extensible enum.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 64, example = "sent")]
    pub outcome: Option<String>,
}

impl MilestoneView {
    fn of(row: milestone::Model, language: Language) -> Self {
        Self {
            id: row.id,
            kind: row.kind.to_string(),
            on: row.planned_on,
            due_at: row.due_at,
            state: row.state.to_string(),
            rule: row.rule.to_string(),
            detail: words::detail(row.rule, row.step, language),
            outcome: row.outcome,
        }
    }
}

/// Which milestones to list.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TimelineFilter {
    /// Whether to show what was planned once and will not happen.
    #[serde(default)]
    #[param(value_type = Option<bool>, nullable = false, default = false, example = false)]
    pub include_dropped: bool,
}

/// The timeline of a service.
#[utoipa::path(
    operation_id = "get_service_timeline", tag = "Services", security(("bearer" = ["services:read"])),
    summary = "See what happened and will happen to a service",
    description = "Every milestone of a service in order, the past ones first: notices, renewals, charges, suspension, deletion, each with what it does and why. What is planned changes with the service. Sorts by `due_at`.",
    params(
        ("id" = String, Path, description = "Id of the service.", pattern = "^svc_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "svc_01h455vb4pex5vsknk084sn02q"),
        PageQuery, TimelineFilter,
    ),
    responses((status = 200, description = "A page of milestones", body = Page<MilestoneView>)),
)]
#[get("/services/{id}/timeline")]
pub async fn get_service_timeline(
    app: Data<App>,
    caller: Require<ServicesRead>,
    PathId(id): PathId<ServiceId>,
    query: PageQuery,
    Params(filter): Params<TimelineFilter>,
) -> Result<Reply, Problem> {
    let (caller, due_at) = (caller.0, milestone::Column::DueAt);
    let service = actions::load(&**app.read(), caller.id(), id).await?;
    let mut select = milestone::Entity::of(caller.id()).filter(milestone::Column::ServiceId.eq(service.id));
    if !filter.include_dropped {
        select = select.filter(milestone::Column::State.ne(MilestoneState::Dropped));
    }
    let key = query.sort(&[("due_at", due_at)], KeyColumn::Asc(due_at))?;
    let mut page = page::keyset(app.read(), select, key, &query).await?;
    // what is due at one instant runs by rank
    page.items.sort_by_key(|row| (row.due_at, row.rank, row.step, row.id));
    if let KeyColumn::Desc(_) = key {
        page.items.reverse();
    }
    Ok(Reply::page(&page.map(|row| MilestoneView::of(row, caller.language())), &query))
}
