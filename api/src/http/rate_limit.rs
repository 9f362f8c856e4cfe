//! How much may be asked. Each class has its own quota; a class is counted per key: the client's
//! address for requests, whatever the caller of [`Limiters::check`] names for the others.

use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};
use std::num::NonZeroU32;
use std::time::Duration;

type Limiter = RateLimiter<String, DefaultKeyedStateStore<String>, DefaultClock, StateInformationMiddleware>;

/// What is counted together. The starting values are those of the Matrix Authentication Service for
/// logins, recovery and codes; the others are ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Any request, per address.
    Request,
    /// A request with a personal or operator token, per address.
    Token,
    /// A write that needs no login and has no class of its own, per address.
    Visitor,
    /// A session that is refreshed, per address: whoever shares the address must not stop it.
    Refresh,
    /// A login, per address. What failures do to an account is counted in the database
    /// (`actions/session/throttle.rs`).
    Login,
    /// A sign-up, per address.
    SignUp,
    /// A forgotten password, per address.
    Recovery,
    /// Another mail with a code, per address.
    Resend,
    /// A password that is judged while it is typed, per address.
    Judgement,
    /// A guess at a mailed code, per account and address: the handlers' own.
    Code,
}

impl Class {
    /// Every class.
    pub const ALL: [Self; 10] = [
        Self::Request,
        Self::Token,
        Self::Visitor,
        Self::Refresh,
        Self::Login,
        Self::SignUp,
        Self::Recovery,
        Self::Resend,
        Self::Judgement,
        Self::Code,
    ];

    /// The class of an operation that has one of its own.
    #[must_use]
    pub fn of_operation(id: &str) -> Option<Self> {
        match id {
            "create_session" => Some(Self::Login),
            "refresh_session" => Some(Self::Refresh),
            "create_account" => Some(Self::SignUp),
            "create_password_reset" => Some(Self::Recovery),
            "resend_email_verification" => Some(Self::Resend),
            "stop_email_change" => Some(Self::Visitor),
            "judge_password" => Some(Self::Judgement),
            _ => None,
        }
    }

    /// Its name in `RateLimit-Policy`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Request => "default",
            Self::Token => "token",
            Self::Visitor => "visitor",
            Self::Refresh => "refresh",
            Self::Login => "login",
            Self::SignUp => "sign-up",
            Self::Recovery => "recovery",
            Self::Resend => "resend",
            Self::Judgement => "judgement",
            Self::Code => "code",
        }
    }

    /// How many in its window; also how many at once.
    #[must_use]
    pub const fn quota(self) -> NonZeroU32 {
        let quota = match self {
            Self::Request | Self::Refresh => 600,
            Self::Token => 6_000,
            Self::Visitor => 20,
            Self::Login | Self::Recovery | Self::Resend => 3,
            Self::SignUp | Self::Code => 10,
            Self::Judgement => 120,
        };
        match NonZeroU32::new(quota) {
            Some(quota) => quota,
            None => NonZeroU32::MIN,
        }
    }

    /// The seconds in which the whole quota comes back.
    #[must_use]
    pub const fn window(self) -> u64 {
        match self {
            Self::Request | Self::Token | Self::Visitor | Self::Refresh | Self::Login | Self::Judgement => 60,
            // ten at once, then one a minute
            Self::Code => 600,
            Self::SignUp | Self::Recovery | Self::Resend => 3_600,
        }
    }

    fn governed(self) -> Quota {
        let each = Duration::from_secs(self.window()) / self.quota().get();
        // none of the windows is zero: the fallback is never taken
        Quota::with_period(each).unwrap_or(Quota::per_second(NonZeroU32::MIN)).allow_burst(self.quota())
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
        let limiter =
            |class: Class| RateLimiter::keyed(class.governed()).with_middleware::<StateInformationMiddleware>();
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
    format!("\"{}\";q={};w={}", class.name(), class.quota(), class.window())
}

/// `RateLimit`: what is left, and the seconds until the whole quota is there again.
#[must_use]
pub fn left(class: Class, remaining: u32, at_least: u64) -> String {
    let quota = u64::from(class.quota().get());
    let used = quota.saturating_sub(remaining.into());
    let whole = (used * class.window()).div_ceil(quota).max(at_least).max(1);
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
        assert_eq!(policy(Class::Recovery), "\"recovery\";q=3;w=3600");
        assert_eq!(left(Class::Code, 9, 0), "\"code\";r=9;t=60");
    }
}
