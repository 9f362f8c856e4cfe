//! Codes and tokens that are mailed or sent, for every purpose. Only a keyed hash is stored; the newest of a purpose and
//! subject replaces those before it.
//!
//! A code of six digits could be guessed, so guesses are counted: [`count_try`] adds one in a
//! transaction of its own, before anything is compared and whatever becomes of the request, and
//! [`redeem_digits`] compares and uses the code up in the business transaction. A token of 256 bits
//! needs no counting: [`redeem_token`].
//!
//! Whoever issues holds the row lock of the account (`super::account::lock`), so that two requests at
//! once leave one code.

use super::{Context, Error};
use crate::app::App;
use crate::db::Tx;
use crate::seal::{Sealer, same};
use chrono::{DateTime, TimeDelta, Utc};
use domain::id::{AccountId, OneTimeCodeId};
use domain::refusal::Refusal;
use entity::one_time_code::{Column, Entity, Model};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, Order, PaginatorTrait, QueryFilter,
    QueryOrder,
};
use uuid::Uuid;

/// Guesses at one code.
const MAX_TRIES: i32 = 5;

/// What a code or token is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Proves the primary address.
    VerifyEmail,
    /// Proves a new primary address.
    ChangeEmail,
    /// Proves a backup address.
    VerifyBackupEmail,
    /// Proves a phone number.
    VerifyPhone,
    /// Proves an extra address for mails (its subject), or one whose mails came back.
    ProveAddress,
    /// Sets a new password.
    ResetPassword,
    /// Gives up lost second factors, beside a backup code; its subject is the login challenge.
    RecoverFactors,
    /// Confirms the immediate deletion of a service; its subject is the cancellation.
    DeleteService,
    /// Confirms the closure of the account; its subject is the closure.
    CloseAccount,
}

impl Purpose {
    /// Its one spelling in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify_email",
            Self::ChangeEmail => "change_email",
            Self::VerifyBackupEmail => "verify_backup_email",
            Self::VerifyPhone => "verify_phone",
            Self::ProveAddress => "prove_address",
            Self::ResetPassword => "reset_password",
            Self::RecoverFactors => "recover_factors",
            Self::DeleteService => "delete_service",
            Self::CloseAccount => "close_account",
        }
    }

    /// The clock that its validity counts on: authentication is real time, what the agreement dates
    /// (deletion, closure) is the account's.
    #[must_use]
    pub const fn now(self, cx: &Context<'_>) -> DateTime<Utc> {
        match self {
            Self::VerifyEmail
            | Self::ChangeEmail
            | Self::VerifyBackupEmail
            | Self::VerifyPhone
            | Self::ProveAddress
            | Self::ResetPassword
            | Self::RecoverFactors => cx.real_now,
            Self::DeleteService | Self::CloseAccount => cx.now,
        }
    }
}

/// What the secret looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secret {
    /// So many decimal digits, typed by a person.
    Digits(usize),
    /// 256 random bits in URL-safe base64.
    Token,
}

/// A code to issue.
#[derive(Debug, Clone)]
pub struct New<'a> {
    /// Whose.
    pub account: AccountId,
    /// What for.
    pub purpose: Purpose,
    /// What it acts on, where that is not the account itself.
    pub subject: Option<Uuid>,
    /// The address or the number that it proves.
    pub target: Option<&'a str>,
    /// State (see [`state`]) that must still be the same when it is used.
    pub bound_to: Option<String>,
    /// How long it can be used, on the clock of its purpose.
    pub valid: TimeDelta,
    /// What it looks like.
    pub secret: Secret,
}

