//! Password hashing: argon2id, off the async threads, never more at once than there are slots, never
//! a queue without end. A login flood is answered 503, it does not take the machine's memory.

use crate::actions::Error;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;

/// Memory of one hash in KiB, passes and lanes: OWASP's first choice for argon2id.
const COST: (u32, u32, u32) = (19_456, 2, 1);
/// Most hashes that wait for a slot.
const QUEUE: usize = 64;

/// Hashes and verifies passwords.
#[derive(Clone)]
pub struct Passwords {
    argon: Argon2<'static>,
    slots: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    /// The hash of nothing in particular, verified for logins that nobody has.
    dummy: Arc<str>,
}

impl std::fmt::Debug for Passwords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Passwords").field("free", &self.slots.available_permits()).finish_non_exhaustive()
    }
}

/// Counts one that waits, also when it gives up.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Passwords {
    /// `slots` hashes at once; 0 is one per core. Memory is slots × 19 MiB.
    ///
    /// # Errors
    /// [`Error::Internal`] when the library refuses its own parameters.
    pub fn new(slots: usize) -> Result<Self, Error> {
        let (memory, passes, lanes) = COST;
        let params = Params::new(memory, passes, lanes, None).map_err(Error::internal)?;
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let cores = || std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let dummy = argon.hash_password(b"nobody has this password").map_err(Error::internal)?.to_string();
        Ok(Self {
            argon,
            slots: Arc::new(Semaphore::new(if slots == 0 { cores() } else { slots })),
            waiting: Arc::default(),
            dummy: dummy.into(),
        })
    }

    /// The hash of a password, in PHC form.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when too many wait.
    pub async fn hash(&self, password: &str) -> Result<String, Error> {
        let password = normal(password);
        self.run(move |argon| {
            let hash = argon.hash_password(password.as_bytes()).map_err(Error::internal)?;
            Ok(hash.to_string())
        })
        .await
    }

    /// Whether a password is the one of a hash; the cost is the hash's own. Without a hash (a login
    /// that nobody has) it takes as long and answers no.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when too many wait.
    pub async fn verify(&self, password: &str, phc: Option<&str>) -> Result<bool, Error> {
        let (password, known) = (normal(password), phc.is_some());
        let phc = phc.unwrap_or(&self.dummy).to_owned();
        self.run(move |argon| {
            let hash = PasswordHash::new(&phc);
            let same = hash.is_ok_and(|hash| argon.verify_password(password.as_bytes(), &hash).is_ok());
            Ok(same && known)
        })
        .await
    }

    /// Whether a hash was made with another cost than today's.
    #[must_use]
    pub fn needs_rehash(&self, phc: &str) -> bool {
        let params = PasswordHash::new(phc).ok().and_then(|hash| Params::try_from(&hash).ok());
        params.is_none_or(|params| (params.m_cost(), params.t_cost(), params.p_cost()) != COST)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Argon2<'static>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= QUEUE + self.slots.available_permits() {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            return Err(Error::Unavailable);
        }
        let waiting = Waiting(&self.waiting);
        let slot = Arc::clone(&self.slots).acquire_owned().await.map_err(Error::internal)?;
        drop(waiting);
        let argon = self.argon.clone();
        tokio::task::spawn_blocking(move || {
            let outcome = work(&argon);
            // held until the work is done, even when the caller went away
            drop(slot);
            outcome
        })
        .await
        .map_err(Error::internal)?
    }
}

/// NFKC: the same password typed on another keyboard is the same.
fn normal(password: &str) -> String {
    password.nfkc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_known_again_and_only_it() {
        let passwords = Passwords::new(1).unwrap();
        let hash = passwords.hash("caf\u{e9} battery staple").await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(passwords.verify("cafe\u{301} battery staple", Some(&hash)).await.unwrap());
        assert!(!passwords.verify("another", Some(&hash)).await.unwrap());
        assert!(!passwords.needs_rehash(&hash));
        assert!(passwords.needs_rehash("$argon2id$v=19$m=4096,t=3,p=1$c29tZXNhbHQ$b3BhcXVl"));
        assert!(!passwords.verify("nobody has this password", None).await.unwrap());
        assert!(!passwords.verify("x", Some("rubbish")).await.unwrap());
    }

    #[tokio::test]
    async fn a_flood_is_turned_away() {
        let passwords = Passwords::new(1).unwrap();
        let flood = (0..100).map(|_| passwords.verify("nobody has this password", None));
        let outcomes = futures_util::future::join_all(flood).await;
        let turned_away = outcomes.iter().filter(|outcome| matches!(outcome, Err(Error::Unavailable))).count();
        assert!((30..=36).contains(&turned_away), "{turned_away}");
    }
}
