//! What proves a login: access tokens (JWT, EdDSA, ten minutes) and the text form of personal and
//! operator tokens.

use crate::actions::{Context, Error};
use crate::clock::Clock;
use crate::db::{Db, Tx};
use crate::entropy::Entropy;
use crate::seal::{Sealer, sha256};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use domain::id::{AccountId, SessionId};
use entity::signing_key;
use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, ExprTrait,
    QueryFilter, QueryOrder,
};
use serde::{Deserialize, Serialize};

/// How long an access token lives.
pub const LIFETIME: TimeDelta = TimeDelta::minutes(10);
/// The same in seconds, as `expires_in`.
pub const LIFETIME_SECONDS: i64 = LIFETIME.num_seconds();
/// What every personal and operator token begins with.
pub const PREFIX: &str = "tct_";
/// Characters of the random part: 256 bits in base64url.
const RANDOM: usize = 43;
/// Characters of the checksum.
const CHECKSUM: usize = 6;
/// Seconds by which clocks of nodes may differ.
const LEEWAY: i64 = 5;
const AUDIENCE: &str = "tacit";
const TYPE: &str = "at+jwt";

/// Why tokens cannot be signed or read.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// Not ours, too old, or damaged.
    #[error("not a valid access token")]
    Invalid,
    /// The database's.
    #[error(transparent)]
    Db(#[from] DbErr),
    /// The stored key does not open with the configured secret key.
    #[error(transparent)]
    Seal(#[from] crate::seal::SealError),
    /// The cryptography library refused.
    #[error("signing key: {0}")]
    Key(String),
}

impl crate::app::Lost for TokenError {
    fn lost_a_race(&self) -> bool {
        match self {
            Self::Db(error) => error.lost_a_race(),
            Self::Invalid | Self::Seal(_) | Self::Key(_) => false,
        }
    }
}

/// What an access token says, once checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claims {
    /// The account.
    pub account: AccountId,
    /// The session that it belongs to.
    pub session: SessionId,
    /// Until when it is good.
    pub expires_at: DateTime<Utc>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Payload {
    iss: String,
    aud: String,
    sub: AccountId,
    sid: SessionId,
    exp: i64,
    iat: i64,
    jti: uuid::Uuid,
}

struct Key {
    id: String,
    decoding: DecodingKey,
}

/// Signs and checks access tokens.
pub struct AccessTokens {
    issuer: String,
    signing: (String, EncodingKey),
    keys: Vec<Key>,
    jwks: JwkSet,
}

impl std::fmt::Debug for AccessTokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccessTokens").field("signing", &self.signing.0).finish_non_exhaustive()
    }
}

/// What the keys are made and kept with.
#[derive(Clone, Copy)]
pub struct Parts<'a> {
    /// Where they are stored.
    pub db: &'a Db,
    /// Real time.
    pub clock: &'a dyn Clock,
    /// Seals the private half.
    pub sealer: &'a Sealer,
    /// Randomness of the seal.
    pub entropy: &'a dyn Entropy,
    /// Issuer of the tokens: the public URL.
    pub issuer: &'a str,
}

impl AccessTokens {
    /// Reads the signing keys, or makes the first one. Of several nodes that start at once, one
    /// writes and all read the same.
    ///
    /// # Errors
    /// [`TokenError`].
    pub async fn load_or_create(parts: Parts<'_>) -> Result<Self, TokenError> {
        let mut rows = stored(parts).await?;
        if rows.is_empty() {
            let tx = parts.db.begin().await?;
            if parts.db.backend() == DbBackend::Postgres {
                // nodes that start together make one key; SQLite has one writer anyway
                tx.execute_unprepared("LOCK TABLE signing_key IN SHARE ROW EXCLUSIVE MODE").await?;
            }
            match create(&tx, parts).await {
                Ok(()) => tx.commit().await?,
                Err(error) => {
                    tx.rollback().await?;
                    return Err(error);
                }
            }
            rows = stored(parts).await?;
        }
        Self::from_rows(parts, &rows)
    }

