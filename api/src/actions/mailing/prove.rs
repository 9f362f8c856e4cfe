//! Proves an address of an account by a mailed code: an extra one before it receives anything, and any
//! whose mails came back.

use super::{mail_code, works_again};
use crate::actions::code::{self, Purpose};
use crate::actions::{Context, Error, account, record};
use crate::db::Tx;
use crate::mail::{self, Addresses, Message};
use domain::id::{AccountId, OneTimeCodeId};
use domain::refusal::Refusal;
use entity::account::Model as Account;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ConnectionTrait, IntoActiveModel};
use serde_json::json;
use uuid::Uuid;

/// What the codes for an address of the account are kept under.
///
/// # Errors
/// [`Error::NotFound`] for an address that is none of the account's; the database's.
pub async fn subject<C: ConnectionTrait>(db: &C, account: &Account, address: &str) -> Result<Option<Uuid>, Error> {
    let addresses = Addresses::of(db, account).await?;
    if let Some((row, _)) = addresses.extra.iter().find(|(row, _)| row.address == address) {
        return Ok(Some(row.id.0));
    }
    if addresses.is_proven(address) { Ok(None) } else { Err(Error::NotFound) }
}

/// Mails another code.
///
/// # Errors
/// [`Error::NotFound`]; `address_already_proven` when there is nothing to prove; [`Error::TooMany`]; the
/// database's.
pub async fn resend(tx: &Tx, cx: &Context<'_>, owner: AccountId, address: &str) -> Result<(), Error> {
    let account = account::lock(tx, owner).await?;
    account::require_active(&account)?;
    let subject = subject(&**tx, &account, address).await?;
    let addresses = Addresses::of(&**tx, &account).await?;
    if addresses.is_proven(address) && addresses.undeliverable(address).is_none() {
        return Err(Refusal::AddressAlreadyProven.into());
    }
    let data = json!({ "address": account::masked(address) });
    record::activity(tx, cx, owner, "email_address.code_requested", Some(data)).await?;
    mail_code(tx, cx, &account, address, subject).await
}

/// The code came back: the address receives what was chosen for it.
///
/// # Errors
/// `code_invalid`, `code_expired`, [`Error::NotFound`]; the database's.
pub async fn confirm(
    tx: &Tx,
    cx: &Context<'_>,
    owner: AccountId,
    counted: Option<OneTimeCodeId>,
    (address, digits): (&str, &str),
) -> Result<Account, Error> {
    let account = account::lock(tx, owner).await?;
    account::require_active(&account)?;
    let code = code::redeem_digits(tx, cx, Purpose::ProveAddress, counted, digits).await?;
    // digits are few: the same ones may have been mailed to another address of the account
    let belongs = (owner, subject(&**tx, &account, address).await?, Some(address));
    if (code.account_id, code.subject_id, code.target.as_deref()) != belongs {
        return Err(Refusal::CodeInvalid.into());
    }
    let addresses = Addresses::of(&**tx, &account).await?;
    let row = addresses.extra.iter().find(|(row, _)| row.address == address).map(|(row, _)| row.clone());
    let fresh = row.as_ref().is_some_and(|row| row.proven_at.is_none());
    if let Some(row) = row {
        let mut row = row.into_active_model();
        row.proven_at = Set(Some(cx.real_now));
        row.update(&**tx).await?;
    }
    works_again(tx, owner, address).await?;
    let shown = account::masked(address);
    record::activity(tx, cx, owner, "email_address.proven", Some(json!({ "address": shown }))).await?;
    record::event(tx, cx, owner, "account.email_address_proven", &owner, json!({})).await?;
    if fresh {
        let message = Message::EmailAddressProven { address: shown };
        mail::tell_everywhere(tx, cx, &account, &message, &cx.id::<OneTimeCodeId>().to_string()).await?;
    }
    Ok(account)
}
