//! What people read about stored codes, in each language.

pub mod activity;
pub mod check_up;
