//! The harness: opens a house (the whole of Tacit in this process, with a server on a free port), speaks
//! HTTP to it as an ordinary client would, moves its clock, runs what is due, reads what was sent.
//!
//! Every test runs on SQLite and on PostgreSQL: see [`on_both`].
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::print_stdout,
    reason = "a test that cannot go on says so by panicking"
)]

pub mod bare;
pub mod client;
pub mod contract;
pub mod gateway;
pub mod house;
pub mod postgres;
pub mod seed;
pub mod soft_key;

use std::pin::Pin;
use std::sync::Arc;

/// Runs the body of a test; gives its closure a type.
pub async fn run(house: Arc<House>, body: impl FnOnce(Arc<House>) -> Pin<Box<dyn Future<Output = ()>>>) {
    body(house).await;
}

pub use client::{Answer, Client};
pub use house::{House, On};

/// Declares a test that runs on both databases: `on_both!(name, "2026-01-31T09:00:00Z", |house| Box::pin(async move { … }));`
#[macro_export]
macro_rules! on_both {
    ($(#[$meta:meta])* $name:ident, $now:expr, $body:expr) => {
        mod $name {
            #[allow(unused_imports, reason = "a test names what it needs")]
            use super::*;
            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                let house = $crate::House::open($crate::On::Sqlite, $now).await;
                $crate::run(std::sync::Arc::clone(&house), $body).await;
                house.close().await;
            }
            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                let house = $crate::House::open($crate::On::Postgres, $now).await;
                $crate::run(std::sync::Arc::clone(&house), $body).await;
                house.close().await;
            }
        }
    };
}
