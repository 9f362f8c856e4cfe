//! Second factors that were lost. Who has a backup code gives them up at once, with a mailed code beside it;
//! who has none waits 72 hours with notices to every address, then a login may do without them, once.
//! Whoever proves a factor meanwhile, or has the token of a notice, ends the wait. Two mails are never two
//! proofs.

use super::{backup_codes, challenge, changed, erase_factors};
use crate::actions::code::{self, Purpose, Secret};
use crate::actions::milestone::{self, Effect, New};
use crate::actions::session::{self, Device, Opened, Opening};
use crate::actions::{Context, Error, account, record};
use crate::db::Tx;
use crate::mail::{self, Letter, Message};
use chrono::{DateTime, TimeDelta, Utc};
use domain::id::{AccountId, FactorRecoveryId, LoginChallengeId, OneTimeCodeId};
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

/// How long before a recovery was asked for a factor must have been there to end it by being used. Whoever got
/// in and added one of their own would otherwise keep its owner out with it for ever.
const ESTABLISHED: TimeDelta = TimeDelta::days(7);

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
            let opened = recovered(tx, cx, &account, device).await?;
            Ok(Asked::Recovered(Box::new((account, opened))))
        }
    }
}

/// Mails a code for a recovery without the wait, to who shows a backup code that could be used. Neither is
/// used up yet; its try at the challenge is counted.
///
/// # Errors
/// [`Error::NotFound`]; `challenge_ended`; [`Error::Unauthenticated`] for a wrong backup code;
/// [`Error::TooMany`] beyond the limit of mails; the database's.
pub async fn send_code(tx: &Tx, cx: &Context<'_>, id: LoginChallengeId, backup_code: &str) -> Result<(), Error> {
    let account = account::lock(tx, challenge::owner(&**tx, id).await?).await?;
    let cx = &account::on_clock_of(tx, cx, &account).await?;
    challenge::require(tx, cx, &account, id).await?;
    backup_codes::require(tx, cx, account.id, backup_code).await?;
    let sent = code::issued_since(tx, account.id, Purpose::RecoverFactors, cx.real_now - account::MAILS_WINDOW).await?;
    if sent >= account::MAILS_PER_HOUR {
        return Err(Error::TooMany { retry_after: account::MAILS_WINDOW.num_seconds().unsigned_abs() });
    }
    let new = code::New {
        account: account.id,
        purpose: Purpose::RecoverFactors,
        subject: Some(id.0),
        target: account.email.as_deref(),
        bound_to: None,
        valid: account::CODE_VALID,
        secret: Secret::Digits(account::CODE_DIGITS),
    };
    let secret = code::issue(tx, cx, new).await?;
    record::activity(tx, cx, account.id, "factor_recovery.code_sent", None).await?;
    record::event(tx, cx, account.id, "factor_recovery.code_sent", &id, json!({})).await?;
    let message = Message::RecoverFactors { secret, valid_minutes: account::CODE_VALID_MINUTES };
    let cause = format!("recover_factors:{id}:{}", cx.id::<OneTimeCodeId>());
    mail::queue(tx, cx, Letter::new(&account, &message, cause)).await
}

/// What two different proofs, a backup code and a mailed code, are.
#[derive(Clone, Copy)]
pub struct Proofs<'a> {
    /// Used up.
    pub backup_code: &'a str,
    /// The mailed code that a try was counted at, and its digits.
    pub mailed: (Option<OneTimeCodeId>, &'a str),
}

/// Gives the lost factors up at once; the try at the challenge is counted.
///
/// # Errors
/// [`Error::NotFound`]; `challenge_ended`; [`Error::Unauthenticated`] for a wrong backup code;
/// `code_invalid`, `code_expired`; the database's.
pub async fn complete(
    tx: &Tx,
    cx: &Context<'_>,
    id: LoginChallengeId,
    proofs: Proofs<'_>,
    device: &Device,
) -> Result<(accounts::Model, Opened), Error> {
    let account = account::lock(tx, challenge::owner(&**tx, id).await?).await?;
    let cx = &account::on_clock_of(tx, cx, &account).await?;
    challenge::require(tx, cx, &account, id).await?;
    let (counted, digits) = proofs.mailed;
    code::redeem_digits(tx, cx, Purpose::RecoverFactors, counted, digits).await?;
    backup_codes::accept(tx, cx, &account, proofs.backup_code).await?;
    if let Some(recovery) = current(tx, cx, account.id).await? {
        end(tx, cx, &recovery).await?;
    }
    let opened = recovered(tx, cx, &account, device).await?;
    Ok((account, opened))
}

/// Removes every factor, tells so everywhere, and opens a session that is not fresh.
async fn recovered(tx: &Tx, cx: &Context<'_>, account: &accounts::Model, device: &Device) -> Result<Opened, Error> {
    erase_factors(tx, account.id).await?;
    let ended = Message::RecoveryEnded { completed: true };
    changed(tx, cx, account, ("factor_recovery.completed", &ended), None).await?;
    session::open_by(tx, cx, account, (device, Opening::Recovery)).await
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
    let secret = Some(cx.tools.sealer.open(&place(recovery.id, account.id), &recovery.sealed_token)?);
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

/// Cancels what is under way when its owner still has a factor: one that was there since `since`.
///
/// # Errors
/// The database's.
pub async fn cancel_by_factor(
    tx: &Tx,
    cx: &Context<'_>,
    account: &accounts::Model,
    since: DateTime<Utc>,
) -> Result<(), Error> {
    let under_way = Entity::under_way(account.id).one(&**tx).await?;
    if under_way.is_some_and(|recovery| since <= recovery.started_at - ESTABLISHED) {
        cancel(tx, cx, account).await?;
    }
    Ok(())
}

/// Cancels what is under way. Answers whether there was something.
async fn cancel(tx: &Tx, cx: &Context<'_>, account: &accounts::Model) -> Result<bool, Error> {
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

pub(crate) fn place(id: FactorRecoveryId, owner: AccountId) -> String {
    format!("factor_recovery:{id}:{owner}")
}

fn hash(cx: &Context<'_>, token: &str) -> String {
    cx.tools.sealer.hash("factor_recovery", token.trim())
}