    fn from_rows(parts: Parts<'_>, rows: &[signing_key::Model]) -> Result<Self, TokenError> {
        let mut signing = None;
        let mut keys = Vec::new();
        let mut published = Vec::new();
        for row in rows {
            let public = URL_SAFE_NO_PAD.decode(&row.public_key).map_err(|error| TokenError::Key(error.to_string()))?;
            let decoding = DecodingKey::from_ed_der(&public);
            let mut jwk =
                Jwk::from_decoding_key(&decoding, Some(Algorithm::EdDSA)).map_err(|error| key_error(&error))?;
            jwk.common.key_id = Some(row.id.clone());
            jwk.common.public_key_use = Some(PublicKeyUse::Signature);
            published.push(jwk);
            keys.push(Key { id: row.id.clone(), decoding });
            if signing.is_none() && row.retired_at.is_none() {
                let sealed = parts.sealer.open(&place(&row.id), &row.sealed_private_key)?;
                let pkcs8 = URL_SAFE_NO_PAD.decode(sealed).map_err(|error| TokenError::Key(error.to_string()))?;
                signing = Some((row.id.clone(), EncodingKey::from_ed_der(&pkcs8)));
            }
        }
        let signing = signing.ok_or_else(|| TokenError::Key("none that is not retired".to_owned()))?;
        let issuer = parts.issuer.trim_end_matches('/').to_owned();
        Ok(Self { issuer, signing, keys, jwks: JwkSet { keys: published } })
    }

    /// The public keys, for others that check our tokens.
    #[must_use]
    pub const fn jwks(&self) -> &JwkSet {
        &self.jwks
    }

    /// An access token for the session that an action just opened or kept.
    ///
    /// # Errors
    /// [`crate::actions::Error::Internal`] when it cannot be signed.
    pub fn sign(&self, account: AccountId, session: SessionId, cx: &Context<'_>) -> Result<String, Error> {
        self.issue(session, account, cx.real_now, cx.id()).map_err(Error::internal)
    }

    /// An access token for a session, good for [`LIFETIME`]; `id` is a fresh one, to tell tokens apart.
    ///
    /// # Errors
    /// [`TokenError::Key`].
    pub fn issue(
        &self,
        session: SessionId,
        account: AccountId,
        now: DateTime<Utc>,
        id: uuid::Uuid,
    ) -> Result<String, TokenError> {
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(self.signing.0.clone());
        header.typ = Some(TYPE.to_owned());
        let payload = Payload {
            iss: self.issuer.clone(),
            aud: AUDIENCE.to_owned(),
            sub: account,
            sid: session,
            exp: (now + LIFETIME).timestamp(),
            iat: now.timestamp(),
            jti: id,
        };
        encode(&header, &payload, &self.signing.1).map_err(|error| key_error(&error))
    }

    /// Reads an access token of ours. Strict: type, key, algorithm, issuer, audience, every claim,
    /// and the time by our own clock.
    ///
    /// # Errors
    /// [`TokenError::Invalid`], whatever is wrong.
    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Claims, TokenError> {
        let header = decode_header(token).map_err(|_| TokenError::Invalid)?;
        let foreign = header.jku.is_some() || header.jwk.is_some() || header.x5u.is_some();
        if foreign || header.typ.as_deref() != Some(TYPE) || header.alg != Algorithm::EdDSA {
            return Err(TokenError::Invalid);
        }
        let key = self.keys.iter().find(|key| header.kid.as_ref() == Some(&key.id)).ok_or(TokenError::Invalid)?;
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // by hand below: the library reads the machine's clock, we have our own
        validation.validate_exp = false;
        let payload = decode::<Payload>(token, &key.decoding, &validation).map_err(|_| TokenError::Invalid)?.claims;
        let now = now.timestamp();
        let lives = payload.exp.saturating_sub(payload.iat);
        let good = payload.exp > now.saturating_sub(LEEWAY)
            && payload.iat <= now.saturating_add(LEEWAY)
            && (0..=LIFETIME.num_seconds()).contains(&lives);
        let expires_at = DateTime::from_timestamp(payload.exp, 0).filter(|_| good).ok_or(TokenError::Invalid)?;
        Ok(Claims { account: payload.sub, session: payload.sid, expires_at })
    }
}

