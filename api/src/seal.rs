//! Secrets at rest: sealed with AES-256-GCM under a data key, bound to their place by additional data;
//! looked-up secrets are kept as keyed hashes. The data keys are stored wrapped by the configured secret key
//! ([`root`]) and change while the server runs ([`crate::keys`]).

use crate::entropy::Entropy;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{digest, hmac};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::sync::{Arc, PoisonError, RwLock};

pub mod root;

/// Bytes of every key.
pub const KEY_BYTES: usize = 32;

/// Why something sealed cannot be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// A configured key is not 32 bytes in base64 or hexadecimal.
    #[error("secret_key and previous_secret_keys must be 32 bytes each, in base64 or hexadecimal")]
    BadKey,
    /// Not sealed by a known key, not for this place, or damaged.
    #[error("a sealed value cannot be opened with the keys that are known")]
    CannotOpen,
    /// A data key that none of the configured keys unwraps.
    #[error("a data key is wrapped by a secret key that is neither secret_key nor one of previous_secret_keys")]
    UnknownRoot,
}

/// One key that seals, with the id that its values begin with.
#[derive(Clone)]
pub struct DataKey {
    id: String,
    aead: Arc<LessSafeKey>,
}

impl std::fmt::Debug for DataKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DataKey").field("id", &self.id).finish_non_exhaustive()
    }
}

impl DataKey {
    /// From its bytes.
    ///
    /// # Errors
    /// [`SealError::BadKey`] for another number of bytes.
    pub fn new(id: &str, bytes: &[u8]) -> Result<Self, SealError> {
        let unbound = UnboundKey::new(&AES_256_GCM, bytes).map_err(|_| SealError::BadKey)?;
        Ok(Self { id: id.to_owned(), aead: Arc::new(LessSafeKey::new(unbound)) })
    }

    /// The id that values sealed with it begin with.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// `<key id>.<nonce>.<sealed>`: opens only with this key and the same place.
    fn seal(&self, entropy: &dyn Entropy, place: &str, plain: &[u8]) -> String {
        let mut nonce = [0_u8; NONCE_LEN];
        entropy.fill(&mut nonce);
        let mut sealed = plain.to_vec();
        let unique = Nonce::assume_unique_for_key(nonce);
        if self.aead.seal_in_place_append_tag(unique, Aad::from(place.as_bytes()), &mut sealed).is_err() {
            // only for texts of gigabytes, which no caller has
            sealed.clear();
        }
        format!("{}.{}.{}", self.id, URL_SAFE_NO_PAD.encode(nonce), URL_SAFE_NO_PAD.encode(sealed))
    }

    fn open(&self, place: &str, sealed: &str) -> Result<Vec<u8>, SealError> {
        let mut parts = sealed.split('.');
        let (Some(id), Some(nonce), Some(body), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
            return Err(SealError::CannotOpen);
        };
        if id != self.id {
            return Err(SealError::CannotOpen);
        }
        let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| SealError::CannotOpen);
        let nonce = Nonce::try_assume_unique_for_key(&decode(nonce)?).map_err(|_| SealError::CannotOpen)?;
        let mut body = decode(body)?;
        let plain = self
            .aead
            .open_in_place(nonce, Aad::from(place.as_bytes()), &mut body)
            .map_err(|_| SealError::CannotOpen)?;
        Ok(plain.to_vec())
    }
}

/// The keys that a process knows.
#[derive(Debug, Clone)]
pub struct Ring {
    /// What it seals with.
    pub current: DataKey,
    /// What it opens with besides.
    pub others: Vec<DataKey>,
    /// What it hashes with.
    pub hash: hmac::Key,
}

impl Ring {
    fn all(&self) -> impl Iterator<Item = &DataKey> {
        std::iter::once(&self.current).chain(&self.others)
    }
}

/// Seals, opens and hashes.
pub struct Sealer {
    ring: RwLock<Arc<Ring>>,
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sealer").field("current", &self.current()).finish_non_exhaustive()
    }
}

impl Sealer {
    /// With the keys of a database.
    #[must_use]
    pub fn of(ring: Ring) -> Self {
        Self { ring: RwLock::new(Arc::new(ring)) }
    }

    /// With keys derived from 32 bytes alone, for what needs no database.
    ///
    /// # Errors
    /// [`SealError::BadKey`].
    pub fn new(master: &[u8]) -> Result<Self, SealError> {
        let root = root::Root::new(master)?;
        let current = DataKey::new(root.id(), &root.first_seal_key()?)?;
        let hash = hmac::Key::new(hmac::HMAC_SHA256, &root.first_hash_key()?);
        Ok(Self::of(Ring { current, others: Vec::new(), hash }))
    }

