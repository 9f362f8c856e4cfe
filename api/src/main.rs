//! The commands.

use api::config::Config;
use api::db::{Db, Lock};
use api::keys::signing::Cause;
use api::mail::Mailer;
use api::openapi::Documents;
use api::serve;
use api::{demo, problem, scheduler, verify};
use clap::{Args, Parser, Subcommand, ValueEnum};
use secrecy::ExposeSecret;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

mod commands;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What is logged when nothing else is asked for.
const USUAL: &str = "info,sqlx=warn,actix_server=warn";

#[derive(Parser)]
#[command(version, about = "Customer accounts, orders, services and their renewal, invoices")]
struct Cli {
    /// Settings file; else `tacit.toml` if there is one. `TACIT_*` variables come after it.
    #[arg(long, global = true)]
    config: Option<PathBuf>,
    /// Form of the log; `RUST_LOG` says what is logged.
    #[arg(long, global = true)]
    log: Option<LogFormat>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    Plain,
    Json,
}

#[derive(Subcommand)]
enum Command {
    /// Serves the API and runs what is due
    Serve,
    /// Brings the database's schema up to date
    Migrate,
    /// Prints, writes or checks the contract
    Openapi(OpenapiArgs),
    /// Runs what is due until an instant, once
    Tick {
        /// RFC 3339; not later than now
        #[arg(long)]
        until: Option<chrono::DateTime<chrono::Utc>>,
    },
    /// Operators' tokens
    Operator {
        #[command(subcommand)]
        command: commands::OperatorCommand,
    },
    /// Prints the DKIM records that the sender's domain must publish; needs no database
    DkimRecords,
    /// Seals what is secret with a new data key, wrapped by the configured secret key; beside running servers
    RotateKeys,
    /// Follows the key that signs access tokens by a new one; beside running servers
    RotateSigningKey {
        /// Somebody else may have the present one: it is worth nothing from now on, every access token ends
        #[arg(long)]
        compromised: bool,
    },
    /// Checks every invariant of the stored data
    Verify {
        /// Kept heads of the activity log's chains: each must still be there. When all is well the file is
        /// written anew; it is made when there is none. Keep it where the database's owner cannot write
        #[arg(long)]
        heads: Option<PathBuf>,
    },
    /// Tells the customer's journey step by step over HTTP
    Demo {
        /// Database to run on; else a new SQLite file
        #[arg(long)]
        database_url: Option<String>,
    },
}

#[derive(Args)]
struct OpenapiArgs {
    /// Writes openapi.json, openapi-client.json and openapi-3.0.json into a folder
    #[arg(long)]
    write: Option<PathBuf>,
    /// Fails when the files in a folder are not current
    #[arg(long)]
    check: Option<PathBuf>,
    /// Writes the table of error codes into a file
    #[arg(long)]
    errors: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    log(cli.log, if matches!(cli.command, Command::Demo { .. }) { "error" } else { USUAL });
    match Box::pin(run(cli)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let mut out = std::io::stderr().lock();
            writeln!(out, "tacit: {error}").ok();
            ExitCode::FAILURE
        }
    }
}

type Failure = Box<dyn std::error::Error>;

async fn run(cli: Cli) -> Result<(), Failure> {
    let settings = || Config::load(cli.config.as_deref());
    match cli.command {
        Command::Serve => Ok(serve::serve(settings()?).await?),
        Command::Migrate => migrate(&settings()?).await,
        Command::Openapi(args) => contract(&args),
        Command::Tick { until } => {
            let app = serve::open(settings()?, Lock::Exclusive).await?;
            let until = until.unwrap_or_else(|| app.now());
            if until > app.now() {
                return Err("--until must not be later than now".into());
            }
            let outcome = scheduler::tick(&app, until).await;
            app.db.close().await;
            say(&format!("{} milestones were run\n", outcome?.ran));
            Ok(())
        }
        Command::DkimRecords => dkim_records(&settings()?),
        Command::Operator { command } => {
            let app = serve::open(settings()?, Lock::Beside).await?;
            let outcome = commands::operator(&app, command).await;
            app.db.close().await;
            outcome
        }
        Command::RotateKeys => {
            let app = serve::open(settings()?, Lock::Beside).await?;
            let outcome = commands::rotate_keys(&app).await;
            app.db.close().await;
            outcome
        }
        Command::RotateSigningKey { compromised } => {
            let app = serve::open(settings()?, Lock::Beside).await?;
            let cause = if compromised { Cause::Compromise } else { Cause::Age };
            let outcome = commands::rotate_signing_key(&app, cause).await;
            app.db.close().await;
            outcome
        }
        Command::Verify { heads } => {
            let app = serve::open(settings()?, Lock::Beside).await?;
            let outcome = check(&app, heads.as_deref()).await;
            app.db.close().await;
            outcome
        }
        Command::Demo { database_url } => Ok(demo::run(demo::Options { database_url }).await?),
    }
}

