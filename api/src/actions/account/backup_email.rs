//! The second address: proven by a code, for recovery and notices.

use super::address_change::{self, New};
use super::{CODE_DIGITS, CODE_VALID, CODE_VALID_MINUTES, MAILS_PER_HOUR, MAILS_WINDOW, RETRY_AFTER};
use crate::actions::code::{self, Purpose, Secret};
use crate::actions::{Context, Error, factor, record};
use crate::db::Tx;
use crate::mail::{self, Letter, Message};
use domain::account::AddressRole;
use domain::id::{AccountId, OneTimeCodeId};
use domain::refusal::Refusal;
use entity::account;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, IntoActiveModel};
use serde_json::json;

/// Mails a code to the new address. The present backup address stays until the code comes back.
///
/// # Errors
/// `backup_email_same_as_primary`, `recovery_under_way`; [`Error::TooMany`] beyond the limit of mails, to the account
/// or to the address; the database's.
pub async fn set(tx: &Tx, cx: &Context<'_>, owner: AccountId, email: &str) -> Result<(), Error> {
    let account = super::lock(tx, owner).await?;
    super::require_active(&account)?;
    factor::recovery::require_none(&**tx, cx, owner).await?;
    if account.email.as_deref() == Some(email) {
        return Err(Refusal::BackupEmailSameAsPrimary.into());
    }
    let since = cx.real_now - MAILS_WINDOW;
    let asked = code::issued_since(tx, owner, Purpose::VerifyBackupEmail, since).await?;
    let received = code::mailed_since(tx, email, Purpose::VerifyBackupEmail, since).await?;
    if asked.max(received) >= MAILS_PER_HOUR {
        return Err(Error::TooMany { retry_after: RETRY_AFTER });
    }
    let new = code::New {
        account: owner,
        purpose: Purpose::VerifyBackupEmail,
        subject: None,
        target: Some(email),
        bound_to: None,
        valid: CODE_VALID,
        secret: Secret::Digits(CODE_DIGITS),
    };
    let secret = code::issue(tx, cx, new).await?;
    let data = json!({ "address": super::masked(email) });
    record::activity(tx, cx, owner, "backup_email.requested", Some(data)).await?;
    record::event(tx, cx, owner, "account.backup_email_requested", &owner, json!({})).await?;
    let message = Message::VerifyBackupEmail { secret, valid_minutes: CODE_VALID_MINUTES };
    let cause = format!("verify_backup_email:{owner}:{}", cx.id::<OneTimeCodeId>());
    let letter = Letter { to: Some(email.to_owned()), ..Letter::new(&account, &message, cause) };
    mail::queue(tx, cx, letter).await
}

/// The code proves the new address: it takes the place of the one before.
///
/// # Errors
/// `code_invalid`, `code_expired`, `backup_email_same_as_primary`; the database's.
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
    let code = code::redeem_digits(tx, cx, Purpose::VerifyBackupEmail, counted, digits).await?;
    if code.account_id != owner {
        return Err(Refusal::CodeInvalid.into());
    }
    if code.target == account.email {
        return Err(Refusal::BackupEmailSameAsPrimary.into());
    }
    if code.target == account.backup_email {
        // proven once more
        return Ok(account);
    }
    change(tx, cx, account, code.target).await
}

/// Removes the address.
///
/// # Errors
/// [`Error::NotFound`] when there is none; the database's.
pub async fn remove(tx: &Tx, cx: &Context<'_>, owner: AccountId) -> Result<account::Model, Error> {
    let account = super::lock(tx, owner).await?;
    if account.backup_email.is_none() {
        return Err(Error::NotFound);
    }
    factor::recovery::require_none(&**tx, cx, owner).await?;
    code::supersede(tx, cx, owner, Purpose::VerifyBackupEmail, None).await?;
    change(tx, cx, account, None).await
}

/// Writes the change; the primary address hears of it and can undo it, and the one that is no longer used hears of it.
async fn change(
    tx: &Tx,
    cx: &Context<'_>,
    account: account::Model,
    address: Option<String>,
) -> Result<account::Model, Error> {
    let former = account.backup_email.clone();
    let version = account.version + 1;
    let mut row = account.into_active_model();
    row.backup_email = Set(address.clone());
    row.version = Set(version);
    let account = row.update(&**tx).await?;
    let shown = account.backup_email.as_deref().map(super::masked);
    record::activity(tx, cx, account.id, "backup_email.changed", Some(json!({ "address": shown }))).await?;
    let data = json!({ "set": account.backup_email.is_some() });
    record::event(tx, cx, account.id, "account.backup_email_changed", &account.id, data).await?;
    let new = New { role: AddressRole::Backup, former: former.clone(), next: address };
    let change = address_change::made(tx, cx, account.id, new).await?;
    let told = |secret| Message::BackupEmailChanged { address: shown.clone(), secret, until: change.open_until };
    let cause = |place| format!("backup_email_changed:{}:{place}", change.id);
    let warning = told(Some(address_change::token(cx, &change)?));
    mail::queue(tx, cx, Letter::new(&account, &warning, cause("primary"))).await?;
    if former.is_some() {
        // it may have been removed because somebody else reads it
        let notice = told(None);
        mail::queue(tx, cx, Letter { to: former, ..Letter::new(&account, &notice, cause("former")) }).await?;
    }
    Ok(account)
}
