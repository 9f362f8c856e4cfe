//! The activity line and the event that every change leaves behind.

use super::{Context, Error};
use crate::db::Tx;
use domain::id::AccountId;
use entity::{activity, event};
use sea_orm::{ActiveValue::Set, EntityTrait};
use serde_json::Value;

/// Notes in the activity log what happened to an account and who did it.
///
/// # Errors
/// The database's.
pub async fn activity(
    tx: &Tx,
    cx: &Context<'_>,
    account: AccountId,
    kind: &'static str,
    detail: Option<Value>,
) -> Result<(), Error> {
    let row = activity::ActiveModel {
        id: Set(cx.id()),
        account_id: Set(Some(account)),
        at: Set(cx.real_now),
        kind: Set(kind.to_owned()),
        actor: Set(cx.actor.to_string()),
        address: Set(cx.address.clone()),
        request_id: Set(cx.request_id.clone()),
        detail: Set(detail.map(without_nulls)),
    };
    activity::Entity::insert(row).exec_without_returning(&**tx).await?;
    Ok(())
}

/// Adds an event to the log that integrators read.
///
/// # Errors
/// The database's.
pub async fn event(
    tx: &Tx,
    cx: &Context<'_>,
    account: AccountId,
    kind: &'static str,
    subject: &impl std::fmt::Display,
    data: Value,
) -> Result<(), Error> {
    event::Entity::insert(event_row(cx, account, kind, subject, data)).exec_without_returning(&**tx).await?;
    Ok(())
}

/// The same without members that have no value: they are left out, never null.
pub(super) fn without_nulls(data: Value) -> Value {
    match data {
        Value::Object(members) => {
            let kept = members.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(kept.map(|(name, value)| (name, without_nulls(value))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(without_nulls).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => data,
    }
}

/// The row of [`event()`], for batches.
pub fn event_row(
    cx: &Context<'_>,
    account: AccountId,
    kind: &'static str,
    subject: &impl std::fmt::Display,
    data: Value,
) -> event::ActiveModel {
    event::ActiveModel {
        id: Set(cx.id()),
        account_id: Set(Some(account)),
        occurred_at: Set(cx.now),
        kind: Set(kind.to_owned()),
        subject: Set(subject.to_string()),
        data: Set(without_nulls(data)),
    }
}
