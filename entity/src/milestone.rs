//! Everything that will happen, and what became of it.

use domain::id::{AccountId, MilestoneId, ServiceId, TestClockId};
use domain::timeline::{MilestoneKind, MilestoneState, Rule};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::ExprTrait;

/// A row of `milestone`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "milestone")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MilestoneId,
    pub account_id: AccountId,
    pub service_id: Option<ServiceId>,
    /// The order, attempt or closure it is about, where it is not a service.
    pub subject_id: Option<Uuid>,
    pub test_clock_id: Option<TestClockId>,
    pub kind: MilestoneKind,
    pub rank: i16,
    pub state: MilestoneState,
    pub rule: Rule,
    #[sea_orm(column_type = "String(StringLen::N(160))")]
    pub occurrence_key: String,
    pub boundary: i32,
    pub cycle: i32,
    pub step: i32,
    pub planned_on: Date,
    /// When it is due; what the timeline shows.
    pub due_at: DateTimeUtc,
    /// When it may be claimed: `due_at`, or later after a failed try or a move.
    pub run_at: DateTimeUtc,
    pub attempts: i32,
    pub lease_until: Option<DateTimeUtc>,
    pub fence: i64,
    #[sea_orm(column_type = "String(StringLen::N(64))")]
    pub outcome: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub last_error: Option<String>,
    pub created_at: DateTimeUtc,
    pub finished_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}

/// The condition that a milestone is in a state, spelled out in the statement: SQLite uses a partial index
/// only for a condition that it can read, not for a bound value.
#[must_use]
pub fn is_in(state: MilestoneState) -> Expr {
    Expr::col((Entity, Column::State)).eq(Expr::Constant(state.as_str().into()))
}

impl Entity {
    /// The milestones of an account.
    pub fn of(account: AccountId) -> Select<Self> {
        Self::find().filter(Column::AccountId.eq(account))
    }
}
