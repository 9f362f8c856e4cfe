//! Milestones: what will happen, and work that failed too often.

use crate::actions::account::load;
use crate::actions::operator::retry_milestone::retry_milestone;
use crate::app::App;
use crate::clock::now_for;
use crate::http::body::{Params, PathId};
use crate::http::caller::Operator;
use crate::http::idempotency::Key;
use crate::http::page::{self, KeyColumn, Page, PageQuery};
use crate::http::reply::Reply;
use crate::problem::Problem;
use actix_web::web::Data;
use actix_web::{get, post};
use chrono::{DateTime, NaiveDate, Utc};
use domain::id::{AccessTokenId, AccountId, AttemptId, ClosureId, FactorRecoveryId, MilestoneId, OrderId, ServiceId};
use domain::timeline::{MilestoneKind, MilestoneState};
use entity::milestone;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

/// The routes.
pub fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(list_milestones).service(retry_parked_milestone);
}

/// A milestone as operators see it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = OperatorMilestone)]
pub struct MilestoneView {
    /// Its id.
    #[schema(value_type = String, pattern = "^mst_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "mst_01h455vb4pex5vsknk084sn02q")]
    pub id: MilestoneId,
    /// Whose.
    #[schema(value_type = String, pattern = "^acc_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "acc_01h455vb4pex5vsknk084sn02q")]
    pub account_id: AccountId,
    /// The service it is about; left out for those of orders, attempts and closures.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false, pattern = "^svc_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "svc_01h455vb4pex5vsknk084sn02q")]
    pub service_id: Option<ServiceId>,
    /// The order, attempt or closure it is about, where it is not a service.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 30, example = "att_01h455vb4pex5vsknk084sn02q")]
    pub subject_id: Option<String>,
    /// What it does. Extensible enum.
    #[schema(max_length = 24, example = "renew")]
    pub kind: String,
    /// How far it is. Extensible enum.
    #[schema(max_length = 8, example = "parked")]
    pub state: String,
    /// Why it is planned. Extensible enum.
    #[schema(max_length = 32, example = "automatic_renewal")]
    pub rule: String,
    /// The billing day it was planned for.
    #[schema(example = "2026-03-01")]
    pub planned_on: NaiveDate,
    /// When it is due.
    #[schema(example = "2026-02-28T23:00:00Z")]
    pub due_at: DateTime<Utc>,
    /// When it may run: when it is due, or later after a failed try.
    #[schema(example = "2026-02-28T23:05:00Z")]
    pub run_at: DateTime<Utc>,
    /// How often it was tried.
    #[schema(minimum = 0, example = 6)]
    pub attempts: i32,
    /// What became of it. Extensible enum.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 64, example = "renewed")]
    pub outcome: Option<String>,
    /// What its last try said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 4000, example = "no price for pln_01h455vb4pex5vsknk084sn02q P1M")]
    pub last_error: Option<String>,
    /// When it was done, dropped or parked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-02-28T23:30:00Z")]
    pub finished_at: Option<DateTime<Utc>>,
}

/// The public id of what a milestone is about.
fn subject(kind: MilestoneKind, id: uuid::Uuid) -> String {
    match kind {
        MilestoneKind::DeliverOrder | MilestoneKind::ExpireOrder => OrderId(id).to_string(),
        MilestoneKind::Reconcile => AttemptId(id).to_string(),
        MilestoneKind::CloseAccount => ClosureId(id).to_string(),
        MilestoneKind::AccessTokenEnd => AccessTokenId(id).to_string(),
        MilestoneKind::FactorRecovery => FactorRecoveryId(id).to_string(),
        MilestoneKind::Notice
        | MilestoneKind::DeletionNotice
        | MilestoneKind::Renew
        | MilestoneKind::Charge
        | MilestoneKind::Suspend
        | MilestoneKind::Delete => ServiceId(id).to_string(),
    }
}

impl From<milestone::Model> for MilestoneView {
    fn from(row: milestone::Model) -> Self {
        Self {
            id: row.id,
            account_id: row.account_id,
            service_id: row.service_id,
            subject_id: row.subject_id.map(|id| subject(row.kind, id)),
            kind: row.kind.to_string(),
            state: row.state.to_string(),
            rule: row.rule.to_string(),
            planned_on: row.planned_on,
            due_at: row.due_at,
            run_at: row.run_at,
            attempts: row.attempts,
            outcome: row.outcome,
            last_error: row.last_error,
            finished_at: row.finished_at,
        }
    }
}

