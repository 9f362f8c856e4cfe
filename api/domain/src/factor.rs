//! Second factors, and when a proof of identity is fresh.

use crate::text::words;
use chrono::{DateTime, TimeDelta, Utc};

words! {
    /// A second factor: something besides the password that only the owner has.
    FactorMethod {
        /// A code of an authenticator app (RFC 6238).
        Totp = "totp",
        /// One of the codes on paper.
        BackupCode = "backup_code",
        /// A security key or passkey.
        SecurityKey = "security_key",
    }
}

words! {
    /// What a security key is asked for; an answer is good for nothing else.
    Ceremony {
        /// A new key.
        Registration = "registration",
        /// The second factor of a login.
        Login = "login",
        /// A fresh proof in a session.
        Proof = "proof",
        /// A login by the key alone.
        Passkey = "passkey",
    }
}

/// How long a key may take to answer.
pub const CEREMONY: TimeDelta = TimeDelta::minutes(5);

/// How long a proof of identity is fresh.
pub const FRESH: TimeDelta = TimeDelta::minutes(5);

/// What the freshness of a session depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proofs {
    /// Last time the password was proven in it.
    pub password_at: DateTime<Utc>,
    /// Last time a second factor was proven in it.
    pub factor_at: Option<DateTime<Utc>>,
    /// Whether the account has second factors.
    pub enrolled: Enrolment,
}

/// Whether an account has second factors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enrolment {
    /// The password is all there is.
    PasswordOnly,
    /// At least one app or key.
    SecondFactor,
}

/// Whether the strongest enrolled kind of proof is less than [`FRESH`] old: an account with second factors
/// needs one of those, the password alone is not enough then.
#[must_use]
pub fn is_fresh(proofs: Proofs, now: DateTime<Utc>) -> bool {
    let strongest = match proofs.enrolled {
        Enrolment::PasswordOnly => Some(proofs.password_at),
        Enrolment::SecondFactor => proofs.factor_at,
    };
    strongest.is_some_and(|at| now.signed_duration_since(at) < FRESH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_with_factors_needs_one() {
        let now: DateTime<Utc> = "2026-01-30T09:00:00Z".parse().unwrap();
        let ago = |minutes| now - TimeDelta::minutes(minutes);
        let fresh = |password, factor: Option<i64>, enrolled| {
            is_fresh(Proofs { password_at: ago(password), factor_at: factor.map(ago), enrolled }, now)
        };
        assert!(fresh(4, None, Enrolment::PasswordOnly));
        assert!(!fresh(5, Some(0), Enrolment::PasswordOnly));
        assert!(!fresh(0, None, Enrolment::SecondFactor));
        assert!(!fresh(0, Some(5), Enrolment::SecondFactor));
        assert!(fresh(60, Some(4), Enrolment::SecondFactor));
    }
}
