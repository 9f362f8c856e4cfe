//! Password hashing: argon2id, off the async threads, never more at once than there are slots, never
//! a queue without end. A login flood is answered 503, it does not take the machine's memory. Also the
//! list of passwords that guessers try first.

use crate::actions::Error;
use crate::config::PasswordConfig;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use domain::password::{Common, normal};
use std::io::Read;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use tokio::sync::Semaphore;

/// Made by `scripts/common-passwords.py`.
const COMMON: &[u8] = include_bytes!("../data/common-passwords.zz");
/// What stands where a hash would, for an account that no password opens.
pub const NONE: &str = "!";
/// Most hashes that wait for a slot.
const QUEUE: usize = 64;

/// The passwords that guessers try first; unpacked once.
pub fn common() -> &'static Common {
    static LIST: LazyLock<Common> = LazyLock::new(|| {
        let mut text = String::new();
        if let Err(error) = flate2::read::ZlibDecoder::new(COMMON).read_to_string(&mut text) {
            tracing::error!(%error, "the list of common passwords cannot be read");
        }
        Common::read(&text)
    });
    &LIST
}

/// Hashes and verifies passwords.
#[derive(Clone)]
pub struct Passwords {
    argon: Argon2<'static>,
    /// Memory of one hash in KiB, passes, lanes.
    cost: (u32, u32, u32),
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
    /// `slots` hashes at once; 0 is one per core. Memory is slots × `memory_kib`.
    ///
    /// # Errors
    /// [`Error::Internal`] when the library refuses the parameters.
    pub fn new(config: &PasswordConfig) -> Result<Self, Error> {
        let PasswordConfig { memory_kib: memory, passes, lanes, slots, .. } = *config;
        let params = Params::new(memory, passes, lanes, None).map_err(Error::internal)?;
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let cores = || std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let dummy = argon.hash_password(b"nobody has this password").map_err(Error::internal)?.to_string();
        Ok(Self {
            argon,
            cost: (memory, passes, lanes),
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
    /// that nobody has, an account that no password opens) it takes as long and answers no.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when too many wait.
    pub async fn verify(&self, password: &str, phc: Option<&str>) -> Result<bool, Error> {
        let phc = phc.filter(|phc| *phc != NONE);
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
        params.is_none_or(|params| (params.m_cost(), params.t_cost(), params.p_cost()) != self.cost)
    }

    /// Runs other work that takes its time (judging a password) in the same bounded pool.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when too many wait.
    pub async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
        self.run(move |_| Ok(work())).await
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

#[cfg(test)]
mod tests {
    use super::*;
    use domain::password::{folded, is_common};

    fn passwords(memory_kib: u32, passes: u32) -> Passwords {
        Passwords::new(&PasswordConfig { slots: 1, memory_kib, passes, ..PasswordConfig::default() }).unwrap()
    }

    #[test]
    fn the_list_of_common_passwords_is_there() {
        let (words, entries) = common().len();
        assert!(words >= 500 && entries >= 3_000, "{words} words, {entries} entries");
        for weak in ["password1234567", "to be or not to be", "Sésame, ouvre-toi !", "qwertyqwerty123456"] {
            assert!(is_common(weak, &[], common()), "{weak}");
        }
        assert!(!is_common("violet harbour 94 lantern", &[], common()));
        let text = COMMON;
        let mut unpacked = String::new();
        flate2::read::ZlibDecoder::new(text).read_to_string(&mut unpacked).unwrap();
        let (_, entries) = unpacked.split_once("\n\n").unwrap();
        assert!(entries.lines().all(|entry| folded(entry) == entry));
        assert!(entries.lines().filter(|entry| entry.chars().count() >= 15).count() >= 3_000);
    }

    #[tokio::test]
    async fn parameters_that_rise_ask_for_a_new_hash() {
        let (before, after) = (passwords(19_456, 2), passwords(19_456, 3));
        let old = before.hash("caf\u{e9} battery staple").await.unwrap();
        assert!(after.verify("caf\u{e9} battery staple", Some(&old)).await.unwrap());
        assert!(after.needs_rehash(&old) && !before.needs_rehash(&old));
        let new = after.hash("caf\u{e9} battery staple").await.unwrap();
        assert!(new.starts_with("$argon2id$v=19$m=19456,t=3,p=1$") && !after.needs_rehash(&new));
    }

    #[tokio::test]
    async fn a_password_is_known_again_and_only_it() {
        let passwords = passwords(19_456, 2);
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
        let passwords = passwords(19_456, 2);
        let flood = (0..100).map(|_| passwords.verify("nobody has this password", None));
        let outcomes = futures_util::future::join_all(flood).await;
        let turned_away = outcomes.iter().filter(|outcome| matches!(outcome, Err(Error::Unavailable))).count();
        assert!((30..=36).contains(&turned_away), "{turned_away}");
    }
}
