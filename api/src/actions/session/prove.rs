//! Step-up: the password again, or a second factor where there is one, makes the session fresh for a few minutes.

use super::throttle;
use crate::actions::{Context, Error, account, factor, record};
use crate::app::App;
use crate::db::Tx;
use domain::id::{AccountId, SessionId};
use entity::session;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

/// Compares the password of an account, outside any transaction and counted before; a failure is noted
/// durably.
///
/// # Errors
/// [`Error::Unauthenticated`] for a wrong password; [`Error::TooMany`] after too many in this session; the
/// database's.
pub async fn check(
    app: &App,
    cx: &Context<'_>,
    (owner, session): (AccountId, SessionId),
    password: &str,
) -> Result<(), Error> {
    let account = account::load(&**app.read(), owner).await?;
    let attempt = throttle::begin_proof(app, cx, owner, Some(session)).await?;
    if throttle::compare(app, &attempt, password, Some(&account.password_hash)).await? {
        return throttle::proven(app, cx, attempt).await;
    }
    throttle::proof_failed(app, cx, &attempt, (owner, "security.proof_refused")).await?;
    Err(Error::Unauthenticated)
}

/// Notes that the owner proved the password in this session just now.
///
/// # Errors
/// [`Error::Unauthenticated`] for a session that ended meanwhile; the database's.
pub async fn prove(tx: &Tx, cx: &Context<'_>, owner: AccountId, id: SessionId) -> Result<(), Error> {
    account::lock(tx, owner).await?;
    let touched = session::Entity::update_many()
        .col_expr(session::Column::AuthenticatedAt, Expr::value(cx.real_now))
        .filter(session::Column::Id.eq(id))
        .filter(session::Column::AccountId.eq(owner))
        .filter(session::Column::EndedAt.is_null())
        .exec(&**tx)
        .await?;
    if touched.rows_affected != 1 {
        return Err(Error::Unauthenticated);
    }
    note(tx, cx, owner, id).await
}

/// Proves a second factor in a session; its try is counted already.
///
/// # Errors
/// [`Error::Unauthenticated`] for a wrong factor or a session that ended meanwhile; the database's.
pub async fn prove_factor(
    tx: &Tx,
    cx: &Context<'_>,
    (owner, id): (AccountId, SessionId),
    proof: factor::Proof<'_>,
) -> Result<(), Error> {
    let account = account::lock(tx, owner).await?;
    factor::prove(tx, cx, &account, proof).await?;
    super::note_factor(tx, cx, owner, id).await?;
    note(tx, cx, owner, id).await
}

async fn note(tx: &Tx, cx: &Context<'_>, owner: AccountId, id: SessionId) -> Result<(), Error> {
    record::activity(tx, cx, owner, "security.proven", Some(json!({ "session": id }))).await?;
    record::event(tx, cx, owner, "security.proven", &id, json!({})).await
}