/// Stores a code or token and answers its secret, which is kept nowhere else. What was issued before
/// for the same purpose and subject can't be used any more.
///
/// # Errors
/// The database's.
pub async fn issue(tx: &Tx, cx: &Context<'_>, new: New<'_>) -> Result<String, Error> {
    supersede(tx, cx, new.account, new.purpose, new.subject).await?;
    let tools = cx.tools;
    let (secret, context) = match new.secret {
        Secret::Digits(digits) => (tools.entropy.code(digits), digits_context(new.purpose, new.account)),
        Secret::Token => (tools.entropy.token(), token_context(new.purpose)),
    };
    let now = new.purpose.now(cx);
    let row = entity::one_time_code::ActiveModel {
        id: Set(cx.id()),
        account_id: Set(new.account),
        purpose: Set(new.purpose.as_str().to_owned()),
        subject_id: Set(new.subject),
        target: Set(new.target.map(str::to_owned)),
        secret_hash: Set(tools.sealer.hash(&context, &secret)),
        bound_to: Set(new.bound_to),
        attempts: Set(0),
        max_attempts: Set(MAX_TRIES),
        created_at: Set(now),
        expires_at: Set(now.checked_add_signed(new.valid).ok_or_else(|| Error::internal("code validity"))?),
        consumed_at: Set(None),
        superseded_at: Set(None),
    };
    row.insert(&**tx).await?;
    Ok(secret)
}

/// Makes every unused code of a purpose and subject useless.
///
/// # Errors
/// The database's.
pub async fn supersede(
    tx: &Tx,
    cx: &Context<'_>,
    account: AccountId,
    purpose: Purpose,
    subject: Option<Uuid>,
) -> Result<(), Error> {
    let unused = Entity::update_many()
        .col_expr(Column::SupersededAt, Expr::value(purpose.now(cx)))
        .filter(Column::AccountId.eq(account))
        .filter(Column::Purpose.eq(purpose.as_str()))
        .filter(Column::ConsumedAt.is_null())
        .filter(Column::SupersededAt.is_null());
    let unused = match subject {
        Some(subject) => unused.filter(Column::SubjectId.eq(subject)),
        None => unused.filter(Column::SubjectId.is_null()),
    };
    unused.exec(&**tx).await?;
    Ok(())
}

/// How many codes of a purpose an account was sent since an instant of that purpose's clock.
///
/// # Errors
/// The database's.
pub async fn issued_since(tx: &Tx, account: AccountId, purpose: Purpose, since: DateTime<Utc>) -> Result<u64, Error> {
    Ok(Entity::of(account, purpose.as_str(), None).filter(Column::CreatedAt.gt(since)).count(&**tx).await?)
}

/// How many codes of a purpose an address or a number was sent since an instant of that purpose's clock, for whichever
/// account.
///
/// # Errors
/// The database's.
pub async fn mailed_since(tx: &Tx, target: &str, purpose: Purpose, since: DateTime<Utc>) -> Result<u64, Error> {
    let mailed = Entity::find().filter(Column::Target.eq(target)).filter(Column::Purpose.eq(purpose.as_str()));
    Ok(mailed.filter(Column::CreatedAt.gt(since)).count(&**tx).await?)
}

/// Counts a guess at the newest code of a purpose, durably, before it is compared. `None` when there is
/// no such code or its guesses are used up: then nothing is compared.
///
/// # Errors
/// The database's.
pub async fn count_try(
    app: &App,
    account: AccountId,
    purpose: Purpose,
    subject: Option<Uuid>,
) -> Result<Option<OneTimeCodeId>, Error> {
    app.transact(async |tx| {
        let codes = Entity::of(account, purpose.as_str(), subject);
        // of two of one instant, the one that was not replaced
        let live = Expr::col(Column::SupersededAt).is_null();
        let newest = codes.order_by_desc(Column::CreatedAt).order_by(live, Order::Desc).one(&**tx).await?;
        let Some(newest) = newest else { return Ok(None) };
        let counted = Entity::update_many()
            .col_expr(Column::Attempts, Expr::col(Column::Attempts).add(1))
            .filter(Column::Id.eq(newest.id))
            .filter(Column::Attempts.lt(newest.max_attempts))
            .exec(&**tx)
            .await?;
        Ok((counted.rows_affected == 1).then_some(newest.id))
    })
    .await
}

