//! Sessions and forgotten passwords. Public, except ending the present session.

use crate::actions::account::visitor_request::{self, Asked};
use crate::actions::account::{self, password, reset_password};
use crate::actions::session::log_in::{self, LoggedIn};
use crate::actions::session::{self, Device, Opened, refresh};
use crate::actions::{Context, Error};
use crate::app::App;
use crate::http::body::Body;
use crate::http::caller::{Client, Require};
use crate::http::idempotency::Key;
use crate::http::rate_limit::{Class, Limiters};
use crate::http::reply::Reply;
use crate::http::scope::SecurityWrite;
use crate::problem::{Code, Problem, ProblemBody};
use actix_web::web::Data;
use actix_web::{delete, post};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

pub mod challenges;
pub mod passkeys;

/// Routes of this file.
pub(super) fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.configure(challenges::configure)
        .configure(passkeys::configure)
        .service(create_session)
        .service(refresh_session)
        .service(end_current_session)
        .service(create_password_reset)
        .service(confirm_password_reset);
}

/// A login and its password.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSession {
    /// The primary address, or the handle of the account.
    #[schema(max_length = 254, example = "camille.durand@example.org")]
    login: String,
    /// The password.
    #[schema(format = Password, max_length = 256, example = "quatre tortues lisent au soleil")]
    password: String,
    /// The token of a remembered device, if there is one: it stands for the second factor.
    #[serde(default)]
    #[schema(nullable = false, max_length = 128, example = "q1tYkWmZrvUqJcN0fTgXhLs2aEoIi4M7uQeV1xRt9wB")]
    device_token: Option<String>,
}

/// The token that keeps a session.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionRefresh {
    /// The refresh token answered last.
    #[schema(max_length = 128, example = "pDb8YkWmZrvUqJcN0fTgXhLs2aEoIi4M7uQeV1xRt9w")]
    refresh_token: String,
}

/// Whose password is forgotten.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPasswordReset {
    /// The primary address, the handle, or the backup address of the account.
    #[schema(max_length = 254, example = "camille.durand@example.org")]
    login: String,
}

/// The mailed token and the new password.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordResetConfirmation {
    /// The mailed token, valid for 30 minutes, once.
    #[schema(max_length = 128, example = "mQ5tYkWmZrvUqJcN0fTgXhLs2aEoIi4M7uQeV1xRt9w")]
    token: String,
    /// At least 15 characters, not easily guessed.
    #[schema(format = Password, min_length = 15, max_length = 256, example = "neuf lanternes flottent sur la Deule")]
    new_password: String,
}

/// The tokens of a session.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = SessionTokens)]
pub struct TokensView {
    /// For `Authorization: Bearer`; a signed JWT whose keys are at `/.well-known/jwks.json`.
    #[schema(
        max_length = 2048,
        example = "eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiJhY2NfMDFoNDU1dmI0cGV4NXZza25rMDg0c24wMnEifQ.c2ln"
    )]
    access_token: String,
    /// Exchanges once for the next tokens, at `refresh_session`.
    #[schema(max_length = 128, example = "pDb8YkWmZrvUqJcN0fTgXhLs2aEoIi4M7uQeV1xRt9w")]
    refresh_token: String,
    /// `Bearer`.
    #[schema(max_length = 16, example = "Bearer")]
    token_type: String,
    /// Seconds for which the access token holds.
    #[schema(minimum = 1, maximum = 3600, example = 600)]
    expires_in: i64,
    /// Stands for the second factor at later logins from this device, for 30 days; only when it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 128, example = "q1tYkWmZrvUqJcN0fTgXhLs2aEoIi4M7uQeV1xRt9wB")]
    device_token: Option<String>,
}

/// Logs in.
#[utoipa::path(
    operation_id = "create_session", tag = "Sign-up and sessions", security(()),
    summary = "Log in",
    description = "Opens a session. It lives 30 days at most, and 7 without any use, unless the provider chose otherwise. The login is the primary address or the handle. An unknown login, a wrong password, an account that is not open and one that has to wait get the same answer in the same time. After five wrong passwords from devices that the owner has not used, logins from such devices wait, 30 seconds at first and up to an hour, even with the right password; the owner's own devices do not. After a hundred one after the other the password is off until it is reset. An address that fails with many different logins and passwords gets 429. A login from a new device is told to the owner. With a second factor the answer is 202: answer the challenge with `answer_login_challenge`, unless `device_token` is one of a device that is remembered.",
    request_body(content = NewSession),
    responses(
        (status = 201, description = "The tokens of the session", body = TokensView),
        (status = 202, description = "The password is right; the second factor is awaited", body = challenges::ChallengeView),
        (status = 401, description = "The credentials are wrong", body = ProblemBody),
    ),
)]
#[post("/sessions")]
pub async fn create_session(
    app: Data<App>,
    client: Client,
    key: Key,
    body: Body<NewSession>,
) -> Result<Reply, Problem> {
    let (cx, input, device) = (client.cx(&app, app.now()), body.0, device(&client));
    let proven = session::authenticate(&app, &cx, &input.login, &input.password).await?;
    let upkeep = session::upkeep(&app, &proven, &input.password).await?;
    key.once(&app, &client.scope(), async |tx| {
        let from = log_in::From { upkeep: &upkeep, device_token: input.device_token.as_deref(), device: &device };
        Ok(match session::log_in(tx, &cx, &proven, from).await? {
            LoggedIn::Opened(opened) => Reply::created("/v1/account", &tokens(&app, &cx, &proven, &opened)?).secret(),
            LoggedIn::Challenged(challenge) => Reply::accepted(None, &challenges::view(&challenge)).secret(),
        })
    })
    .await
}

