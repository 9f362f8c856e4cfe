//! A password opens a session, or a challenge where there is a second factor.

use super::{Device, Opened, Opening, Upkeep, open, open_by};
use crate::actions::factor::challenge::{self, Challenged};
use crate::actions::factor::{recovery, remembered};
use crate::actions::{Context, Error, account, record};
use crate::db::Tx;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, IntoActiveModel};
use serde_json::json;

/// What a right password leads to.
#[derive(Debug)]
pub enum LoggedIn {
    /// A session.
    Opened(Opened),
    /// The second factor is awaited.
    Challenged(Challenged),
}

/// What came with the login besides the password.
#[derive(Debug, Clone, Copy)]
pub struct From<'a> {
    /// What was found about the password while it was at hand.
    pub upkeep: &'a Upkeep,
    /// The token of a remembered device.
    pub device_token: Option<&'a str>,
    /// What the owner will recognise the session by.
    pub device: &'a Device,
}

/// Opens a session for an account whose password was just proven (see [`super::authenticate()`]), or a
/// challenge when it has a second factor and the device is not remembered.
///
/// # Errors
/// [`Error::Unauthenticated`] when the account stopped being active meanwhile; the database's.
pub async fn log_in(
    tx: &Tx,
    cx: &Context<'_>,
    proven: &entity::account::Model,
    from: From<'_>,
) -> Result<LoggedIn, Error> {
    let account = account::lock(tx, proven.id).await?;
    // another login may have renewed the hash of the same password meanwhile
    let renewed = from.upkeep.rehashed.is_some() && account.password_changed_at == proven.password_changed_at;
    if !account::is_open(account.status) || !(renewed || account.password_hash == proven.password_hash) {
        return Err(Error::Unauthenticated);
    }
    let cx = &account::on_clock_of(tx, cx, &account).await?;
    keep_up(tx, cx, &account, from.upkeep).await?;
    let Some(challenged) = challenge::open(tx, cx, &account).await? else {
        return Ok(LoggedIn::Opened(open(tx, cx, &account, from.device).await?));
    };
    if let Some(token) = from.device_token
        && remembered::is_remembered(tx, cx, &account, token).await?
    {
        challenge::withdraw(tx, cx, challenged.id).await?;
        // the device stands for a factor: nothing is lost
        recovery::cancel_by_factor(tx, cx, &account, remembered::since(tx, account.id).await?).await?;
        return Ok(LoggedIn::Opened(open_by(tx, cx, &account, (from.device, Opening::Remembered)).await?));
    }
    // the password was right, whoever typed it
    record::activity(tx, cx, account.id, "session.challenged", Some(json!({ "challenge": challenged.id }))).await?;
    Ok(LoggedIn::Challenged(challenged))
}

/// Keeps what was found about the password: a hash of today's cost, and whether it is weak.
async fn keep_up(tx: &Tx, cx: &Context<'_>, account: &entity::account::Model, upkeep: &Upkeep) -> Result<(), Error> {
    let mut row = account.clone().into_active_model();
    if let Some(hash) = &upkeep.rehashed {
        row.password_hash = Set(hash.clone());
    }
    if upkeep.weak != account.password_weak_since.is_some() {
        row.password_weak_since = Set(upkeep.weak.then_some(cx.real_now));
    }
    if row.is_changed() {
        row.update(&**tx).await?;
    }
    Ok(())
}
