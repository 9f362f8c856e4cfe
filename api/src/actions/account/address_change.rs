//! Changes of the primary and the backup address, which whoever had the account before can stop and undo.
//!
//! | from | by | to |
//! |---|---|---|
//! | – | the owner asks for another primary address | `pending`, 72 hours |
//! | `pending` | the code that went to the new address | `applied`, 7 days |
//! | – | another backup address is proven, or it is removed | `applied`, 7 days |
//! | `pending` | the owner, logged in; or the token of a notice | `vetoed` |
//! | `pending` | the owner asks again | `superseded` |
//! | `applied` | the token of a notice | `undone`, and every later change with it |
//!
//! The token goes to the addresses that the account had before: of a change of the backup address, to the primary
//! one alone. Whoever uses it says that somebody else is in the account: every session, access token and code
//! ends, the present password opens nothing any more, and a closure under way is taken back. Of what came since seven
//! days before the change, security keys are suspended, extra addresses forgotten and rules by address dropped.
//! Second factors stay: a mailbox alone does not do without them.
//!
//! Each change of the primary address keeps the changes of the backup address that can still be undone so for as
//! long as itself: whoever let themselves in by that address first cannot wait until it is theirs for good.
//! While a change of the primary address can be undone, the former address is nobody else's.

use super::{change_password, ip_rules, on_clock_of, request_reset};
use crate::actions::code::{self, Purpose};
use crate::actions::factor::security_keys;
use crate::actions::mailing::route;
use crate::actions::session::device::{self, Kept};
use crate::actions::{Context, Error, access_token, closure, record, session};
use crate::db::Tx;
use crate::mail::{self, Letter, Message};
use crate::password;
use chrono::{DateTime, TimeDelta, Utc};
use domain::account::{AddressChangeStatus as Status, AddressRole};
use domain::id::{AccountId, AddressChangeId};
use domain::refusal::Refusal;
use entity::account;
use entity::address_change::{ActiveModel, Column, Entity, Model};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder,
};
use serde_json::json;
use std::collections::BTreeSet;

/// How long a change that waits can be stopped.
const STOPPABLE: TimeDelta = TimeDelta::hours(72);
/// How long one that was made can be undone.
const UNDOABLE: TimeDelta = TimeDelta::days(7);

/// A change that is to be written.
#[derive(Debug, Clone)]
pub(super) struct New {
    /// Which address.
    pub role: AddressRole,
    /// The one before.
    pub former: Option<String>,
    /// The one after.
    pub next: Option<String>,
}

/// Writes a change that waits for the code; the one before it that waits is given up.
pub(super) async fn begin(tx: &Tx, cx: &Context<'_>, owner: AccountId, new: New) -> Result<Model, Error> {
    if let Some(waiting) = pending(&**tx, owner).await? {
        end(tx, cx, waiting, Status::Superseded).await?;
    }
    let change = row(cx, owner, new, Status::Pending).insert(&**tx).await?;
    keep_open(tx, cx, &change).await?;
    Ok(change)
}

/// Writes a change that is made already.
pub(super) async fn made(tx: &Tx, cx: &Context<'_>, owner: AccountId, new: New) -> Result<Model, Error> {
    Ok(row(cx, owner, new, Status::Applied).insert(&**tx).await?)
}

/// A change that waited is made: from now on it can be undone.
pub(super) async fn apply(tx: &Tx, cx: &Context<'_>, waiting: Model) -> Result<Model, Error> {
    let mut row = waiting.into_active_model();
    row.status = Set(Status::Applied);
    row.applied_at = Set(Some(cx.real_now));
    row.open_until = Set(cx.real_now + UNDOABLE);
    let change = row.update(&**tx).await?;
    keep_open(tx, cx, &change).await?;
    Ok(change)
}

/// What was done to the backup address and can be undone now can be until this change of the primary one is final.
async fn keep_open(tx: &Tx, cx: &Context<'_>, change: &Model) -> Result<(), Error> {
    Entity::update_many()
        .col_expr(Column::OpenUntil, Expr::value(change.open_until))
        .filter(Column::AccountId.eq(change.account_id))
        .filter(Column::Role.eq(AddressRole::Backup))
        .filter(Column::Status.eq(Status::Applied))
        .filter(Column::OpenUntil.gt(cx.real_now))
        .filter(Column::OpenUntil.lt(change.open_until))
        .exec(&**tx)
        .await?;
    Ok(())
}