/// Which milestones to list.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MilestoneFilter {
    /// Only those in one of these states; may be given several times.
    #[serde(default)]
    #[param(value_type = Option<Vec<String>>, max_items = 5, example = json!(["parked"]))]
    pub state: Vec<MilestoneState>,
    /// Only those of one of these kinds; may be given several times.
    #[serde(default)]
    #[param(value_type = Option<Vec<String>>, max_items = 10, example = json!(["renew"]))]
    pub kind: Vec<MilestoneKind>,
    /// Only those of this account.
    #[serde(default)]
    #[param(value_type = Option<String>, nullable = false, pattern = "^acc_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "acc_01h455vb4pex5vsknk084sn02q")]
    pub account_id: Option<AccountId>,
    /// Only those of this service.
    #[serde(default)]
    #[param(value_type = Option<String>, nullable = false, pattern = "^svc_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "svc_01h455vb4pex5vsknk084sn02q")]
    pub service_id: Option<ServiceId>,
}

impl MilestoneFilter {
    fn narrow(self) -> sea_orm::Select<milestone::Entity> {
        use milestone::Column;
        let mut select = milestone::Entity::find();
        if !self.state.is_empty() {
            select = select.filter(Column::State.is_in(self.state));
        }
        if !self.kind.is_empty() {
            select = select.filter(Column::Kind.is_in(self.kind));
        }
        if let Some(account) = self.account_id {
            select = select.filter(Column::AccountId.eq(account));
        }
        if let Some(service) = self.service_id {
            select = select.filter(Column::ServiceId.eq(service));
        }
        select
    }
}

/// Milestones, in the order in which they are due.
#[utoipa::path(
    operation_id = "list_milestones", tag = "Operator", security(("bearer" = ["operator:*"])),
    summary = "List milestones",
    description = "Milestones of all accounts in the order in which they are due; `state=parked` are those that failed too often and wait for you. Sorts by `due_at`.",
    params(PageQuery, MilestoneFilter),
    responses((status = 200, description = "A page of milestones", body = Page<MilestoneView>)),
)]
#[get("/operator/milestones")]
pub async fn list_milestones(
    app: Data<App>,
    _operator: Operator,
    query: PageQuery,
    Params(filter): Params<MilestoneFilter>,
) -> Result<Reply, Problem> {
    let due_at = milestone::Column::DueAt;
    let key = query.sort(&[("due_at", due_at)], KeyColumn::Asc(due_at))?;
    let page = page::keyset(app.read(), filter.narrow(), key, &query).await?;
    Ok(Reply::page(&page.map(MilestoneView::from), &query))
}

/// Runs parked work again.
#[utoipa::path(
    operation_id = "request_milestone_retry", tag = "Operator", security(("bearer" = ["operator:*"])),
    summary = "Run a parked milestone again",
    description = "Plans a parked milestone again, at once and with all its attempts before it. Refused with `milestone_not_parked` for any other.",
    params(("id" = String, Path, description = "Id of the milestone.", pattern = "^mst_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "mst_01h455vb4pex5vsknk084sn02q")),
    responses((status = 202, description = "The milestone, planned again", body = MilestoneView)),
)]
#[post("/operator/milestones/{id}/retry-request")]
pub async fn retry_parked_milestone(
    app: Data<App>,
    operator: Operator,
    key: Key,
    PathId(id): PathId<MilestoneId>,
) -> Result<Reply, Problem> {
    key.once(&app, &operator.scope(), async |tx| {
        let found = milestone::Entity::find_by_id(id).one(&**tx).await?.ok_or(crate::actions::Error::NotFound)?;
        let account = load(&**tx, found.account_id).await?;
        let now = now_for(&**tx, operator.real_now, &account).await?;
        let row = retry_milestone(tx, &operator.cx(&app, now), id).await?;
        Ok(Reply::accepted(None, &MilestoneView::from(row)))
    })
    .await
}