    fn ring(&self) -> Arc<Ring> {
        Arc::clone(&self.ring.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Goes on with other keys.
    pub fn replace(&self, ring: Ring) {
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ring);
    }

    /// Id of the key that seals now.
    #[must_use]
    pub fn current(&self) -> String {
        self.ring().current.id.clone()
    }

    /// A key that is known already.
    pub(crate) fn held(&self, id: &str) -> Option<DataKey> {
        self.ring().all().find(|key| key.id == id).cloned()
    }

    /// The key of hashes: there is one for ever.
    pub(crate) fn hash_key(&self) -> hmac::Key {
        self.ring().hash.clone()
    }

    /// Seals `plain` for one place, e.g. `totp_device:<id>:<account>`: it opens nowhere else.
    #[must_use]
    pub fn seal(&self, entropy: &dyn Entropy, place: &str, plain: &str) -> String {
        self.ring().current.seal(entropy, place, plain.as_bytes())
    }

    /// Opens what [`Sealer::seal`] made for the same place.
    ///
    /// # Errors
    /// [`SealError::CannotOpen`].
    pub fn open(&self, place: &str, sealed: &str) -> Result<String, SealError> {
        let id = sealed.split('.').next().unwrap_or_default();
        let key = self.held(id).ok_or(SealError::CannotOpen)?;
        String::from_utf8(key.open(place, sealed)?).map_err(|_| SealError::CannotOpen)
    }

    /// As [`Sealer::open`], for a place that was written otherwise before: values sealed then open by its old
    /// name, later ones only by the new one.
    ///
    /// # Errors
    /// [`SealError::CannotOpen`].
    pub fn open_either(&self, [place, before]: [&str; 2], sealed: &str) -> Result<String, SealError> {
        self.open(place, sealed).or_else(|_| self.open(before, sealed))
    }

    /// A token that follows from a secret: whoever shows the same secret gets the same token, and nobody can
    /// compute it without the keys of this server. 43 characters, 256 bits.
    #[must_use]
    pub fn follow(&self, purpose: &str, secret: &str) -> String {
        URL_SAFE_NO_PAD.encode(self.mac(purpose, secret.as_bytes()).as_ref())
    }

    /// The keyed hash under which a secret is looked up: 64 hexadecimal characters.
    #[must_use]
    pub fn hash(&self, purpose: &str, secret: &str) -> String {
        self.hash_bytes(purpose, secret.as_bytes())
    }

    /// The same of bytes.
    #[must_use]
    pub fn hash_bytes(&self, purpose: &str, secret: &[u8]) -> String {
        hex(self.mac(purpose, secret).as_ref())
    }

    fn mac(&self, purpose: &str, secret: &[u8]) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.ring().hash);
        context.update(purpose.as_bytes());
        context.update(&[0]);
        context.update(secret);
        context.sign()
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
    fn a_place_that_got_another_name_opens_by_the_old_one_only_what_was_sealed_for_it() {
        let sealer = Sealer::new(&[7; 32]).unwrap();
        let seal = |place| sealer.seal(&SeededEntropy::new(1), place, "sim_ok");
        let open = |sealed: String| sealer.open_either(["payment_method:1:ada", "payment_method:1"], &sealed);
        assert_eq!(open(seal("payment_method:1:ada")).unwrap(), "sim_ok");
        assert_eq!(open(seal("payment_method:1")).unwrap(), "sim_ok");
        assert_eq!(open(seal("payment_method:1:bob")), Err(SealError::CannotOpen));
    }

    #[test]
    fn a_damaged_value_does_not_open() {
        let sealer = Sealer::new(&[7; 32]).unwrap();
        let sealed = sealer.seal(&SeededEntropy::new(1), "email:1", "482913");
        for at in 0..sealed.len() {
            let mut wrong = sealed.clone().into_bytes();
            wrong[at] = if wrong[at] == b'A' { b'B' } else { b'A' };
            let wrong = String::from_utf8(wrong).unwrap();
            // the last character of base64 may hold bits that mean nothing; decoding refuses those that differ
            assert_eq!(sealer.open("email:1", &wrong), Err(SealError::CannotOpen), "{at}");
        }
        for wrong in ["", ".", "..", "a.b.c", &format!("{sealed}.x"), sealed.strip_suffix(|_: char| true).unwrap()] {
            assert_eq!(sealer.open("email:1", wrong), Err(SealError::CannotOpen), "{wrong}");
        }
    }

    #[test]
    fn a_token_follows_from_its_secret_alone() {
        let (one, other) = (Sealer::new(&[7; 32]).unwrap(), Sealer::new(&[8; 32]).unwrap());
        assert_eq!(one.follow("a", "secret"), one.follow("a", "secret"));
        assert_eq!(one.follow("a", "secret").len(), 43);
        for different in [one.follow("b", "secret"), one.follow("a", "secrets"), other.follow("a", "secret")] {
            assert_ne!(one.follow("a", "secret"), different);
        }
    }
}
