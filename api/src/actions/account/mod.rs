//! The account: sign-up, recovery, profile, addresses, check-up.
//!
//! What a visitor asks is answered alike whether or not there is such an account: the same body, the
//! same hashing, a row written either way; the difference is in the mails.

use super::{Context, Error};
use crate::db::Tx;
use chrono::TimeDelta;
use domain::account::AccountStatus;
use domain::id::AccountId;
use domain::identifier::EmailAddress;
use domain::refusal::Refusal;
use entity::account;
use sea_orm::{ConnectionTrait, EntityTrait};

pub mod address_change;
pub mod backup_email;
pub mod change;
pub mod change_password;
pub mod check_up;
pub mod email;
pub mod ip_rules;
pub mod lapse;
pub mod password;
pub mod phone;
pub mod profile;
pub mod request_reset;
pub mod resend_code;
pub mod reset_password;
pub mod sign_up;
pub mod vat_id;
pub mod verify_email;
pub mod visitor_request;

pub use change::change;
pub use request_reset::request_reset;
pub use resend_code::resend_code;
pub use reset_password::reset_password;
pub use sign_up::sign_up;
pub use verify_email::verify_email;

/// Mails with a code or token that one address gets in an hour.
pub(super) const MAILS_PER_HOUR: u64 = 3;
/// The span of that limit.
pub(super) const MAILS_WINDOW: TimeDelta = TimeDelta::hours(1);
/// Seconds to wait once the limit of mails is reached.
pub(super) const RETRY_AFTER: u64 = 3_600;
/// How long a code or token of authentication can be used.
pub const CODE_VALID: TimeDelta = TimeDelta::minutes(30);
/// The same, as mails say it.
pub(super) const CODE_VALID_MINUTES: u32 = 30;
/// Digits of a code.
pub(super) const CODE_DIGITS: usize = 6;

pub use super::service::lock_account as lock;

/// The account that a login names: its handle, or its primary address.
///
/// # Errors
/// The database's.
pub async fn find_by_login<C: ConnectionTrait>(db: &C, login: &str) -> Result<Option<account::Model>, Error> {
    let login = normal(login);
    let found =
        if login.contains('@') { account::Entity::with_email(&login) } else { account::Entity::with_handle(&login) };
    Ok(found.one(db).await?)
}

/// One account.
///
/// # Errors
/// [`Error::NotFound`]; the database's.
pub async fn load<C: ConnectionTrait>(db: &C, id: AccountId) -> Result<account::Model, Error> {
    account::Entity::find_by_id(id).one(db).await?.ok_or(Error::NotFound)
}

/// The form in which addresses and handles are stored and compared.
#[must_use]
pub fn normal(login: &str) -> String {
    login.trim().to_lowercase()
}

/// An address that tells its owner which one it is, and nobody else.
#[must_use]
pub fn masked(address: &str) -> String {
    address.parse::<EmailAddress>().map_or_else(|_| "•••".to_owned(), |address| address.masked())
}

/// Whether the owner can log in: also while a closure can still be taken back.
#[must_use]
pub const fn is_open(status: AccountStatus) -> bool {
    match status {
        AccountStatus::Active | AccountStatus::Closing => true,
        AccountStatus::Pending | AccountStatus::Blocked | AccountStatus::Closed => false,
    }
}

/// Refuses what a pending, blocked or closed account may not do.
///
/// # Errors
/// `email_not_verified`, `account_not_active`.
pub fn require_active(account: &account::Model) -> Result<(), Error> {
    match account.status {
        AccountStatus::Active | AccountStatus::Closing => Ok(()),
        AccountStatus::Pending => Err(Refusal::EmailNotVerified.into()),
        AccountStatus::Blocked | AccountStatus::Closed => Err(Refusal::AccountNotActive.into()),
    }
}

/// The same context on the clock of an account that was found on the way.
pub(super) async fn on_clock_of<'a>(tx: &Tx, cx: &Context<'a>, account: &account::Model) -> Result<Context<'a>, Error> {
    Ok(cx.at(crate::clock::now_for(&**tx, cx.real_now, account).await?))
}

/// Notes what a visitor tried, without an account. Written too where nothing else would be, so that the
/// time of an answer does not tell whether there is an account.
///
/// # Errors
/// The database's.
pub async fn note_visitor(tx: &Tx, cx: &Context<'_>, kind: &'static str) -> Result<(), Error> {
    super::record::of_nobody(tx, cx, kind, None).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_are_compared_in_one_form() {
        assert_eq!(normal("  Camille@Example.ORG "), "camille@example.org");
    }
}
