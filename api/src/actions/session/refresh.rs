//! A refresh token is used once and replaced.
//!
//! A used token that comes again was either answered to somebody who lost the answer, or stolen. If what
//! its use made is unused, nobody has anything from it: it is revoked and made again. If it was used, two
//! parties hold the chain and the session ends. There is no span of time in which a thief goes unseen.

use super::{Opened, add_token, end, hash, satisfies};
use crate::actions::{Context, Error, account, factor, record};
use crate::app::App;
use crate::db::Tx;
use entity::{refresh_token, session};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use serde_json::json;

/// Ends the session of a token that was used before and whose successor was used too. Durable whatever
/// becomes of the request, which [`refresh`] then refuses.
///
/// # Errors
/// The database's.
pub async fn end_if_stolen(app: &App, cx: &Context<'_>, token: &str) -> Result<(), Error> {
    // reading is enough for all that is well
    if !is_stolen(&**app.read(), cx, token).await? {
        return Ok(());
    }
    app.transact(async |tx| {
        if !is_stolen(&**tx, cx, token).await? {
            return Ok(());
        }
        let (_, session) = find(tx, cx, token).await?;
        if session.ended_at.is_none() {
            let data = json!({ "session": session.id });
            record::activity(tx, cx, session.account_id, "session.token_reused", Some(data)).await?;
            end(tx, cx, session.account_id, session.id).await?;
        }
        Ok(())
    })
    .await
}

async fn is_stolen<C: ConnectionTrait>(db: &C, cx: &Context<'_>, token: &str) -> Result<bool, Error> {
    let Some(used) = refresh_token::Entity::with_hash(&hash(cx, token))
        .filter(refresh_token::Column::UsedAt.is_not_null())
        .one(db)
        .await?
    else {
        return Ok(false);
    };
    let successor = refresh_token::Entity::successor_of(used.id).one(db).await?;
    Ok(successor.is_some_and(|successor| successor.used_at.is_some()))
}

/// Exchanges a refresh token for the next one.
///
/// # Errors
/// [`Error::Unauthenticated`] for a token that is unknown, revoked, or of a session or account that
/// ended; the database's.
pub async fn refresh(tx: &Tx, cx: &Context<'_>, token: &str) -> Result<(entity::account::Model, Opened), Error> {
    let (found, session) = find(tx, cx, token).await?;
    let account = account::load(&**tx, session.account_id).await.map_err(|_| Error::Unauthenticated)?;
    let alive = session.ended_at.is_none() && session.expires_at > cx.real_now;
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
    if first_use.rows_affected == 0 {
        give_up_successor(tx, cx, &found).await?;
    }
    session::Entity::update_many()
        .col_expr(session::Column::LastSeenAt, Expr::value(cx.real_now))
        .filter(session::Column::Id.eq(session.id))
        .exec(&**tx)
        .await?;
    let refresh_token = add_token(tx, cx, session.id, Some(found.id)).await?;
    record::activity(tx, cx, account.id, "session.refreshed", Some(json!({ "session": session.id }))).await?;
    record::event(tx, cx, account.id, "session.refreshed", &session.id, json!({})).await?;
    Ok((account, Opened { session, refresh_token }))
}

/// The answer to the first use was lost: what it held is revoked.
async fn give_up_successor(tx: &Tx, cx: &Context<'_>, found: &refresh_token::Model) -> Result<(), Error> {
    if found.revoked_at.is_some() {
        return Err(Error::Unauthenticated);
    }
    let revoked = refresh_token::Entity::update_many()
        .col_expr(refresh_token::Column::RevokedAt, Expr::value(cx.real_now))
        .filter(refresh_token::Column::ParentId.eq(found.id))
        .filter(refresh_token::Column::RevokedAt.is_null())
        .filter(refresh_token::Column::UsedAt.is_null())
        .exec(&**tx)
        .await?;
    if revoked.rows_affected == 1 { Ok(()) } else { Err(Error::Unauthenticated) }
}

/// The token and its session, whose row is locked: one use at a time.
async fn find(tx: &Tx, cx: &Context<'_>, token: &str) -> Result<(refresh_token::Model, session::Model), Error> {
    let found = refresh_token::Entity::with_hash(&hash(cx, token)).one(&**tx).await?;
    let found = found.ok_or(Error::Unauthenticated)?;
    let session = session::Entity::find_by_id(found.session_id).lock_exclusive().one(&**tx).await?;
    let session = session.ok_or(Error::Unauthenticated)?;
    // read again: it may have been used while the lock was awaited
    let found = refresh_token::Entity::find_by_id(found.id).one(&**tx).await?.ok_or(Error::Unauthenticated)?;
    Ok((found, session))
}
