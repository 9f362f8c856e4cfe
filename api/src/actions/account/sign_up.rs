//! Somebody signs up. The answer never tells whether there was an account already.

use super::{MAILS_PER_HOUR, MAILS_WINDOW, address_change, note_visitor, on_clock_of, resend_code};
use crate::actions::code::{self, Purpose};
use crate::actions::{Context, Error, record};
use crate::db::Tx;
use crate::entropy::Entropy;
use crate::mail::{self, Letter, Message};
use domain::account::{AccountKind, AccountStatus, Language};
use domain::id::AccountId;
use entity::account;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel, QuerySelect};
use serde_json::json;

/// What a sign-up says.
#[derive(Clone)]
pub struct New {
    /// Lower case, well formed.
    pub email: String,
    /// The PHC string of the password.
    pub password_hash: String,
    /// Of mails and documents.
    pub language: Language,
    /// Who signs up.
    pub kind: AccountKind,
    /// ISO 3166 code.
    pub country: String,
}

impl std::fmt::Debug for New {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("New").field("kind", &self.kind).field("country", &self.country).finish_non_exhaustive()
    }
}

/// Tries of a handle that nobody has: of 67.6 million, so a second is rare and a tenth is a fault.
const HANDLE_TRIES: u32 = 10;
/// What a new account has until its owner says something else.
const CURRENCY: &str = "EUR";
const TIME_ZONE: &str = "Europe/Paris";

/// Makes a pending account and mails its code. An account that is still pending keeps its password and
/// gets a new code; the owner of one that is not is told by mail.
///
/// # Errors
/// The database's; [`Error::Internal`] when no handle is free.
pub async fn sign_up(tx: &Tx, cx: &Context<'_>, new: &New) -> Result<(), Error> {
    for _ in 0..HANDLE_TRIES {
        let known = account::Entity::with_email(&new.email).lock_exclusive().one(&**tx).await?;
        if let Some(known) = known {
            let cx = &on_clock_of(tx, cx, &known).await?;
            return repeated(tx, cx, known).await;
        }
        if let Some(owner) = address_change::former_owner(&**tx, cx, &new.email).await? {
            let account = super::lock(tx, owner).await?;
            let cx = &on_clock_of(tx, cx, &account).await?;
            return kept_for(tx, cx, &account, &new.email).await;
        }
        // a conflict is no error: PostgreSQL would abort the transaction
        let row = fresh(cx, new);
        let inserted = account::Entity::insert(row.clone())
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .exec_without_returning(&**tx)
            .await?;
        if inserted == 1 {
            let account = super::lock(tx, row.id.try_as_ref().copied().ok_or(Error::NotFound)?).await?;
            return created(tx, cx, &account).await;
        }
    }
    Err(Error::internal("no free handle"))
}

async fn created(tx: &Tx, cx: &Context<'_>, account: &account::Model) -> Result<(), Error> {
    record::activity(tx, cx, account.id, "account.created", None).await?;
    let data = json!({ "handle": account.handle, "kind": account.kind, "country": account.country });
    record::event(tx, cx, account.id, "account.created", &account.id, data).await?;
    resend_code::mail_code(tx, cx, account).await
}

async fn repeated(tx: &Tx, cx: &Context<'_>, account: account::Model) -> Result<(), Error> {
    record::activity(tx, cx, account.id, "account.sign_up_repeated", None).await?;
    record::event(tx, cx, account.id, "account.sign_up_repeated", &account.id, json!({})).await?;
    match account.status {
        AccountStatus::Pending => contest(tx, cx, account).await,
        AccountStatus::Active | AccountStatus::Closing | AccountStatus::Blocked => tell_owner(tx, cx, &account).await,
        // a closed account has no address: it is not found by one
        AccountStatus::Closed => note_visitor(tx, cx, "account.sign_up_repeated").await,
    }
}

