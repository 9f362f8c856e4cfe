//! Sessions: logging in, keeping one, ending it.

mod log_in;
mod refresh;
mod throttle;
