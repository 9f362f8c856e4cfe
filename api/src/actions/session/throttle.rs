//! What failures do to the next attempt. Everything is counted in the database, so that several nodes
//! count together, in a transaction of its own before anything is compared.
//!
//! | counted for | makes wait | how it is told |
//! |---|---|---|
//! | an account (or a login that nobody has) | strangers: after 5 failures 30 s, doubling up to 1 h. The owner's known devices never | as a wrong password is: whoever waits learns nothing, not even by guessing right |
//! | an account, from wherever, one after the other | after 100 the password is off until it is reset; the owner is told | the same |
//! | a session that proves its password again | as strangers | 429 |
//! | an address: different logins and passwords within an hour | after 20, 30 s, doubling up to 1 h | 429; a known device with the right password gets in all the same |
//!
//! What had to wait is not compared and not counted as a failure: hammering brings nobody nearer to the
//! hundred. A login that nobody has is counted in one of 65,536 rows, so that their number has an end.

mod rows;

pub use rows::forget;

use super::device;
use crate::actions::account;
use crate::actions::{Context, Error, record};
use crate::app::App;
use crate::db::Tx;
use crate::mail::{self, Message};
use chrono::TimeDelta;
use domain::id::{AccountId, OneTimeCodeId, SessionId};
use domain::network::Range;
use entity::{failed_credential, login_throttle};
use rows::{Forgiven, Subject, clear, give_back, locked, seconds, slow_address, step};
use sea_orm::EntityTrait;
use serde_json::json;

/// After so long without one, failures no longer make anybody wait.
const STRIKES_FORGOTTEN: TimeDelta = TimeDelta::hours(24);
/// How long a failed login and password count for their address.
const CREDENTIALS_KEPT: TimeDelta = TimeDelta::hours(1);
/// Hexadecimal digits of the hash that chooses the row of a login that nobody has.
const BUCKET_DIGITS: usize = 4;
/// Hexadecimal digits of a failed login and password that are kept.
const CREDENTIAL_DIGITS: usize = 8;

const ACCOUNT: &str = "account";
const UNKNOWN: &str = "unknown";
const SESSION: &str = "session";
const ADDRESS: &str = "address";

/// An attempt that was counted.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// Row of the account or unknown login.
    key: String,
    /// Row of the session that proves its password again.
    session: Option<String>,
    /// Row of the address, and what is compared from it.
    address: Option<(String, String)>,
    /// Comes from a device that the owner has used.
    known: bool,
    standing: Standing,
    /// It is the last one before the password is off.
    last: bool,
    /// Seconds that the address has to wait.
    slowed: Option<u64>,
}

/// Whether an attempt is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Compared,
    Waiting,
    Off,
}

impl Attempt {
    /// Whether the password may be compared at all.
    fn is_compared(&self) -> bool {
        self.standing == Standing::Compared
    }

    /// How a failure is told.
    fn refusal(&self) -> Error {
        self.slowed.map_or(Error::Unauthenticated, |retry_after| Error::TooMany { retry_after })
    }

    const fn reason(&self) -> Option<&'static str> {
        match (self.slowed, self.standing) {
            (Some(_), _) => Some("address_slowed"),
            (None, Standing::Waiting) => Some("slowed"),
            (None, Standing::Off) => Some("password_off"),
            (None, Standing::Compared) => None,
        }
    }
}

/// Counts a login before its password is compared. The same statements run whether or not there is such an
/// account.
///
/// # Errors
/// The database's.
pub async fn begin(
    app: &App,
    cx: &Context<'_>,
    (login, password): (&str, &str),
    known: Option<&entity::account::Model>,
) -> Result<Attempt, Error> {
    let hash = |purpose: &str, text: &str| cx.tools.sealer.hash(purpose, text);
    let login = account::normal(login);
    let (key, kind) = match known {
        Some(account) => (hash("throttle:account", &account.id.to_string()), ACCOUNT),
        None => (format!("{UNKNOWN}:{}", cut(&hash("throttle:login", &login), BUCKET_DIGITS)), UNKNOWN),
    };
    let limit = app.config().throttle.failures_per_address;
    let place = household(cx).filter(|_| limit > 0).map(|place| {
        let credential = hash("throttle:credential", &format!("{login}\0{password}"));
        (hash("throttle:address", &place), cut(&credential, CREDENTIAL_DIGITS))
    });
    app.transact(async |tx| {
        let owner = known.map_or(AccountId(uuid::Uuid::nil()), |account| account.id);
        let device = device::is_known(tx, cx, owner).await?;
        let slowed = match &place {
            Some(place) => slow_address(tx, cx, place).await?,
            None => None,
        };
        let subject = Subject { key: &key, kind, spared: device, halted: slowed.is_some() && !device };
        let (standing, last) = step(tx, cx, subject).await?;
        let (key, address) = (key.clone(), place.clone());
        Ok(Attempt { key, session: None, address, known: device, standing, last, slowed })
    })
    .await
}

