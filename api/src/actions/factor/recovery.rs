//! Second factors that were lost: after 72 hours with notices to every address, a login may do without
//! them, once. Whoever proves a factor meanwhile, or has the token of a notice, ends the wait.

use super::{challenge, changed, erase_factors};
use crate::actions::milestone::{self, Effect, New};
use crate::actions::session::{self, Device, Opened, Opening};
use crate::actions::{Context, Error, account, record};
use crate::db::Tx;
use crate::mail::{self, Message};
use chrono::TimeDelta;
use domain::id::{AccountId, FactorRecoveryId, LoginChallengeId};
use domain::refusal::Refusal;
use domain::timeline::{MilestoneKind, Rule};
use entity::account as accounts;
use entity::factor_recovery::{self, Column, Entity, Model};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde_json::json;

/// Days of the wait, each with a notice.
const DAYS: i32 = 3;
/// How long a recovery can be completed once the wait is over.
const OPEN: TimeDelta = TimeDelta::days(7);

/// What asking for recovery leads to.
#[derive(Debug)]
pub enum Asked {
    /// The wait goes on.
    Waiting(Model),
    /// The factors are gone and a session is open.
    Recovered(Box<(accounts::Model, Opened)>),
}

/// Begins the wait, tells how long it goes on, or completes it when it is over.
///
/// # Errors
/// [`Error::NotFound`]; `challenge_ended`; the database's.
pub async fn ask(tx: &Tx, cx: &Context<'_>, id: LoginChallengeId, device: &Device) -> Result<Asked, Error> {
    let account = account::lock(tx, challenge::owner(&**tx, id).await?).await?;
    let cx = &account::on_clock_of(tx, cx, &account).await?;
    challenge::require(tx, cx, &account, id).await?;
    match current(tx, cx, account.id).await? {
        None => Ok(Asked::Waiting(begin(tx, cx, &account).await?)),
        Some(recovery) if recovery.ready_at > cx.real_now => Ok(Asked::Waiting(recovery)),
        Some(recovery) => {
            end(tx, cx, &recovery).await?;
            erase_factors(tx, account.id).await?;
            let ended = Message::RecoveryEnded { completed: true };
            changed(tx, cx, &account, ("factor_recovery.completed", &ended), None).await?;
            let opened = session::open_by(tx, cx, &account, (device, Opening::Recovery)).await?;
            Ok(Asked::Recovered(Box::new((account, opened))))
        }
    }
}

async fn begin(tx: &Tx, cx: &Context<'_>, account: &accounts::Model) -> Result<Model, Error> {
    let (id, token): (FactorRecoveryId, _) = (cx.id(), cx.tools.entropy.token());
    let ready_at = cx.real_now + TimeDelta::days(DAYS.into());
    let row = factor_recovery::ActiveModel {
        id: Set(id),
        account_id: Set(account.id),
        sealed_token: Set(cx.tools.sealer.seal(&*cx.tools.entropy, &place(id, account.id), &token)),
        token_hash: Set(hash(cx, &token)),
        started_at: Set(cx.real_now),
        ready_at: Set(ready_at),
        lapses_at: Set(ready_at + OPEN),
        ended_at: Set(None),
    };
    let recovery = row.insert(&**tx).await?;
    for step in 1..=DAYS {
        let new = New {
            account,
            kind: MilestoneKind::FactorRecovery,
            subject: id.0,
            due_at: cx.real_now + TimeDelta::days(step.into()),
            rule: Rule::FactorsLost,
            step,
        };
        milestone::add_on_real_time(tx, cx, new).await?;
    }
    record::activity(tx, cx, account.id, "factor_recovery.started", Some(json!({ "ready_at": ready_at }))).await?;
    record::event(tx, cx, account.id, "factor_recovery.started", &id, json!({})).await?;
    notify(tx, cx, account, (&recovery, 0)).await?;
    Ok(recovery)
}

