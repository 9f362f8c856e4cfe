//! The same request twice is done once: the key is stored with the answer, in the transaction that
//! does the work.

use super::body::{bytes_of, query_of};
use super::caller::app_of;
use super::reply::Reply;
use crate::actions;
use crate::app::{App, Lost};
use crate::db::Tx;
use crate::problem::{Code, Fault, Place, Problem};
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest};
use chrono::{DateTime, Utc};
use entity::idempotency_key::{self, Column, Entity};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};
use serde_json::Value;
use std::future::{Ready, ready};

const HEADER: &str = "Idempotency-Key";
/// Marks an answer that was stored.
pub const REPLAYED: &str = "idempotent-replayed";
const IN_FLIGHT: &str = "in_flight";
const DONE: &str = "done";
/// Media type under which a refusal is stored.
const STORED_PROBLEM: &str = "application/x-tacit-problem";

/// The request's key, if it has one, and what it is about. With `dry_run=true` in the query, work is
/// done and undone, and nothing is stored.
#[derive(Debug, Clone)]
#[expect(clippy::struct_field_names, reason = "the header's own name")]
pub struct Key {
    key: Option<String>,
    operation: String,
    fingerprint: String,
    dry_run: bool,
}

/// A [`Key`] that may not be missing, except in a dry run: 400 `idempotency_key_required`.
#[derive(Debug, Clone)]
pub struct RequiredKey(pub Key);

/// What a key says at the beginning of an operation.
#[derive(Debug)]
pub enum Claim {
    /// Go on; the key is ours.
    Fresh,
    /// The answer was given before.
    Replay(Reply),
}

impl FromRequest for Key {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::read(request))
    }
}

impl FromRequest for RequiredKey {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Key::read(request).and_then(|key| {
            if key.key.is_some() || key.dry_run { Ok(Self(key)) } else { Err(Code::IdempotencyKeyRequired.into()) }
        }))
    }
}

/// Why a transaction with a key ends without its work.
enum Stop {
    Failed(actions::Error),
    Refused(Problem),
    /// A dry run: undone on purpose.
    Undone(Reply),
}

impl From<DbErr> for Stop {
    fn from(error: DbErr) -> Self {
        Self::Failed(error.into())
    }
}

impl Lost for Stop {
    fn lost_a_race(&self) -> bool {
        match self {
            Self::Failed(error) => error.lost_a_race(),
            Self::Refused(_) | Self::Undone(_) => false,
        }
    }
}

impl Key {
    /// Whether the request asks what would happen.
    #[must_use]
    pub const fn is_dry_run(&self) -> bool {
        self.dry_run
    }

    /// Does `work` in one transaction, once: a repeated request gets the stored answer. Without a key
    /// it is just done; in a dry run it is done and undone. `scope` is the caller's
    /// ([`super::caller::Caller::scope`]).
    ///
    /// # Errors
    /// What `work` answers; `idempotency_key_reused`, `idempotency_in_flight`,
    /// `secret_no_longer_available`.
    pub async fn once<F>(&self, app: &App, scope: &str, work: F) -> Result<Reply, Problem>
    where
        F: AsyncFn(&Tx) -> Result<Reply, actions::Error>,
    {
        let now = app.now();
        let outcome = app
            .transact(async |tx| {
                if let Claim::Replay(reply) = self.claim_row(tx, scope, now).await? {
                    return Ok(reply);
                }
                let reply = work(tx).await.map_err(Stop::Failed)?;
                if self.dry_run {
                    return Err(Stop::Undone(reply));
                }
                self.complete(tx, scope, &reply).await.map_err(Stop::Failed)?;
                Ok(reply)
            })
            .await;
        match outcome {
            Ok(reply) | Err(Stop::Undone(reply)) => Ok(reply),
            Err(Stop::Failed(error)) => Err(error.into()),
            Err(Stop::Refused(problem)) => Err(problem),
        }
    }

