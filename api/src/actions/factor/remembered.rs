//! Remembered devices: a token that stands for the second factor at login, and nowhere else.

use super::binding;
use crate::actions::session::Device;
use crate::actions::{Context, Error, record};
use crate::db::Tx;
use chrono::{DateTime, TimeDelta, Utc};
use domain::id::{AccountId, RememberedDeviceId};
use entity::account as accounts;
use entity::remembered_device::{self, Column, Entity};
use entity::{security_key, totp_device};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

/// How long a device is remembered.
pub const REMEMBERED: TimeDelta = TimeDelta::days(30);

/// Remembers a device and answers its token, which is kept nowhere else.
///
/// # Errors
/// The database's.
pub(super) async fn remember(
    tx: &Tx,
    cx: &Context<'_>,
    account: &accounts::Model,
    device: &Device,
) -> Result<String, Error> {
    let token = cx.tools.entropy.token();
    let id: RememberedDeviceId = cx.id();
    let row = remembered_device::ActiveModel {
        id: Set(id),
        account_id: Set(account.id),
        token_hash: Set(hash(cx, &token)),
        bound_to: Set(binding(&**tx, &cx.tools.sealer, account).await?),
        address: Set(cx.address.clone().filter(|address| address.len() <= 45)),
        user_agent: Set(device.user_agent.clone()),
        created_at: Set(cx.real_now),
        expires_at: Set(cx.real_now + REMEMBERED),
        last_used_at: Set(None),
    };
    row.insert(&**tx).await?;
    record::activity(tx, cx, account.id, "remembered_device.added", Some(json!({ "device": id }))).await?;
    Ok(token)
}

/// Whether a token is one of a device that this account remembers, for this password and these factors.
///
/// # Errors
/// The database's.
pub(in crate::actions) async fn is_remembered(
    tx: &Tx,
    cx: &Context<'_>,
    account: &accounts::Model,
    token: &str,
) -> Result<bool, Error> {
    let known = Entity::update_many()
        .col_expr(Column::LastUsedAt, Expr::value(cx.real_now))
        .filter(Column::AccountId.eq(account.id))
        .filter(Column::TokenHash.eq(hash(cx, token)))
        .filter(Column::BoundTo.eq(binding(&**tx, &cx.tools.sealer, account).await?))
        .filter(Column::ExpiresAt.gt(cx.real_now))
        .exec(&**tx)
        .await?;
    Ok(known.rows_affected == 1)
}

/// Since when a remembered device of this account stands for its factors: since the newest of them, because
/// a change of factors forgets every device.
///
/// # Errors
/// The database's.
pub(in crate::actions) async fn since(tx: &Tx, owner: AccountId) -> Result<DateTime<Utc>, Error> {
    let apps = totp_device::Entity::active(owner).all(&**tx).await?;
    let keys = security_key::Entity::of(owner).all(&**tx).await?;
    let apps = apps.into_iter().filter_map(|app| app.activated_at);
    Ok(apps.chain(keys.into_iter().map(|key| key.created_at)).max().unwrap_or_default())
}

/// Forgets a device.
///
/// # Errors
/// [`Error::NotFound`]; the database's.
pub async fn forget(tx: &Tx, cx: &Context<'_>, owner: AccountId, id: RememberedDeviceId) -> Result<(), Error> {
    let gone = Entity::delete_many().filter(Column::Id.eq(id)).filter(Column::AccountId.eq(owner)).exec(&**tx).await?;
    if gone.rows_affected != 1 {
        return Err(Error::NotFound);
    }
    record::activity(tx, cx, owner, "remembered_device.removed", Some(json!({ "device": id }))).await?;
    record::event(tx, cx, owner, "remembered_device.removed", &id, json!({})).await
}

/// Deletes devices that were remembered until before `now`; answers how many.
///
/// # Errors
/// The database's.
pub async fn forget_ended(tx: &Tx, now: DateTime<Utc>) -> Result<u64, Error> {
    Ok(Entity::delete_many().filter(Column::ExpiresAt.lt(now)).exec(&**tx).await?.rows_affected)
}

fn hash(cx: &Context<'_>, token: &str) -> String {
    cx.tools.sealer.hash("remembered_device", token.trim())
}
