//! Starting and stopping the process.

use crate::app::{App, Tools};
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::db::{Db, Lock, OpenError};
use crate::entropy::{Entropy, SystemEntropy};
use crate::housekeeping;
use crate::http::address::{InvalidRange, Trusted};
use crate::http::cors::Origins;
use crate::http::edge::{Edge, edge};
use crate::http::rate_limit::Limiters;
use crate::http::table::Table;
use crate::keys::{self, Parts};
use crate::mail::{Brand, Mailer, Templates};
use crate::openapi::Documents;
use crate::password::Passwords;
use crate::payment::gateway::Gateway;
use crate::payment::simulated::Simulated;
use crate::seal::root::Roots;
use crate::sms::Texter;
use actix_web::dev::ServerHandle;
use actix_web::middleware::{Compress, from_fn};
use actix_web::{HttpServer, web};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use secrecy::ExposeSecret;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use utoipa_actix_web::AppExt;

mod local;

/// Seconds that requests have to end after a signal.
const DRAIN_SECONDS: u64 = 30;

/// Why the process cannot start or stops.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The database cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database said no.
    #[error("database: {0}")]
    Db(#[from] sea_orm::DbErr),
    /// The settings do not fit.
    #[error("{0}")]
    Settings(String),
    /// The secret key is unusable.
    #[error(transparent)]
    Seal(#[from] crate::seal::SealError),
    /// A proxy range is none.
    #[error("trusted_proxies: {0}")]
    Proxies(#[from] InvalidRange),
    /// A step of the start failed.
    #[error(transparent)]
    Action(#[from] crate::actions::Error),
    /// The operating system said no.
    #[error("{0}: {1}")]
    Io(String, std::io::Error),
}

/// What routes about the server itself need; one for a server.
#[derive(Debug)]
pub struct Server {
    /// The contract, written out.
    pub documents: Written,
    /// Where metrics are read.
    pub metrics: PrometheusHandle,
    /// The process is about to stop.
    pub draining: AtomicBool,
    /// The scheduler runs in this process.
    pub has_scheduler: AtomicBool,
}

/// The forms of the contract as they are sent.
#[derive(Debug)]
pub struct Written {
    /// OpenAPI 3.1.
    pub full: web::Bytes,
    /// Without webhooks.
    pub client: web::Bytes,
    /// OpenAPI 3.0.
    pub three_zero: web::Bytes,
}

/// A server that accepts connections.
pub struct Listening {
    /// Where it really listens (the port, when 0 was asked for).
    pub address: SocketAddr,
    /// Stops it.
    pub handle: ServerHandle,
    /// Runs it; ends when it is stopped.
    pub server: actix_web::dev::Server,
    /// Its state.
    pub state: web::Data<Server>,
}

impl std::fmt::Debug for Listening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listening").field("address", &self.address).finish_non_exhaustive()
    }
}

/// Puts the process together around an open, migrated database.
///
/// # Errors
/// [`ServeError`] for settings that cannot be used and signing keys that cannot be read.
pub async fn build_app(
    config: Config,
    db: Db,
    clock: Arc<dyn Clock>,
    entropy: Box<dyn Entropy>,
    mailer: Mailer,
    gateway: Arc<dyn Gateway>,
) -> Result<App, ServeError> {
    let roots = match &config.secret_key {
        Some(key) => Roots::new(key.expose_secret(), &config)?,
        None => Roots::new(&local::secret_key(&config, &*entropy)?, &config)?,
    };
    let templates = Templates::new(Brand::of(&config)).map_err(ServeError::Settings)?;
    let texter = Texter::of(&config.sms).map_err(ServeError::Settings)?;
    let vies = crate::vies::Vies::of(&config).map_err(ServeError::Settings)?;
    let passwords = Passwords::new(&config.password)?;
    let parts = Parts { db: &db, clock: &*clock, entropy: &*entropy, roots: &roots, config: &config };
    let (sealer, access_tokens) = keys::open(parts).await?;
    let relying_party = crate::relying_party::build(&config).map_err(ServeError::Settings)?;
    let vat_rates = config.tax.rates().map_err(|error| ServeError::Settings(error.to_string()))?;
    let tools = Tools { config, entropy, sealer, templates, relying_party, vat_rates };
    let faults = crate::fault::FaultPlan::default();
    let stopping = AtomicBool::new(false);
    Ok(App { db, clock, tools, mailer, texter, vies, gateway, passwords, roots, access_tokens, stopping, faults })
}

/// Opens the database of the settings and puts the process together with the machine's own clock,
/// randomness, mail and gateway. With [`Lock::Exclusive`] the schema is brought up to date, beside a server
/// it must be already.
///
/// # Errors
/// [`ServeError`].
pub async fn open(config: Config, lock: Lock) -> Result<App, ServeError> {
    let db = Db::open(config.database_url.expose_secret(), lock).await?;
    match lock {
        Lock::Exclusive => db.migrate().await?,
        Lock::Beside if db.is_current().await? => {}
        Lock::Beside => {
            return Err(ServeError::Settings("the database is not up to date: run `tacit migrate` first".to_owned()));
        }
    }
    let mailer = Mailer::of(&config).map_err(ServeError::Settings)?;
    let gateway: Arc<dyn Gateway> = Arc::new(Simulated::default());
    build_app(config, db, Arc::new(SystemClock), Box::new(SystemEntropy::default()), mailer, gateway).await
}

/// Listens and is ready to serve. The server works once its future is awaited or spawned.
///
/// # Errors
/// [`ServeError::Io`] when the address cannot be bound.
pub fn listen(app: Arc<App>, bind: SocketAddr) -> Result<Listening, ServeError> {
    let config = app.config().clone();
    let documents = Documents::at(&config.public_url);
    let written = |value: &serde_json::Value| web::Bytes::from(value.to_string());
    let limiters = web::Data::new(if config.rate_limits { Limiters::on() } else { Limiters::off() });
    let state = web::Data::new(Server {
        documents: Written {
            full: written(&documents.full),
            client: written(&documents.client),
            three_zero: written(&documents.three_zero),
        },
        metrics: recorder()?,
        draining: AtomicBool::new(false),
        has_scheduler: AtomicBool::new(false),
    });
    let at_edge = web::Data::new(Edge {
        table: Table::of(&documents.full),
        limiters: limiters.clone(),
        trusted: Trusted::parse(&config.trusted_proxies)?,
        origins: Origins::parse(&config.cors_origins),
    });
    tokio::spawn(tidy(Arc::downgrade(&limiters.clone().into_inner()), state.metrics.clone()));
    let (app, shared) = (web::Data::from(app), state.clone());
    let mut server = HttpServer::new(move || {
        let (routed, _) = actix_web::App::new().into_utoipa_app().configure(crate::routes::configure).split_for_parts();
        routed
            .app_data(app.clone())
            .app_data(at_edge.clone())
            .app_data(limiters.clone())
            .app_data(shared.clone())
            .wrap(from_fn(edge))
            .wrap(Compress::default())
    })
    .disable_signals()
    .keep_alive(Duration::from_secs(75))
    .client_request_timeout(Duration::from_secs(10))
    .shutdown_timeout(DRAIN_SECONDS);
    if config.workers > 0 {
        server = server.workers(config.workers);
    }
    let bound = |error| ServeError::Io(bind.to_string(), error);
    let server = server.bind(bind).map_err(bound)?;
    let address = server.addrs().first().copied().unwrap_or(bind);
    let server = server.run();
    Ok(Listening { address, handle: server.handle(), server, state })
}

/// The process's metrics: one recorder, however many servers.
fn recorder() -> Result<PrometheusHandle, ServeError> {
    static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
    if let Some(handle) = RECORDER.get() {
        return Ok(handle.clone());
    }
    let broken = |error: metrics_exporter_prometheus::BuildError| ServeError::Settings(format!("metrics: {error}"));
    let recorder = PrometheusBuilder::new()
        .set_buckets(&[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0])
        .map_err(broken)?
        .build_recorder();
    let handle = RECORDER.get_or_init(|| recorder.handle()).clone();
    // a second server of the same process came first: its recorder stays
    metrics::set_global_recorder(recorder).ok();
    Ok(handle)
}

async fn tidy(limiters: Weak<Limiters>, metrics: PrometheusHandle) {
    let mut every = tokio::time::interval(Duration::from_mins(1));
    loop {
        every.tick().await;
        let Some(limiters) = limiters.upgrade() else { return };
        limiters.tidy();
        metrics.run_upkeep();
    }
}

/// The command `serve`: from the settings to a signal.
///
/// # Errors
/// [`ServeError`].
pub async fn serve(config: Config) -> Result<(), ServeError> {
    if !config.has_role("api") && !config.has_role("scheduler") {
        return Err(ServeError::Settings("roles: neither api nor scheduler".to_owned()));
    }
    let app = Arc::new(open(config, Lock::Exclusive).await?);
    if app.config().seed == "demo" {
        crate::seed::demo(&app).await?;
    }
    tokio::task::spawn_blocking(crate::actions::account::profile::read_phone_plans);
    let token = local::operator_token(&app).await?;
    let stop = CancellationToken::new();
    let scheduler = app.config().has_role("scheduler").then(|| crate::scheduler::start(Arc::clone(&app), stop.clone()));
    let work = async {
        if !app.config().has_role("api") {
            local::greet_scheduler(&app);
            return signal().await;
        }
        let listening = listen(Arc::clone(&app), app.config().bind)?;
        listening.state.has_scheduler.store(scheduler.is_some(), Ordering::Relaxed);
        local::greet(&app, listening.address, token.as_deref());
        run_until_signal(listening).await
    };
    let ended = tokio::select! {
        ended = work => ended,
        never = housekeeping::run(&app) => match never {},
        never = keys::keep_on(&app) => match never {},
    };
    tracing::info!("stopping");
    app.stopping.store(true, Ordering::Relaxed);
    stop.cancel();
    // the scheduler has a thread of its own and gives its leases up before it ends
    let joined = tokio::task::spawn_blocking(move || scheduler.map_or(Ok(()), std::thread::JoinHandle::join));
    if !matches!(joined.await, Ok(Ok(()))) {
        tracing::warn!("the scheduler ended badly");
    }
    app.db.close().await;
    ended
}

async fn run_until_signal(listening: Listening) -> Result<(), ServeError> {
    let Listening { handle, server, state, .. } = listening;
    let running = tokio::spawn(server);
    signal().await?;
    state.draining.store(true, Ordering::Relaxed);
    // waits for requests under way, at most DRAIN_SECONDS
    handle.stop(true).await;
    match running.await {
        Ok(ended) => ended.map_err(|error| ServeError::Io("server".to_owned(), error)),
        Err(error) => Err(ServeError::Settings(format!("the server ended badly: {error}"))),
    }
}

/// Waits for SIGTERM or SIGINT.
async fn signal() -> Result<(), ServeError> {
    use tokio::signal::unix::{SignalKind, signal};
    let listen = |kind| signal(kind).map_err(|error| ServeError::Io("signals".to_owned(), error));
    let (mut terminate, mut interrupt) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
