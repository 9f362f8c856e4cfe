//! What proves a login: access tokens (JWT, EdDSA, ten minutes) and the text form of personal and
//! operator tokens.

use crate::actions::{Context, Error};
use crate::entropy::Entropy;
use crate::seal::{Sealer, sha256};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use domain::id::{AccountId, RefreshTokenId, SessionId};
use entity::signing_key;
use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use serde::{Deserialize, Serialize};
use std::sync::{Arc, PoisonError, RwLock};

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
/// Characters of the random part that are shown again: 24 bits of 256.
const HINT: usize = 4;
/// Seconds by which clocks of nodes may differ.
pub(crate) const LEEWAY: i64 = 5;
const AUDIENCE: &str = "tacit";
const TYPE: &str = "at+jwt";

/// Why tokens cannot be signed or read.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// Not ours, too old, or damaged.
    #[error("not a valid access token")]
    Invalid,
    /// The stored key does not open with the configured secret key.
    #[error(transparent)]
    Seal(#[from] crate::seal::SealError),
    /// The cryptography library refused.
    #[error("signing key: {0}")]
    Key(String),
}

/// What an access token says, once checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claims {
    /// The account.
    pub account: AccountId,
    /// The session that it belongs to.
    pub session: SessionId,
    /// The refresh token that it was given with.
    pub with: Option<RefreshTokenId>,
    /// Until when it is good.
    pub expires_at: DateTime<Utc>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Payload {
    iss: String,
    aud: String,
    sub: AccountId,
    sid: SessionId,
    /// The refresh token that came with it: its use tells that the answer arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rid: Option<RefreshTokenId>,
    exp: i64,
    iat: i64,
    /// Ours have none: they hold from the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
    jti: uuid::Uuid,
}

struct Key {
    id: String,
    decoding: DecodingKey,
    /// Absent: it signs nothing any more, or is not ours to sign with yet.
    encoding: Option<EncodingKey>,
    /// Absent: from the beginning.
    active_from: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    retired_at: Option<DateTime<Utc>>,
}

impl Key {
    fn read(sealer: &Sealer, row: &signing_key::Model) -> Result<(Self, Jwk), TokenError> {
        let public = URL_SAFE_NO_PAD.decode(&row.public_key).map_err(|error| TokenError::Key(error.to_string()))?;
        let decoding = DecodingKey::from_ed_der(&public);
        let mut jwk = Jwk::from_decoding_key(&decoding, Some(Algorithm::EdDSA)).map_err(|error| key_error(&error))?;
        jwk.common.key_id = Some(row.id.clone());
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        let encoding = if row.sealed_private_key.is_empty() {
            None
        } else {
            let sealed = sealer.open(&place(&row.id), &row.sealed_private_key)?;
            let pkcs8 = URL_SAFE_NO_PAD.decode(sealed).map_err(|error| TokenError::Key(error.to_string()))?;
            Some(EncodingKey::from_ed_der(&pkcs8))
        };
        let (active_from, created_at, retired_at) = (row.active_from, row.created_at, row.retired_at);
        Ok((Self { id: row.id.clone(), decoding, encoding, active_from, created_at, retired_at }, jwk))
    }

    fn signs(&self, now: DateTime<Utc>) -> bool {
        self.encoding.is_some()
            && self.active_from.is_none_or(|from| from <= now)
            && self.retired_at.is_none_or(|end| end > now)
    }

    /// Whether a token that says that it was signed at `instant` can be this key's: not after it was retired,
    /// whoever has it now.
    fn signed(&self, instant: i64) -> bool {
        self.active_from.is_none_or(|from| instant >= from.timestamp().saturating_sub(LEEWAY))
            && self.retired_at.is_none_or(|end| instant <= end.timestamp().saturating_add(LEEWAY))
    }
}

/// The keys of one moment.
struct Keys {
    /// The newest first.
    keys: Vec<Key>,
    jwks: JwkSet,
}

/// Signs and checks access tokens.
pub struct AccessTokens {
    issuer: String,
    keys: RwLock<Arc<Keys>>,
}

impl std::fmt::Debug for AccessTokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccessTokens").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

impl AccessTokens {
    /// With stored keys, the newest first.
    ///
    /// # Errors
    /// [`TokenError`].
    pub fn new(issuer: &str, sealer: &Sealer, rows: &[signing_key::Model]) -> Result<Self, TokenError> {
        let keys = RwLock::new(Arc::new(Self::read(sealer, rows)?));
        Ok(Self { issuer: issuer.trim_end_matches('/').to_owned(), keys })
    }