fn row(cx: &Context<'_>, owner: AccountId, new: New, status: Status) -> ActiveModel {
    let (id, token): (AddressChangeId, _) = (cx.id(), cx.tools.entropy.token());
    let (applied_at, open) = match status {
        Status::Applied => (Some(cx.real_now), UNDOABLE),
        Status::Pending | Status::Vetoed | Status::Undone | Status::Superseded => (None, STOPPABLE),
    };
    ActiveModel {
        id: Set(id),
        account_id: Set(owner),
        role: Set(new.role),
        former_address: Set(new.former),
        new_address: Set(new.next),
        status: Set(status),
        sealed_token: Set(cx.tools.sealer.seal(&*cx.tools.entropy, &place(id, owner), &token)),
        token_hash: Set(hash(cx, &token)),
        requested_at: Set(cx.real_now),
        applied_at: Set(applied_at),
        open_until: Set(cx.real_now + open),
        ended_at: Set(None),
    }
}

/// The token that stops or undoes a change.
pub(super) fn token(cx: &Context<'_>, change: &Model) -> Result<String, Error> {
    Ok(cx.tools.sealer.open(&place(change.id, change.account_id), &change.sealed_token)?)
}

/// The change of an account that waits for its code, also when it waited too long.
pub(super) async fn pending<C: ConnectionTrait>(db: &C, owner: AccountId) -> Result<Option<Model>, Error> {
    let waiting = Entity::find().filter(Column::AccountId.eq(owner)).filter(Column::Status.eq(Status::Pending));
    Ok(waiting.one(db).await?)
}