/// Counts a proof of the password by somebody who has a session: too many wrong ones make that session
/// wait, and all of them count for the account.
///
/// # Errors
/// [`Error::TooMany`]; the database's.
pub async fn begin_proof(
    app: &App,
    cx: &Context<'_>,
    owner: AccountId,
    session: Option<SessionId>,
) -> Result<Attempt, Error> {
    let hash = |purpose: &str, text: &str| cx.tools.sealer.hash(purpose, text);
    let key = hash("throttle:account", &owner.to_string());
    let of_session = hash("throttle:session", &session.map_or(owner.to_string(), |id| id.to_string()));
    let counted = app
        .transact(async |tx| {
            let subject = Subject { key: &of_session, kind: SESSION, spared: false, halted: false };
            let before = locked(tx, cx, subject.key, SESSION).await?;
            let (standing, _) = step(tx, cx, subject).await?;
            if standing != Standing::Compared {
                return Ok(Err(seconds(before.blocked_until, cx.real_now)));
            }
            let subject = Subject { key: &key, kind: ACCOUNT, spared: true, halted: false };
            Ok::<_, Error>(Ok(step(tx, cx, subject).await?))
        })
        .await?;
    let (standing, last) = counted.map_err(|retry_after| Error::TooMany { retry_after })?;
    let session = Some(of_session);
    Ok(Attempt { key, session, address: None, known: true, standing, last, slowed: None })
}

/// Whether the password is the one of `hash`. One that may not be compared costs the same time on a dummy.
/// What cannot be compared now, as too many others wait, counts as no failure.
///
/// # Errors
/// [`Error::Unavailable`]; the database's.
pub async fn compare(app: &App, attempt: &Attempt, password: &str, hash: Option<&str>) -> Result<bool, Error> {
    let outcome = app.passwords.verify(password, hash.filter(|_| attempt.is_compared())).await;
    if outcome.is_err() && attempt.is_compared() {
        app.transact(async |tx| give_back(tx, attempt).await).await?;
    }
    outcome
}

/// The password was right: what was counted is taken back.
///
/// # Errors
/// The database's.
pub async fn proven(app: &App, cx: &Context<'_>, attempt: Attempt) -> Result<(), Error> {
    app.transact(async |tx| {
        let forgiven = if attempt.known { Forgiven::Failures } else { Forgiven::Everything };
        clear(tx, &attempt.key, forgiven).await?;
        if let Some(session) = &attempt.session {
            clear(tx, session, Forgiven::Everything).await?;
        }
        if let Some((address, credential)) = &attempt.address {
            failed_credential::Entity::delete_by_id((address.clone(), credential.clone())).exec(&**tx).await?;
        }
        Ok::<_, Error>(())
    })
    .await?;
    tracing::debug!(request_id = cx.request_id, "a password was proven");
    Ok(())
}

/// The login failed: notes it in the activity of the account, if there is one, and answers how it is told.
/// The owner is told at every address when the password is off from now on.
///
/// # Errors
/// The database's.
pub async fn failed(
    app: &App,
    cx: &Context<'_>,
    attempt: &Attempt,
    (owner, reason): (Option<&entity::account::Model>, Option<&'static str>),
) -> Result<Error, Error> {
    let reason = attempt.reason().or(reason);
    metrics::counter!("login_refusals_total", "reason" => reason.unwrap_or("wrong")).increment(1);
    app.transact(async |tx| {
        let Some(owner) = owner else { return account::note_visitor(tx, cx, "session.refused").await };
        let detail = reason.map(|reason| json!({ "reason": reason }));
        record::activity(tx, cx, owner.id, "session.refused", detail).await?;
        if attempt.last { tell_off(tx, cx, owner.id).await } else { Ok(()) }
    })
    .await?;
    Ok(attempt.refusal())
}

/// A proof of the password in a session failed: notes it in the activity under its kind. The owner is told
/// at every address when the password is off from now on.
///
/// # Errors
/// The database's.
pub async fn proof_failed(
    app: &App,
    cx: &Context<'_>,
    attempt: &Attempt,
    (owner, kind): (AccountId, &'static str),
) -> Result<(), Error> {
    app.transact(async |tx| {
        record::activity(tx, cx, owner, kind, None).await?;
        if attempt.last { tell_off(tx, cx, owner).await } else { Ok(()) }
    })
    .await
}

/// The owner chose a new password by mail: nothing is held against the account any more.
///
/// # Errors
/// The database's.
pub async fn forgive(tx: &Tx, cx: &Context<'_>, owner: AccountId) -> Result<(), Error> {
    let key = cx.tools.sealer.hash("throttle:account", &owner.to_string());
    login_throttle::Entity::delete_by_id(key).exec(&**tx).await?;
    Ok(())
}

/// The password is off from now on.
async fn tell_off(tx: &Tx, cx: &Context<'_>, owner: AccountId) -> Result<(), Error> {
    let account = account::load(&**tx, owner).await?;
    record::activity(tx, cx, owner, "password.off", None).await?;
    record::event(tx, cx, owner, "account.password_off", &owner, json!({})).await?;
    if !account::is_open(account.status) {
        return Ok(());
    }
    mail::tell_everywhere(tx, cx, &account, &Message::PasswordOff, &cx.id::<OneTimeCodeId>().to_string()).await
}

fn household(cx: &Context<'_>) -> Option<String> {
    cx.address.as_deref().and_then(Range::household_of)
}

fn cut(hash: &str, digits: usize) -> String {
    hash.chars().take(digits).collect()
}
