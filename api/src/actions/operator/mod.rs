//! What the provider's staff and systems do: accounts, parked work, the scheduler, their tokens.

use super::{Context, Error};
use crate::db::Tx;
use entity::event;
use sea_orm::{ActiveModelTrait, ActiveValue::Set};
use serde_json::Value;

pub mod attach_clock;
pub mod block;
pub mod create_token;
pub mod release_scheduler;
pub mod retry_email;
pub mod retry_export;
pub mod retry_milestone;
pub mod revoke_token;

pub use create_token::create_token;
pub use revoke_token::revoke_token;

/// Notes, in the activity log and in the event log, what an operator did to no account in particular.
///
/// # Errors
/// The database's.
pub async fn note(
    tx: &Tx,
    cx: &Context<'_>,
    kind: &'static str,
    subject: &impl std::fmt::Display,
    data: Value,
) -> Result<(), Error> {
    let data = super::record::without_nulls(data);
    super::record::of_nobody(tx, cx, kind, Some(data.clone())).await?;
    let event = event::ActiveModel {
        id: Set(cx.id()),
        account_id: Set(None),
        occurred_at: Set(cx.now),
        kind: Set(kind.to_owned()),
        subject: Set(subject.to_string()),
        data: Set(data),
    };
    event.insert(&**tx).await?;
    Ok(())
}
