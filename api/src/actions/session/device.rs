//! The devices that an owner logs in from: a network and a program. Known ones are spared when strangers
//! guess; a new one is told by mail.

use crate::actions::{Context, Error};
use crate::db::Tx;
use crate::mail::{self, Message};
use domain::id::{AccountId, KnownDeviceId};
use domain::network::Range;
use entity::{account, known_device, session};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
};

/// Devices that are kept for one account: those seen last.
const KEPT: u64 = 50;

/// What stays of the devices of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// Nothing.
    None,
    /// The device that asks.
    ThisOne,
}

/// The keyed hash of a device: neither network nor program can be read from it.
fn hash(cx: &Context<'_>, owner: AccountId) -> String {
    let address = cx.address.as_deref().and_then(|text| text.parse().ok());
    let network = address.map(|address| Range::neighbourhood(address).to_string()).unwrap_or_default();
    let program = cx.user_agent.as_deref().unwrap_or_default();
    cx.tools.sealer.hash("known_device", &format!("{owner}\0{network}\0{program}"))
}

/// Whether a request comes from a device that the owner logged in from before.
///
/// # Errors
/// The database's.
pub async fn is_known(tx: &Tx, cx: &Context<'_>, owner: AccountId) -> Result<bool, Error> {
    let device = known_device::Column::DeviceHash.eq(hash(cx, owner));
    Ok(known_device::Entity::of(owner).filter(device).one(&**tx).await?.is_some())
}

/// Notes the device that a session was just opened from. The owner is told at every address of one that is
/// new, unless it is the first session of the account.
///
/// # Errors
/// The database's.
pub async fn remember(tx: &Tx, cx: &Context<'_>, account: &account::Model) -> Result<(), Error> {
    let device_hash = hash(cx, account.id);
    let device = known_device::Column::DeviceHash.eq(device_hash.as_str());
    if let Some(seen) = known_device::Entity::of(account.id).filter(device).one(&**tx).await? {
        let mut row = seen.into_active_model();
        row.last_seen_at = Set(cx.real_now);
        row.update(&**tx).await?;
        return Ok(());
    }
    let id: KnownDeviceId = cx.id();
    let row = known_device::ActiveModel {
        id: Set(id),
        account_id: Set(account.id),
        device_hash: Set(device_hash),
        first_seen_at: Set(cx.real_now),
        last_seen_at: Set(cx.real_now),
    };
    let once = OnConflict::columns([known_device::Column::AccountId, known_device::Column::DeviceHash]);
    let inserted = known_device::Entity::insert(row)
        .on_conflict({ once }.do_nothing().to_owned())
        .exec_without_returning(&**tx)
        .await?;
    if inserted == 0 {
        // noted by another login at the same time, which tells
        return Ok(());
    }
    forget_oldest(tx, account.id).await?;
    if session::Entity::of(account.id).limit(2).count(&**tx).await? < 2 {
        return Ok(());
    }
    let message = Message::NewDevice {
        address: cx.address.clone(),
        program: program(cx.user_agent.as_deref().unwrap_or_default()),
        at: cx.real_now,
    };
    mail::tell_everywhere(tx, cx, account, &message, &id.to_string()).await
}

/// Forgets the devices of an account whose password changed, as others may have logged in with the former
/// one; `kept` keeps the device of this request.
///
/// # Errors
/// The database's.
pub async fn forget_all(tx: &Tx, cx: &Context<'_>, owner: AccountId, kept: Kept) -> Result<(), Error> {
    let mut devices = known_device::Entity::delete_many().filter(known_device::Column::AccountId.eq(owner));
    if kept == Kept::ThisOne {
        devices = devices.filter(known_device::Column::DeviceHash.ne(hash(cx, owner)));
    }
    devices.exec(&**tx).await?;
    Ok(())
}

async fn forget_oldest(tx: &Tx, owner: AccountId) -> Result<(), Error> {
    use known_device::Column;
    let beyond: Vec<KnownDeviceId> = known_device::Entity::of(owner)
        .select_only()
        .column(Column::Id)
        .order_by_desc(Column::LastSeenAt)
        .order_by_desc(Column::Id)
        .limit(1_000)
        .offset(KEPT)
        .into_tuple()
        .all(&**tx)
        .await?;
    if !beyond.is_empty() {
        known_device::Entity::delete_many().filter(Column::Id.is_in(beyond)).exec(&**tx).await?;
    }
    Ok(())
}

/// The program that a `User-Agent` names, in our own words: what a request says about itself is never
/// printed in a mail.
fn program(user_agent: &str) -> Option<String> {
    let find = |names: &[(&str, &'static str)]| {
        names.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name)
    };
    let program = find(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
        ("python", "Python"),
        ("PostmanRuntime", "Postman"),
    ]);
    let system = find(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (program, system) {
        (Some(program), Some(system)) => Some(format!("{program}, {system}")),
        (Some(one), None) | (None, Some(one)) => Some(one.to_owned()),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_named_in_our_words() {
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0";
        assert_eq!(program(firefox).as_deref(), Some("Firefox, Linux"));
        assert_eq!(program("curl/8.9.1").as_deref(), Some("curl"));
        assert_eq!(program("visit https://evil.example now"), None);
    }
}
