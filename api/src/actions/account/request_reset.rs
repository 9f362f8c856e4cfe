//! A forgotten password: a token is mailed to the address that was named, if it is a known one.

use super::{CODE_VALID, CODE_VALID_MINUTES, MAILS_PER_HOUR, MAILS_WINDOW, note_visitor, on_clock_of};
use crate::actions::code::{self, New, Purpose, Secret};
use crate::actions::service::lock_accounts;
use crate::actions::{Context, Error, record};
use crate::db::Tx;
use crate::mail::{self, Letter, Message};
use crate::seal::Sealer;
use domain::account::AccountStatus;
use domain::id::OneTimeCodeId;
use entity::account;
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;

/// Accounts that may share one backup address and are all served by one request: as many as mails go to one
/// address in an hour.
const SHARED_BACKUP_MAX: u64 = MAILS_PER_HOUR;

/// Mails a token: to the primary address when the login is a handle or that address, to the backup
/// address when the login is that. Asking changes nothing; unknown logins and those beyond the limit of
/// mails, to an account or to an address, get nothing.
///
/// # Errors
/// The database's.
pub async fn request_reset(tx: &Tx, cx: &Context<'_>, login: &str) -> Result<(), Error> {
    note_visitor(tx, cx, "password.reset_requested").await?;
    let login = super::normal(login);
    let named = super::find_by_login(&**tx, &login).await?;
    // also when it is an account's primary address: somebody else's account does not stand between an owner and
    // the backup address
    let mut others = Vec::new();
    if login.contains('@') {
        let open = AccountStatus::ALL.iter().copied().filter(|status| super::is_open(*status));
        others = account::Entity::with_backup_email(&login)
            .filter(account::Column::Status.is_in(open))
            .order_by_asc(account::Column::Id)
            .limit(SHARED_BACKUP_MAX)
            .all(&**tx)
            .await?;
    }
    lock_accounts(tx, named.iter().chain(&others).map(|account| account.id)).await?;
    if let Some(account) = named {
        mail_token(tx, cx, &account, account.email.as_deref()).await?;
    }
    for account in others {
        mail_token(tx, cx, &account, Some(&login)).await?;
    }
    Ok(())
}

/// Mails a token to an address of an account that is open; beyond the limit of mails, nothing.
pub(super) async fn mail_token(
    tx: &Tx,
    cx: &Context<'_>,
    found: &account::Model,
    to: Option<&str>,
) -> Result<(), Error> {
    let account = super::lock(tx, found.id).await?;
    let Some(to) = to.filter(|_| super::is_open(account.status)) else { return Ok(()) };
    let cx = &on_clock_of(tx, cx, &account).await?;
    let since = cx.real_now - MAILS_WINDOW;
    let sent = code::issued_since(tx, account.id, Purpose::ResetPassword, since).await?;
    let received = code::mailed_since(tx, to, Purpose::ResetPassword, since).await?;
    if sent.max(received) >= MAILS_PER_HOUR {
        return Ok(());
    }
    let new = New {
        account: account.id,
        purpose: Purpose::ResetPassword,
        subject: None,
        target: Some(to),
        bound_to: Some(credentials(&cx.tools.sealer, &account)),
        valid: CODE_VALID,
        secret: Secret::Token,
    };
    let secret = code::issue(tx, cx, new).await?;
    record::activity(tx, cx, account.id, "password.reset_requested", Some(json!({ "to": super::masked(to) }))).await?;
    record::event(tx, cx, account.id, "account.password_reset_requested", &account.id, json!({})).await?;
    let message = Message::PasswordReset { secret, valid_minutes: CODE_VALID_MINUTES };
    let cause = format!("password_reset:{}:{}", account.id, cx.id::<OneTimeCodeId>());
    let letter = Letter { to: Some(to.to_owned()), ..Letter::new(&account, &message, cause) };
    mail::queue(tx, cx, letter).await
}

/// What a token is bound to: another address or password makes it useless.
pub(super) fn credentials(sealer: &Sealer, account: &account::Model) -> String {
    let email = account.email.as_deref().unwrap_or_default();
    let backup = account.backup_email.as_deref().unwrap_or_default();
    code::state(sealer, &[email, backup, &account.password_changed_at.timestamp_micros().to_string()])
}
