//! Personal access tokens: made by their owner in a session, used by programs, with the scopes that they were
//! given, until they end or are revoked. All on real time.

use super::milestone::{self, Effect};
use super::{Context, Error, record};
use crate::db::Tx;
use crate::mail::{self, Message};
use chrono::{DateTime, TimeDelta, Utc};
use domain::id::{AccessTokenId, AccountId};
use domain::network::Range;
use entity::access_token::{self, Column, Entity, Model};
use entity::account;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;
use std::net::IpAddr;

mod create;

pub use create::{LIFETIME, LONGEST, MAX_RANGES, MAX_TOKENS, NAME_MAX, New, create};

/// How many days before its end the owner of a token is told.
const WARNED: [i32; 2] = [14, 1];

/// Where a token may be used; nothing is everywhere.
///
/// # Errors
/// [`Error::Internal`] for ranges that cannot be read: then nobody is let in by mistake.
pub fn ranges(token: &Model) -> Result<Vec<Range>, Error> {
    match &token.ip_ranges {
        None => Ok(Vec::new()),
        Some(stored) => serde_json::from_value(stored.clone()).map_err(Error::internal),
    }
}

/// Whether a token may be used from an address. One that cannot be read is in no range.
///
/// # Errors
/// As [`ranges`].
pub fn allow(token: &Model, address: Option<&str>) -> Result<bool, Error> {
    let ranges = ranges(token)?;
    let address = address.and_then(|text| text.parse::<IpAddr>().ok());
    Ok(ranges.is_empty() || address.is_some_and(|address| ranges.iter().any(|range| range.contains(address))))
}

/// Ends a token at once. Ending it twice is no error.
///
/// # Errors
/// [`Error::NotFound`] for another's; the database's.
pub async fn revoke(tx: &Tx, cx: &Context<'_>, owner: AccountId, id: AccessTokenId) -> Result<(), Error> {
    super::account::lock(tx, owner).await?;
    let found = Entity::of(owner).filter(Column::Id.eq(id)).one(&**tx).await?;
    end(tx, cx, owner, found.ok_or(Error::NotFound)?.id).await
}

/// Ends every token of an account, whose row is locked: its password was lost, or it closes.
///
/// # Errors
/// The database's.
pub async fn revoke_all(tx: &Tx, cx: &Context<'_>, owner: AccountId) -> Result<(), Error> {
    for token in Entity::of(owner).filter(Column::RevokedAt.is_null()).all(&**tx).await? {
        end(tx, cx, owner, token.id).await?;
    }
    Ok(())
}

async fn end(tx: &Tx, cx: &Context<'_>, owner: AccountId, id: AccessTokenId) -> Result<(), Error> {
    let ended = Entity::update_many()
        .col_expr(Column::RevokedAt, Expr::value(Some(cx.real_now)))
        .filter(Column::Id.eq(id))
        .filter(Column::RevokedAt.is_null())
        .exec(&**tx)
        .await?;
    if ended.rows_affected == 0 {
        return Ok(());
    }
    milestone::drop_all(tx, cx, owner, id.0).await?;
    record::activity(tx, cx, owner, "access_token.revoked", Some(json!({ "token": id }))).await?;
    record::event(tx, cx, owner, "access_token.revoked", &id, json!({})).await
}

/// Tells the owner of a token that it ends in so many days.
///
/// # Errors
/// The database's.
pub async fn due(
    tx: &Tx,
    cx: &Context<'_>,
    owner: &account::Model,
    (id, days): (AccessTokenId, i32),
) -> Result<Effect, Error> {
    let live = access_token::live(owner.id, cx.real_now).filter(Column::Id.eq(id));
    let Some(token) = live.one(&**tx).await? else { return Ok(Effect::Dropped("no_longer_holds")) };
    let Some(until) = token.expires_at else { return Ok(Effect::Dropped("no_longer_holds")) };
    if !super::account::is_open(owner.status) || overtaken(until, days, cx.real_now) {
        return Ok(Effect::Dropped("no_longer_holds"));
    }
    let hint = token.hint.unwrap_or_default();
    let message = Message::AccessTokenEnds { name: token.name, hint, until, days };
    mail::tell_everywhere(tx, cx, owner, &message, &format!("{id}:{days}")).await?;
    Ok(Effect::Done("told"))
}

/// Whether a later warning is due too, after an outage: that one tells.
fn overtaken(until: DateTime<Utc>, days: i32, now: DateTime<Utc>) -> bool {
    WARNED.iter().any(|later| *later < days && warned_at(until, *later) <= now)
}

fn warned_at(until: DateTime<Utc>, days: i32) -> DateTime<Utc> {
    until - TimeDelta::days(days.into())
}

/// Erases what a closed account's tokens say about their owner.
///
/// # Errors
/// The database's.
pub async fn erase(tx: &Tx, owner: AccountId) -> Result<(), Error> {
    Entity::update_many()
        .col_expr(Column::Name, Expr::value("-"))
        .col_expr(Column::IpRanges, Expr::value(None::<serde_json::Value>))
        .col_expr(Column::LastAddress, Expr::value(None::<String>))
        .filter(Column::AccountId.eq(owner))
        .exec(&**tx)
        .await?;
    Ok(())
}