/// Nobody knows yet which of them owns the mailbox, so what was said first stays, and its password too:
/// whoever proves the address says which password holds ([`super::verify_email()`]). That is noted also
/// beyond the limit of mails.
async fn contest(tx: &Tx, cx: &Context<'_>, account: account::Model) -> Result<(), Error> {
    let sent = code::issued_since(tx, account.id, Purpose::VerifyEmail, cx.real_now - MAILS_WINDOW).await?;
    let version = account.version + 1;
    let mut row = account.into_active_model();
    row.contested_at = Set(Some(cx.real_now));
    row.version = Set(version);
    let account = row.update(&**tx).await?;
    if sent >= MAILS_PER_HOUR { Ok(()) } else { resend_code::mail_code(tx, cx, &account).await }
}

/// The address was an account's until just now, and its owner can still come back to it.
async fn kept_for(tx: &Tx, cx: &Context<'_>, account: &account::Model, address: &str) -> Result<(), Error> {
    record::activity(tx, cx, account.id, "account.sign_up_repeated", None).await?;
    record::event(tx, cx, account.id, "account.sign_up_repeated", &account.id, json!({})).await?;
    let cause = format!("already_registered:{}:former:{}", account.id, cx.real_now.format("%Y%m%d%H"));
    let letter = Letter::new(account, &Message::AlreadyRegistered, cause);
    mail::queue(tx, cx, Letter { to: Some(address.to_owned()), ..letter }).await
}

/// At most one mail an hour: a second of the same cause is not stored.
async fn tell_owner(tx: &Tx, cx: &Context<'_>, account: &account::Model) -> Result<(), Error> {
    let cause = format!("already_registered:{}:{}", account.id, cx.real_now.format("%Y%m%d%H"));
    mail::queue(tx, cx, Letter::new(account, &Message::AlreadyRegistered, cause)).await
}

fn fresh(cx: &Context<'_>, new: &New) -> account::ActiveModel {
    account::ActiveModel {
        id: Set(cx.id::<AccountId>()),
        handle: Set(handle(&*cx.tools.entropy)),
        email: Set(Some(new.email.clone())),
        email_verified_at: Set(None),
        contested_at: Set(None),
        backup_email: Set(None),
        password_hash: Set(new.password_hash.clone()),
        password_changed_at: Set(cx.real_now),
        password_weak_since: Set(None),
        kind: Set(new.kind),
        status: Set(AccountStatus::Pending),
        language: Set(new.language),
        currency: Set(CURRENCY.to_owned()),
        time_zone: Set(TIME_ZONE.to_owned()),
        first_name: Set(None),
        last_name: Set(None),
        organisation: Set(None),
        street: Set(None),
        postal_code: Set(None),
        city: Set(None),
        country: Set(new.country.clone()),
        phone: Set(None),
        phone_verified_at: Set(None),
        siret: Set(None),
        vat_id: Set(None),
        vat_id_status: Set(None),
        test_clock_id: Set(None),
        ip_rules: Set(None),
        balance: Set(0),
        version: Set(1),
        created_at: Set(cx.real_now),
        closed_at: Set(None),
    }
}

/// Two letters, five digits: `ab12345-tacit`.
fn handle(entropy: &dyn Entropy) -> String {
    let mut handle = String::with_capacity(13);
    while handle.len() < 2 {
        let mut byte = [0_u8; 1];
        entropy.fill(&mut byte);
        // 234 is the largest multiple of 26 in a byte: no letter is likelier than another
        if let [value @ 0..234] = byte {
            handle.push(char::from(b'a' + value % 26));
        }
    }
    handle.push_str(&entropy.code(5));
    handle.push_str("-tacit");
    handle
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SeededEntropy;

    #[test]
    fn a_handle_has_two_letters_and_five_digits() {
        let entropy = SeededEntropy::new(7);
        for _ in 0..50 {
            let handle = handle(&entropy);
            let (name, house) = handle.split_once('-').unwrap();
            let (letters, digits) = name.split_at(2);
            assert_eq!(house, "tacit");
            assert!(letters.chars().all(|c| c.is_ascii_lowercase()) && digits.len() == 5, "{handle}");
            assert!(digits.chars().all(|c| c.is_ascii_digit()), "{handle}");
        }
    }
}
