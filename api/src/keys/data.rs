//! Data keys: what seals and hashes, stored wrapped by the configured secret key.
//!
//! A rotation has three steps, each of which may be cut off and done again: [`begin`] stores the new key and
//! wraps all of them by the configured secret key; once every process seals with it, [`sealed::seal_again`]
//! opens what the older ones sealed and seals it with the new one; [`finish`] retires the older ones, and
//! deletes those that were retired long ago and that nothing names.

use super::{Parts, lock, sealed, transact};
use crate::actions::{Context, Error, operator};
use crate::app::App;
use crate::db::{Db, Tx};
use crate::entropy::Entropy;
use crate::seal::root::Roots;
use crate::seal::{DataKey, KEY_BYTES, Ring, SealError, Sealer, hex};
use aws_lc_rs::hmac;
use chrono::{DateTime, TimeDelta, Utc};
use entity::data_key::{self, Column, Entity, HASH, Model, SEAL};
use entity::signing_key;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QueryOrder,
};
use serde_json::json;

/// How long a new key is stored before anything is sealed with it: three times what a process takes to read it.
const KNOWN_BEFORE: TimeDelta = TimeDelta::seconds(15);
/// How long every process takes to seal with it after that.
const TAKEN_UP: TimeDelta = TimeDelta::seconds(10);
/// How long a retired key is kept: for a process that was cut off from the database meanwhile.
const KEPT: TimeDelta = TimeDelta::days(1);

/// Reads the keys, or makes the first ones.
///
/// # Errors
/// As [`super::open`].
pub(super) async fn open(parts: Parts<'_>) -> Result<Sealer, Error> {
    if !is_complete(&stored(parts.db).await?) {
        transact(parts.db, async |tx| create_first(tx, parts).await).await?;
    }
    let rows = stored(parts.db).await?;
    Ok(Sealer::of(ring(parts.roots, &rows, parts.clock.now(), None)?))
}

/// Reads the keys again.
///
/// # Errors
/// As [`super::open`].
pub(super) async fn read_again(app: &App) -> Result<(), Error> {
    let rows = stored(&app.db).await?;
    app.tools.sealer.replace(ring(&app.roots, &rows, app.now(), Some(&app.tools.sealer))?);
    Ok(())
}

async fn stored(db: &Db) -> Result<Vec<Model>, Error> {
    Ok(Entity::find().order_by_desc(Column::ActiveFrom).order_by_desc(Column::Id).all(&**db.read()).await?)
}

fn is_complete(rows: &[Model]) -> bool {
    let has = |purpose: &str| rows.iter().any(|row| row.purpose == purpose);
    has(SEAL) && has(HASH)
}

/// The ring of stored keys, the newest first. A key that is held already is not unwrapped again: a process
/// goes on when the others have a new secret key already.
fn ring(roots: &Roots, rows: &[Model], now: DateTime<Utc>, held: Option<&Sealer>) -> Result<Ring, SealError> {
    let mut keys = Vec::new();
    for row in rows.iter().filter(|row| row.purpose == SEAL) {
        let known = held.and_then(|sealer| sealer.held(&row.id));
        let key = known.map_or_else(|| DataKey::new(&row.id, &unwrap(roots, row)?), Ok)?;
        keys.push((row.active_from <= now && row.retired_at.is_none(), key));
    }
    // clocks that disagree must not leave nothing to seal with: then the oldest, which everybody knows
    let at = keys.iter().position(|(seals, _)| *seals).or_else(|| keys.len().checked_sub(1));
    let current = at.map(|at| keys.swap_remove(at).1).ok_or(SealError::CannotOpen)?;
    let hash = match (held, rows.iter().find(|row| row.purpose == HASH)) {
        (Some(sealer), _) => sealer.hash_key(),
        (None, Some(row)) => hmac::Key::new(hmac::HMAC_SHA256, &unwrap(roots, row)?),
        (None, None) => return Err(SealError::CannotOpen),
    };
    Ok(Ring { current, others: keys.into_iter().map(|(_, key)| key).collect(), hash })
}

fn unwrap(roots: &Roots, row: &Model) -> Result<[u8; KEY_BYTES], SealError> {
    roots.unwrap(&place(&row.id, &row.purpose), &row.wrapped_key)
}

fn place(id: &str, purpose: &str) -> String {
    format!("data_key:{id}:{purpose}")
}

/// The keys of a database that has none. One that was used before there were data keys keeps those that its
/// values were sealed and hashed with: nothing that is stored changes.
async fn create_first(tx: &Tx, parts: Parts<'_>) -> Result<(), Error> {
    lock(tx, "data_key").await?;
    if is_complete(&Entity::find().all(&**tx).await?) {
        return Ok(());
    }
    let root = parts.roots.current();
    let (id, seal, hash) = if signing_key::Entity::find().count(&**tx).await? > 0 {
        (root.id().to_owned(), root.first_seal_key()?, root.first_hash_key()?)
    } else {
        (fresh_id(parts.entropy), fresh_key(parts.entropy), fresh_key(parts.entropy))
    };
    let now = parts.clock.now();
    insert(tx, (parts.roots, parts.entropy), (&id, SEAL, &seal), (now, now)).await?;
    insert(tx, (parts.roots, parts.entropy), (&fresh_id(parts.entropy), HASH, &hash), (now, now)).await
}