/// Compares digits with the code that a guess was counted at, and uses it up.
///
/// # Errors
/// `code_invalid` when they differ or no guess is left, `code_expired` when they are right but used,
/// replaced or too old.
pub async fn redeem_digits(
    tx: &Tx,
    cx: &Context<'_>,
    purpose: Purpose,
    counted: Option<OneTimeCodeId>,
    digits: &str,
) -> Result<Model, Error> {
    let Some(id) = counted else { return Err(Refusal::CodeInvalid.into()) };
    let code = Entity::find_by_id(id).filter(Column::Purpose.eq(purpose.as_str())).one(&**tx).await?;
    let code = code.ok_or(Refusal::CodeInvalid)?;
    let hash = cx.tools.sealer.hash(&digits_context(purpose, code.account_id), digits.trim());
    if !same(&hash, &code.secret_hash) {
        return Err(Refusal::CodeInvalid.into());
    }
    consume(tx, cx, purpose, code).await
}

/// Finds what a token was issued for, used or not.
///
/// # Errors
/// `code_invalid` for a token that was never issued; the database's.
pub async fn find_token<C: ConnectionTrait>(
    db: &C,
    sealer: &Sealer,
    purpose: Purpose,
    token: &str,
) -> Result<Model, Error> {
    let hash = sealer.hash(&token_context(purpose), token.trim());
    let found = Entity::with_hash(&hash).filter(Column::Purpose.eq(purpose.as_str())).one(db).await?;
    found.ok_or_else(|| Refusal::CodeInvalid.into())
}

/// Uses a token up.
///
/// # Errors
/// `code_invalid` for a token that was never issued, or for another account or subject;
/// `code_expired` when it is used, replaced or too old.
pub async fn redeem_token(
    tx: &Tx,
    cx: &Context<'_>,
    purpose: Purpose,
    belongs: (AccountId, Option<Uuid>),
    token: &str,
) -> Result<Model, Error> {
    let code = find_token(&**tx, &cx.tools.sealer, purpose, token).await?;
    if (code.account_id, code.subject_id) != belongs {
        return Err(Refusal::CodeInvalid.into());
    }
    consume(tx, cx, purpose, code).await
}

/// The hash of a state that a code is bound to: another state makes it useless.
#[must_use]
pub fn state(sealer: &Sealer, parts: &[&str]) -> String {
    sealer.hash("code:state", &parts.join("\n"))
}

/// Refuses a code or token that is used, replaced or too old, without using it up.
///
/// # Errors
/// `code_expired`.
pub fn require_unused(cx: &Context<'_>, purpose: Purpose, code: &Model) -> Result<(), Error> {
    let unused = code.consumed_at.is_none() && code.superseded_at.is_none() && code.expires_at > purpose.now(cx);
    if unused { Ok(()) } else { Err(Refusal::CodeExpired.into()) }
}

async fn consume(tx: &Tx, cx: &Context<'_>, purpose: Purpose, code: Model) -> Result<Model, Error> {
    require_unused(cx, purpose, &code)?;
    let now = purpose.now(cx);
    let used = Entity::update_many()
        .col_expr(Column::ConsumedAt, Expr::value(now))
        .filter(Column::Id.eq(code.id))
        .filter(Column::ConsumedAt.is_null())
        .filter(Column::SupersededAt.is_null())
        .exec(&**tx)
        .await?;
    if used.rows_affected == 0 {
        return Err(Refusal::CodeExpired.into());
    }
    if let Some(address) = code.target.as_ref().filter(|_| purpose != Purpose::VerifyPhone) {
        // it was read there: mails arrive
        super::mailing::works_again(tx, code.account_id, address).await?;
    }
    Ok(code)
}

/// Digits are few: their hash holds for one account only.
fn digits_context(purpose: Purpose, account: AccountId) -> String {
    format!("code:{}:{account}", purpose.as_str())
}

fn token_context(purpose: Purpose) -> String {
    format!("code:{}", purpose.as_str())
}
