//! The code that proves the primary address is mailed (again).

use super::{CODE_DIGITS, CODE_VALID, CODE_VALID_MINUTES, MAILS_PER_HOUR, MAILS_WINDOW, note_visitor, on_clock_of};
use crate::actions::code::{self, New, Purpose, Secret};
use crate::actions::{Context, Error, record};
use crate::db::Tx;
use crate::mail::{self, Letter, Message};
use domain::account::AccountStatus;
use domain::id::OneTimeCodeId;
use entity::account;
use sea_orm::QuerySelect;
use serde_json::json;

/// Mails a new code to an address that waits for its proof; silently nothing for any other, and beyond
/// the limit of mails to one address.
///
/// # Errors
/// The database's.
pub async fn resend_code(tx: &Tx, cx: &Context<'_>, email: &str) -> Result<(), Error> {
    let known = account::Entity::with_email(&super::normal(email)).lock_exclusive().one(&**tx).await?;
    let Some(account) = known.filter(|account| account.status == AccountStatus::Pending) else {
        return note_visitor(tx, cx, "account.verification_requested").await;
    };
    let cx = &on_clock_of(tx, cx, &account).await?;
    record::activity(tx, cx, account.id, "account.verification_requested", None).await?;
    record::event(tx, cx, account.id, "account.verification_requested", &account.id, json!({})).await?;
    let sent = code::issued_since(tx, account.id, Purpose::VerifyEmail, cx.real_now - MAILS_WINDOW).await?;
    if sent >= MAILS_PER_HOUR { Ok(()) } else { mail_code(tx, cx, &account).await }
}

/// Issues the code and queues its mail.
pub(super) async fn mail_code(tx: &Tx, cx: &Context<'_>, account: &account::Model) -> Result<(), Error> {
    let new = New {
        account: account.id,
        purpose: Purpose::VerifyEmail,
        subject: None,
        target: account.email.as_deref(),
        bound_to: None,
        valid: CODE_VALID,
        secret: Secret::Digits(CODE_DIGITS),
    };
    let secret = code::issue(tx, cx, new).await?;
    let message = Message::VerifyEmail { secret, valid_minutes: CODE_VALID_MINUTES };
    let cause = format!("verify_email:{}:{}", account.id, cx.id::<OneTimeCodeId>());
    mail::queue(tx, cx, Letter::new(account, &message, cause)).await
}
