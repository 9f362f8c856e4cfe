//! Ceremonies with security keys: what was asked, until it is answered once.

use domain::factor::Ceremony;
use domain::id::{AccountId, KeyCeremonyId};
use sea_orm::entity::prelude::*;

/// A row of `key_ceremony`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "key_ceremony")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: KeyCeremonyId,
    /// What it is for; it is good for nothing else.
    #[sea_orm(column_type = "String(StringLen::N(16))")]
    pub purpose: Ceremony,
    /// Whose it is; absent for a login that names no account.
    pub account_id: Option<AccountId>,
    /// The session or login challenge that it belongs to.
    #[sea_orm(column_type = "String(StringLen::N(64))")]
    pub bound_to: Option<String>,
    /// The challenge and what else has to fit, encrypted.
    #[sea_orm(column_type = "Text")]
    pub sealed_state: String,
    pub created_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
    /// When it was answered, right or wrong.
    pub consumed_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The ceremonies of a session or login challenge.
    pub fn bound_to(purpose: Ceremony, bound_to: &str) -> Select<Self> {
        Self::find().filter(Column::Purpose.eq(purpose)).filter(Column::BoundTo.eq(bound_to))
    }
}
