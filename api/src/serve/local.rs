//! What a process on a developer's machine needs: a secret key, an operator's token, a greeting.

use super::ServeError;
use crate::actions::Context;
use crate::app::App;
use crate::config::Config;
use crate::entropy::Entropy;
use crate::seal::hex;
use entity::access_token;
use sea_orm::{ColumnTrait, DbBackend, EntityTrait, QueryFilter};
use secrecy::ExposeSecret;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

const SECRET_KEY: &str = "secret-key";
const OPERATOR_TOKEN: &str = "operator-token";

/// The secret key of a machine that has none configured: made once, kept beside the SQLite file.
///
/// # Errors
/// [`ServeError::Settings`] with PostgreSQL: a real installation sets its own.
pub fn secret_key(config: &Config, entropy: &dyn Entropy) -> Result<String, ServeError> {
    if !config.database_url.expose_secret().starts_with("sqlite:") {
        return Err(ServeError::Settings(
            "secret_key (TACIT_SECRET_KEY) must be set: 32 bytes in base64 or hexadecimal".to_owned(),
        ));
    }
    let path = config.var_dir.join(SECRET_KEY);
    match std::fs::read_to_string(&path) {
        Ok(key) => Ok(key),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let mut key = [0_u8; 32];
            entropy.fill(&mut key);
            let key = hex(&key);
            match write_private(&path, &key, Existing::Keep) {
                Ok(()) => Ok(key),
                // another command made it between the two
                Err(ServeError::Io(_, error)) if error.kind() == ErrorKind::AlreadyExists => {
                    std::fs::read_to_string(&path).map_err(|error| io(&path, error))
                }
                Err(error) => Err(error),
            }
        }
        Err(error) => Err(io(&path, error)),
    }
}

/// With SQLite and test clocks: the text of an operator's token that works, made at the first start
/// and kept in `var/operator-token`.
///
/// # Errors
/// The database's, the file system's.
pub async fn operator_token(app: &App) -> Result<Option<String>, ServeError> {
    if app.db.backend() != DbBackend::Sqlite || !app.config().test_clocks {
        return Ok(None);
    }
    let path = app.config().var_dir.join(OPERATOR_TOKEN);
    if let Ok(text) = std::fs::read_to_string(&path) {
        let hash = crate::token::hash(&app.tools.sealer, text.trim());
        let known = access_token::Entity::find()
            .filter(access_token::Column::TokenHash.eq(hash))
            .filter(access_token::Column::RevokedAt.is_null())
            .one(&**app.read())
            .await?;
        if known.is_some() {
            return Ok(Some(path.display().to_string()));
        }
    }
    let now = app.now();
    let text = app
        .transact(async |tx| {
            let cx = Context::scheduler(&app.tools, now, now);
            let (_, text) = crate::actions::operator::create_token(tx, &cx, "first operator").await?;
            Ok::<_, crate::actions::Error>(text)
        })
        .await?;
    write_private(&path, &text, Existing::Replace)?;
    Ok(Some(path.display().to_string()))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Existing {
    Keep,
    Replace,
}

/// Writes a file that only its owner reads.
fn write_private(path: &Path, text: &str, existing: Existing) -> Result<(), ServeError> {
    let io = |error| io(path, error);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(io)?;
    }
    if existing == Existing::Replace && path.exists() {
        std::fs::remove_file(path).map_err(io)?;
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(io)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(io)
}

fn io(path: &Path, error: std::io::Error) -> ServeError {
    ServeError::Io(path.display().to_string(), error)
}

/// Tells the person who started the process where everything is.
pub fn greet(app: &App, address: SocketAddr, token: Option<&str>) {
    let config = app.config();
    let mut text = format!("Tacit listens on http://{address}\n  pages     http://{address}/docs\n");
    let mail = config.mail_url.expose_secret();
    match mail.strip_prefix("file:") {
        Some(folder) => text.extend(["  mail      ", folder, "/\n"]),
        None => text.push_str("  mail      by SMTP\n"),
    }
    match token {
        Some(path) => text.extend(["  operator  Authorization: Bearer $(cat ", path, ")\n"]),
        None => text.push_str("  operator  tacit operator create --name <name>\n"),
    }
    say(&text);
}

/// The same for a process without the API.
pub fn greet_scheduler(app: &App) {
    say(&format!("Tacit's scheduler runs, every {} ms\n", app.config().scheduler.interval_ms));
}

fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    // nobody reads it: fine
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).ok();
}
