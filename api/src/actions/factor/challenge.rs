//! Login challenges: the password was right, the second factor is awaited.

use super::security_keys::ceremony;
use super::{Proof, binding, enrolled, prove, remembered};
use crate::actions::session::{self, Device, Opened, Opening};
use crate::actions::{Context, Error, account};
use crate::db::Tx;
use chrono::{DateTime, TimeDelta, Utc};
use domain::factor::FactorMethod;
use domain::id::{AccountId, LoginChallengeId};
use domain::refusal::Refusal;
use entity::account as accounts;
use entity::login_challenge::{self, Column, Entity, Model};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

/// How long the second factor is awaited.
pub const VALID: TimeDelta = TimeDelta::minutes(10);
/// How long one that ended still says so.
const KEPT: TimeDelta = TimeDelta::days(1);

/// A login that waits.
#[derive(Debug, Clone)]
pub struct Challenged {
    /// The challenge.
    pub id: LoginChallengeId,
    /// What it can be answered with.
    pub methods: Vec<FactorMethod>,
}

/// Whether the device that answers shall be remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remember {
    /// For thirty days.
    Device,
    /// Not at all.
    Nothing,
}

/// Opens a challenge, if the account has a second factor. Those that ended are deleted.
///
/// # Errors
/// The database's.
pub(in crate::actions) async fn open(
    tx: &Tx,
    cx: &Context<'_>,
    account: &accounts::Model,
) -> Result<Option<Challenged>, Error> {
    let methods = enrolled(&**tx, account.id).await?;
    if methods.is_empty() {
        return Ok(None);
    }
    Entity::delete_many()
        .filter(Column::AccountId.eq(account.id))
        .filter(Column::ExpiresAt.lte(cx.real_now - VALID))
        .exec(&**tx)
        .await?;
    let row = login_challenge::ActiveModel {
        id: Set(cx.id()),
        account_id: Set(account.id),
        bound_to: Set(binding(&**tx, &cx.tools.sealer, account).await?),
        attempts: Set(0),
        created_at: Set(cx.real_now),
        expires_at: Set(cx.real_now + VALID),
        consumed_at: Set(None),
    };
    let challenge = row.insert(&**tx).await?;
    Ok(Some(Challenged { id: challenge.id, methods }))
}

/// A remembered device makes a challenge needless.
pub(in crate::actions) async fn withdraw(tx: &Tx, cx: &Context<'_>, id: LoginChallengeId) -> Result<(), Error> {
    let used = Expr::value(cx.real_now);
    Entity::update_many().col_expr(Column::ConsumedAt, used).filter(Column::Id.eq(id)).exec(&**tx).await?;
    Ok(())
}

/// Whose challenge it is, ended or not.
///
/// # Errors
/// [`Error::NotFound`]; the database's.
pub async fn owner<C: ConnectionTrait>(db: &C, id: LoginChallengeId) -> Result<AccountId, Error> {
    Entity::find_by_id(id).one(db).await?.map(|challenge| challenge.account_id).ok_or(Error::NotFound)
}

/// Answers a challenge whose try is counted: opens the session, and remembers the device if asked to.
///
/// # Errors
/// `challenge_ended`; [`Error::Unauthenticated`] for a wrong factor; the database's.
pub async fn answer(
    tx: &Tx,
    cx: &Context<'_>,
    id: LoginChallengeId,
    (proof, remember): (Proof<'_>, Remember),
    device: &Device,
) -> Result<(accounts::Model, Opened, Option<String>), Error> {
    let owner = owner(&**tx, id).await?;
    let account = account::lock(tx, owner).await?;
    let cx = &account::on_clock_of(tx, cx, &account).await?;
    let challenge = Entity::of(owner).filter(Column::Id.eq(id)).one(&**tx).await?.ok_or(Error::NotFound)?;
    still_holds(tx, cx, &account, &challenge).await?;
    let method = prove(tx, cx, &account, proof).await?;
    let used = Entity::update_many()
        .col_expr(Column::ConsumedAt, Expr::value(cx.real_now))
        .filter(Column::Id.eq(id))
        .filter(Column::ConsumedAt.is_null())
        .exec(&**tx)
        .await?;
    if used.rows_affected != 1 {
        return Err(Refusal::ChallengeEnded.into());
    }
    let opened = session::open_by(tx, cx, &account, (device, Opening::Factor(method))).await?;
    let token = match remember {
        Remember::Device => Some(remembered::remember(tx, cx, &account, device).await?),
        Remember::Nothing => None,
    };
    Ok((account, opened, token))
}

/// Asks a security key for the second factor.
///
/// # Errors
/// [`Error::NotFound`]; `challenge_ended`; `no_security_key`; the database's.
pub async fn ask_key(tx: &Tx, cx: &Context<'_>, id: LoginChallengeId) -> Result<ceremony::Begun, Error> {
    let account = account::lock(tx, owner(&**tx, id).await?).await?;
    let cx = &account::on_clock_of(tx, cx, &account).await?;
    require(tx, cx, &account, id).await?;
    ceremony::assert(tx, cx, ceremony::Bound::Login(account.id, id)).await
}

/// Refuses a challenge that ended; one that is asked for something else than a session stays open.
///
/// # Errors
/// [`Error::NotFound`]; `challenge_ended`; the database's.
pub(super) async fn require(
    tx: &Tx,
    cx: &Context<'_>,
    account: &accounts::Model,
    id: LoginChallengeId,
) -> Result<(), Error> {
    let challenge = Entity::of(account.id).filter(Column::Id.eq(id)).one(&**tx).await?.ok_or(Error::NotFound)?;
    still_holds(tx, cx, account, &challenge).await
}

/// The account, its password and its factors are still those of the login.
async fn still_holds(tx: &Tx, cx: &Context<'_>, account: &accounts::Model, challenge: &Model) -> Result<(), Error> {
    let bound = binding(&**tx, &cx.tools.sealer, account).await?;
    let alive = challenge.consumed_at.is_none() && challenge.expires_at > cx.real_now;
    if alive && challenge.bound_to == bound && account::is_open(account.status) {
        return Ok(());
    }
    Err(Refusal::ChallengeEnded.into())
}

/// Deletes challenges that ended long before `now`; answers how many.
///
/// # Errors
/// The database's.
pub async fn forget(tx: &Tx, now: DateTime<Utc>) -> Result<u64, Error> {
    Ok(Entity::delete_many().filter(Column::ExpiresAt.lt(now - KEPT)).exec(&**tx).await?.rows_affected)
}
