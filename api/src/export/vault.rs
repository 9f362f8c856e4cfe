//! How the parts of an archive are kept: it holds everything about a person in one place, so each try to make
//! one has a key of its own, stored encrypted with its export. Without that key the parts are noise.

use crate::actions::Error;
use crate::app::Tools;
use crate::seal::{SealError, sha256};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::id::{AccountId, ExportId};
use entity::export;

/// Bytes of a key.
const KEY_BYTES: usize = 32;

/// The key of one archive.
pub struct Vault {
    key: LessSafeKey,
    /// What each part is bound to besides its place.
    owner: String,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vault").finish_non_exhaustive()
    }
}

impl Vault {
    /// A new key, and its encrypted form for the row.
    ///
    /// # Errors
    /// [`Error::Internal`], which does not happen.
    pub fn create(tools: &Tools, id: ExportId, account: AccountId) -> Result<(Self, String), Error> {
        let mut bytes = [0_u8; KEY_BYTES];
        tools.entropy.fill(&mut bytes);
        let place = place(id, account);
        let sealed = tools.sealer.seal(&*tools.entropy, &place, &URL_SAFE_NO_PAD.encode(bytes));
        Ok((Self::of(&bytes, place)?, sealed))
    }

    /// The key of an export that has one.
    ///
    /// # Errors
    /// [`Error::Internal`] when it is gone, or was encrypted with another secret key.
    pub fn open(tools: &Tools, export: &export::Model) -> Result<Self, Error> {
        let sealed = export.sealed_key.as_deref().ok_or_else(|| Error::internal("an export without its key"))?;
        let place = place(export.id, export.account_id);
        let bytes = URL_SAFE_NO_PAD.decode(tools.sealer.open(&place, sealed)?).map_err(Error::internal)?;
        Self::of(&bytes, place)
    }

    fn of(bytes: &[u8], owner: String) -> Result<Self, Error> {
        let key = UnboundKey::new(&AES_256_GCM, bytes).map_err(|_| Error::internal("the key of an export"))?;
        Ok(Self { key: LessSafeKey::new(key), owner })
    }

    /// Seals the part at a position. A key never seals two parts for one position: whoever tries again has
    /// another key.
    ///
    /// # Errors
    /// [`Error::Internal`], which does not happen for parts of the configured size.
    pub fn seal(&self, position: i32, mut part: Vec<u8>) -> Result<Vec<u8>, Error> {
        let failed = |_| Error::internal("a part cannot be sealed");
        self.key.seal_in_place_append_tag(nonce(position), self.bound(position), &mut part).map_err(failed)?;
        Ok(part)
    }

    /// Opens what [`Vault::seal`] made for the same position.
    ///
    /// # Errors
    /// [`SealError::CannotOpen`].
    pub fn unseal(&self, position: i32, mut sealed: Vec<u8>) -> Result<Vec<u8>, SealError> {
        let opened = self.key.open_in_place(nonce(position), self.bound(position), &mut sealed);
        let length = opened.map_err(|_| SealError::CannotOpen)?.len();
        sealed.truncate(length);
        Ok(sealed)
    }

    fn bound(&self, position: i32) -> Aad<String> {
        Aad::from(sha256(format!("{}:{position}", self.owner).as_bytes()))
    }
}

/// The place that a key is sealed for.
pub(crate) fn place(id: ExportId, account: AccountId) -> String {
    format!("export:{id}:{account}")
}

fn nonce(position: i32) -> Nonce {
    let mut bytes = [0_u8; NONCE_LEN];
    for (slot, byte) in bytes.iter_mut().rev().zip(position.to_le_bytes()) {
        *slot = byte;
    }
    Nonce::assume_unique_for_key(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_opens_in_its_place_only() {
        let vault = Vault::of(&[7; 32], "export:a:b".to_owned()).unwrap();
        let sealed = vault.seal(3, b"Ada Martin".to_vec()).unwrap();
        assert!(!sealed.windows(3).any(|window| window == b"Ada"));
        assert_eq!(vault.unseal(3, sealed.clone()).unwrap(), b"Ada Martin");
        assert_eq!(vault.unseal(4, sealed.clone()), Err(SealError::CannotOpen));
        let other = Vault::of(&[7; 32], "export:a:c".to_owned()).unwrap();
        assert_eq!(other.unseal(3, sealed.clone()), Err(SealError::CannotOpen));
        let other = Vault::of(&[8; 32], "export:a:b".to_owned()).unwrap();
        assert_eq!(other.unseal(3, sealed.clone()), Err(SealError::CannotOpen));
        let cut = sealed.get(..sealed.len() - 1).unwrap().to_vec();
        assert_eq!(vault.unseal(3, cut), Err(SealError::CannotOpen));
    }

    #[test]
    fn no_two_positions_share_a_nonce() {
        let all: std::collections::BTreeSet<_> =
            [0, 1, 255, 256, i32::MAX].iter().map(|at| nonce(*at).as_ref().to_owned()).collect();
        assert_eq!(all.len(), 5);
    }
}