/// Exchanges the refresh token.
#[utoipa::path(
    operation_id = "refresh_session", tag = "Sign-up and sessions", security(()),
    summary = "Refresh a session",
    description = "Exchanges a refresh token for the next access and refresh token; each works once. If the answer was lost, the same token may be sent again as long as what it gave was not used, and gives the same next refresh token; so do requests sent at once. A token that comes again after that is taken for stolen: the session ends and its owner is told at every proven address.",
    request_body(content = SessionRefresh),
    responses(
        (status = 200, description = "The next tokens", body = TokensView),
        (status = 401, description = "The token is unknown, or its session has ended", body = ProblemBody),
    ),
)]
#[post("/sessions/refresh")]
pub async fn refresh_session(
    app: Data<App>,
    client: Client,
    key: Key,
    body: Body<SessionRefresh>,
) -> Result<Reply, Problem> {
    let (cx, token) = (client.cx(&app, app.now()), body.0.refresh_token);
    refresh::end_if_stolen(&app, &cx, &token).await?;
    key.once(&app, &client.scope(), async |tx| {
        let (account, opened) = session::refresh(tx, &cx, &token).await?;
        Ok(Reply::ok(&tokens(&app, &cx, &account, &opened)?).secret())
    })
    .await
}

/// Logs out.
#[utoipa::path(
    operation_id = "end_current_session", tag = "Sign-up and sessions",
    summary = "Log out",
    description = "Ends the session of the access token at once: neither it nor its refresh token works any more.",
    security(("bearer" = ["security:write"])),
    responses((status = 204, description = "The session has ended")),
)]
#[delete("/sessions/current")]
pub async fn end_current_session(app: Data<App>, caller: Require<SecurityWrite>, key: Key) -> Result<Reply, Problem> {
    let Require(caller, ..) = caller;
    let id = caller.session.as_ref().map(|session| session.id).ok_or(Problem::new(Code::NotFound))?;
    key.once(&app, &caller.session_scope(), async |tx| {
        session::end(tx, &caller.cx(&app), caller.id(), id).await?;
        Ok(Reply::no_content())
    })
    .await
}

/// Forgot the password.
#[utoipa::path(
    operation_id = "create_password_reset", tag = "Sign-up and sessions", security(()),
    summary = "Ask for a new password",
    description = "Mails a token that sets a new password, to the primary address, or to the backup address when the login is that address. At most three mails an hour go to one account. The answer never tells whether there is such an account, and nothing changes until the token comes back.",
    request_body(content = NewPasswordReset),
    responses((status = 202, description = "If there is such an account, a token is in the mail", body = PasswordResetView)),
)]
#[post("/password-resets")]
pub async fn create_password_reset(
    app: Data<App>,
    client: Client,
    key: Key,
    body: Body<NewPasswordReset>,
) -> Result<Reply, Problem> {
    let (cx, login) = (client.cx(&app, app.now()), account::normal(&body.0.login));
    key.once(&app, &client.scope(), async |tx| {
        visitor_request::ask(tx, &cx, Asked::PasswordReset, &login).await?;
        Ok(Reply::accepted(None, &PasswordResetView { login: login.clone() }))
    })
    .await
}

/// What was asked for, whether or not there is such an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = PasswordResetAccepted)]
pub struct PasswordResetView {
    /// The login, in the form in which it is compared.
    #[schema(max_length = 254, example = "camille.durand@example.org")]
    pub login: String,
}

/// Sets the new password.
#[utoipa::path(
    operation_id = "confirm_password_reset", tag = "Sign-up and sessions", security(()),
    summary = "Set a new password by token",
    description = "Sets a new password with the mailed token, ends every session and tells the owner at every proven address. The new password is none of the last five. The token works once, and not after the address or the password changed. Nobody is logged in by it.",
    request_body(content = PasswordResetConfirmation),
    responses(
        (status = 204, description = "The password is set"),
        (status = 410, description = "The token was used, replaced, or is too old", body = ProblemBody),
    ),
)]
#[post("/password-resets/confirmation")]
pub async fn confirm_password_reset(
    app: Data<App>,
    client: Client,
    key: Key,
    body: Body<PasswordResetConfirmation>,
) -> Result<Reply, Problem> {
    let (cx, input) = (client.cx(&app, app.now()), body.0);
    if let Some(reply) = key.answered(&app, &client.scope()).await? {
        return Ok(reply);
    }
    let owner = reset_password::account_of(&**app.read(), &cx, &input.token).await?;
    password::check_new(&app, &owner, &input.new_password, "/new_password").await?;
    let hash = app.passwords.hash(&input.new_password).await?;
    key.once(&app, &client.scope(), async |tx| {
        account::reset_password(tx, &cx, &input.token, &hash).await?;
        Ok(Reply::no_content())
    })
    .await
}

/// Guesses at one account from one address: a stranger elsewhere cannot lock its owner out.
pub(super) fn within_limit(limiters: &Limiters, class: Class, client: &Client, login: &str) -> Result<(), Error> {
    let key = format!("{}@{}", account::normal(login), client.household());
    limiters.check(class, &key)?;
    Ok(())
}

/// What the owner will recognise a session by.
pub(super) fn device(client: &Client) -> Device {
    Device { user_agent: client.user_agent.clone() }
}

/// The tokens of a session, the access token signed.
pub(super) fn tokens(
    app: &App,
    cx: &Context<'_>,
    account: &entity::account::Model,
    opened: &Opened,
) -> Result<TokensView, Error> {
    Ok(TokensView {
        access_token: app.access_tokens.sign(account.id, (opened.session.id, opened.token_id), cx)?,
        refresh_token: opened.refresh_token.clone(),
        token_type: "Bearer".to_owned(),
        expires_in: crate::token::LIFETIME.num_seconds(),
        device_token: None,
    })
}
