//! The customer's journey, told over HTTP against a freshly started server on a test clock. Ends with an
//! error if anything differs from what the policy says.

mod beginning;
mod endings;
mod incident;
mod teller;
mod year;

use crate::config::Config;
use crate::db::Lock;
use crate::serve;
use secrecy::ExposeSecret;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

pub use teller::Teller;

/// Where the demonstration runs.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// An empty database; a new SQLite file in a temporary folder if left out.
    pub database_url: Option<String>,
}

/// Why the demonstration ended early.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// Something is not as the policy says.
    #[error("differs from the policy: {0}")]
    Differs(String),
    /// The server does not answer.
    #[error("http: {0}")]
    Http(#[from] reqwest::Error),
    /// The server cannot be started.
    #[error(transparent)]
    Serve(#[from] serve::ServeError),
    /// An action of the preparation failed.
    #[error(transparent)]
    Action(#[from] crate::actions::Error),
    /// The operating system says no.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

/// Tells the journey; `Ok` only when everything happened as the policy says.
///
/// # Errors
/// [`DemoError`].
pub async fn run(options: Options) -> Result<(), DemoError> {
    let folder = temporary_folder()?;
    let outcome = in_folder(&folder, options).await;
    std::fs::remove_dir_all(&folder)?;
    outcome
}

fn temporary_folder() -> Result<PathBuf, DemoError> {
    let folder = std::env::temp_dir().join(format!("tacit-demo-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

async fn in_folder(folder: &std::path::Path, options: Options) -> Result<(), DemoError> {
    let database = options.database_url.unwrap_or_else(|| format!("sqlite://{}", folder.join("tacit.db").display()));
    let mut config = Config {
        database_url: database.into(),
        mail_url: format!("file:{}", folder.join("mail").display()).into(),
        secret_key: Some("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff".into()),
        test_clocks: true,
        rate_limits: false,
        workers: 1,
        var_dir: folder.to_owned(),
        ..Config::default()
    };
    config.scheduler.interval_ms = 20;
    let mail = config.mail_url.expose_secret().to_owned();
    let app = Arc::new(serve::open(config, Lock::Exclusive).await?);
    crate::seed::demo(&app).await?;
    let now = app.now();
    let cx = crate::actions::Context::scheduler(&app.tools, now, now);
    let (_, operator) = app.transact(async |tx| crate::actions::operator::create_token(tx, &cx, "demo").await).await?;
    let stop = CancellationToken::new();
    let scheduler = crate::scheduler::start(Arc::clone(&app), stop.clone());
    let listening = serve::listen(Arc::clone(&app), SocketAddr::from(([127, 0, 0, 1], 0)))?;
    let (base, handle) = (format!("http://{}", listening.address), listening.handle);
    let running = tokio::spawn(listening.server);
    let mut teller = Teller::new(&base, &operator);
    teller.say(&format!("Tacit on {base}, mail to {mail}"));
    let told = tell(&mut teller).await;
    let broken = crate::verify::run(&app).await;
    stop.cancel();
    handle.stop(true).await;
    running.await.ok();
    tokio::task::spawn_blocking(move || scheduler.join()).await.ok();
    app.db.close().await;
    told?;
    let broken = broken?;
    if let Some(first) = broken.first() {
        return Err(DemoError::Differs(format!("invariant broken: {} ({})", first.rule, first.detail)));
    }
    teller.say(&format!("\nAll {} invariants of the stored data hold. The journey is over.", crate::verify::rules()));
    Ok(())
}

async fn tell(teller: &mut Teller) -> Result<(), DemoError> {
    beginning::sign_up(teller).await?;
    beginning::prepare(teller).await?;
    let services = beginning::order(teller).await?;
    year::pass(teller, &services).await?;
    incident::declines(teller, &services).await?;
    endings::cancel_at_expiry(teller, &services).await?;
    endings::closure_refused(teller).await?;
    endings::delete_at_once(teller, &services).await?;
    endings::close_account(teller).await
}
