//! Databases of one measurement.

use api::app::App;
use api::payment::simulated::Simulated;
use chrono::{DateTime, Utc};
use house::{On, bare, postgres};
use std::sync::Arc;
use tempfile::TempDir;

/// The key of every bench: a server reads what the bench sealed.
pub const SECRET_KEY: &str = "1f1e1d1c1b1a191817161514131211100f0e0d0c0b0a09080706050403020100";

/// A database that goes away with its folder.
pub struct Store {
    pub url: String,
    pub folder: TempDir,
    on: On,
}

impl Store {
    /// A new, empty one.
    pub async fn new(on: On) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = match on {
            On::Sqlite => format!("sqlite://{}/tacit.db", folder.path().display()),
            On::Postgres => postgres::fresh_database().await,
        };
        Self { url, folder, on }
    }

    /// The process on it, with the settings of production and the demo catalogue.
    pub async fn open(&self, now: DateTime<Utc>) -> App {
        let gateway = Arc::new(Simulated::default());
        let app = bare::open(&self.url, self.folder.path(), now, gateway, |config| {
            config.scheduler = api::config::SchedulerConfig { max_due_share: 100, ..Default::default() };
            config.secret_key = Some(SECRET_KEY.into());
        })
        .await;
        api::seed::demo(&app).await.unwrap();
        app
    }

    /// Removes it.
    pub async fn close(self) {
        if self.on == On::Postgres {
            postgres::drop_database(&self.url).await;
        }
    }
}
