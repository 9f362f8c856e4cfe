//! What requests show to prove a second factor, wherever one is proven.

use crate::actions::factor::Proof;
use crate::actions::factor::security_keys::answer::{self, Verdict};
use crate::actions::factor::security_keys::ceremony::Bound;
use crate::actions::{Context, Error};
use crate::app::App;
use crate::http::body::fault;
use crate::http::foreign::Foreign;
use crate::problem::Problem;
use domain::factor::FactorMethod;
use webauthn_rs::prelude::PublicKeyCredential;

/// What is shown.
pub(super) enum Shown {
    /// A code of an authenticator app.
    Totp(String),
    /// A backup code.
    BackupCode(String),
    /// What a security key answered.
    SecurityKey(Box<PublicKeyCredential>),
}

/// What is shown, judged as far as it can be outside a transaction.
pub(super) enum Evidence {
    /// A code of an authenticator app.
    Totp(String),
    /// A backup code.
    BackupCode(String),
    /// What a security key answered.
    SecurityKey(Verdict),
}

impl Shown {
    /// What a method and its member show.
    ///
    /// # Errors
    /// `validation_failed` when the member of the method is missing or unreadable, or there is one of another.
    pub(super) fn of(
        method: FactorMethod,
        code: Option<String>,
        credential: Option<&Foreign>,
    ) -> Result<Self, Problem> {
        let wrong = |pointer, code| Problem::invalid(vec![fault(pointer, code)]);
        if method == FactorMethod::SecurityKey {
            if code.is_some() {
                return Err(wrong("/code", "not_allowed"));
            }
            return Ok(Self::SecurityKey(Box::new(assertion(credential)?)));
        }
        if credential.is_some() {
            return Err(wrong("/credential", "not_allowed"));
        }
        let code = code.ok_or_else(|| wrong("/code", "required"))?;
        Ok(if method == FactorMethod::Totp { Self::Totp(code) } else { Self::BackupCode(code) })
    }

    /// Judges what a security key answered.
    ///
    /// # Errors
    /// The database's.
    pub(super) async fn judge(self, app: &App, cx: &Context<'_>, bound: Bound) -> Result<Evidence, Error> {
        Ok(match self {
            Self::Totp(code) => Evidence::Totp(code),
            Self::BackupCode(code) => Evidence::BackupCode(code),
            Self::SecurityKey(shown) => Evidence::SecurityKey(answer::judge(app, cx, bound, &shown).await?),
        })
    }
}

impl Evidence {
    /// For the action that uses it up.
    pub(super) fn proof(&self) -> Proof<'_> {
        match self {
            Self::Totp(code) => Proof::Totp(code),
            Self::BackupCode(code) => Proof::BackupCode(code),
            Self::SecurityKey(verdict) => Proof::SecurityKey(verdict),
        }
    }
}

/// The answer of a key to a request for its signature.
///
/// # Errors
/// `validation_failed` when there is none, or one of another form.
pub(super) fn assertion(credential: Option<&Foreign>) -> Result<PublicKeyCredential, Problem> {
    let wrong = |code| Problem::invalid(vec![fault("/credential", code)]);
    credential.ok_or_else(|| wrong("required"))?.read().ok_or_else(|| wrong("invalid_format"))
}
