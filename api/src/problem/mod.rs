//! Every error of the API, as RFC 9457 `application/problem+json`. [`code`] and `refusal` are the
//! one table that knows which error is which status; [`field`] words what is wrong with one value.
//!
//! A [`Problem`] has no language: the edge writes it in the caller's (see [`Problem::body`]).

pub mod code;
pub mod field;
pub mod page;
mod refusal;
mod view;

pub use code::{Code, Entry};
pub use view::{BlockerView, FieldError, ProblemBody};

use crate::actions::{self, Blocker, Invalid};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use domain::refusal::Refusal;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// Media type of every error.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// An error on its way to the caller.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Problem {
    code: Code,
    #[serde(default)]
    params: Map<String, Value>,
    #[serde(default)]
    faults: Vec<Fault>,
    #[serde(default)]
    blockers: Vec<Obstacle>,
    #[serde(default)]
    retry_after: Option<u64>,
    #[serde(default)]
    allow: Option<String>,
    #[serde(skip)]
    replayed: bool,
}

/// Where a value that cannot be used is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// JSON pointer into the body.
    Pointer(String),
    /// Name of a query or path parameter.
    Parameter(String),
    /// Name of a header.
    Header(String),
}

/// One value that cannot be used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    /// Where.
    pub place: Place,
    /// Stable code, see [`field`].
    pub code: Cow<'static, str>,
    /// What the message names.
    #[serde(default)]
    pub params: Map<String, Value>,
}

impl Fault {
    /// A fault with nothing to name.
    #[must_use]
    pub fn new(place: Place, code: &'static str) -> Self {
        Self { place, code: Cow::Borrowed(code), params: Map::new() }
    }

    /// Names a value in the message.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.params.insert(name.to_owned(), value.into());
        self
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Obstacle {
    code: Code,
    resource: Option<String>,
    href: String,
}

impl Problem {
    /// A problem with this code and nothing more to say.
    #[must_use]
    pub fn new(code: Code) -> Self {
        let retry_after = match code.entry().status {
            503 => Some(5),
            _ => None,
        };
        Self {
            code,
            params: Map::new(),
            faults: Vec::new(),
            blockers: Vec::new(),
            retry_after,
            allow: None,
            replayed: false,
        }
    }

    /// The request cannot be read; `reason` is a short English phrase of ours, never the parser's.
    #[must_use]
    pub fn malformed(reason: &str) -> Self {
        Self::new(Code::Malformed).with("reason", reason)
    }

    /// Values that cannot be used, all at once.
    #[must_use]
    pub fn invalid(faults: Vec<Fault>) -> Self {
        let card = faults.iter().any(|fault| fault.code == Refusal::CardNumberRefused.as_str());
        let code = if card { Code::Refused(Refusal::CardNumberRefused) } else { Code::ValidationFailed };
        Self { faults, ..Self::new(code) }
    }

    /// Query parameters that cannot be used.
    #[must_use]
    pub fn parameters(code: Code, faults: Vec<Fault>) -> Self {
        Self { faults, ..Self::new(code) }
    }

    /// Names a value in the detail.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.params.insert(name.to_owned(), value.into());
        self
    }

    /// When to try again, in seconds.
    #[must_use]
    pub const fn after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// The methods that the path knows.
    #[must_use]
    pub fn allowing(mut self, methods: String) -> Self {
        self.allow = Some(methods);
        self
    }

    /// The same, marked as a stored outcome.
    #[must_use]
    pub const fn replayed(mut self) -> Self {
        self.replayed = true;
        self
    }

    /// Whether it is a stored outcome.
    #[must_use]
    pub const fn is_replayed(&self) -> bool {
        self.replayed
    }

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.code
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.code.entry().status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.code.fmt(f)
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status()
    }

    /// Carries the problem to the edge, which writes it in the caller's language.
    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::new(self.status());
        response.extensions_mut().insert(self.clone());
        response
    }
}

impl From<Code> for Problem {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self::new(Code::Refused(refusal))
    }
}

impl From<Invalid> for Fault {
    fn from(invalid: Invalid) -> Self {
        Self { place: Place::Pointer(invalid.pointer), code: Cow::Borrowed(invalid.code), params: invalid.params }
    }
}

impl From<Blocker> for Obstacle {
    fn from(blocker: Blocker) -> Self {
        Self { code: Code::Refused(blocker.code), resource: blocker.resource, href: blocker.href }
    }
}

impl From<actions::Error> for Problem {
    fn from(error: actions::Error) -> Self {
        match error {
            actions::Error::NotFound => Self::new(Code::NotFound),
            actions::Error::Refused(refusal) => refusal.into(),
            actions::Error::Blocked { code, blockers } => {
                Self { blockers: blockers.into_iter().map(Into::into).collect(), ..code.into() }
            }
            actions::Error::Invalid(invalid) => Self::invalid(invalid.into_iter().map(Into::into).collect()),
            actions::Error::Unauthenticated => Self::new(Code::Unauthenticated),
            actions::Error::TooMany { retry_after } => Self::new(Code::RateLimited).after(retry_after),
            actions::Error::PreconditionFailed => Self::new(Code::PreconditionFailed),
            actions::Error::Unavailable => Self::new(Code::Unavailable),
            actions::Error::Db(error) => error.into(),
            actions::Error::Internal(what) => {
                tracing::error!(error = %what, "internal");
                Self::new(Code::Internal)
            }
        }
    }
}

impl From<sea_orm::DbErr> for Problem {
    fn from(error: sea_orm::DbErr) -> Self {
        use sea_orm::{DbErr, SqlErr};
        if crate::db::may_retry(&error) {
            tracing::warn!(%error, "the database is busy");
            return Self::new(Code::Unavailable).after(1);
        }
        if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) {
            // an action that expects this maps it itself; what arrives here lost an unexpected race
            tracing::warn!(%error, "unique constraint");
            return Self::new(Code::Conflict);
        }
        if unusable(&error) {
            tracing::warn!(%error, "a value that the database cannot hold");
            return Self::new(Code::ValidationFailed);
        }
        tracing::error!(%error, "database");
        match error {
            DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => Self::new(Code::Unavailable),
            _ if away(&error) => Self::new(Code::Unavailable),
            _ => Self::new(Code::Internal),
        }
    }
}

/// Whether PostgreSQL refused a day or an instant that it cannot hold (22007, 22008): years of five digits.
fn unusable(error: &sea_orm::DbErr) -> bool {
    use sea_orm::{DbErr, RuntimeErr};
    let (DbErr::Exec(RuntimeErr::SqlxError(inner)) | DbErr::Query(RuntimeErr::SqlxError(inner))) = error else {
        return false;
    };
    let sqlx::Error::Database(database) = &**inner else { return false };
    database.code().is_some_and(|code| code == "22007" || code == "22008")
}

/// Whether the database cannot be reached.
fn away(error: &sea_orm::DbErr) -> bool {
    use sea_orm::{DbErr, RuntimeErr};
    let (DbErr::Exec(RuntimeErr::SqlxError(inner)) | DbErr::Query(RuntimeErr::SqlxError(inner))) = error else {
        return false;
    };
    match &**inner {
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => true,
        // 08: connection, 57P: shutting down or crashed, 53: out of resources
        sqlx::Error::Database(database) => database
            .code()
            .is_some_and(|code| code.starts_with("08") || code.starts_with("57P") || code.starts_with("53")),
        _ => false,
    }
}
