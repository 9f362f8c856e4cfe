//! Sessions: opened by a password or a proven address, kept by rotating refresh tokens, ended by their
//! owner, by a new password, by a stolen token, after a while without use, or at the end of their life. All
//! on real time.
//!
//! Whoever locks a session locks its account first: what changes an account ends its sessions, so any other
//! order could wait for itself.

use super::{Context, Error, record};
use crate::config::SessionConfig;
use crate::db::Tx;
use chrono::{DateTime, TimeDelta, Utc};
use domain::factor::FactorMethod;
use domain::id::{AccountId, RefreshTokenId, SessionId};
use entity::{account, refresh_token, session};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

pub mod authenticate;
pub mod device;
pub mod log_in;
pub mod prove;
pub mod refresh;
pub mod seen;
pub mod throttle;

pub use authenticate::{Upkeep, authenticate, upkeep};
pub use log_in::log_in;
pub use prove::prove;
pub use refresh::refresh;

/// What fits the columns.
const ADDRESS_MAX: usize = 45;
const USER_AGENT_MAX: usize = 255;

/// What a session was opened from, as the owner will recognise it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Device {
    /// The `User-Agent` of the request.
    pub user_agent: Option<String>,
}

/// A session with the secret that keeps it.
#[derive(Clone)]
pub struct Opened {
    /// The session.
    pub session: session::Model,
    /// Shown once; stored as a keyed hash.
    pub refresh_token: String,
    /// Its id, by which an access token says what it came with.
    pub token_id: RefreshTokenId,
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opened").field("session", &self.session.id).finish_non_exhaustive()
    }
}

/// What a session is opened by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// The password, or a proven address, where there is no second factor.
    Password,
    /// The password and a second factor.
    Factor(FactorMethod),
    /// A key that named the account and verified its user: two factors in one.
    Passkey,
    /// The password from a device that is remembered: no second factor was proven.
    Remembered,
    /// The password, after the wait that replaces a lost factor: a weaker proof.
    Recovery,
}

impl Opening {
    /// As the session keeps it.
    fn words(self) -> String {
        match self {
            Self::Password => "password".to_owned(),
            Self::Factor(method) => format!("password {method}"),
            Self::Passkey => "passkey".to_owned(),
            Self::Remembered => REMEMBERED.to_owned(),
            Self::Recovery => RECOVERY.to_owned(),
        }
    }
}

/// What sessions from remembered devices are opened by.
const REMEMBERED: &str = "password remembered_device";

/// What sessions that end a recovery are opened by.
const RECOVERY: &str = "password recovery";

/// Whether the only proof that a session had is the recovery that opened it: that is never fresh.
#[must_use]
pub fn is_only_recovered(session: &session::Model) -> bool {
    session.proven_by.as_deref() == Some(RECOVERY) && session.authenticated_at <= session.created_at
}

/// Opens a session for an account without second factor that proved who it is.
///
/// # Errors
/// As [`open_by`].
pub async fn open(tx: &Tx, cx: &Context<'_>, account: &account::Model, device: &Device) -> Result<Opened, Error> {
    open_by(tx, cx, account, (device, Opening::Password)).await
}

/// Opens a session for an account that proved who it is.
///
/// # Errors
/// [`Error::Unauthenticated`] from an address that the account's rules refuse; the database's.
pub async fn open_by(
    tx: &Tx,
    cx: &Context<'_>,
    account: &account::Model,
    (device, opening): (&Device, Opening),
) -> Result<Opened, Error> {
    if !super::account::ip_rules::allow(account, cx.address.as_deref())? {
        return Err(Error::Unauthenticated);
    }
    let cut = |text: &String, max: usize| text.chars().take(max).collect::<String>();
    let row = session::ActiveModel {
        id: Set(cx.id()),
        account_id: Set(account.id),
        created_at: Set(cx.real_now),
        authenticated_at: Set(cx.real_now),
        last_seen_at: Set(cx.real_now),
        expires_at: Set(cx.real_now + TimeDelta::days(cx.tools.config.session.lifetime_days)),
        ended_at: Set(None),
        address: Set(cx.address.as_ref().map(|address| cut(address, ADDRESS_MAX))),
        user_agent: Set(device.user_agent.as_ref().map(|agent| cut(agent, USER_AGENT_MAX))),
        proven_by: Set(Some(opening.words())),
        factor_at: Set(matches!(opening, Opening::Factor(_) | Opening::Passkey).then_some(cx.real_now)),
        seen_token_id: Set(None),
    };
    let session = row.insert(&**tx).await?;
    let refresh_token = cx.tools.entropy.token();
    let token_id = add_token(tx, cx, (session.id, None), &refresh_token).await?;
    device::remember(tx, cx, account).await?;
    record::activity(tx, cx, account.id, "session.opened", Some(json!({ "session": session.id }))).await?;
    record::event(tx, cx, account.id, "session.opened", &session.id, json!({})).await?;
    Ok(Opened { session, refresh_token, token_id })
}

/// Notes that a second factor was proven in a session just now.
///
/// # Errors
/// [`Error::Unauthenticated`] for a session that ended meanwhile; the database's.
pub async fn note_factor(tx: &Tx, cx: &Context<'_>, owner: AccountId, id: SessionId) -> Result<(), Error> {
    let noted = session::Entity::update_many()
        .col_expr(session::Column::FactorAt, Expr::value(cx.real_now))
        .filter(session::Column::Id.eq(id))
        .filter(session::Column::AccountId.eq(owner))
        .filter(session::Column::EndedAt.is_null())
        .exec(&**tx)
        .await?;
    if noted.rows_affected == 1 { Ok(()) } else { Err(Error::Unauthenticated) }
}

