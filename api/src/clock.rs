//! Time comes from here and nowhere else. An account that is attached to a test clock lives in that
//! clock's time for everything its agreement dates; authentication and limits stay on real time.

use chrono::{DateTime, SubsecRound, Utc};
use domain::id::TestClockId;
use entity::{account, test_clock};
use sea_orm::{ConnectionTrait, DbErr, EntityTrait};
use std::sync::{Arc, Mutex, PoisonError};

/// Where the process reads the time.
pub trait Clock: Send + Sync {
    /// The present instant, to the microsecond (what both databases keep).
    fn now(&self) -> DateTime<Utc>;
}

/// The machine's clock.
#[derive(Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now().trunc_subsecs(6)
    }
}

/// A clock that stands still until it is moved.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<Mutex<DateTime<Utc>>>);

impl ManualClock {
    /// A clock that stands at `now`.
    #[must_use]
    pub fn at(now: DateTime<Utc>) -> Self {
        Self(Arc::new(Mutex::new(now)))
    }

    /// Moves the clock, forward or back.
    pub fn set(&self, now: DateTime<Utc>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The present instant for an account: its test clock's, if it has one.
///
/// # Errors
/// The database's.
pub async fn now_for<C: ConnectionTrait>(
    db: &C,
    real_now: DateTime<Utc>,
    account: &account::Model,
) -> Result<DateTime<Utc>, DbErr> {
    match account.test_clock_id {
        None => Ok(real_now),
        Some(clock) => now_of(db, clock).await,
    }
}

/// Where a test clock stands.
///
/// # Errors
/// The database's; `RecordNotFound` for an unknown clock.
pub async fn now_of<C: ConnectionTrait>(db: &C, clock: TestClockId) -> Result<DateTime<Utc>, DbErr> {
    test_clock::Entity::find_by_id(clock)
        .one(db)
        .await?
        .map(|clock| clock.now)
        .ok_or_else(|| DbErr::RecordNotFound("test clock".to_owned()))
}
