//! Second factors. One place answers which an account has ([`enrolled`]), counts every try before it is
//! compared ([`count_try`]) and compares and uses up ([`prove`]): login, step-up and removal take the same.

use super::{Context, Error, account, record, session};
use crate::app::App;
use crate::db::Tx;
use crate::mail::{self, Message};
use crate::seal::Sealer;
use domain::factor::FactorMethod;
use domain::id::{AccountId, LoginChallengeId, SessionId};
use domain::refusal::Refusal;
use entity::{
    account as accounts, backup_code, factor_guard, factor_recovery, login_challenge, remembered_device, security_key,
    totp_device,
};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::json;

pub mod backup_codes;
pub mod challenge;
pub mod recovery;
pub mod remembered;
pub mod security_keys;
pub mod totp;

/// Tries at one challenge.
const MAX_TRIES: i32 = 5;
/// Tries at one account at once; after that one a minute.
const BURST: i64 = 10;
/// What a try costs of the account's budget, in milliseconds.
const COST: i64 = 60_000;

/// What somebody shows to prove a second factor.
#[derive(Clone, Copy)]
pub enum Proof<'a> {
    /// A code of an authenticator app.
    Totp(&'a str),
    /// A backup code.
    BackupCode(&'a str),
    /// What a security key answered, judged already.
    SecurityKey(&'a security_keys::answer::Verdict),
}

impl Proof<'_> {
    /// The kind of factor.
    #[must_use]
    pub const fn method(&self) -> FactorMethod {
        match self {
            Self::Totp(_) => FactorMethod::Totp,
            Self::BackupCode(_) => FactorMethod::BackupCode,
            Self::SecurityKey(_) => FactorMethod::SecurityKey,
        }
    }
}

/// The kinds of second factor that an account can prove; none when it has neither app nor key. Backup codes
/// alone are no factor: they stand in for one that was lost.
///
/// # Errors
/// The database's.
pub async fn enrolled<C: ConnectionTrait>(db: &C, owner: AccountId) -> Result<Vec<FactorMethod>, Error> {
    let mut methods = Vec::new();
    if totp_device::Entity::active(owner).limit(1).count(db).await? > 0 {
        methods.push(FactorMethod::Totp);
    }
    // a suspended one, too: an account never falls back to its password alone by itself
    if security_key::Entity::of(owner).limit(1).count(db).await? > 0 {
        methods.push(FactorMethod::SecurityKey);
    }
    if !methods.is_empty() && backup_code::Entity::usable(owner).limit(1).count(db).await? > 0 {
        methods.push(FactorMethod::BackupCode);
    }
    Ok(methods)
}

/// Hash of the password's version and the factors: what is bound to it is void once one of them changes.
///
/// # Errors
/// The database's.
pub async fn binding<C: ConnectionTrait>(db: &C, sealer: &Sealer, account: &accounts::Model) -> Result<String, Error> {
    let devices = totp_device::Entity::active(account.id).order_by_asc(totp_device::Column::Id).all(db).await?;
    let keys = security_key::Entity::of(account.id).order_by_asc(security_key::Column::Id).all(db).await?;
    let factors = devices.iter().map(|device| device.id.to_string()).chain(keys.iter().map(|key| key.id.to_string()));
    let parts: Vec<String> = [account.id.to_string(), account.password_changed_at.timestamp_micros().to_string()]
        .into_iter()
        .chain(factors)
        .collect();
    Ok(sealer.hash("factor:binding", &parts.join("\n")))
}

/// Counts a try, durably, before anything is compared and whatever becomes of the request: at most five at
/// a challenge, ten at an account and then one a minute, whatever logins are begun anew.
///
/// # Errors
/// `challenge_ended`; [`Error::TooMany`]; the database's.
pub async fn count_try(
    app: &App,
    cx: &Context<'_>,
    owner: AccountId,
    challenge: Option<LoginChallengeId>,
) -> Result<(), Error> {
    let now = cx.real_now.timestamp_millis();
    app.transact(async |tx| {
        if let Some(id) = challenge {
            use login_challenge::Column;
            let counted = login_challenge::Entity::update_many()
                .col_expr(Column::Attempts, Expr::col(Column::Attempts).add(1))
                .filter(Column::Id.eq(id))
                .filter(Column::Attempts.lt(MAX_TRIES))
                .filter(Column::ConsumedAt.is_null())
                .filter(Column::ExpiresAt.gt(cx.real_now))
                .exec(&**tx)
                .await?;
            if counted.rows_affected != 1 {
                return Err(Refusal::ChallengeEnded.into());
            }
        }
        take(tx, owner, now).await
    })
    .await
}

/// Takes one try of the account's budget in one statement.
async fn take(tx: &Tx, owner: AccountId, now: i64) -> Result<(), Error> {
    use factor_guard::Column;
    let row = factor_guard::ActiveModel { account_id: Set(owner), full_at: Set(0) };
    factor_guard::Entity::insert(row)
        .on_conflict(OnConflict::column(Column::AccountId).do_nothing().to_owned())
        .exec_without_returning(&**tx)
        .await?;
    let from = Expr::case(Expr::col(Column::FullAt).gt(now), Expr::col(Column::FullAt)).finally(now);
    let taken = factor_guard::Entity::update_many()
        .col_expr(Column::FullAt, Expr::Case(Box::new(from)).add(COST))
        .filter(Column::AccountId.eq(owner))
        .filter(Column::FullAt.lte(now + (BURST - 1) * COST))
        .exec(&**tx)
        .await?;
    if taken.rows_affected == 1 {
        return Ok(());
    }
    let guard = factor_guard::Entity::find_by_id(owner).one(&**tx).await?;
    let wait = guard.map_or(COST, |guard| guard.full_at - (BURST - 1) * COST - now);
    Err(Error::TooMany { retry_after: u64::try_from(wait.div_euclid(1000) + 1).unwrap_or(1) })
}

/// Compares a second factor and uses it up; the try at it is counted already ([`count_try`]) and is given
/// back. The account's row is locked by the caller.
///
/// # Errors
/// [`Error::Unauthenticated`] for a wrong or used code; the database's.
pub async fn prove(
    tx: &Tx,
    cx: &Context<'_>,
    account: &accounts::Model,
    proof: Proof<'_>,
) -> Result<FactorMethod, Error> {
    let since = match proof {
        Proof::Totp(code) => totp::accept(tx, cx, account.id, code).await?,
        Proof::BackupCode(code) => backup_codes::accept(tx, cx, account, code).await?,
        Proof::SecurityKey(verdict) => security_keys::answer::accept(tx, cx, account, verdict).await?,
    };
    let full_at = factor_guard::Column::FullAt;
    factor_guard::Entity::update_many()
        .col_expr(full_at, Expr::col(full_at).sub(COST))
        .filter(factor_guard::Column::AccountId.eq(account.id))
        .exec(&**tx)
        .await?;
    recovery::cancel_by_factor(tx, cx, account, since).await?;
    Ok(proof.method())
}

/// Notes durably that a second factor was wrong. After a right password the owner is told at every address,
/// once an hour at most.
///
/// # Errors
/// The database's.
pub async fn refused(
    app: &App,
    cx: &Context<'_>,
    owner: AccountId,
    challenge: Option<LoginChallengeId>,
) -> Result<(), Error> {
    app.transact(async |tx| {
        let found = account::lock(tx, owner).await?;
        let cx = &account::on_clock_of(tx, cx, &found).await?;
        let data = challenge.map(|id| json!({ "challenge": id }));
        record::activity(tx, cx, owner, "security.factor_refused", data).await?;
        if challenge.is_none() {
            return Ok(());
        }
        let message = Message::SecondFactorRefused { address: cx.address.clone(), at: cx.real_now };
        let occasion = format!("{owner}:{}", cx.real_now.timestamp().div_euclid(3_600));
        mail::tell_everywhere(tx, cx, &found, &message, &occasion).await
    })
    .await
}

/// What follows every change of factors: other sessions end, remembered devices and waiting logins are
/// void, the owner is told at every address.
///
/// # Errors
/// The database's.
pub async fn changed(
    tx: &Tx,
    cx: &Context<'_>,
    account: &accounts::Model,
    (kind, message): (&'static str, &Message),
    keep: Option<SessionId>,
) -> Result<(), Error> {
    session::end_all(tx, cx, account.id, keep).await?;
    remembered_device::Entity::delete_many()
        .filter(remembered_device::Column::AccountId.eq(account.id))
        .exec(&**tx)
        .await?;
    login_challenge::Entity::update_many()
        .col_expr(login_challenge::Column::ConsumedAt, Expr::value(cx.real_now))
        .filter(login_challenge::Column::AccountId.eq(account.id))
        .filter(login_challenge::Column::ConsumedAt.is_null())
        .exec(&**tx)
        .await?;
    if enrolled(&**tx, account.id).await?.is_empty() {
        backup_codes::forget(tx, account.id).await?;
    }
    record::activity(tx, cx, account.id, kind, None).await?;
    record::event(tx, cx, account.id, kind, &account.id, json!({})).await?;
    let occasion = cx.id::<LoginChallengeId>().to_string();
    mail::tell_everywhere(tx, cx, account, message, &occasion).await
}

/// Erases every factor of an account that is closed.
///
/// # Errors
/// The database's.
pub(super) async fn erase(tx: &Tx, owner: AccountId) -> Result<(), Error> {
    erase_factors(tx, owner).await?;
    let recoveries = factor_recovery::Entity::delete_many().filter(factor_recovery::Column::AccountId.eq(owner));
    recoveries.exec(&**tx).await?;
    let remembered = remembered_device::Entity::delete_many().filter(remembered_device::Column::AccountId.eq(owner));
    remembered.exec(&**tx).await?;
    let challenges = login_challenge::Entity::delete_many().filter(login_challenge::Column::AccountId.eq(owner));
    challenges.exec(&**tx).await?;
    factor_guard::Entity::delete_by_id(owner).exec(&**tx).await?;
    Ok(())
}

/// Deletes every second factor of an account.
async fn erase_factors(tx: &Tx, owner: AccountId) -> Result<(), Error> {
    security_keys::erase(tx, owner).await?;
    backup_codes::forget(tx, owner).await?;
    let devices = totp_device::Entity::delete_many().filter(totp_device::Column::AccountId.eq(owner));
    devices.exec(&**tx).await?;
    Ok(())
}
