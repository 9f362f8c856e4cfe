//! Backup codes: ten of 80 bits, shown once, each good for one use, no factor until one is typed back.

use super::enrolled;
use crate::actions::{Context, Error, account, record};
use crate::db::Tx;
use crate::mail::{self, Message};
use chrono::{DateTime, Utc};
use domain::id::{AccountId, BackupCodeId};
use domain::refusal::Refusal;
use entity::account as accounts;
use entity::backup_code::{self, Column, Entity};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::json;

/// Codes in a set.
pub const SET: usize = 10;
/// Characters of a code, five bits each.
const LENGTH: usize = 16;
/// Crockford's base32 without what is mistaken for digits.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Replaces the set of an account by a new one.
///
/// # Errors
/// `no_second_factor`; the database's.
pub async fn replace(tx: &Tx, cx: &Context<'_>, owner: AccountId) -> Result<Vec<String>, Error> {
    let account = account::lock(tx, owner).await?;
    if enrolled(&**tx, owner).await?.is_empty() {
        return Err(Refusal::NoSecondFactor.into());
    }
    issue(tx, cx, &account).await
}

/// Issues a set in place of the one before.
pub(super) async fn issue(tx: &Tx, cx: &Context<'_>, account: &accounts::Model) -> Result<Vec<String>, Error> {
    forget(tx, account.id).await?;
    let codes: Vec<String> = (0..SET).map(|_| draw(cx)).collect();
    let rows: Vec<_> = codes
        .iter()
        .map(|code| backup_code::ActiveModel {
            id: Set(cx.id()),
            account_id: Set(account.id),
            code_hash: Set(hash(cx, account.id, code)),
            created_at: Set(cx.real_now),
            activated_at: Set(None),
            used_at: Set(None),
        })
        .collect();
    Entity::insert_many(rows).exec_without_returning(&**tx).await?;
    record::activity(tx, cx, account.id, "backup_codes.issued", None).await?;
    record::event(tx, cx, account.id, "backup_codes.issued", &account.id, json!({})).await?;
    let occasion = cx.id::<BackupCodeId>().to_string();
    mail::tell_everywhere(tx, cx, account, &Message::BackupCodesIssued, &occasion).await?;
    Ok(codes)
}

/// One typed back proves that the set is kept: all of it can be used from now on, that code too.
///
/// # Errors
/// `code_invalid`; the database's.
pub async fn activate(tx: &Tx, cx: &Context<'_>, owner: AccountId, code: &str) -> Result<(), Error> {
    account::lock(tx, owner).await?;
    let mine = Entity::of(owner).filter(Column::CodeHash.eq(hash(cx, owner, code)));
    if mine.filter(Column::UsedAt.is_null()).one(&**tx).await?.is_none() {
        return Err(Refusal::CodeInvalid.into());
    }
    let activated = Entity::update_many()
        .col_expr(Column::ActivatedAt, Expr::value(cx.real_now))
        .filter(Column::AccountId.eq(owner))
        .filter(Column::ActivatedAt.is_null())
        .exec(&**tx)
        .await?;
    if activated.rows_affected == 0 {
        return Ok(());
    }
    record::activity(tx, cx, owner, "backup_codes.activated", None).await?;
    record::event(tx, cx, owner, "backup_codes.activated", &owner, json!({})).await
}

/// Refuses a code that could not be used now.
///
/// # Errors
/// [`Error::Unauthenticated`]; the database's.
pub(super) async fn require(tx: &Tx, cx: &Context<'_>, owner: AccountId, code: &str) -> Result<(), Error> {
    let usable = Entity::usable(owner).filter(Column::CodeHash.eq(hash(cx, owner, code)));
    if usable.one(&**tx).await?.is_some() { Ok(()) } else { Err(Error::Unauthenticated) }
}

/// Uses a code up and tells its owner; the update decides between requests at the same time.
pub(super) async fn accept(
    tx: &Tx,
    cx: &Context<'_>,
    account: &accounts::Model,
    code: &str,
) -> Result<DateTime<Utc>, Error> {
    let code_hash = hash(cx, account.id, code);
    let used = Entity::update_many()
        .col_expr(Column::UsedAt, Expr::value(cx.real_now))
        .filter(Column::AccountId.eq(account.id))
        .filter(Column::CodeHash.eq(code_hash.as_str()))
        .filter(Column::ActivatedAt.is_not_null())
        .filter(Column::UsedAt.is_null())
        .exec(&**tx)
        .await?;
    if used.rows_affected != 1 {
        return Err(Error::Unauthenticated);
    }
    let left = Entity::usable(account.id).count(&**tx).await?;
    record::activity(tx, cx, account.id, "backup_code.used", Some(json!({ "left": left }))).await?;
    record::event(tx, cx, account.id, "backup_code.used", &account.id, json!({ "left": left })).await?;
    let occasion = cx.id::<BackupCodeId>().to_string();
    mail::tell_everywhere(tx, cx, account, &Message::BackupCodeUsed { left }, &occasion).await?;
    let code = Entity::of(account.id).filter(Column::CodeHash.eq(code_hash)).one(&**tx).await?;
    Ok(code.map_or(cx.real_now, |code| code.activated_at.unwrap_or(code.created_at)))
}

/// Deletes the set.
pub(super) async fn forget(tx: &Tx, owner: AccountId) -> Result<(), Error> {
    Entity::delete_many().filter(Column::AccountId.eq(owner)).exec(&**tx).await?;
    Ok(())
}

/// `xxxx-xxxx-xxxx-xxxx`: 80 random bits.
fn draw(cx: &Context<'_>) -> String {
    let mut bytes = [0_u8; LENGTH];
    cx.tools.entropy.fill(&mut bytes);
    let mut code = String::with_capacity(LENGTH + 3);
    for (at, byte) in bytes.iter().enumerate() {
        if at > 0 && at % 4 == 0 {
            code.push('-');
        }
        // 256 is a multiple of 32: no character is likelier than another
        code.push(ALPHABET.get(usize::from(byte & 31)).copied().map_or('0', char::from));
    }
    code
}

/// However it is typed: without dashes and spaces, in any case.
fn hash(cx: &Context<'_>, owner: AccountId, code: &str) -> String {
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    cx.tools.sealer.hash(&format!("backup_code:{owner}"), &plain)
}
