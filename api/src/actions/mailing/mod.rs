//! Service e-mails after they are written: where they go, what their reader knows them by, what came
//! back, and what is sent again.

use super::account::{CODE_DIGITS, CODE_VALID, CODE_VALID_MINUTES, MAILS_PER_HOUR, MAILS_WINDOW, RETRY_AFTER};
use super::code::{self, New, Purpose, Secret};
use super::{Context, Error};
use crate::db::Tx;
use crate::mail::{self, Letter, Message, routing};
use domain::id::OneTimeCodeId;
use domain::mailing::Category;
use entity::{account, email_setting, one_time_code, undeliverable_address};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use uuid::Uuid;

pub mod bounce;
pub mod phrase;
pub mod prove;
pub mod resend;
pub mod route;

/// Codes that one account may have mailed to its addresses in an hour.
const CODES_PER_HOUR: u64 = 10;

/// Makes sure that an account has its row of choices, and answers it.
async fn setting(tx: &Tx, account: &account::Model) -> Result<email_setting::Model, Error> {
    let usual = email_setting::ActiveModel {
        account_id: Set(account.id),
        primary_categories: Set(routing::written(Category::ALL)),
        has_addresses: Set(false),
        sealed_phrase: Set(None),
        phrase_set_at: Set(None),
        check_up_reminder: Set(true),
    };
    let once = OnConflict::column(email_setting::Column::AccountId).do_nothing().to_owned();
    email_setting::Entity::insert_many([usual]).on_conflict(once).exec_without_returning(&**tx).await?;
    let found = email_setting::Entity::of(account.id).one(&**tx).await?;
    found.ok_or_else(|| Error::internal("an account without its choices about mails"))
}

/// Mails a code to an address that is to be proven, within the limits of the account and of the address,
/// whoever asked. The caller holds the lock of the account.
async fn mail_code(
    tx: &Tx,
    cx: &Context<'_>,
    account: &account::Model,
    address: &str,
    subject: Option<Uuid>,
) -> Result<(), Error> {
    use one_time_code::Column;
    let lately = || {
        one_time_code::Entity::find()
            .filter(Column::Purpose.eq(Purpose::ProveAddress.as_str()))
            .filter(Column::CreatedAt.gt(cx.real_now - MAILS_WINDOW))
    };
    let to_it = lately().filter(Column::Target.eq(address)).count(&**tx).await?;
    let by_it = lately().filter(Column::AccountId.eq(account.id)).count(&**tx).await?;
    if to_it >= MAILS_PER_HOUR || by_it >= CODES_PER_HOUR {
        return Err(Error::TooMany { retry_after: RETRY_AFTER });
    }
    let new = New {
        account: account.id,
        purpose: Purpose::ProveAddress,
        subject,
        target: Some(address),
        bound_to: None,
        valid: CODE_VALID,
        secret: Secret::Digits(CODE_DIGITS),
    };
    let secret = code::issue(tx, cx, new).await?;
    let message = Message::VerifyExtraEmail { secret, valid_minutes: CODE_VALID_MINUTES };
    let cause = format!("verify_extra_email:{}:{}", account.id, cx.id::<OneTimeCodeId>());
    mail::queue(tx, cx, Letter { to: Some(address.to_owned()), ..Letter::new(account, &message, cause) }).await
}

/// Forgets that mails to an address came back: a code was typed back from it.
///
/// # Errors
/// The database's.
pub async fn works_again(tx: &Tx, account: domain::id::AccountId, address: &str) -> Result<(), Error> {
    undeliverable_address::Entity::delete_many()
        .filter(undeliverable_address::Column::AccountId.eq(account))
        .filter(undeliverable_address::Column::Address.eq(address))
        .exec(&**tx)
        .await?;
    Ok(())
}
