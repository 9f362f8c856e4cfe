//! What came back: the mail is no proof that anybody was told, and the address is marked.

use super::setting;
use crate::actions::{Context, Error, account, record};
use crate::app::Tools;
use crate::clock::now_for;
use crate::db::Tx;
use crate::mail::deliver::{ACCEPTED, BOUNCED};
use crate::mail::{self, Addresses, Letter, Message};
use chrono::{DateTime, TimeDelta, Utc};
use domain::id::{AccountId, EmailId};
use domain::mailing::{BounceKind, SOFT_BOUNCE_DAYS, SOFT_BOUNCES};
use domain::refusal::Refusal;
use entity::{account::Model as Account, email, undeliverable_address};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::json;

/// What the relay's report says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Which mail.
    pub email: EmailId,
    /// What happened to it.
    pub kind: BounceKind,
    /// The relay's words.
    pub diagnostic: Option<String>,
}

/// Records that a mail came back. The same report again changes nothing.
///
/// # Errors
/// [`Error::NotFound`]; `email_not_accepted` for a mail that the relay never took, or that came back for
/// another reason before; the database's.
pub async fn record(tx: &Tx, cx: &Context<'_>, report: &Report) -> Result<email::Model, Error> {
    let load = || email::Entity::find_by_id(report.email).one(&**tx);
    let mail = load().await?.ok_or(Error::NotFound)?;
    let owner = match mail.account_id {
        Some(id) => Some(account::lock(tx, id).await?),
        None => None,
    };
    let now = match &owner {
        Some(owner) => now_for(&**tx, cx.real_now, owner).await?,
        None => cx.real_now,
    };
    let cx = &cx.at(now);
    let state = if report.kind.is_undelivered() { BOUNCED } else { ACCEPTED };
    let noted = email::Entity::update_many()
        .col_expr(email::Column::State, Expr::value(state))
        .col_expr(email::Column::BouncedAt, Expr::value(now))
        .col_expr(email::Column::BounceKind, Expr::value(report.kind))
        .col_expr(email::Column::BounceDiagnostic, Expr::value(report.diagnostic.clone()))
        .filter(email::Column::Id.eq(report.email))
        .filter(email::Column::State.eq(ACCEPTED))
        .filter(email::Column::BouncedAt.is_null())
        .exec(&**tx)
        .await?;
    let after = load().await?.ok_or(Error::NotFound)?;
    if noted.rows_affected == 0 {
        return if after.bounce_kind == Some(report.kind) { Ok(after) } else { Err(Refusal::EmailNotAccepted.into()) };
    }
    let Some(owner) = owner else { return Ok(after) };
    let data = json!({ "kind": after.kind, "category": after.category, "bounce": report.kind });
    record::activity(tx, cx, owner.id, "email.bounced", Some(data.clone())).await?;
    record::event(tx, cx, owner.id, "email.bounced", &after.id, data).await?;
    let gone = match report.kind {
        BounceKind::Hard => true,
        BounceKind::Soft => soft_bounces(tx, owner.id, &after.to_address, now).await? >= SOFT_BOUNCES,
        BounceKind::Complaint => false,
    };
    if gone {
        mark(tx, cx, &owner, (&after.to_address, report.kind)).await?;
    }
    Ok(after)
}

/// The relay itself said, while it was asked, that there is no such mailbox.
///
/// # Errors
/// The database's.
pub async fn refused(tx: &Tx, tools: &Tools, real_now: DateTime<Utc>, mail: &email::Model) -> Result<(), Error> {
    let Some(id) = mail.account_id else { return Ok(()) };
    let owner = account::lock(tx, id).await?;
    let now = now_for(&**tx, real_now, &owner).await?;
    mark(tx, &Context::scheduler(tools, now, real_now), &owner, (&mail.to_address, BounceKind::Hard)).await
}

/// Marks an address of the account; the others that are proven are told.
async fn mark(tx: &Tx, cx: &Context<'_>, owner: &Account, (address, kind): (&str, BounceKind)) -> Result<(), Error> {
    if owner.email.is_none() || address.is_empty() {
        // erased
        return Ok(());
    }
    let addresses = Addresses::of(&**tx, owner).await?;
    let theirs = addresses.is_proven(address) || addresses.primary.address == address;
    if !theirs {
        // a code to an address that was never theirs, or is no longer
        return Ok(());
    }
    setting(tx, owner).await?;
    let row = undeliverable_address::ActiveModel {
        account_id: Set(owner.id),
        address: Set(address.to_owned()),
        kind: Set(kind),
        since: Set(cx.real_now),
    };
    let key = [undeliverable_address::Column::AccountId, undeliverable_address::Column::Address];
    let once = OnConflict::columns(key).do_nothing().to_owned();
    let marked =
        undeliverable_address::Entity::insert_many([row]).on_conflict(once).exec_without_returning(&**tx).await?;
    if marked == 0 {
        return Ok(());
    }
    let shown = account::masked(address);
    let data = json!({ "address": shown, "bounce": kind });
    record::activity(tx, cx, owner.id, "email_address.undeliverable", Some(data.clone())).await?;
    record::event(tx, cx, owner.id, "account.email_undeliverable", &owner.id, data).await?;
    let message = Message::AddressUndeliverable { address: shown };
    let occasion = cx.id::<EmailId>();
    for (number, other) in addresses.proven().into_iter().filter(|other| other != address).enumerate() {
        let cause = format!("address_undeliverable:{occasion}:{number}");
        mail::queue(tx, cx, Letter { to: Some(other), ..Letter::new(owner, &message, cause) }).await?;
    }
    Ok(())
}

async fn soft_bounces(tx: &Tx, owner: AccountId, address: &str, now: DateTime<Utc>) -> Result<u64, Error> {
    Ok(email::Entity::of(owner)
        .filter(email::Column::ToAddress.eq(address))
        .filter(email::Column::BounceKind.eq(BounceKind::Soft))
        .filter(email::Column::BouncedAt.gt(now - TimeDelta::days(SOFT_BOUNCE_DAYS)))
        .count(&**tx)
        .await?)
}
