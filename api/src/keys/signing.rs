//! Keys that sign access tokens. A new one is published before it signs, for longer than others may keep the
//! published keys, and an old one stays published until the last token that it signed has ended.

use super::{Parts, lock, transact};
use crate::actions::{Context, Error, operator};
use crate::app::App;
use crate::db::{Db, Tx};
use crate::entropy::Entropy;
use crate::seal::Sealer;
use crate::token::{AccessTokens, LEEWAY, LIFETIME, key_error, place};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use entity::signing_key::{ActiveModel, Column, Entity, Model};
use jsonwebtoken::jwk::{Jwk, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder};
use serde_json::json;

/// How long a new key is published before it signs: twice what caches keep the published keys.
pub const PUBLISHED_BEFORE: TimeDelta = TimeDelta::minutes(10);
/// How long a retired key is published: the life of its last token, and clocks that differ.
const PUBLISHED_AFTER: TimeDelta = TimeDelta::seconds(LIFETIME.num_seconds() + 2 * LEEWAY);

/// How long the private half of a retired key is kept: clocks that differ.
const KEPT: TimeDelta = TimeDelta::minutes(1);

/// Why a key is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Its age, or an operator's wish: nobody notices.
    Age,
    /// Somebody else may have it: it is worth nothing from now on, and every access token ends.
    Compromise,
}

/// Reads the keys, or makes the first one.
///
/// # Errors
/// As [`super::open`].
pub(super) async fn open(parts: Parts<'_>, sealer: &Sealer) -> Result<AccessTokens, Error> {
    let now = parts.clock.now();
    let mut rows = stored(parts.db, now).await?;
    if rows.is_empty() {
        transact(parts.db, async |tx| {
            lock(tx, "signing_key").await?;
            if Entity::find().filter(Column::RetiredAt.is_null()).one(&**tx).await?.is_none() {
                // it holds from the beginning: a clock that is set back must not leave nothing to sign with
                create(tx, (sealer, parts.entropy), (now, None)).await?;
            }
            Ok(())
        })
        .await?;
        rows = stored(parts.db, now).await?;
    }
    AccessTokens::new(&parts.config.public_url, sealer, &rows).map_err(Error::internal)
}

/// Reads the keys again.
///
/// # Errors
/// As [`super::open`].
pub(super) async fn read_again(app: &App) -> Result<(), Error> {
    let rows = stored(&app.db, app.now()).await?;
    app.access_tokens.replace(&app.tools.sealer, &rows).map_err(Error::internal)
}

/// Keys to check with, the newest first.
async fn stored(db: &Db, now: DateTime<Utc>) -> Result<Vec<Model>, Error> {
    let published = Column::RetiredAt.is_null().or(Column::RetiredAt.gt(now - PUBLISHED_AFTER));
    let newest = Entity::find().filter(published).order_by_desc(Column::CreatedAt).order_by_asc(Column::Id);
    Ok(newest.all(&**db.read()).await?)
}

/// Follows a key by a new one when it is older than the settings allow.
///
/// # Errors
/// The database's.
pub(super) async fn rotate_when_old(app: &App) -> Result<(), Error> {
    forget(app).await?;
    let days = app.config().keys.signing_days;
    if days > 0 && app.access_tokens.are_older_than(TimeDelta::days(days), app.now()) {
        rotate(app, Cause::Age).await?;
    }
    Ok(())
}

/// Forgets the private half of what signs nothing any more; it could only be misused.
async fn forget(app: &App) -> Result<(), Error> {
    let (now, spent) = (app.now(), Column::SealedPrivateKey.ne("").and(Column::RetiredAt.lt(app.now() - KEPT)));
    if Entity::find().filter(spent.clone()).one(&**app.read()).await?.is_none() {
        return Ok(());
    }
    app.transact(async |tx| {
        Entity::delete_many().filter(Column::RetiredAt.lt(now - PUBLISHED_AFTER)).exec(&**tx).await?;
        let forgotten = Entity::update_many().col_expr(Column::SealedPrivateKey, Expr::value(""));
        forgotten.filter(spent.clone()).exec(&**tx).await?;
        Ok(())
    })
    .await
}

/// Follows the key that signs by a new one. While one waits to sign already, it stays at that. Answers the
/// id of the new key and from when it signs.
///
/// # Errors
/// The database's.
pub async fn rotate(app: &App, cause: Cause) -> Result<(String, DateTime<Utc>), Error> {
    let now = app.now();
    let outcome = app
        .transact(async |tx| {
            lock(tx, "signing_key").await?;
            let waiting = Entity::find().filter(Column::ActiveFrom.gt(now)).one(&**tx).await?;
            if let (Cause::Age, Some(waiting)) = (cause, waiting) {
                let from = waiting.active_from.unwrap_or(now);
                return Ok((waiting.id, from));
            }
            let from = match cause {
                Cause::Age => now + PUBLISHED_BEFORE,
                Cause::Compromise => now,
            };
            retire(tx, (now, from), cause).await?;
            // beside no other it holds from the beginning
            let active_from = (cause == Cause::Age).then_some(from);
            let id = create(tx, (&app.tools.sealer, &*app.tools.entropy), (now, active_from)).await?;
            let cx = Context::scheduler(&app.tools, now, now);
            let data = json!({ "active_from": from, "compromised": cause == Cause::Compromise });
            operator::note(tx, &cx, "keys.signing_key_created", &id, data).await?;
            Ok::<_, Error>((id, from))
        })
        .await?;
    read_again(app).await?;
    tracing::info!(kid = outcome.0, active_from = %outcome.1, "a new signing key");
    Ok(outcome)
}

/// Retires what signs now, and deletes what is not published any more.
async fn retire(tx: &Tx, (now, from): (DateTime<Utc>, DateTime<Utc>), cause: Cause) -> Result<(), Error> {
    if cause == Cause::Compromise {
        Entity::delete_many().exec(&**tx).await?;
        return Ok(());
    }
    Entity::delete_many().filter(Column::RetiredAt.lt(now - PUBLISHED_AFTER)).exec(&**tx).await?;
    Entity::update_many()
        .col_expr(Column::RetiredAt, Expr::value(Some(from)))
        .filter(Column::RetiredAt.is_null())
        .exec(&**tx)
        .await?;
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "the library draws the key from the system itself")]
async fn create(
    tx: &Tx,
    (sealer, entropy): (&Sealer, &dyn Entropy),
    (created_at, active_from): (DateTime<Utc>, Option<DateTime<Utc>>),
) -> Result<String, Error> {
    let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(Error::internal)?;
    let pair = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).map_err(Error::internal)?;
    let public = pair.public_key().as_ref();
    let jwk = Jwk::from_decoding_key(&DecodingKey::from_ed_der(public), Some(Algorithm::EdDSA))
        .map_err(|error| Error::internal(key_error(&error)))?;
    let id = jwk.thumbprint(ThumbprintHash::SHA256).map_err(|error| Error::internal(key_error(&error)))?;
    let row = ActiveModel {
        id: Set(id.clone()),
        sealed_private_key: Set(sealer.seal(entropy, &place(&id), &URL_SAFE_NO_PAD.encode(pkcs8.as_ref()))),
        public_key: Set(URL_SAFE_NO_PAD.encode(public)),
        created_at: Set(created_at),
        retired_at: Set(None),
        active_from: Set(active_from),
    };
    row.insert(&**tx).await?;
    Ok(id)
}
