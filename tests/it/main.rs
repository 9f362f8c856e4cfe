//! The tests that speak HTTP, one module for each resource; stories tell a customer's year.
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    clippy::cloned_ref_to_slice_refs,
    clippy::assigning_clones,
    reason = "a test that cannot go on says so by panicking; a story is as long as it is"
)]

mod stories;
mod scheduler;
mod readme;
mod contract;
mod schema;
mod account;
mod session;
mod order;
mod payment_method;
mod catalog;
mod operator;
mod invoice;
