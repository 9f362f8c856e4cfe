//! The tests that speak HTTP, one module for each resource; stories tell a customer's year.

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