    /// The answer that was given before, for an operation that proves something before its transaction:
    /// a password or a code that was right the first time is wrong the second, and a repeated request
    /// must not count as a guess. [`Self::once`] still decides.
    ///
    /// # Errors
    /// As [`Self::once`].
    pub async fn answered(&self, app: &App, scope: &str) -> Result<Option<Reply>, Problem> {
        let Some(key) = self.stored_key() else { return Ok(None) };
        let known = Entity::find_by_id((scope.to_owned(), key.to_owned())).one(&**app.read()).await;
        known.map_err(actions::Error::from)?.map(|known| self.stored(known)).transpose()
    }

    /// Takes the key in the first transaction of an operation of several. A [`Claim::Replay`] is the
    /// answer to give: the stored one, or why there is none (no outcome yet, the key belongs to
    /// another request, the answer was a secret).
    ///
    /// # Errors
    /// The database's.
    pub async fn claim(&self, tx: &Tx, scope: &str, now: DateTime<Utc>) -> Result<Claim, actions::Error> {
        match self.claim_row(tx, scope, now).await {
            Ok(claim) => Ok(claim),
            Err(Stop::Failed(error)) => Err(error),
            Err(Stop::Refused(problem)) => Ok(Claim::Replay(problem.into())),
            Err(Stop::Undone(reply)) => Ok(Claim::Replay(reply)),
        }
    }

    /// Stores the answer: in the last transaction of an operation of several, or earlier as what to
    /// say (202) until there is an outcome.
    ///
    /// # Errors
    /// The database's.
    pub async fn complete(&self, tx: &Tx, scope: &str, reply: &Reply) -> Result<(), actions::Error> {
        match self.stored_key() {
            None => Ok(()),
            Some(key) => complete(tx, scope, key, reply).await,
        }
    }

    /// The key's text, to complete it later by [`complete`]; none without a key or in a dry run.
    #[must_use]
    pub fn stored_key(&self) -> Option<&str> {
        self.key.as_deref().filter(|_| !self.dry_run)
    }

    async fn claim_row(&self, tx: &Tx, scope: &str, now: DateTime<Utc>) -> Result<Claim, Stop> {
        let Some(key) = self.stored_key() else { return Ok(Claim::Fresh) };
        let row = idempotency_key::ActiveModel {
            scope: Set(scope.to_owned()),
            key: Set(key.to_owned()),
            operation: Set(self.operation.clone()),
            fingerprint: Set(self.fingerprint.clone()),
            state: Set(IN_FLIGHT.to_owned()),
            status: Set(None),
            headers: Set(None),
            body: Set(None),
            secret: Set(false),
            created_at: Set(now),
        };
        // PostgreSQL waits here for a transaction with the same key, then sees its answer
        let fresh = Entity::insert(row)
            .on_conflict(OnConflict::columns([Column::Scope, Column::Key]).do_nothing().to_owned())
            .exec_without_returning(&**tx)
            .await?;
        if fresh > 0 {
            return Ok(Claim::Fresh);
        }
        let known = Entity::find_by_id((scope.to_owned(), key.to_owned()))
            .lock_exclusive()
            .one(&**tx)
            .await?
            // deleted as too old between the two statements: the caller may repeat
            .ok_or_else(|| Stop::Refused(Problem::new(Code::IdempotencyInFlight).after(1)))?;
        self.stored(known).map(Claim::Replay).map_err(Stop::Refused)
    }

    /// The answer that a row holds for this request, or why there is none.
    fn stored(&self, known: idempotency_key::Model) -> Result<Reply, Problem> {
        if known.fingerprint != self.fingerprint {
            return Err(Code::IdempotencyKeyReused.into());
        }
        if known.state != DONE {
            return Err(Problem::new(Code::IdempotencyInFlight).after(1));
        }
        if known.secret {
            return Err(Code::SecretNoLongerAvailable.into());
        }
        Ok(restore(known))
    }

