//! Secrets at rest: sealed with AES-256-GCM under a key derived from the configured one, bound to
//! their place by additional data; looked-up secrets are kept as keyed hashes.

use crate::entropy::Entropy;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{digest, hkdf, hmac};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

/// Why something sealed cannot be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The configured key is not 32 bytes in base64 or hexadecimal.
    #[error("secret_key must be 32 bytes in base64 or hexadecimal")]
    BadKey,
    /// Not sealed by this key, for this place, or damaged.
    #[error("a sealed value cannot be opened with the configured key")]
    CannotOpen,
}

/// Seals, opens and hashes.
pub struct Sealer {
    key_id: String,
    aead: LessSafeKey,
    mac: hmac::Key,
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sealer").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

struct KeyLength;
impl hkdf::KeyType for KeyLength {
    fn len(&self) -> usize {
        32
    }
}

impl Sealer {
    /// From the configured key.
    ///
    /// # Errors
    /// [`SealError::BadKey`].
    pub fn from_text(key: &str) -> Result<Self, SealError> {
        let text = key.trim();
        let bytes = unhex(text)
            .or_else(|| STANDARD.decode(text).ok())
            .or_else(|| URL_SAFE_NO_PAD.decode(text).ok())
            .filter(|bytes| bytes.len() == 32)
            .ok_or(SealError::BadKey)?;
        Self::new(&bytes)
    }

    /// From 32 bytes.
    ///
    /// # Errors
    /// [`SealError::BadKey`].
    pub fn new(master: &[u8]) -> Result<Self, SealError> {
        let derive = |purpose: &[u8]| -> Result<[u8; 32], SealError> {
            let mut key = [0_u8; 32];
            hkdf::Salt::new(hkdf::HKDF_SHA256, b"tacit/1")
                .extract(master)
                .expand(&[purpose], KeyLength)
                .and_then(|okm| okm.fill(&mut key))
                .map_err(|_| SealError::BadKey)?;
            Ok(key)
        };
        let unbound = UnboundKey::new(&AES_256_GCM, &derive(b"seal")?).map_err(|_| SealError::BadKey)?;
        let id = digest::digest(&digest::SHA256, &derive(b"id")?);
        Ok(Self {
            key_id: hex(id.as_ref().get(..4).unwrap_or_default()),
            aead: LessSafeKey::new(unbound),
            mac: hmac::Key::new(hmac::HMAC_SHA256, &derive(b"hash")?),
        })
    }

    /// Seals `plain` for one place, e.g. `email:<id>`: it opens nowhere else.
    #[must_use]
    pub fn seal(&self, entropy: &dyn Entropy, place: &str, plain: &str) -> String {
        let mut nonce = [0_u8; NONCE_LEN];
        entropy.fill(&mut nonce);
        let mut sealed = plain.as_bytes().to_vec();
        let unique = Nonce::assume_unique_for_key(nonce);
        if self.aead.seal_in_place_append_tag(unique, Aad::from(place.as_bytes()), &mut sealed).is_err() {
            // only for texts of gigabytes, which no caller has
            sealed.clear();
        }
        format!("{}.{}.{}", self.key_id, URL_SAFE_NO_PAD.encode(nonce), URL_SAFE_NO_PAD.encode(sealed))
    }

    /// Opens what [`Sealer::seal`] made for the same place.
    ///
    /// # Errors
    /// [`SealError::CannotOpen`].
    pub fn open(&self, place: &str, sealed: &str) -> Result<String, SealError> {
        let mut parts = sealed.split('.');
        let (Some(key_id), Some(nonce), Some(body)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(SealError::CannotOpen);
        };
        if key_id != self.key_id {
            return Err(SealError::CannotOpen);
        }
        let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| SealError::CannotOpen);
        let nonce = Nonce::try_assume_unique_for_key(&decode(nonce)?).map_err(|_| SealError::CannotOpen)?;
        let mut body = decode(body)?;
        let plain = self
            .aead
            .open_in_place(nonce, Aad::from(place.as_bytes()), &mut body)
            .map_err(|_| SealError::CannotOpen)?;
        String::from_utf8(plain.to_vec()).map_err(|_| SealError::CannotOpen)
    }

    /// The keyed hash under which a secret is looked up: 64 hexadecimal characters.
    #[must_use]
    pub fn hash(&self, purpose: &str, secret: &str) -> String {
        self.hash_bytes(purpose, secret.as_bytes())
    }

    /// The same of bytes.
    #[must_use]
    pub fn hash_bytes(&self, purpose: &str, secret: &[u8]) -> String {
        let mut context = hmac::Context::with_key(&self.mac);
        context.update(purpose.as_bytes());
        context.update(&[0]);
        context.update(secret);
        hex(context.sign().as_ref())
    }
}

/// SHA-256 in hexadecimal, for what is no secret.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

/// Compares without telling by its time where the difference is.
#[must_use]
pub fn same(left: &str, right: &str) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(left.as_bytes(), right.as_bytes()).is_ok()
}

/// Lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").ok();
        text
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    (0..32).map(|at| text.get(at * 2..at * 2 + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SeededEntropy;

    #[test]
    fn a_sealed_secret_opens_only_in_its_place_and_with_its_key() {
        let sealer = Sealer::new(&[7; 32]).unwrap();
        let sealed = sealer.seal(&SeededEntropy::new(1), "email:1", "482913");
        assert!(!sealed.contains("482913"));
        assert_eq!(sealer.open("email:1", &sealed).unwrap(), "482913");
        assert_eq!(sealer.open("email:2", &sealed), Err(SealError::CannotOpen));
        assert_eq!(Sealer::new(&[8; 32]).unwrap().open("email:1", &sealed), Err(SealError::CannotOpen));
    }

    #[test]
    fn a_key_of_another_length_is_refused() {
        assert_eq!(Sealer::from_text("abcd").err(), Some(SealError::BadKey));
        assert!(Sealer::from_text(&"ab".repeat(32)).is_ok());
    }
}
