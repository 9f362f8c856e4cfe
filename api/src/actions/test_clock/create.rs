//! A new test clock.

use crate::actions::{Context, Error, Invalid, operator};
use crate::db::Tx;
use chrono::{DateTime, SubsecRound, Utc};
use entity::test_clock;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, QueryOrder};
use serde_json::json;

/// The longest name of a clock, in characters.
const NAME_MAX: usize = 64;

/// Makes a clock that stands at `now`.
///
/// # Errors
/// [`Error::Invalid`] for an empty or overlong name, or the database's.
pub async fn create(tx: &Tx, cx: &Context<'_>, name: &str, now: DateTime<Utc>) -> Result<test_clock::Model, Error> {
    let name = name.trim();
    if name.is_empty() {
        return Err(Invalid::new("/name", "required").into());
    }
    if name.chars().count() > NAME_MAX {
        return Err(Invalid::new("/name", "too_long").with("max", NAME_MAX).into());
    }
    let latest = test_clock::Entity::find().order_by_desc(test_clock::Column::Serial).one(&**tx).await?;
    let row = test_clock::ActiveModel {
        id: Set(cx.id()),
        name: Set(name.to_owned()),
        serial: Set(latest.map_or(1, |clock| clock.serial + 1)),
        now: Set(now.trunc_subsecs(6)),
        target: Set(None),
        operation_id: Set(None),
        lease_until: Set(None),
        created_at: Set(cx.real_now),
    };
    let clock = row.insert(&**tx).await?;
    operator::note(tx, cx, "test_clock.created", &clock.id, json!({ "name": clock.name, "now": clock.now })).await?;
    Ok(clock)
}
