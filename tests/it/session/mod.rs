//! Sessions: logging in, keeping one, ending it.

mod access_tokens;
pub mod factors;
mod forged;
mod keys;
mod listed;
mod log_in;
mod refresh;
mod repeated;
mod security_keys;
mod throttle;
