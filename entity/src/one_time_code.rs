//! Mailed codes and tokens, stored as keyed hashes.

use domain::id::{AccountId, OneTimeCodeId};
use sea_orm::entity::prelude::*;

/// A row of `one_time_code`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "one_time_code")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OneTimeCodeId,
    pub account_id: AccountId,
    #[sea_orm(column_type = "String(StringLen::N(32))")]
    pub purpose: String,
    /// What it acts on, e.g. the cancellation it confirms.
    pub subject_id: Option<Uuid>,
    /// The address it proves.
    #[sea_orm(column_type = "String(StringLen::N(254))")]
    pub target: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(64))")]
    pub secret_hash: String,
    /// Hash of the state at issue; another state makes the code void.
    #[sea_orm(column_type = "String(StringLen::N(64))")]
    pub bound_to: Option<String>,
    pub attempts: i32,
    pub max_attempts: i32,
    pub created_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
    pub consumed_at: Option<DateTimeUtc>,
    pub superseded_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The codes and tokens of an account for one purpose and subject.
    pub fn of(account: AccountId, purpose: &str, subject: Option<Uuid>) -> Select<Self> {
        let codes = Self::find().filter(Column::AccountId.eq(account)).filter(Column::Purpose.eq(purpose));
        match subject {
            Some(subject) => codes.filter(Column::SubjectId.eq(subject)),
            None => codes.filter(Column::SubjectId.is_null()),
        }
    }

    /// The tokens with this hash.
    pub fn with_hash(secret_hash: &str) -> Select<Self> {
        Self::find().filter(Column::SecretHash.eq(secret_hash))
    }
}