/// Until when something that was done to the addresses can still be undone, if anything can: as long the account
/// has to be there.
///
/// # Errors
/// The database's.
pub async fn undoable_until<C: ConnectionTrait>(
    db: &C,
    owner: AccountId,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, Error> {
    let last = Entity::open(owner, now).filter(Column::Status.eq(Status::Applied)).order_by_desc(Column::OpenUntil);
    Ok(last.one(db).await?.map(|change| change.open_until))
}

/// The addresses that an account can still come back to.
///
/// # Errors
/// The database's.
pub async fn former<C: ConnectionTrait>(
    db: &C,
    owner: AccountId,
    now: DateTime<Utc>,
) -> Result<BTreeSet<String>, Error> {
    let made = Entity::open(owner, now).filter(Column::Status.eq(Status::Applied)).all(db).await?;
    Ok(made
        .into_iter()
        .filter(|change| change.role == AddressRole::Primary)
        .filter_map(|it| it.former_address)
        .collect())
}

/// The latest change of the primary address that can be confirmed, stopped or undone.
///
/// # Errors
/// The database's.
pub async fn latest<C: ConnectionTrait>(db: &C, owner: AccountId, now: DateTime<Utc>) -> Result<Option<Model>, Error> {
    let open = Entity::open(owner, now).filter(Column::Role.eq(AddressRole::Primary));
    Ok(open.order_by_desc(Column::RequestedAt).order_by_desc(Column::Id).one(db).await?)
}

/// Whether an address is the former one of another account that can still come back to it.
pub(super) async fn is_kept_for_another<C: ConnectionTrait>(
    db: &C,
    cx: &Context<'_>,
    address: &str,
    owner: AccountId,
) -> Result<bool, Error> {
    let others = Entity::giving_up(address, cx.real_now).filter(Column::AccountId.ne(owner));
    Ok(others.count(db).await? > 0)
}

/// The account that gave this address up and can still come back to it.
pub(super) async fn former_owner<C: ConnectionTrait>(
    db: &C,
    cx: &Context<'_>,
    address: &str,
) -> Result<Option<AccountId>, Error> {
    let change = Entity::giving_up(address, cx.real_now).order_by_asc(Column::Id).one(db).await?;
    Ok(change.map(|change| change.account_id))
}

/// Stops the change that waits: its owner thought better of it.
///
/// # Errors
/// [`Error::NotFound`] when none waits; the database's.
pub async fn veto(tx: &Tx, cx: &Context<'_>, owner: AccountId) -> Result<(), Error> {
    let account = super::lock(tx, owner).await?;
    let waiting = pending(&**tx, owner).await?.filter(|waiting| waiting.open_until > cx.real_now);
    stop(tx, cx, &account, waiting.ok_or(Error::NotFound)?).await
}

/// Stops or undoes the change that a notice spoke of, and makes the account safe.
///
/// # Errors
/// `code_invalid` for an unknown token, `code_expired` for one whose change ended or was made too long ago;
/// the database's.
pub async fn take_back(tx: &Tx, cx: &Context<'_>, token: &str) -> Result<(), Error> {
    let found = Entity::find().filter(Column::TokenHash.eq(hash(cx, token))).one(&**tx).await?;
    let found = found.ok_or(Refusal::CodeInvalid)?;
    let account = super::lock(tx, found.account_id).await?;
    let cx = &on_clock_of(tx, cx, &account).await?;
    // as it is now that nobody else changes it
    let change = Entity::find_by_id(found.id).one(&**tx).await?.ok_or(Refusal::CodeInvalid)?;
    if change.open_until <= cx.real_now {
        return Err(Refusal::CodeExpired.into());
    }
    let gone = match change.status {
        Status::Pending => open(tx, cx, account.id, AddressRole::Backup).await?,
        Status::Applied => with_later(tx, cx, &change).await?,
        Status::Vetoed | Status::Undone | Status::Superseded => return Err(Refusal::CodeExpired.into()),
    };
    // whoever made the first of them was in before
    let first = gone.iter().map(|known| known.requested_at).fold(change.requested_at, DateTime::min);
    let account = match (change.status, gone.iter().min_by_key(|known| rank(known)).cloned()) {
        (Status::Applied, _) => undo(tx, cx, account, &change, gone).await?,
        (_, earliest) => {
            stop(tx, cx, &account, change).await?;
            match earliest {
                Some(earliest) => undo(tx, cx, account, &earliest, gone).await?,
                None => account,
            }
        }
    };
    secure(tx, cx, account, first - UNDOABLE).await
}

/// Ends a change that waits, and its code; told everywhere.
async fn stop(tx: &Tx, cx: &Context<'_>, account: &account::Model, waiting: Model) -> Result<(), Error> {
    let id = waiting.id;
    let shown = waiting.new_address.as_deref().map(super::masked);
    end(tx, cx, waiting, Status::Vetoed).await?;
    code::supersede(tx, cx, account.id, Purpose::ChangeEmail, None).await?;
    record::activity(tx, cx, account.id, "email.change_stopped", Some(json!({ "address": shown }))).await?;
    record::event(tx, cx, account.id, "account.email_change_stopped", &id, json!({})).await?;
    let message = Message::AddressChangeEnded { address: shown, undone: false, role: AddressRole::Primary };
    mail::tell_everywhere(tx, cx, account, &message, &id.to_string()).await
}

/// What goes with a change that was made: whatever came after it, and whatever waits. Undoing the primary address
/// takes back every change of the backup address that still can be: that one opens the account too.
async fn with_later(tx: &Tx, cx: &Context<'_>, change: &Model) -> Result<Vec<Model>, Error> {
    let all = change.role == AddressRole::Primary;
    let mut gone = Entity::open(change.account_id, cx.real_now).all(&**tx).await?;
    gone.retain(|known| rank(known) >= rank(change) || all && known.role == AddressRole::Backup);
    Ok(gone)
}

/// The changes of one address that can still be undone.
async fn open(tx: &Tx, cx: &Context<'_>, owner: AccountId, role: AddressRole) -> Result<Vec<Model>, Error> {
    Ok(Entity::open(owner, cx.real_now).filter(Column::Role.eq(role)).all(&**tx).await?)
}

/// The order in which changes came; those that wait come last.
fn rank(known: &Model) -> (DateTime<Utc>, AddressChangeId) {
    (known.applied_at.unwrap_or(DateTime::<Utc>::MAX_UTC), known.id)
}

/// Ends changes, of which `change` is the one that is spoken of, and writes what was there before all of them.
async fn undo(
    tx: &Tx,
    cx: &Context<'_>,
    account: account::Model,
    change: &Model,
    mut gone: Vec<Model>,
) -> Result<account::Model, Error> {
    // the earliest knows what there was before all of them
    gone.sort_by_key(|known| std::cmp::Reverse(rank(known)));
    let (mut email, mut backup) = (account.email.clone(), account.backup_email.clone());
    for known in gone.iter().filter(|known| known.status == Status::Applied) {
        match known.role {
            AddressRole::Primary => email.clone_from(&known.former_address),
            AddressRole::Backup => backup.clone_from(&known.former_address),
        }
    }
    if gone.iter().any(|known| known.status == Status::Pending) {
        code::supersede(tx, cx, account.id, Purpose::ChangeEmail, None).await?;
    }
    for known in gone {
        end(tx, cx, known, Status::Undone).await?;
    }
    if backup == email {
        backup = None;
    }
    let (id, version) = (account.id, account.version + 1);
    let left: Vec<String> = [&account.email, &account.backup_email].into_iter().flatten().cloned().collect();
    let mut row = account.into_active_model();
    row.email = Set(email);
    row.backup_email = Set(backup);
    row.version = Set(version);
    let account = row.update(&**tx).await?;
    let restored = change.former_address.as_deref().map(super::masked);
    let detail = json!({ "role": change.role, "address": restored });
    record::activity(tx, cx, id, "email.change_undone", Some(detail)).await?;
    let data = json!({ "role": change.role });
    record::event(tx, cx, id, "account.email_change_undone", &change.id, data).await?;
    let message = Message::AddressChangeEnded { address: restored, undone: true, role: change.role };
    let occasion = change.id.to_string();
    mail::tell_everywhere(tx, cx, &account, &message, &occasion).await?;
    // they are nobody's of this account any more, but whoever reads them should know
    let present = [&account.email, &account.backup_email];
    for (number, to) in left.into_iter().enumerate() {
        if !present.contains(&&Some(to.clone())) {
            let cause = format!("{}:{occasion}:left:{number}", message.kind());
            mail::queue(tx, cx, Letter { to: Some(to), ..Letter::new(&account, &message, cause) }).await?;
        }
    }
    Ok(account)
}

/// Somebody else knows the password, or was let in: nothing that they have works any more, and the primary
/// address gets a token that sets another password.
async fn secure(tx: &Tx, cx: &Context<'_>, account: account::Model, since: DateTime<Utc>) -> Result<(), Error> {
    closure::revoke::if_under_way(tx, cx, account.id).await?;
    ip_rules::clear_set_since(tx, cx, account.id, since).await?;
    // as those left it
    let account = super::lock(tx, account.id).await?;
    route::forget_added_since(tx, cx, &account, since).await?;
    security_keys::suspend_added_since(tx, cx, &account, since).await?;
    let account = change_password::set(tx, cx, account, password::NONE).await?;
    session::end_all(tx, cx, account.id, None).await?;
    device::forget_all(tx, cx, account.id, Kept::None).await?;
    access_token::revoke_all(tx, cx, account.id).await?;
    code::supersede(tx, cx, account.id, Purpose::VerifyBackupEmail, None).await?;
    record::activity(tx, cx, account.id, "password.disabled", None).await?;
    record::event(tx, cx, account.id, "account.password_disabled", &account.id, json!({})).await?;
    request_reset::mail_token(tx, cx, &account, account.email.as_deref()).await
}

async fn end(tx: &Tx, cx: &Context<'_>, change: Model, status: Status) -> Result<(), Error> {
    let mut row = change.into_active_model();
    row.status = Set(status);
    row.ended_at = Set(Some(cx.real_now));
    row.sealed_token = Set(String::new());
    row.update(&**tx).await?;
    Ok(())
}

/// Deletes what can neither be confirmed, stopped nor undone any more; the activity keeps that it was.
///
/// # Errors
/// The database's.
pub async fn forget(tx: &Tx, now: DateTime<Utc>) -> Result<u64, Error> {
    Ok(Entity::delete_many().filter(Column::OpenUntil.lt(now)).exec(&**tx).await?.rows_affected)
}

pub(crate) fn place(id: AddressChangeId, owner: AccountId) -> String {
    format!("address_change:{id}:{owner}")
}

fn hash(cx: &Context<'_>, token: &str) -> String {
    cx.tools.sealer.hash("address_change", token.trim())
}
