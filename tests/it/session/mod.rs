//! Sessions: logging in, keeping one, ending it.

pub mod factors;
mod listed;
mod log_in;
mod refresh;
mod repeated;
mod security_keys;
mod throttle;
