//! Closures of accounts.

use domain::closure::ClosureStatus;
use domain::id::{AccountId, ClosureId};
use sea_orm::entity::prelude::*;

/// A row of `account_closure`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "account_closure")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ClosureId,
    pub account_id: AccountId,
    pub status: ClosureStatus,
    pub requested_at: DateTimeUtc,
    pub confirmed_at: Option<DateTimeUtc>,
    pub effective_on: Option<Date>,
    pub ended_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The closures of an account, past ones too.
    pub fn of(account: AccountId) -> Select<Self> {
        Self::find().filter(Column::AccountId.eq(account))
    }

    /// The closure of an account that is under way, at most one.
    pub fn under_way(account: AccountId) -> Select<Self> {
        Self::of(account).filter(Column::Status.is_in([ClosureStatus::AwaitingConfirmation, ClosureStatus::CoolingOff]))
    }
}