/// The notice of a day of the wait; the last says that it is over.
///
/// # Errors
/// The database's.
pub async fn due(tx: &Tx, cx: &Context<'_>, account: &accounts::Model, step: i32) -> Result<Effect, Error> {
    let Some(recovery) = Entity::under_way(account.id).one(&**tx).await? else {
        return Ok(Effect::Dropped("no_longer_holds"));
    };
    notify(tx, cx, account, (&recovery, step)).await?;
    Ok(Effect::Done("told"))
}

async fn notify(
    tx: &Tx,
    cx: &Context<'_>,
    account: &accounts::Model,
    (recovery, step): (&Model, i32),
) -> Result<(), Error> {
    let secret = cx.tools.sealer.open(&place(recovery.id, account.id), &recovery.sealed_token)?;
    let over = step >= DAYS;
    let until = if over { recovery.lapses_at } else { recovery.ready_at };
    let message = Message::FactorRecovery { secret, until, over };
    mail::tell_everywhere(tx, cx, account, &message, &format!("{}:{step}", recovery.id)).await
}

/// Cancels a recovery by the token of its notices.
///
/// # Errors
/// `code_invalid` for an unknown token, `code_expired` for one whose recovery ended; the database's.
pub async fn cancel_by_token(tx: &Tx, cx: &Context<'_>, token: &str) -> Result<(), Error> {
    let found = Entity::find().filter(Column::TokenHash.eq(hash(cx, token))).one(&**tx).await?;
    let found = found.ok_or(Refusal::CodeInvalid)?;
    let account = account::lock(tx, found.account_id).await?;
    let cx = &account::on_clock_of(tx, cx, &account).await?;
    if cancel(tx, cx, &account).await? { Ok(()) } else { Err(Refusal::CodeExpired.into()) }
}

/// Cancels what is under way: its owner still has a factor. Answers whether there was something.
///
/// # Errors
/// The database's.
pub async fn cancel(tx: &Tx, cx: &Context<'_>, account: &accounts::Model) -> Result<bool, Error> {
    let Some(recovery) = Entity::under_way(account.id).one(&**tx).await? else { return Ok(false) };
    end(tx, cx, &recovery).await?;
    record::activity(tx, cx, account.id, "factor_recovery.cancelled", None).await?;
    record::event(tx, cx, account.id, "factor_recovery.cancelled", &recovery.id, json!({})).await?;
    let message = Message::RecoveryEnded { completed: false };
    mail::tell_everywhere(tx, cx, account, &message, &recovery.id.to_string()).await?;
    Ok(true)
}

/// Refuses what must not change while a recovery is under way.
///
/// # Errors
/// `recovery_under_way`; the database's.
pub async fn require_none<C: ConnectionTrait>(db: &C, cx: &Context<'_>, owner: AccountId) -> Result<(), Error> {
    let open = Entity::under_way(owner).filter(Column::LapsesAt.gt(cx.real_now)).one(db).await?;
    if open.is_some() { Err(Refusal::RecoveryUnderWay.into()) } else { Ok(()) }
}

/// The recovery that is under way; one that nobody completed in time ends here.
async fn current(tx: &Tx, cx: &Context<'_>, owner: AccountId) -> Result<Option<Model>, Error> {
    let Some(recovery) = Entity::under_way(owner).one(&**tx).await? else { return Ok(None) };
    if recovery.lapses_at > cx.real_now {
        return Ok(Some(recovery));
    }
    end(tx, cx, &recovery).await?;
    Ok(None)
}

async fn end(tx: &Tx, cx: &Context<'_>, recovery: &Model) -> Result<(), Error> {
    Entity::update_many()
        .col_expr(Column::EndedAt, Expr::value(Some(cx.real_now)))
        .col_expr(Column::SealedToken, Expr::value(""))
        .filter(Column::Id.eq(recovery.id))
        .filter(Column::EndedAt.is_null())
        .exec(&**tx)
        .await?;
    milestone::drop_all(tx, cx, recovery.account_id, recovery.id.0).await
}

fn place(id: FactorRecoveryId, owner: AccountId) -> String {
    format!("factor_recovery:{id}:{owner}")
}

fn hash(cx: &Context<'_>, token: &str) -> String {
    cx.tools.sealer.hash("factor_recovery", token.trim())
}