fn key_error(error: &jsonwebtoken::errors::Error) -> TokenError {
    TokenError::Key(error.to_string())
}

fn place(id: &str) -> String {
    format!("signing_key:{id}")
}

/// Keys to check with: those in use and those retired less than a token's life ago.
async fn stored(parts: Parts<'_>) -> Result<Vec<signing_key::Model>, DbErr> {
    let retired = signing_key::Column::RetiredAt;
    signing_key::Entity::find()
        .filter(retired.is_null().or(retired.gt(parts.clock.now() - LIFETIME)))
        .order_by_desc(signing_key::Column::CreatedAt)
        .order_by_asc(signing_key::Column::Id)
        .all(&**parts.db.read())
        .await
}

#[expect(clippy::disallowed_methods, reason = "the library draws the key from the system itself")]
async fn create(tx: &Tx, parts: Parts<'_>) -> Result<(), TokenError> {
    if signing_key::Entity::find().filter(signing_key::Column::RetiredAt.is_null()).one(&**tx).await?.is_some() {
        return Ok(());
    }
    let key = |error: aws_lc_rs::error::Unspecified| TokenError::Key(error.to_string());
    let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(key)?;
    let pair = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).map_err(|error| TokenError::Key(error.to_string()))?;
    let public = pair.public_key().as_ref();
    let jwk = Jwk::from_decoding_key(&DecodingKey::from_ed_der(public), Some(Algorithm::EdDSA))
        .map_err(|error| key_error(&error))?;
    let id = jwk.thumbprint(ThumbprintHash::SHA256).map_err(|error| key_error(&error))?;
    let row = signing_key::ActiveModel {
        id: Set(id.clone()),
        sealed_private_key: Set(parts.sealer.seal(parts.entropy, &place(&id), &URL_SAFE_NO_PAD.encode(pkcs8.as_ref()))),
        public_key: Set(URL_SAFE_NO_PAD.encode(public)),
        created_at: Set(parts.clock.now()),
        retired_at: Set(None),
    };
    row.insert(&**tx).await?;
    Ok(())
}

/// A fresh personal or operator token: `tct_`, 43 random characters, 6 of checksum. Shown once, kept
/// as its [`hash`].
#[must_use]
pub fn mint(entropy: &dyn Entropy) -> String {
    let random = entropy.token();
    let sum = checksum(&random);
    format!("{PREFIX}{random}{sum}")
}

/// What a personal or operator token is stored as.
#[must_use]
pub fn hash(sealer: &Sealer, token: &str) -> String {
    sealer.hash("access_token", token)
}

/// Whether a text has the form and checksum of a personal or operator token.
#[must_use]
pub fn looks_valid(token: &str) -> bool {
    token
        .strip_prefix(PREFIX)
        .filter(|rest| rest.len() == RANDOM + CHECKSUM && rest.is_ascii())
        .and_then(|rest| rest.split_at_checked(RANDOM))
        .is_some_and(|(random, sum)| sum == checksum(random))
}

fn checksum(random: &str) -> String {
    sha256(random.as_bytes()).chars().take(CHECKSUM).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SeededEntropy;

    #[test]
    fn a_token_has_a_checksum() {
        let token = mint(&SeededEntropy::new(1));
        assert_eq!(token.len(), 4 + 43 + 6);
        assert!(looks_valid(&token));
        let mut wrong = token.clone();
        wrong.replace_range(10..11, if token.as_bytes()[10] == b'a' { "b" } else { "a" });
        for wrong in [wrong.as_str(), "tct_", "", "tct_é", token.trim_start_matches('t'), &format!("{token}a")] {
            assert!(!looks_valid(wrong), "{wrong}");
        }
    }
}
