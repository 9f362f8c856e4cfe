//! Logins with a security key: as the second factor of a login, or by itself.

use super::{TokensView, device, tokens};
use crate::actions::Error;
use crate::actions::factor::challenge;
use crate::actions::factor::security_keys;
use crate::actions::factor::security_keys::answer::judge_passkey;
use crate::actions::factor::security_keys::ceremony::{self, Begun};
use crate::app::App;
use crate::http::body::{Body, PathId};
use crate::http::caller::Client;
use crate::http::foreign::Foreign;
use crate::http::idempotency::Key;
use crate::http::reply::Reply;
use crate::problem::{Problem, ProblemBody};
use crate::routes::evidence::assertion;
use crate::routes::security::security_keys::OptionsView;
use actix_web::post;
use actix_web::web::Data;
use domain::id::{KeyCeremonyId, LoginChallengeId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

/// Routes of this file.
pub(super) fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(begin_security_key_login).service(begin_passkey_login).service(create_passkey_session);
}

/// What any key is asked for.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = PasskeyOptions)]
pub struct PasskeyOptionsView {
    /// Names the ceremony in `create_passkey_session`.
    #[schema(
        pattern = "^cer_[0-7][0-9a-hjkmnp-tv-z]{25}$",
        max_length = 30,
        example = "cer_01h455vb4pex5vsknk084sn02q"
    )]
    ceremony_id: String,
    /// Options in the JSON form of WebAuthn Level 3; the same for everybody but for the challenge.
    #[schema(schema_with = crate::routes::views::key_options)]
    public_key: Value,
    /// Seconds for which the answer is awaited.
    #[schema(minimum = 1, maximum = 3600, example = 300)]
    expires_in: i64,
}

impl From<Begun> for PasskeyOptionsView {
    fn from(begun: Begun) -> Self {
        Self {
            ceremony_id: begun.id.to_string(),
            public_key: begun.public_key,
            expires_in: domain::factor::CEREMONY.num_seconds(),
        }
    }
}

/// A login by a passkey alone.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPasskeySession {
    /// The ceremony that the key answers.
    #[schema(
        value_type = String,
        pattern = "^cer_[0-7][0-9a-hjkmnp-tv-z]{25}$",
        max_length = 30,
        example = "cer_01h455vb4pex5vsknk084sn02q"
    )]
    ceremony_id: KeyCeremonyId,
    /// What `navigator.credentials.get` gave.
    #[schema(schema_with = crate::routes::views::key_credential)]
    credential: Foreign,
}

/// Asks a key for the second factor of a login.
#[utoipa::path(
    operation_id = "begin_security_key_login", tag = "Sign-up and sessions", security(()),
    summary = "Get options to answer a login challenge with a security key",
    description = "Options for `navigator.credentials.get` (`PublicKeyCredential.parseRequestOptionsFromJSON`) that name the keys of the account whose password was right. The answer goes to `answer_login_challenge` within 5 minutes, once; new options replace those before.",
    params(("id" = String, Path, description = "Id of the challenge.", pattern = "^chg_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "chg_01h455vb4pex5vsknk084sn02q")),
    responses(
        (status = 201, description = "The options", body = OptionsView),
        (status = 409, description = "There is no key to use", body = ProblemBody),
        (status = 410, description = "The challenge was answered, tried too often, or is too old", body = ProblemBody),
    ),
    extensions(("x-error-codes" = json!(["no_security_key", "challenge_ended"]))),
)]
#[post("/sessions/challenges/{id}/security-key-options")]
pub async fn begin_security_key_login(
    app: Data<App>,
    client: Client,
    PathId(id): PathId<LoginChallengeId>,
    key: Key,
) -> Result<Reply, Problem> {
    let cx = client.cx(&app, app.now());
    key.once(&app, &client.scope(), async |tx| {
        let begun = challenge::ask_key(tx, &cx, id).await?;
        Ok(Reply::created(format!("/v1/sessions/challenges/{id}"), &OptionsView::from(begun)).secret())
    })
    .await
}

/// Asks any key to log in.
#[utoipa::path(
    operation_id = "begin_passkey_login", tag = "Sign-up and sessions", security(()),
    summary = "Get options to log in with a passkey",
    description = "Options for `navigator.credentials.get` (`PublicKeyCredential.parseRequestOptionsFromJSON`), also with `mediation: \"conditional\"`. They name no account and no key: the passkey names its account. The answer goes to `create_passkey_session` within 5 minutes, once.",
    responses((status = 201, description = "The options", body = PasskeyOptionsView)),
)]
#[post("/sessions/passkey-options")]
pub async fn begin_passkey_login(app: Data<App>, client: Client, key: Key) -> Result<Reply, Problem> {
    let cx = client.cx(&app, app.now());
    key.once(&app, &client.scope(), async |tx| {
        let begun = ceremony::discover(tx, &cx).await?;
        Ok(Reply::created("/v1/sessions/passkey", &PasskeyOptionsView::from(begun)).secret())
    })
    .await
}

/// Logs in with a passkey.
#[utoipa::path(
    operation_id = "create_passkey_session", tag = "Sign-up and sessions", security(()),
    summary = "Log in with a passkey",
    description = "Opens a session for the account that the passkey names, without login and password. The key verified its user, so it counts as two factors: the session is fresh, and no second factor is asked for. An unknown or suspended key, a wrong signature and an account that is not open get the same answer, and the ceremony is over then.",
    request_body(content = NewPasskeySession),
    responses(
        (status = 201, description = "The tokens of the session", body = TokensView),
        (status = 401, description = "The passkey does not open an account", body = ProblemBody),
        (status = 410, description = "The options were answered, or are too old", body = ProblemBody),
    ),
    extensions(("x-error-codes" = json!(["ceremony_ended"]))),
)]
#[post("/sessions/passkey")]
pub async fn create_passkey_session(
    app: Data<App>,
    client: Client,
    key: Key,
    body: Body<NewPasskeySession>,
) -> Result<Reply, Problem> {
    if let Some(reply) = key.answered(&app, &client.scope()).await? {
        return Ok(reply);
    }
    let (cx, device) = (client.cx(&app, app.now()), device(&client));
    let answer = assertion(Some(&body.0.credential))?;
    let verdict = judge_passkey(&app, &cx, body.0.ceremony_id, &answer).await?;
    key.once(&app, &client.scope(), async |tx| {
        let (account, opened) = security_keys::log_in(tx, &cx, &verdict, &device).await?;
        Ok::<_, Error>(Reply::created("/v1/account", &tokens(&app, &cx, &account, &opened)?).secret())
    })
    .await
}