    fn read(request: &HttpRequest) -> Result<Self, Problem> {
        let app = app_of(request)?;
        let mut values = request.headers().get_all(HEADER);
        let key = match (values.next(), values.next()) {
            (None, _) => None,
            (Some(value), None) => Some(text_of(value.as_bytes()).ok_or_else(malformed)?),
            (Some(_), Some(_)) => return Err(malformed()),
        };
        let query = request.query_string();
        let mut about = format!("{}\n{}\n{query}\n", request.method(), request.path()).into_bytes();
        about.extend_from_slice(&bytes_of(request));
        let pattern = request.match_pattern().unwrap_or_else(|| request.path().to_owned());
        Ok(Self {
            key,
            operation: format!("{} {pattern}", request.method()).chars().take(64).collect(),
            // keyed: a body may hold a password, and what is stored must not help to guess it
            fingerprint: app.tools.sealer.hash_bytes("idempotency", &about),
            dry_run: query_of::<Tried>(query)?.dry_run,
        })
    }
}

/// Whether the request is only tried. What is neither true nor false is refused: a slip of the pen must not
/// do for real what was to be tried.
#[derive(serde::Deserialize)]
struct Tried {
    #[serde(default)]
    dry_run: bool,
}

fn malformed() -> Problem {
    let fault = Fault::new(Place::Header(HEADER.to_owned()), "invalid_format");
    Problem::parameters(Code::Malformed, vec![fault]).with("reason", HEADER)
}

/// The key, raw or quoted: 1 to 255 visible ASCII characters.
fn text_of(value: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(value).ok()?.trim();
    let text = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
    let good = (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    good.then(|| text.to_owned())
}

/// Stores the answer of a key that was claimed before.
///
/// # Errors
/// The database's.
pub async fn complete(tx: &Tx, scope: &str, key: &str, reply: &Reply) -> Result<(), actions::Error> {
    let stored = |text: &str| if reply.secret { None } else { Some(text.to_owned()) };
    let (headers, body) = if let Some(problem) = &reply.problem {
        let text = serde_json::to_string(problem).map_err(actions::Error::internal)?;
        (serde_json::json!([["content-type", STORED_PROBLEM]]), stored(&text))
    } else {
        let text = std::str::from_utf8(&reply.body).map_err(actions::Error::internal)?;
        (serde_json::json!(reply.headers), stored(text))
    };
    let row = idempotency_key::ActiveModel {
        state: Set(DONE.to_owned()),
        status: Set(Some(reply.status.as_u16().into())),
        headers: Set(Some(headers)),
        body: Set(body),
        secret: Set(reply.secret),
        ..Default::default()
    };
    Entity::update_many().set(row).filter(Column::Scope.eq(scope)).filter(Column::Key.eq(key)).exec(&**tx).await?;
    Ok(())
}

fn restore(row: idempotency_key::Model) -> Reply {
    let status = row.status.and_then(|status| u16::try_from(status).ok()).and_then(|it| StatusCode::from_u16(it).ok());
    let body = row.body.unwrap_or_default();
    let headers: Vec<(String, String)> =
        row.headers.and_then(|headers: Value| serde_json::from_value(headers).ok()).unwrap_or_default();
    let problem = headers.iter().any(|(_, value)| value == STORED_PROBLEM);
    if problem && let Ok(problem) = serde_json::from_str::<Problem>(&body) {
        return Reply::from(problem.replayed());
    }
    Reply { status: status.unwrap_or(StatusCode::OK), headers, body: body.into(), secret: false, problem: None }
        .header(REPLAYED, "true")
}

/// Deletes keys made before `before`; answers how many.
///
/// # Errors
/// The database's.
pub async fn forget(tx: &Tx, before: DateTime<Utc>) -> Result<u64, DbErr> {
    Ok(Entity::delete_many().filter(Column::CreatedAt.lt(before)).exec(&**tx).await?.rows_affected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_raw_or_quoted_visible_ascii() {
        assert_eq!(text_of(b"abc-1").as_deref(), Some("abc-1"));
        assert_eq!(text_of(b"\"abc-1\"").as_deref(), Some("abc-1"));
        for wrong in [&b""[..], b"\"\"", b"a b", "é".as_bytes(), &[b'a'; 256]] {
            assert_eq!(text_of(wrong), None);
        }
        assert_eq!(text_of(&[b'a'; 255]).map(|key| key.len()), Some(255));
    }
}
