//! The code proves the primary address: the account opens, and with it the first session.

use super::{check_up, note_visitor, on_clock_of};
use crate::actions::code::{self, Purpose};
use crate::actions::session::{self, Device, Opened};
use crate::actions::{Context, Error, Invalid, record};
use crate::app::App;
use crate::db::Tx;
use crate::mail::{self, Letter, Message};
use domain::account::AccountStatus;
use domain::id::{AccountId, OneTimeCodeId};
use domain::refusal::Refusal;
use entity::account;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, IntoActiveModel};
use serde_json::json;

/// A guess that was counted; it holds nothing where there is no such account or no guess is left.
#[derive(Debug, Clone, Copy)]
pub struct Guess {
    account: Option<AccountId>,
    counted: Option<OneTimeCodeId>,
}

/// Counts a guess at the code of an address, durably, before anything is compared.
///
/// # Errors
/// The database's.
pub async fn count_guess(app: &App, cx: &Context<'_>, email: &str) -> Result<Guess, Error> {
    let known = account::Entity::with_email(&super::normal(email)).one(&**app.read()).await?;
    let Some(account) = known else {
        app.transact(async |tx| note_visitor(tx, cx, "account.verification_failed").await).await?;
        return Ok(Guess { account: None, counted: None });
    };
    let counted = code::count_try(app, account.id, Purpose::VerifyEmail, None).await?;
    Ok(Guess { account: Some(account.id), counted })
}

/// What comes with a guess.
#[derive(Clone)]
pub struct Proof {
    /// The six digits.
    pub digits: String,
    /// The PHC string of a password that becomes the account's.
    pub password_hash: Option<String>,
}

impl std::fmt::Debug for Proof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Proof").field("password", &self.password_hash.is_some()).finish_non_exhaustive()
    }
}

/// Proves the address, makes the account active and opens a session.
///
/// Where several signed up with the address, only its proof tells which password is the owner's: so it
/// comes with one. That is said to nobody but who has the code.
///
/// # Errors
/// `code_invalid` for a wrong code, an unknown address, and when no guess is left; `code_expired` for
/// the right code too late; `password_contested` at `/password` when it must come with a password; the
/// database's.
pub async fn verify_email(
    tx: &Tx,
    cx: &Context<'_>,
    guess: Guess,
    proof: &Proof,
    device: &Device,
) -> Result<(account::Model, Opened), Error> {
    let account = super::lock(tx, guess.account.ok_or(Refusal::CodeInvalid)?).await?;
    let cx = &on_clock_of(tx, cx, &account).await?;
    let code = code::redeem_digits(tx, cx, Purpose::VerifyEmail, guess.counted, &proof.digits).await?;
    if code.target != account.email || account.status != AccountStatus::Pending {
        return Err(Refusal::CodeExpired.into());
    }
    if account.contested_at.is_some() && proof.password_hash.is_none() {
        return Err(Invalid::new("/password", "password_contested").into());
    }
    let version = account.version + 1;
    let mut row = account.into_active_model();
    row.status = Set(AccountStatus::Active);
    row.email_verified_at = Set(Some(cx.real_now));
    row.contested_at = Set(None);
    if let Some(hash) = &proof.password_hash {
        row.password_hash = Set(hash.clone());
        row.password_changed_at = Set(cx.real_now);
    }
    row.version = Set(version);
    let account = row.update(&**tx).await?;
    record::activity(tx, cx, account.id, "account.email_verified", None).await?;
    record::event(tx, cx, account.id, "account.email_verified", &account.id, json!({})).await?;
    let message = Message::Welcome { handle: account.handle.clone() };
    mail::queue(tx, cx, Letter::new(&account, &message, format!("welcome:{}", account.id))).await?;
    check_up::remind::begin(tx, cx, &account).await?;
    let opened = session::open(tx, cx, &account, device).await?;
    Ok((account, opened))
}
