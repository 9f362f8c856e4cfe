//! A refresh token is used once and followed by the next one, which follows from it: whoever shows a used one
//! again is given the same successor, as long as its answer may have been lost. So two tabs that refresh at
//! once go on with one token, and a repeated request costs nothing.
//!
//! | what was used before | shown again |
//! |---|---|
//! | the token, nothing of what it gave | the same successor: the answer was lost |
//! | the token, and its successor's access token, a moment ago | the same successor: a request under way at the same time |
//! | the token, and its successor's access token, longer ago | theft: the session ends |
//! | the token and its successor | theft: the session ends |
//!
//! A thief who shows a token in its first moment holds the owner's next one; the next exchange of either tells.

use super::{Opened, add_token, end, hash, satisfies};
use crate::actions::{Context, Error, account, factor, record};
use crate::app::App;
use crate::db::Tx;
use crate::mail::{self, Message};
use crate::seal::same;
use chrono::TimeDelta;
use entity::{refresh_token, session};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde_json::json;

/// How long requests that were sent at once may arrive one after the other.
const AT_ONCE: TimeDelta = TimeDelta::seconds(10);

/// Ends the session of a token that somebody else used before, and tells its owner everywhere. Durable
/// whatever becomes of the request, which [`refresh`] then refuses.
///
/// # Errors
/// The database's.
pub async fn end_if_stolen(app: &App, cx: &Context<'_>, token: &str) -> Result<(), Error> {
    // reading is enough for all that is well
    if !is_stolen(&**app.read(), cx, token).await? {
        return Ok(());
    }
    app.transact(async |tx| {
        let (used, session, owner) = find(tx, cx, token).await?;
        if session.ended_at.is_some() || !is_stolen(&**tx, cx, token).await? {
            return Ok(());
        }
        record::activity(tx, cx, owner.id, "session.token_reused", Some(json!({ "session": session.id }))).await?;
        end(tx, cx, owner.id, session.id).await?;
        if !account::is_open(owner.status) {
            return Ok(());
        }
        let message = Message::SessionStolen { address: cx.address.clone(), at: cx.real_now };
        mail::tell_everywhere(tx, cx, &owner, &message, &used.id.to_string()).await
    })
    .await
}

async fn is_stolen<C: ConnectionTrait>(db: &C, cx: &Context<'_>, token: &str) -> Result<bool, Error> {
    let used = refresh_token::Entity::with_hash(&hash(cx, token)).one(db).await?;
    let Some((used, used_at)) = used.and_then(|used| used.used_at.map(|at| (used, at))) else { return Ok(false) };
    let Some(next) = refresh_token::Entity::successor_of(used.id).one(db).await? else { return Ok(false) };
    if next.used_at.is_some() {
        return Ok(true);
    }
    let session = session::Entity::find_by_id(used.session_id).one(db).await?;
    let arrived = session.is_some_and(|session| session.seen_token_id == Some(next.id));
    Ok(arrived && cx.real_now - used_at > AT_ONCE)
}

/// Exchanges a refresh token for the next one.
///
/// # Errors
/// [`Error::Unauthenticated`] for a token that is unknown, revoked, or of a session or account that
/// ended; the database's.
pub async fn refresh(tx: &Tx, cx: &Context<'_>, token: &str) -> Result<(entity::account::Model, Opened), Error> {
    let (found, session, account) = find(tx, cx, token).await?;
    let alive = super::lives(&session, &cx.tools.config.session, cx.real_now);
    let allowed = account::ip_rules::allow(&account, cx.address.as_deref())?;
    if !alive || !allowed || !account::is_open(account.status) {
        return Err(Error::Unauthenticated);
    }
    if !satisfies(&session, &factor::enrolled(&**tx, account.id).await?) {
        return Err(Error::Unauthenticated);
    }
    let first_use = refresh_token::Entity::update_many()
        .col_expr(refresh_token::Column::UsedAt, Expr::value(cx.real_now))
        .filter(refresh_token::Column::Id.eq(found.id))
        .filter(refresh_token::Column::UsedAt.is_null())
        .filter(refresh_token::Column::RevokedAt.is_null())
        .exec(&**tx)
        .await?;
    let refresh_token = cx.tools.sealer.follow("refresh_token:next", &format!("{}\0{token}", found.id));
    if first_use.rows_affected == 0 {
        let token_id = given(tx, cx, &found, &refresh_token).await?;
        return Ok((account, Opened { session, refresh_token, token_id }));
    }
    session::Entity::update_many()
        .col_expr(session::Column::LastSeenAt, Expr::value(cx.real_now))
        .filter(session::Column::Id.eq(session.id))
        .exec(&**tx)
        .await?;
    let token_id = add_token(tx, cx, (session.id, Some(found.id)), &refresh_token).await?;
    record::activity(tx, cx, account.id, "session.refreshed", Some(json!({ "session": session.id }))).await?;
    record::event(tx, cx, account.id, "session.refreshed", &session.id, json!({})).await?;
    Ok((account, Opened { session, refresh_token, token_id }))
}

/// What the first use of a token gave, if nobody used it.
async fn given(
    tx: &Tx,
    cx: &Context<'_>,
    found: &refresh_token::Model,
    secret: &str,
) -> Result<domain::id::RefreshTokenId, Error> {
    if found.revoked_at.is_some() {
        return Err(Error::Unauthenticated);
    }
    let next = refresh_token::Entity::successor_of(found.id).one(&**tx).await?;
    next.filter(|next| next.used_at.is_none() && same(&next.token_hash, &hash(cx, secret)))
        .map(|next| next.id)
        .ok_or(Error::Unauthenticated)
}

/// The token, its session and account. The account's row is locked, which is the lock of its sessions too: one
/// use at a time, and none beside a change of factors or a block.
async fn find(
    tx: &Tx,
    cx: &Context<'_>,
    token: &str,
) -> Result<(refresh_token::Model, session::Model, entity::account::Model), Error> {
    let found = refresh_token::Entity::with_hash(&hash(cx, token)).one(&**tx).await?;
    let found = found.ok_or(Error::Unauthenticated)?;
    let session = session::Entity::find_by_id(found.session_id).one(&**tx).await?.ok_or(Error::Unauthenticated)?;
    let account = account::lock(tx, session.account_id).await?;
    // read again: they may have changed while the lock was awaited
    let session = session::Entity::find_by_id(session.id).one(&**tx).await?.ok_or(Error::Unauthenticated)?;
    let found = refresh_token::Entity::find_by_id(found.id).one(&**tx).await?.ok_or(Error::Unauthenticated)?;
    Ok((found, session, account))
}
