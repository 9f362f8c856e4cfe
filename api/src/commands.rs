//! Commands that look after tokens and keys, beside running servers.

use crate::{Failure, say};
use api::actions::{self, operator};
use api::app::App;
use api::keys::signing::Cause;
use api::keys::{self, data, sealed, signing};
use api::serve::ServeError;
use chrono::{DateTime, Utc};
use clap::Subcommand;
use domain::id::AccessTokenId;
use entity::access_token;
use sea_orm::QueryOrder;

/// What there is to do about operators' tokens.
#[derive(Subcommand)]
pub enum OperatorCommand {
    /// Makes an operator's token and prints it, once
    Create {
        /// Whose it is
        #[arg(long)]
        name: String,
    },
    /// Lists the operators' tokens, revoked ones too
    List,
    /// Ends an operator's token at once
    Revoke {
        /// Its id, as `list` prints it
        id: AccessTokenId,
    },
}

/// Makes, lists and revokes operators' tokens.
pub async fn operator(app: &App, command: OperatorCommand) -> Result<(), Failure> {
    let now = app.now();
    let cx = actions::Context::scheduler(&app.tools, now, now);
    match command {
        OperatorCommand::Create { name } => {
            let made = app.transact(async |tx| operator::create_token(tx, &cx, &name).await).await;
            let (_, token) = made.map_err(ServeError::Action)?;
            say(&format!("{token}\n"));
        }
        OperatorCommand::List => {
            let tokens = access_token::Entity::of_operators().order_by_asc(access_token::Column::CreatedAt);
            for token in tokens.all(&**app.read()).await? {
                say(&format!("{}\n", line(&token)));
            }
        }
        OperatorCommand::Revoke { id } => {
            let done = app.transact(async |tx| operator::revoke_token(tx, &cx, id).await).await;
            done.map_err(ServeError::Action)?;
            say(&format!("{id} is revoked\n"));
        }
    }
    Ok(())
}

/// `<id>  <first characters>…  <created>  <last used>  <state>  <name>`.
fn line(token: &access_token::Model) -> String {
    let day = |at: Option<DateTime<Utc>>| at.map_or("never".to_owned(), |at| at.date_naive().to_string());
    let hint = token.hint.as_deref().unwrap_or("tct_");
    let state = if token.revoked_at.is_some() { "revoked" } else { "active" };
    let (created, used) = (day(Some(token.created_at)), day(token.last_used_at));
    format!("{}  {hint}…  created {created}  used {used}  {state}  {}", token.id, token.name)
}

/// Seals everything with a new data key. Says what it does: it may be cut off anywhere, and goes on where it was when it is run again.
pub async fn rotate_keys(app: &App) -> Result<(), Failure> {
    let from = data::begin(app).await?;
    let wait = (from - app.now()).to_std().unwrap_or_default();
    say(&format!("every server takes up the new key: {} s\n", wait.as_secs()));
    tokio::time::sleep(wait).await;
    keys::read_again(app).await?;
    let report = sealed::seal_again(app).await?;
    let deleted = data::finish(app).await?;
    say(&format!("{} values are sealed with the key {}\n", report.sealed, app.tools.sealer.current()));
    say(&format!("{deleted} old keys are deleted\n"));
    if report.unreadable > 0 {
        return Err(format!("{} values cannot be opened with any key; the log names them", report.unreadable).into());
    }
    Ok(())
}

/// Follows the key that signs access tokens by a new one.
pub async fn rotate_signing_key(app: &App, cause: Cause) -> Result<(), Failure> {
    let (id, from) = signing::rotate(app, cause).await?;
    say(&format!("the key {id} signs from {}\n", from.to_rfc3339()));
    Ok(())
}
