//! How much may be asked. Each class has its own quota; a class is counted per key: the client's
//! address for requests, whatever the caller of [`Limiters::check`] names for the others.

use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};
use std::num::NonZeroU32;

/// The length of every window, in seconds.
const WINDOW: u64 = 60;

type Limiter = RateLimiter<String, DefaultKeyedStateStore<String>, DefaultClock, StateInformationMiddleware>;

/// What is counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Any request, per address.
    Request,
    /// A request with a personal or operator token, per address.
    Token,
    /// A write that needs no login (sign-up, login, resets), per address.
    Visitor,
    /// A login, per account: the actions' own.
    Login,
    /// A mailed code, per account: the actions' own.
    Code,
}

impl Class {
    /// Every class.
    pub const ALL: [Self; 5] = [Self::Request, Self::Token, Self::Visitor, Self::Login, Self::Code];

    /// Its name in `RateLimit-Policy`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Request => "default",
            Self::Token => "token",
            Self::Visitor => "visitor",
            Self::Login => "login",
            Self::Code => "code",
        }
    }

    /// How many a minute; also how many at once.
    #[must_use]
    pub const fn quota(self) -> NonZeroU32 {
        let quota = match self {
            Self::Request => 600,
            Self::Token => 6_000,
            Self::Visitor => 20,
            Self::Login | Self::Code => 10,
        };
        match NonZeroU32::new(quota) {
            Some(quota) => quota,
            None => NonZeroU32::MIN,
        }
    }
}

/// What is left of a quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// Which.
    pub class: Class,
    /// Requests left now.
    pub remaining: u32,
}

/// A quota is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exhausted {
    /// Which.
    pub class: Class,
    /// Seconds until one more is allowed.
    pub retry_after: u64,
}

impl From<Exhausted> for crate::actions::Error {
    fn from(exhausted: Exhausted) -> Self {
        Self::TooMany { retry_after: exhausted.retry_after }
    }
}

/// Every quota of this process; on several nodes each counts for itself.
pub struct Limiters {
    /// None: limits are off.
    limiters: Option<[Limiter; Class::ALL.len()]>,
}

impl std::fmt::Debug for Limiters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Limiters").field("on", &self.limiters.is_some()).finish()
    }
}

impl Limiters {
    /// Limits as they are.
    #[must_use]
    pub fn on() -> Self {
        let limiter = |class: Class| {
            RateLimiter::keyed(Quota::per_minute(class.quota())).with_middleware::<StateInformationMiddleware>()
        };
        Self { limiters: Some(Class::ALL.map(limiter)) }
    }

    /// No limits.
    #[must_use]
    pub const fn off() -> Self {
        Self { limiters: None }
    }

    /// Counts one of `class` for `key`; nothing to tell when limits are off.
    ///
    /// # Errors
    /// [`Exhausted`].
    pub fn check(&self, class: Class, key: &str) -> Result<Option<Left>, Exhausted> {
        let at = Class::ALL.iter().position(|each| *each == class);
        let Some(limiter) = self.limiters.as_ref().zip(at).and_then(|(limiters, at)| limiters.get(at)) else {
            return Ok(None);
        };
        match limiter.check_key(&key.to_owned()) {
            Ok(state) => Ok(Some(Left { class, remaining: state.remaining_burst_capacity() })),
            Err(not_until) => {
                let wait = not_until.wait_time_from(DefaultClock::default().now());
                Err(Exhausted { class, retry_after: wait.as_secs() + 1 })
            }
        }
    }

    /// Forgets keys whose quota is whole again; to be called now and then.
    pub fn tidy(&self) {
        for limiter in self.limiters.iter().flatten() {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }
}

/// `RateLimit-Policy` of a class.
#[must_use]
pub fn policy(class: Class) -> String {
    format!("\"{}\";q={};w={WINDOW}", class.name(), class.quota())
}

/// `RateLimit`: what is left, and the seconds until the whole quota is there again.
#[must_use]
pub fn left(class: Class, remaining: u32, at_least: u64) -> String {
    let quota = u64::from(class.quota().get());
    let used = quota.saturating_sub(remaining.into());
    let whole = (used * WINDOW).div_ceil(quota).max(at_least).max(1);
    format!("\"{}\";r={remaining};t={whole}", class.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_is_counted_for_each_key() {
        let limiters = Limiters::on();
        for taken in 1..=20 {
            let left = limiters.check(Class::Visitor, "a").unwrap().unwrap();
            assert_eq!(left.remaining, 20 - taken);
        }
        let exhausted = limiters.check(Class::Visitor, "a").unwrap_err();
        assert!((1..=4).contains(&exhausted.retry_after));
        assert!(limiters.check(Class::Visitor, "b").is_ok());
        assert_eq!(Limiters::off().check(Class::Visitor, "a"), Ok(None));
    }

    #[test]
    fn headers_have_the_form_of_the_draft() {
        assert_eq!(policy(Class::Request), "\"default\";q=600;w=60");
        assert_eq!(left(Class::Request, 599, 0), "\"default\";r=599;t=1");
        assert_eq!(left(Class::Visitor, 0, 0), "\"visitor\";r=0;t=60");
    }
}
