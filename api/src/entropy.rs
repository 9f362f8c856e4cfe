//! Randomness comes from here and nowhere else: ids, codes, tokens.

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use std::sync::{Mutex, PoisonError};
use uuid::Uuid;

/// Where the process draws random bytes.
pub trait Entropy: Send + Sync {
    /// Fills `bytes`; aborts the process rather than go on with predictable ones.
    fn fill(&self, bytes: &mut [u8]);

    /// A UUIDv7 of the instant `now`.
    fn id(&self, now: DateTime<Utc>) -> Uuid {
        let mut random = [0_u8; 10];
        self.fill(&mut random);
        let millis = u64::try_from(now.timestamp_millis()).unwrap_or_default();
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }

    /// A code of `digits` decimal digits that a person can type.
    fn code(&self, digits: usize) -> String {
        let mut code = String::with_capacity(digits);
        while code.len() < digits {
            let mut byte = [0_u8; 1];
            self.fill(&mut byte);
            // 250 is the largest multiple of 10 in a byte: no digit is likelier than another
            if let [value @ 0..250] = byte {
                code.push(char::from(b'0' + value % 10));
            }
        }
        code
    }

    /// A token of 256 random bits in URL-safe base64.
    fn token(&self) -> String {
        let mut bytes = [0_u8; 32];
        self.fill(&mut bytes);
        URL_SAFE_NO_PAD.encode(bytes)
    }
}

/// The operating system's generator.
#[derive(Debug)]
pub struct SystemEntropy(SystemRandom);

impl Default for SystemEntropy {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the system's randomness")]
    fn default() -> Self {
        Self(SystemRandom::new())
    }
}

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        if self.0.fill(bytes).is_err() {
            // there is nothing safe to do without randomness
            std::process::abort();
        }
    }
}

/// A repeatable sequence for tests (`SplitMix64`); never secure.
#[derive(Debug)]
pub struct SeededEntropy(Mutex<u64>);

impl SeededEntropy {
    /// The sequence that begins at `seed`.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(Mutex::new(seed))
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for chunk in bytes.chunks_mut(8) {
            *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = *state;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            let word = (z ^ (z >> 31)).to_le_bytes();
            for (slot, byte) in chunk.iter_mut().zip(word) {
                *slot = byte;
            }
        }
    }
}