    /// Goes on with other keys, the newest first.
    ///
    /// # Errors
    /// [`TokenError`]; the keys stay as they were then.
    pub fn replace(&self, sealer: &Sealer, rows: &[signing_key::Model]) -> Result<(), TokenError> {
        let keys = Arc::new(Self::read(sealer, rows)?);
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
        Ok(())
    }

    fn read(sealer: &Sealer, rows: &[signing_key::Model]) -> Result<Keys, TokenError> {
        let read = rows.iter().map(|row| Key::read(sealer, row)).collect::<Result<Vec<_>, _>>()?;
        if !read.iter().any(|(key, _)| key.encoding.is_some()) {
            return Err(TokenError::Key("none that signs".to_owned()));
        }
        let (keys, jwks) = read.into_iter().unzip();
        Ok(Keys { keys, jwks: JwkSet { keys: jwks } })
    }

    fn keys(&self) -> Arc<Keys> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The public keys, for others that check our tokens: those that sign, will sign and signed just now.
    #[must_use]
    pub fn jwks(&self) -> JwkSet {
        self.keys().jwks.clone()
    }

    /// Whether the newest key is older than `age`.
    #[must_use]
    pub fn are_older_than(&self, age: TimeDelta, now: DateTime<Utc>) -> bool {
        self.keys().keys.iter().all(|key| now - key.active_from.unwrap_or(key.created_at) >= age)
    }

    /// An access token for the session that an action just opened or kept.
    ///
    /// # Errors
    /// [`crate::actions::Error::Internal`] when it cannot be signed.
    pub fn sign(
        &self,
        account: AccountId,
        (session, with): (SessionId, RefreshTokenId),
        cx: &Context<'_>,
    ) -> Result<String, Error> {
        self.issue((session, Some(with)), account, cx.real_now, cx.id()).map_err(Error::internal)
    }

    /// An access token for a session, good for [`LIFETIME`]; `id` is a fresh one, to tell tokens apart.
    ///
    /// # Errors
    /// [`TokenError::Key`].
    pub fn issue(
        &self,
        (session, with): (SessionId, Option<RefreshTokenId>),
        account: AccountId,
        now: DateTime<Utc>,
        id: uuid::Uuid,
    ) -> Result<String, TokenError> {
        let keys = self.keys();
        let key = keys.keys.iter().find(|key| key.signs(now));
        let signing = key.and_then(|key| Some((key, key.encoding.as_ref()?)));
        let (key, encoding) = signing.ok_or_else(|| TokenError::Key("none signs now".to_owned()))?;
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(key.id.clone());
        header.typ = Some(TYPE.to_owned());
        let payload = Payload {
            iss: self.issuer.clone(),
            aud: AUDIENCE.to_owned(),
            sub: account,
            sid: session,
            rid: with,
            exp: (now + LIFETIME).timestamp(),
            iat: now.timestamp(),
            nbf: None,
            jti: id,
        };
        encode(&header, &payload, encoding).map_err(|error| key_error(&error))
    }

    /// Reads an access token of ours. Strict: type, key, algorithm, issuer, audience, every claim,
    /// and the time by our own clock.
    ///
    /// # Errors
    /// [`TokenError::Invalid`], whatever is wrong.
    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Claims, TokenError> {
        let header = decode_header(token).map_err(|_| TokenError::Invalid)?;
        // none of ours says where its key is, or is more than signed
        let foreign = header.jku.is_some()
            || header.jwk.is_some()
            || header.x5u.is_some()
            || header.x5c.is_some()
            || header.cty.is_some();
        if foreign || header.typ.as_deref() != Some(TYPE) || header.alg != Algorithm::EdDSA {
            return Err(TokenError::Invalid);
        }
        let keys = self.keys();
        let key = keys.keys.iter().find(|key| header.kid.as_ref() == Some(&key.id)).ok_or(TokenError::Invalid)?;
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
            && payload.nbf.is_none_or(|from| from <= now.saturating_add(LEEWAY))
            && key.signed(payload.iat)
            && (0..=LIFETIME.num_seconds()).contains(&lives);
        let expires_at = DateTime::from_timestamp(payload.exp, 0).filter(|_| good).ok_or(TokenError::Invalid)?;
        Ok(Claims { account: payload.sub, session: payload.sid, with: payload.rid, expires_at })
    }
}

pub(crate) fn key_error(error: &jsonwebtoken::errors::Error) -> TokenError {
    TokenError::Key(error.to_string())
}

/// The place that a private key is sealed for.
pub(crate) fn place(id: &str) -> String {
    format!("signing_key:{id}")
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

/// The part of a token by which its owner knows it again.
#[must_use]
pub fn hint(token: &str) -> String {
    token.chars().take(PREFIX.len() + HINT).collect()
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
