//! The phone number: proven by a code that is sent to it.
//!
//! Each text costs money and reaches somebody: numbers that are no mobile ones, countries that nobody chose
//! and floods are refused before one is queued.

use super::{CODE_DIGITS, RETRY_AFTER, profile};
use crate::actions::code::{self, New, Purpose, Secret};
use crate::actions::{Context, Error, Invalid, factor, record};
use crate::db::Tx;
use crate::mail::{self, Message};
use crate::sms;
use chrono::TimeDelta;
use domain::id::{AccountId, OneTimeCodeId};
use domain::refusal::Refusal;
use entity::account;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, IntoActiveModel};
use serde_json::json;

/// How long a code that came by text can be used (NIST SP 800-63B-4, 3.1.3.2: at most ten minutes).
const VALID: TimeDelta = TimeDelta::minutes(10);
/// Texts that an account asks for, and texts that a number gets, whoever asks for them.
const LIMITS: &[(u64, TimeDelta, u64)] =
    &[(3, TimeDelta::hours(1), RETRY_AFTER), (10, TimeDelta::days(1), 24 * RETRY_AFTER)];

/// Sends a code to the new number. The present one stays until the code comes back.
///
/// # Errors
/// [`Error::Invalid`] for what is no number, or none that texts are sent to; `phone_already_verified`;
/// [`Error::TooMany`] beyond the limits; the database's.
pub async fn set(tx: &Tx, cx: &Context<'_>, owner: AccountId, number: &str) -> Result<String, Error> {
    let number = profile::phone(number).ok_or_else(|| Invalid::new("/phone", "invalid_format"))?;
    let served = profile::mobile_country(&number);
    if !served.is_some_and(|country| cx.tools.config.sms.countries.split(',').any(|code| code.trim() == country)) {
        return Err(Invalid::new("/phone", "phone_not_reachable").into());
    }
    let account = super::lock(tx, owner).await?;
    super::require_active(&account)?;
    factor::recovery::require_none(&**tx, cx, owner).await?;
    if account.phone_verified_at.is_some() && account.phone.as_deref() == Some(&number) {
        return Err(Refusal::PhoneAlreadyVerified.into());
    }
    for (most, span, retry_after) in LIMITS {
        let since = cx.real_now - *span;
        let asked = code::issued_since(tx, owner, Purpose::VerifyPhone, since).await?;
        let sent = code::mailed_since(tx, &number, Purpose::VerifyPhone, since).await?;
        if asked.max(sent) >= *most {
            return Err(Error::TooMany { retry_after: *retry_after });
        }
    }
    if sms::queued_since(tx, cx.real_now - TimeDelta::hours(1)).await? >= cx.tools.config.sms.per_hour {
        tracing::error!(per_hour = cx.tools.config.sms.per_hour, "texts are held back");
        return Err(Error::TooMany { retry_after: RETRY_AFTER });
    }
    let new = New {
        account: owner,
        purpose: Purpose::VerifyPhone,
        subject: None,
        target: Some(&number),
        bound_to: None,
        valid: VALID,
        secret: Secret::Digits(CODE_DIGITS),
    };
    let secret = code::issue(tx, cx, new).await?;
    record::activity(tx, cx, owner, "phone.requested", Some(json!({ "phone": masked(&number) }))).await?;
    record::event(tx, cx, owner, "account.phone_requested", &owner, json!({})).await?;
    sms::queue_verification(tx, cx, &account, &number, (&secret, VALID)).await?;
    Ok(number)
}

/// The code proves the number: it takes the place of the one before.
///
/// # Errors
/// `code_invalid`, `code_expired`; the database's.
pub async fn confirm(
    tx: &Tx,
    cx: &Context<'_>,
    owner: AccountId,
    counted: Option<OneTimeCodeId>,
    digits: &str,
) -> Result<account::Model, Error> {
    let account = super::lock(tx, owner).await?;
    super::require_active(&account)?;
    factor::recovery::require_none(&**tx, cx, owner).await?;
    let code = code::redeem_digits(tx, cx, Purpose::VerifyPhone, counted, digits).await?;
    if code.account_id != owner {
        return Err(Refusal::CodeInvalid.into());
    }
    change(tx, cx, account, code.target).await
}

/// Removes the number, proven or not.
///
/// # Errors
/// [`Error::NotFound`] when there is none; the database's.
pub async fn remove(tx: &Tx, cx: &Context<'_>, owner: AccountId) -> Result<account::Model, Error> {
    let account = super::lock(tx, owner).await?;
    if account.phone.is_none() {
        return Err(Error::NotFound);
    }
    factor::recovery::require_none(&**tx, cx, owner).await?;
    code::supersede(tx, cx, owner, Purpose::VerifyPhone, None).await?;
    change(tx, cx, account, None).await
}

/// Writes the change; it is told by mail.
async fn change(
    tx: &Tx,
    cx: &Context<'_>,
    account: account::Model,
    number: Option<String>,
) -> Result<account::Model, Error> {
    let version = account.version + 1;
    let mut row = account.into_active_model();
    row.phone_verified_at = Set(number.as_ref().map(|_| cx.real_now));
    row.phone = Set(number);
    row.version = Set(version);
    let account = row.update(&**tx).await?;
    let shown = account.phone.as_deref().map(masked);
    let (kind, event) = match shown {
        Some(_) => ("phone.changed", "account.phone_changed"),
        None => ("phone.removed", "account.phone_removed"),
    };
    record::activity(tx, cx, account.id, kind, shown.as_ref().map(|shown| json!({ "phone": shown }))).await?;
    record::event(tx, cx, account.id, event, &account.id, json!({})).await?;
    let occasion = cx.id::<OneTimeCodeId>().to_string();
    mail::tell_everywhere(tx, cx, &account, &Message::PhoneChanged { number: shown }, &occasion).await?;
    Ok(account)
}

/// A number that tells its owner which one it is, and nobody else: its first three and its last two characters.
#[must_use]
pub fn masked(number: &str) -> String {
    let length = number.chars().count();
    let hidden = |place: usize| (3..length.saturating_sub(2)).contains(&place);
    number.chars().enumerate().map(|(place, digit)| if hidden(place) { '•' } else { digit }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_number_shows_its_ends_only() {
        assert_eq!(masked("+33612345678"), "+33•••••••78");
        assert_eq!(masked("+35"), "+35");
    }
}
