//! Sessions: logging in, keeping one, ending it.

mod factors;
mod log_in;
mod refresh;
mod throttle;
