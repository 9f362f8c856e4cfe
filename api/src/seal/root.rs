//! The secret key of the configuration. It seals nothing itself: it wraps the data keys, so that it can be
//! replaced without touching what they sealed.

use super::{DataKey, KEY_BYTES, SealError, hex};
use crate::config::Config;
use crate::entropy::Entropy;
use aws_lc_rs::{digest, hkdf};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use secrecy::ExposeSecret;

struct KeyLength;
impl hkdf::KeyType for KeyLength {
    fn len(&self) -> usize {
        KEY_BYTES
    }
}

/// One configured key.
pub struct Root {
    prk: hkdf::Prk,
    wrapping: DataKey,
}

impl std::fmt::Debug for Root {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Root").field("id", &self.id()).finish_non_exhaustive()
    }
}

impl Root {
    /// From 32 bytes in base64 or hexadecimal.
    ///
    /// # Errors
    /// [`SealError::BadKey`].
    pub fn from_text(key: &str) -> Result<Self, SealError> {
        let text = key.trim();
        let bytes = unhex(text)
            .or_else(|| STANDARD.decode(text).ok())
            .or_else(|| URL_SAFE_NO_PAD.decode(text).ok())
            .filter(|bytes| bytes.len() == KEY_BYTES)
            .ok_or(SealError::BadKey)?;
        Self::new(&bytes)
    }

    /// From 32 bytes.
    ///
    /// # Errors
    /// [`SealError::BadKey`].
    pub fn new(master: &[u8]) -> Result<Self, SealError> {
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, b"tacit/1").extract(master);
        let id = digest::digest(&digest::SHA256, &derive(&prk, b"id")?);
        let wrapping = DataKey::new(&hex(id.as_ref().get(..4).unwrap_or_default()), &derive(&prk, b"wrap")?)?;
        Ok(Self { prk, wrapping })
    }

    /// What keys wrapped by it begin with.
    #[must_use]
    pub fn id(&self) -> &str {
        self.wrapping.id()
    }

    /// The key that values were sealed with before there were data keys.
    ///
    /// # Errors
    /// [`SealError::BadKey`], which does not happen.
    pub fn first_seal_key(&self) -> Result<[u8; KEY_BYTES], SealError> {
        derive(&self.prk, b"seal")
    }

    /// The key that values were hashed with before there were data keys.
    ///
    /// # Errors
    /// [`SealError::BadKey`], which does not happen.
    pub fn first_hash_key(&self) -> Result<[u8; KEY_BYTES], SealError> {
        derive(&self.prk, b"hash")
    }
}

fn derive(prk: &hkdf::Prk, purpose: &[u8]) -> Result<[u8; KEY_BYTES], SealError> {
    let mut key = [0_u8; KEY_BYTES];
    prk.expand(&[purpose], KeyLength).and_then(|okm| okm.fill(&mut key)).map_err(|_| SealError::BadKey)?;
    Ok(key)
}

/// The configured key and those that came before it.
#[derive(Debug)]
pub struct Roots {
    current: Root,
    previous: Vec<Root>,
}

impl Roots {
    /// `key` wraps from now on; what the settings name as previous ones still unwraps.
    ///
    /// # Errors
    /// [`SealError::BadKey`].
    pub fn new(key: &str, config: &Config) -> Result<Self, SealError> {
        let texts = config.previous_secret_keys.expose_secret().split(',').map(str::trim);
        let previous = texts.filter(|text| !text.is_empty()).map(Root::from_text).collect::<Result<_, _>>()?;
        Ok(Self { current: Root::from_text(key)?, previous })
    }

    /// The key that wraps.
    #[must_use]
    pub const fn current(&self) -> &Root {
        &self.current
    }

    /// Wraps the bytes of a key, bound to its place.
    #[must_use]
    pub fn wrap(&self, entropy: &dyn Entropy, place: &str, key: &[u8; KEY_BYTES]) -> String {
        self.current.wrapping.seal(entropy, place, key)
    }

    /// Unwraps them.
    ///
    /// # Errors
    /// [`SealError::UnknownRoot`] for a key wrapped by one that is not configured;
    /// [`SealError::CannotOpen`] for another place or a damaged one.
    pub fn unwrap(&self, place: &str, wrapped: &str) -> Result<[u8; KEY_BYTES], SealError> {
        let root = std::iter::once(&self.current)
            .chain(&self.previous)
            .find(|root| wrapped.split('.').next() == Some(root.id()))
            .ok_or(SealError::UnknownRoot)?;
        root.wrapping.open(place, wrapped)?.try_into().map_err(|_| SealError::CannotOpen)
    }

    /// Whether a key is wrapped by the configured one, not by one that came before it.
    #[must_use]
    pub fn is_current(&self, wrapped: &str) -> bool {
        wrapped.split('.').next() == Some(self.current.id())
    }
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

    fn config(previous: &str) -> Config {
        Config { previous_secret_keys: previous.into(), ..Config::default() }
    }

    #[test]
    fn a_key_of_another_length_is_refused() {
        assert_eq!(Root::from_text("abcd").err(), Some(SealError::BadKey));
        assert!(Root::from_text(&"ab".repeat(32)).is_ok());
        assert_eq!(Roots::new(&"ab".repeat(32), &config("ab, cd")).err(), Some(SealError::BadKey));
    }

    #[test]
    fn a_key_that_came_before_unwraps_and_wraps_nothing() {
        let (old, new) = ("ab".repeat(32), "cd".repeat(32));
        let entropy = SeededEntropy::new(1);
        let wrapped = Roots::new(&old, &config("")).unwrap().wrap(&entropy, "data_key:1:seal", &[5; KEY_BYTES]);
        let both = Roots::new(&new, &config(&format!(" {old} ,"))).unwrap();
        assert_eq!(both.unwrap("data_key:1:seal", &wrapped).unwrap(), [5; KEY_BYTES]);
        assert!(!both.is_current(&wrapped) && both.is_current(&both.wrap(&entropy, "x", &[5; KEY_BYTES])));
        assert_eq!(both.unwrap("data_key:1:hash", &wrapped), Err(SealError::CannotOpen));
        let alone = Roots::new(&new, &config("")).unwrap();
        assert_eq!(alone.unwrap("data_key:1:seal", &wrapped), Err(SealError::UnknownRoot));
    }
}