/// Whether a session satisfies what its account wants now: one with second factors wants one of them, or a
/// remembered device, in each.
pub(super) fn satisfies(session: &session::Model, methods: &[FactorMethod]) -> bool {
    methods.is_empty() || session.factor_at.is_some() || session.proven_by.as_deref() == Some(REMEMBERED)
}

/// Ends one session of an account. Ending it twice is no error.
///
/// # Errors
/// [`Error::NotFound`] for another's; the database's.
pub async fn end(tx: &Tx, cx: &Context<'_>, owner: AccountId, id: SessionId) -> Result<(), Error> {
    super::account::lock(tx, owner).await?;
    let found = session::Entity::of(owner).filter(session::Column::Id.eq(id)).one(&**tx).await?;
    let session = found.ok_or(Error::NotFound)?;
    if session.ended_at.is_some() {
        return Ok(());
    }
    close(tx, cx, Which::One(id)).await?;
    record::activity(tx, cx, owner, "session.ended", Some(json!({ "session": id }))).await?;
    record::event(tx, cx, owner, "session.ended", &id, json!({})).await
}

/// Ends every session of an account, except one if it is named.
///
/// # Errors
/// The database's.
pub async fn end_all(tx: &Tx, cx: &Context<'_>, owner: AccountId, except: Option<SessionId>) -> Result<(), Error> {
    super::account::lock(tx, owner).await?;
    let live = live_sessions(owner, cx, except).all(&**tx).await?;
    for session in live {
        end(tx, cx, owner, session.id).await?;
    }
    // expired ones keep no usable token either
    close(tx, cx, Which::AllOf(owner, except)).await
}

/// How long a session lives without any use.
pub(in crate::actions) const fn idle(config: &SessionConfig) -> TimeDelta {
    TimeDelta::hours(config.idle_hours)
}

/// Whether a session can be used: not ended, not too old, not left alone for too long.
#[must_use]
pub fn lives(session: &session::Model, config: &SessionConfig, now: DateTime<Utc>) -> bool {
    session.ended_at.is_none() && ends_at(session, config) > now
}

/// When a session ends if nobody uses it any more.
#[must_use]
pub fn ends_at(session: &session::Model, config: &SessionConfig) -> DateTime<Utc> {
    Ord::min(session.expires_at, session.last_seen_at + idle(config))
}

/// The sessions of an account that can be used: [`lives`], asked of the database.
pub fn live(owner: AccountId, config: &SessionConfig, now: DateTime<Utc>) -> sea_orm::Select<session::Entity> {
    session::Entity::of(owner)
        .filter(session::Column::EndedAt.is_null())
        .filter(session::Column::ExpiresAt.gt(now))
        .filter(session::Column::LastSeenAt.gt(now - idle(config)))
}

fn live_sessions(owner: AccountId, cx: &Context<'_>, except: Option<SessionId>) -> sea_orm::Select<session::Entity> {
    let live = live(owner, &cx.tools.config.session, cx.real_now);
    match except {
        Some(id) => live.filter(session::Column::Id.ne(id)),
        None => live,
    }
}

#[derive(Clone, Copy)]
enum Which {
    One(SessionId),
    AllOf(AccountId, Option<SessionId>),
}

/// Ends sessions and revokes their tokens.
async fn close(tx: &Tx, cx: &Context<'_>, which: Which) -> Result<(), Error> {
    let chosen = match which {
        Which::One(id) => session::Column::Id.eq(id),
        Which::AllOf(owner, None) => session::Column::AccountId.eq(owner),
        Which::AllOf(owner, Some(except)) => session::Column::AccountId.eq(owner).and(session::Column::Id.ne(except)),
    };
    let ids = Query::select().column(session::Column::Id).from(session::Entity).and_where(chosen.clone()).to_owned();
    session::Entity::update_many()
        .col_expr(session::Column::EndedAt, Expr::value(cx.real_now))
        .filter(chosen)
        .filter(session::Column::EndedAt.is_null())
        .exec(&**tx)
        .await?;
    refresh_token::Entity::update_many()
        .col_expr(refresh_token::Column::RevokedAt, Expr::value(cx.real_now))
        .filter(refresh_token::Column::SessionId.in_subquery(ids))
        .filter(refresh_token::Column::RevokedAt.is_null())
        .exec(&**tx)
        .await?;
    Ok(())
}

/// Adds a refresh token to a session's chain.
async fn add_token(
    tx: &Tx,
    cx: &Context<'_>,
    (session, parent): (SessionId, Option<RefreshTokenId>),
    secret: &str,
) -> Result<RefreshTokenId, Error> {
    let id: RefreshTokenId = cx.id();
    let row = refresh_token::ActiveModel {
        id: Set(id),
        session_id: Set(session),
        token_hash: Set(hash(cx, secret)),
        parent_id: Set(parent),
        issued_at: Set(cx.real_now),
        used_at: Set(None),
        revoked_at: Set(None),
    };
    row.insert(&**tx).await?;
    Ok(id)
}

/// The keyed hash under which a refresh token is stored.
fn hash(cx: &Context<'_>, token: &str) -> String {
    cx.tools.sealer.hash("refresh_token", token)
}