async fn insert(
    tx: &Tx,
    (roots, entropy): (&Roots, &dyn Entropy),
    (id, purpose, key): (&str, &str, &[u8; KEY_BYTES]),
    (created_at, active_from): (DateTime<Utc>, DateTime<Utc>),
) -> Result<(), Error> {
    let row = data_key::ActiveModel {
        id: Set(id.to_owned()),
        purpose: Set(purpose.to_owned()),
        wrapped_key: Set(roots.wrap(entropy, &place(id, purpose), key)),
        created_at: Set(created_at),
        active_from: Set(active_from),
        retired_at: Set(None),
    };
    row.insert(&**tx).await?;
    Ok(())
}

fn fresh_id(entropy: &dyn Entropy) -> String {
    let mut bytes = [0_u8; 4];
    entropy.fill(&mut bytes);
    hex(&bytes)
}

fn fresh_key(entropy: &dyn Entropy) -> [u8; KEY_BYTES] {
    let mut key = [0_u8; KEY_BYTES];
    entropy.fill(&mut key);
    key
}

/// Begins a rotation, or finds the one that was cut off: a new key unless an older one still waits to be
/// retired, and all of them wrapped by the configured secret key. Answers from when sealing again makes sense.
///
/// # Errors
/// The database's; [`Error::Internal`] for keys that the configured secret keys do not open.
pub async fn begin(app: &App) -> Result<DateTime<Utc>, Error> {
    let entropy = &*app.tools.entropy;
    let from = app
        .transact(async |tx| {
            lock(tx, "data_key").await?;
            // not before the lock: another rotation may have ended while it was awaited, and keys follow each other
            let now = app.now();
            let rows = Entity::find().order_by_desc(Column::ActiveFrom).order_by_desc(Column::Id).all(&**tx).await?;
            for row in rows.iter().filter(|row| !app.roots.is_current(&row.wrapped_key)) {
                let wrapped = app.roots.wrap(entropy, &place(&row.id, &row.purpose), &unwrap(&app.roots, row)?);
                let mut row = row.clone().into_active_model();
                row.wrapped_key = Set(wrapped);
                row.update(&**tx).await?;
            }
            let live: Vec<_> = rows.iter().filter(|row| row.purpose == SEAL && row.retired_at.is_none()).collect();
            if let [newest, _, ..] = live.as_slice() {
                return Ok(newest.active_from);
            }
            let (id, from) = (fresh_id(entropy), now + KNOWN_BEFORE);
            insert(tx, (&app.roots, entropy), (&id, SEAL, &fresh_key(entropy)), (now, from)).await?;
            let cx = Context::scheduler(&app.tools, now, now);
            operator::note(tx, &cx, "keys.data_key_created", &id, json!({ "active_from": from })).await?;
            Ok::<_, Error>(from)
        })
        .await?;
    read_again(app).await?;
    Ok(from + TAKEN_UP)
}

/// Ends a rotation: retires every key but the one that seals, and deletes those that were retired long ago
/// and that no value names. Answers how many were deleted.
///
/// # Errors
/// The database's.
pub async fn finish(app: &App) -> Result<u64, Error> {
    let (now, current) = (app.now(), app.tools.sealer.current());
    let deleted = app
        .transact(async |tx| {
            lock(tx, "data_key").await?;
            let seals = Entity::find().filter(Column::Purpose.eq(SEAL)).order_by_desc(Column::ActiveFrom);
            let mut seals = seals.order_by_desc(Column::Id).all(&**tx).await?.into_iter();
            // those after it stay: a rotation that began meanwhile takes over
            if !seals.any(|row| row.id == current) {
                return Ok(0);
            }
            let mut deleted = 0;
            for row in seals {
                let long_ago = row.retired_at.is_some_and(|at| at < now - KEPT);
                if long_ago && !sealed::is_named(tx, &row.id).await? {
                    Entity::delete_by_id(row.id).exec(&**tx).await?;
                    deleted += 1;
                } else if row.retired_at.is_none() {
                    let mut row = row.into_active_model();
                    row.retired_at = Set(Some(now));
                    row.update(&**tx).await?;
                }
            }
            let cx = Context::scheduler(&app.tools, now, now);
            operator::note(tx, &cx, "keys.rotated", &current, json!({ "deleted": deleted })).await?;
            Ok::<_, Error>(deleted)
        })
        .await?;
    read_again(app).await?;
    Ok(deleted)
}
