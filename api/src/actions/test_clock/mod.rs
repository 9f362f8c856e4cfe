//! Clocks that an operator moves, for the accounts that are attached to them.

pub mod advance;
pub mod create;

pub use advance::advance;
pub use create::create;
