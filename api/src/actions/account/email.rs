//! The primary address changes: a code proves the new one, and whoever reads the addresses before can stop it
//! and undo it ([`super::address_change`]). Nothing happens by silence.

use super::address_change::{self, New as NewChange};
use super::lapse;
use super::{CODE_DIGITS, CODE_VALID, CODE_VALID_MINUTES, MAILS_PER_HOUR, MAILS_WINDOW, RETRY_AFTER};
use crate::actions::code::{self, New, Purpose, Secret};
use crate::actions::service::lock_accounts;
use crate::actions::{Context, Error, factor, record};
use crate::db::Tx;
use crate::mail::{self, Letter, Message};
use domain::account::AddressRole;
use domain::id::{AccountId, OneTimeCodeId};
use domain::refusal::Refusal;
use entity::{account, address_change as changes, email_address};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect, SqlErr,
};
use serde_json::json;

/// Mails a code to the new address and a notice, with the token that stops the change, to those before. The
/// present one stays until the code comes back; that the new one belongs to another account is not told here.
///
/// # Errors
/// `email_unchanged`, `email_same_as_backup`, `recovery_under_way`; [`Error::TooMany`] beyond the limit of mails,
/// to the account or to the address; the database's.
pub async fn set(tx: &Tx, cx: &Context<'_>, owner: AccountId, email: &str) -> Result<changes::Model, Error> {
    let account = super::lock(tx, owner).await?;
    super::require_active(&account)?;
    factor::recovery::require_none(&**tx, cx, owner).await?;
    if account.email.as_deref() == Some(email) {
        return Err(Refusal::EmailUnchanged.into());
    }
    if account.backup_email.as_deref() == Some(email) {
        return Err(Refusal::EmailSameAsBackup.into());
    }
    let since = cx.real_now - MAILS_WINDOW;
    let asked = code::issued_since(tx, owner, Purpose::ChangeEmail, since).await?;
    let received = code::mailed_since(tx, email, Purpose::ChangeEmail, since).await?;
    if asked.max(received) >= MAILS_PER_HOUR {
        return Err(Error::TooMany { retry_after: RETRY_AFTER });
    }
    let (former, next) = (account.email.clone(), Some(email.to_owned()));
    let new = NewChange { role: AddressRole::Primary, former, next };
    let change = address_change::begin(tx, cx, owner, new).await?;
    let new = New {
        account: owner,
        purpose: Purpose::ChangeEmail,
        subject: None,
        target: Some(email),
        bound_to: None,
        valid: CODE_VALID,
        secret: Secret::Digits(CODE_DIGITS),
    };
    let secret = code::issue(tx, cx, new).await?;
    let shown = super::masked(email);
    record::activity(tx, cx, owner, "email.change_requested", Some(json!({ "address": shown }))).await?;
    record::event(tx, cx, owner, "account.email_change_requested", &change.id, json!({})).await?;
    let message = Message::VerifyNewEmail { secret, valid_minutes: CODE_VALID_MINUTES };
    let letter = Letter::new(&account, &message, format!("verify_new_email:{}", change.id));
    mail::queue(tx, cx, Letter { to: Some(email.to_owned()), ..letter }).await?;
    let secret = address_change::token(cx, &change)?;
    let notice = Message::EmailChangeRequested { address: shown, secret, until: change.open_until };
    warn(tx, cx, &account, (&account, &notice), &change.id.to_string()).await?;
    Ok(change)
}

/// The code proves the new address: it becomes the primary one, also when somebody signed up with it who never
/// proved it.
///
/// # Errors
/// `code_invalid`, `code_expired`; `email_already_used` when another account has the address, or can still come back
/// to it; the database's.
pub async fn confirm(
    tx: &Tx,
    cx: &Context<'_>,
    owner: AccountId,
    counted: Option<OneTimeCodeId>,
    digits: &str,
) -> Result<account::Model, Error> {
    // whoever locks several accounts does so in one order
    let waiting = address_change::pending(&**tx, owner).await?.and_then(|waiting| waiting.new_address);
    let holder = match &waiting {
        Some(email) => account::Entity::with_email(email).one(&**tx).await?.map(|holder| holder.id),
        None => None,
    };
    lock_accounts(tx, holder.into_iter().chain([owner])).await?;
    let account = super::lock(tx, owner).await?;
    super::require_active(&account)?;
    factor::recovery::require_none(&**tx, cx, owner).await?;
    let code = code::redeem_digits(tx, cx, Purpose::ChangeEmail, counted, digits).await?;
    if code.account_id != owner {
        return Err(Refusal::CodeInvalid.into());
    }
    let waiting = address_change::pending(&**tx, owner).await?;
    let waiting =
        waiting.filter(|waiting| waiting.new_address == code.target && waiting.former_address == account.email);
    let (waiting, email) = waiting.zip(code.target).ok_or(Refusal::CodeExpired)?;
    if account.backup_email.as_ref() == Some(&email) {
        return Err(Refusal::EmailSameAsBackup.into());
    }
    let holder = account::Entity::with_email(&email).lock_exclusive().one(&**tx).await?;
    let taken = holder.as_ref().is_some_and(|holder| !lapse::is_unproven(holder));
    if taken || address_change::is_kept_for_another(&**tx, cx, &email, owner).await? {
        return Err(Refusal::EmailAlreadyUsed.into());
    }
    if let Some(unproven) = holder {
        // somebody signed up with it and never proved it
        lapse::lapse(tx, cx, &unproven).await?;
    }
    let change = address_change::apply(tx, cx, waiting).await?;
    // mails that went there as to an extra address go there anyway
    email_address::Entity::delete_many()
        .filter(email_address::Column::AccountId.eq(owner))
        .filter(email_address::Column::Address.eq(&email))
        .exec(&**tx)
        .await?;
    let (before, version) = (account.clone(), account.version + 1);
    let mut row = account.into_active_model();
    row.email = Set(Some(email.clone()));
    row.email_verified_at = Set(Some(cx.real_now));
    row.version = Set(version);
    let account = match row.update(&**tx).await {
        Ok(account) => account,
        // another account got it meanwhile
        Err(error) if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) => {
            return Err(Refusal::EmailAlreadyUsed.into());
        }
        Err(error) => return Err(error.into()),
    };
    let shown = super::masked(&email);
    record::activity(tx, cx, owner, "email.changed", Some(json!({ "address": shown }))).await?;
    record::event(tx, cx, owner, "account.email_changed", &owner, json!({})).await?;
    let occasion = change.id.to_string();
    let secret = Some(address_change::token(cx, &change)?);
    let warning = Message::EmailChanged { address: shown.clone(), secret, until: change.open_until };
    warn(tx, cx, &before, (&account, &warning), &occasion).await?;
    let told = Message::EmailChanged { address: shown, secret: None, until: change.open_until };
    let letter = Letter::new(&account, &told, format!("email_changed:{occasion}:new"));
    mail::queue(tx, cx, Letter { to: Some(email), ..letter }).await?;
    Ok(account)
}

/// A mail to the addresses of an account before a change, in the words for the account as it is.
async fn warn(
    tx: &Tx,
    cx: &Context<'_>,
    before: &account::Model,
    (account, message): (&account::Model, &Message),
    occasion: &str,
) -> Result<(), Error> {
    for (number, to) in before.email.iter().chain(&before.backup_email).enumerate() {
        let cause = format!("{}:{occasion}:{number}", message.kind());
        mail::queue(tx, cx, Letter { to: Some(to.clone()), ..Letter::new(account, message, cause) }).await?;
    }
    Ok(())
}
