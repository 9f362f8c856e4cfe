//! What somebody without login asks for about an account that may not exist. The request only stores the
//! login, sealed: the same work whoever is named, so that the time of its answer tells nothing. The
//! scheduler looks into it and mails, a moment later.

use super::{request_reset, resend_code};
use crate::actions::{Actor, Context, Error};
use crate::app::{App, Tools};
use crate::db::Tx;
use chrono::{DateTime, TimeDelta, Utc};
use domain::id::VisitorRequestId;
use entity::visitor_request::{self, Column, Entity};
use sea_orm::sea_query::{LockBehavior, LockType};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};

/// Tries before a request is given up: its visitor asks again.
const MAX_ATTEMPTS: i32 = 5;
/// Minutes until the next try, times the tries before.
const RETRY_AFTER: TimeDelta = TimeDelta::minutes(1);

/// What can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// A token that sets a new password.
    PasswordReset,
    /// Another code that proves the primary address.
    EmailVerification,
}

impl Asked {
    /// Its one spelling in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PasswordReset => "password_reset",
            Self::EmailVerification => "email_verification",
        }
    }

    fn read(text: &str) -> Result<Self, Error> {
        let known = [Self::PasswordReset, Self::EmailVerification].into_iter().find(|known| known.as_str() == text);
        known.ok_or_else(|| Error::internal("a visitor asked for something unknown"))
    }
}

/// Stores what is asked for.
///
/// # Errors
/// The database's.
pub async fn ask(tx: &Tx, cx: &Context<'_>, asked: Asked, login: &str) -> Result<(), Error> {
    let id: VisitorRequestId = cx.id();
    let row = visitor_request::ActiveModel {
        id: Set(id),
        kind: Set(asked.as_str().to_owned()),
        sealed_login: Set(cx.tools.sealer.seal(&*cx.tools.entropy, &place(id), login)),
        address: Set(cx.address.clone()),
        request_id: Set(cx.request_id.clone()),
        asked_at: Set(cx.real_now),
        due_at: Set(cx.real_now),
        attempts: Set(0),
        user_agent: Set(cx.user_agent.clone()),
    };
    Entity::insert(row).exec_without_returning(&**tx).await?;
    Ok(())
}

/// Looks into the oldest request that is due: its effect and its end are one transaction, so it happens
/// once. Answers whether there was one that no other node has.
///
/// # Errors
/// The database's; what fails in a request is noted with it and tried again.
pub async fn look_into_next(app: &App) -> Result<bool, Error> {
    let now = app.now();
    let due = Entity::find().filter(Column::DueAt.lte(now)).order_by_asc(Column::DueAt).order_by_asc(Column::Id);
    let Some(next) = due.one(&**app.read()).await? else { return Ok(false) };
    let outcome = app
        .transact(async |tx| {
            let ours = Entity::find_by_id(next.id).lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
            let Some(row) = ours.one(&**tx).await? else { return Ok(false) };
            look_into(tx, &app.tools, now, &row).await?;
            Entity::delete_by_id(row.id).exec(&**tx).await?;
            Ok::<_, Error>(true)
        })
        .await;
    match outcome {
        Ok(done) => Ok(done),
        Err(error) => {
            tracing::error!(%error, "looking into what a visitor asked for");
            app.transact(async |tx| put_off(tx, next.id, now).await).await?;
            Ok(true)
        }
    }
}

async fn look_into(tx: &Tx, tools: &Tools, now: DateTime<Utc>, row: &visitor_request::Model) -> Result<(), Error> {
    let login = tools.sealer.open(&place(row.id), &row.sealed_login)?;
    let cx = &Context {
        now,
        real_now: now,
        actor: Actor::Visitor,
        address: row.address.clone(),
        user_agent: row.user_agent.clone(),
        request_id: row.request_id.clone(),
        tools,
    };
    match Asked::read(&row.kind)? {
        Asked::PasswordReset => request_reset(tx, cx, &login).await,
        Asked::EmailVerification => resend_code(tx, cx, &login).await,
    }
}

/// Tries it again later, or not any more.
async fn put_off(tx: &Tx, id: VisitorRequestId, now: DateTime<Utc>) -> Result<(), Error> {
    let Some(row) = Entity::find_by_id(id).one(&**tx).await? else { return Ok(()) };
    let attempts = row.attempts.saturating_add(1);
    if attempts >= MAX_ATTEMPTS {
        Entity::delete_by_id(id).exec(&**tx).await?;
        return Ok(());
    }
    let mut row = row.into_active_model();
    row.attempts = Set(attempts);
    row.due_at = Set(now + RETRY_AFTER * attempts);
    row.update(&**tx).await?;
    Ok(())
}

pub(crate) fn place(id: VisitorRequestId) -> String {
    format!("visitor_request:{id}")
}
