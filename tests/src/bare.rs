//! The process without a server and without a running scheduler: for scheduler processes and benches,
//! which run what is due themselves.

use crate::house::config;
use api::app::App;
use api::clock::ManualClock;
use api::config::Config;
use api::db::{Db, Lock};
use api::entropy::SystemEntropy;
use api::mail::Mailer;
use api::payment::gateway::Gateway;
use chrono::{DateTime, Utc};
use std::path::Path;
use std::sync::Arc;

/// Opens a migrated database with the clock standing at `now`; mails stay in memory.
///
/// # Panics
/// When it cannot be opened.
pub async fn open(
    database_url: &str,
    folder: &Path,
    now: DateTime<Utc>,
    gateway: Arc<dyn Gateway>,
    change: impl FnOnce(&mut Config),
) -> App {
    let mut config = config(database_url, folder);
    change(&mut config);
    let db = Db::open(database_url, Lock::Exclusive).await.unwrap();
    db.migrate().await.unwrap();
    let mailer = Mailer::from_url("memory:", &config.mail_from).unwrap();
    let clock = Arc::new(ManualClock::at(now));
    api::serve::build_app(config, db, clock, Box::new(SystemEntropy::default()), mailer, gateway).await.unwrap()
}
