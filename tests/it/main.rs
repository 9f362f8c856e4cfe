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

mod account;
mod asvs;
mod catalog;
mod contract;
mod export;
mod invoice;
mod operator;
mod order;
mod payment_method;
mod readme;
mod scheduler;
mod schema;
mod session;
mod stories;