async fn check(app: &api::app::App, kept: Option<&Path>) -> Result<(), Failure> {
    let known = match kept {
        Some(path) if path.exists() => verify::activity::read(&std::fs::read_to_string(path)?)?,
        Some(_) | None => verify::activity::Heads::new(),
    };
    verified(&verify::run_with(app, &known).await?)?;
    let Some(path) = kept else { return Ok(()) };
    // a crash half-way leaves the old file
    let fresh = path.with_added_extension("new");
    let mut file = std::io::BufWriter::new(std::fs::File::create(&fresh)?);
    verify::activity::export(app, &mut file).await?;
    file.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?;
    std::fs::rename(&fresh, path)?;
    Ok(())
}

fn verified(broken: &[verify::Violation]) -> Result<(), Failure> {
    for violation in broken {
        say(&format!("BROKEN  {}: {}\n", violation.rule, violation.detail));
    }
    if broken.is_empty() {
        say(&format!("all {} invariants hold\n", verify::rules()));
        return Ok(());
    }
    Err(format!("{} invariants are broken", broken.len()).into())
}

fn dkim_records(config: &Config) -> Result<(), Failure> {
    let records = Mailer::dns_records(config)?;
    if records.is_empty() {
        return Err("no key signs: see `mail.dkim` in the settings".into());
    }
    for record in records {
        say(&format!("{record}\n"));
    }
    Ok(())
}

async fn migrate(config: &Config) -> Result<(), Failure> {
    let db = Db::open(config.database_url.expose_secret(), Lock::Exclusive).await?;
    db.migrate().await?;
    db.close().await;
    Ok(())
}

fn current(path: &Path, text: &str) -> Result<(), Failure> {
    if std::fs::read_to_string(path).is_ok_and(|stored| stored == text) {
        return Ok(());
    }
    Err(format!("{} is not current: run `make openapi`", path.display()).into())
}

fn contract(args: &OpenapiArgs) -> Result<(), Failure> {
    let files = Documents::at(api::openapi::SERVER).files()?;
    if let (None, Some(path)) = (&args.check, &args.errors) {
        write(path, &problem::page::markdown())?;
    }
    if let Some(folder) = &args.write {
        std::fs::create_dir_all(folder)?;
        for (name, text) in &files {
            write(&folder.join(name), text)?;
        }
    }
    if let (Some(_), Some(path)) = (&args.check, &args.errors) {
        current(path, &problem::page::markdown())?;
    }
    if let Some(folder) = &args.check {
        for (name, text) in &files {
            current(&folder.join(name), text)?;
        }
    }
    if let ([(_, full), ..], None, None, None) = (&files, &args.write, &args.check, &args.errors) {
        say(full);
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()).into())
}

fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    // a closed pipe is no failure of ours
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).ok();
}

/// The log goes to standard error: plain for people, JSON otherwise.
/// The demonstration tells its own story: only what goes wrong is logged beside it.
fn log(format: Option<LogFormat>, usual: &str) {
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(usual));
    let plain = std::io::stderr().is_terminal();
    let format = format.unwrap_or(if plain { LogFormat::Plain } else { LogFormat::Json });
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        LogFormat::Plain => builder.with_ansi(plain).init(),
        LogFormat::Json => builder.json().init(),
    }
}
