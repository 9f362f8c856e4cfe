//! The use cases: one file each, named by its verb. An action works in the transaction it is given,
//! asks the domain, and writes rows, activity, mails, events and milestones together. It knows no HTTP.

use crate::app::{Lost, Tools};
use chrono::{DateTime, NaiveDate, Utc};
use domain::calendar::CalendarError;
use domain::money::MoneyError;
use domain::refusal::{InvalidTransition, Refusal};
use sea_orm::DbErr;

pub mod access_token;
pub mod account;
pub mod cancellation;
pub mod catalog;
pub mod closure;
pub mod code;
pub mod export;
pub mod factor;
pub mod invoice;
pub mod ledger;
pub mod mailing;
pub mod milestone;
pub mod operator;
pub mod order;
pub mod payment;
pub mod payment_method;
pub mod record;
pub mod service;
pub mod session;
pub mod test_clock;

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// The account's owner.
    Owner(domain::id::AccountId),
    /// A person or system of the provider.
    Operator(domain::id::AccessTokenId),
    /// Nobody known yet: sign-up, login, mailed links.
    Visitor,
    /// What is due.
    Scheduler,
}

impl std::fmt::Display for Actor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Owner(id) => write!(f, "{id}"),
            Self::Operator(id) => write!(f, "operator:{id}"),
            Self::Visitor => f.write_str("visitor"),
            Self::Scheduler => f.write_str("scheduler"),
        }
    }
}

/// What an action is given besides its transaction and input.
#[derive(Debug, Clone)]
pub struct Context<'a> {
    /// The instant on the account's clock: everything the agreement dates.
    pub now: DateTime<Utc>,
    /// Real time: codes, tokens, limits, leases.
    pub real_now: DateTime<Utc>,
    /// Who acts.
    pub actor: Actor,
    /// Where the request came from.
    pub address: Option<String>,
    /// The device that it came from: its `User-Agent`, at most 255 characters.
    pub user_agent: Option<String>,
    /// The request's id.
    pub request_id: Option<String>,
    /// Settings, randomness, secrets, templates.
    pub tools: &'a Tools,
}

impl<'a> Context<'a> {
    /// For work that is due: both clocks stand at the account's instant.
    #[must_use]
    pub const fn scheduler(tools: &'a Tools, now: DateTime<Utc>, real_now: DateTime<Utc>) -> Self {
        Self { now, real_now, actor: Actor::Scheduler, address: None, user_agent: None, request_id: None, tools }
    }

    /// A fresh id.
    #[must_use]
    pub fn id<T: From<uuid::Uuid>>(&self) -> T {
        self.tools.entropy.id(self.real_now).into()
    }

    /// The same context on another account's clock.
    #[must_use]
    pub fn at(&self, now: DateTime<Utc>) -> Self {
        Self { now, ..self.clone() }
    }
}

/// One value that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// JSON pointer of the member, e.g. `/items/0/plan`.
    pub pointer: String,
    /// Stable code, e.g. `required`, `invalid_format`.
    pub code: &'static str,
    /// Values that the message names.
    pub params: serde_json::Map<String, serde_json::Value>,
}

impl Invalid {
    /// A value that cannot be used, with nothing more to say.
    #[must_use]
    pub fn new(pointer: impl Into<String>, code: &'static str) -> Self {
        Self { pointer: pointer.into(), code, params: serde_json::Map::new() }
    }

    /// Names a value that the message needs.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<serde_json::Value>) -> Self {
        self.params.insert(name.to_owned(), value.into());
        self
    }
}

/// Something that must be done first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocker {
    /// Why.
    pub code: Refusal,
    /// The public id of what stands in the way, where it is one thing.
    pub resource: Option<String>,
    /// The operation's path that mends it.
    pub href: String,
}

/// Why an action did nothing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not there, or not the caller's: the same answer.
    #[error("not found")]
    NotFound,
    /// The domain says no.
    #[error("{0}")]
    Refused(Refusal),
    /// The domain says no, and what has to be done first.
    #[error("{code}")]
    Blocked {
        /// Why.
        code: Refusal,
        /// Everything that stands in the way.
        blockers: Vec<Blocker>,
    },
    /// Values that cannot be used, all at once.
    #[error("invalid values")]
    Invalid(Vec<Invalid>),
    /// Wrong login, password or token.
    #[error("not authenticated")]
    Unauthenticated,
    /// Too many tries; again after so many seconds.
    #[error("too many tries")]
    TooMany {
        /// Seconds to wait.
        retry_after: u64,
    },
    /// The resource changed since the caller read it.
    #[error("changed meanwhile")]
    PreconditionFailed,
    /// Too much is asked at once, or something needed is away: again in a moment.
    #[error("unavailable")]
    Unavailable,
    /// The database failed.
    #[error("database: {0}")]
    Db(#[from] DbErr),
    /// Something that should not happen; logged once, never shown.
    #[error("internal: {0}")]
    Internal(String),
}

impl Error {
    /// Something that should not happen.
    pub fn internal(what: impl std::fmt::Display) -> Self {
        Self::Internal(what.to_string())
    }
}

impl Lost for Error {
    fn lost_a_race(&self) -> bool {
        match self {
            Self::Db(error) => error.lost_a_race(),
            Self::NotFound
            | Self::Refused(_)
            | Self::Blocked { .. }
            | Self::Invalid(_)
            | Self::Unauthenticated
            | Self::TooMany { .. }
            | Self::PreconditionFailed
            | Self::Unavailable
            | Self::Internal(_) => false,
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Invalid> for Error {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(vec![invalid])
    }
}

impl From<InvalidTransition> for Error {
    fn from(transition: InvalidTransition) -> Self {
        tracing::debug!(%transition, "refused");
        Self::Refused(Refusal::InvalidTransition)
    }
}

impl From<MoneyError> for Error {
    fn from(error: MoneyError) -> Self {
        Self::internal(error)
    }
}

impl From<CalendarError> for Error {
    fn from(error: CalendarError) -> Self {
        Self::internal(error)
    }
}

impl From<domain::tax::TaxError> for Error {
    fn from(error: domain::tax::TaxError) -> Self {
        match error {
            domain::tax::TaxError::NotSupported => Self::Refused(Refusal::TaxNotSupported),
            other => Self::internal(other),
        }
    }
}

impl From<domain::account::InvalidCountry> for Error {
    fn from(error: domain::account::InvalidCountry) -> Self {
        Self::internal(error)
    }
}

impl From<crate::seal::SealError> for Error {
    fn from(error: crate::seal::SealError) -> Self {
        Self::internal(error)
    }
}

/// The billing day of `now` for an account.
///
/// # Errors
/// [`Error::Internal`] for an account with an unknown time zone.
pub fn today(account: &entity::account::Model, now: DateTime<Utc>) -> Result<NaiveDate, Error> {
    Ok(domain::calendar::billing_day(now, zone(account)?))
}

/// The billing time zone of an account.
///
/// # Errors
/// [`Error::Internal`] when it is unknown.
pub fn zone(account: &entity::account::Model) -> Result<chrono_tz::Tz, Error> {
    account.time_zone.parse().map_err(|_| Error::internal("unknown time zone"))
}
