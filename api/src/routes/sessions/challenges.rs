//! The second step of a login.

use super::{TokensView, device, tokens};
use crate::actions::factor::challenge::{self, Challenged, Remember};
use crate::actions::factor::{self, Proof};
use crate::actions::{Context, Error};
use crate::app::App;
use crate::http::body::{Body, PathId, fault};
use crate::http::caller::Client;
use crate::http::idempotency::Key;
use crate::http::reply::Reply;
use crate::problem::{Code, Problem, ProblemBody};
use actix_web::post;
use actix_web::web::Data;
use domain::factor::FactorMethod;
use domain::id::{AccountId, LoginChallengeId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

/// Routes of this file.
pub(super) fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(answer_login_challenge);
}

/// A login that waits for its second factor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = LoginChallenge)]
pub struct ChallengeView {
    /// Its id.
    #[schema(
        pattern = "^chg_[0-7][0-9a-hjkmnp-tv-z]{25}$",
        max_length = 30,
        example = "chg_01h455vb4pex5vsknk084sn02q"
    )]
    challenge_id: String,
    /// What it can be answered with: `totp`, `backup_code`. Extensible enum.
    #[schema(max_items = 8, example = json!(["totp", "backup_code"]))]
    methods: Vec<String>,
    /// Seconds for which it waits.
    #[schema(minimum = 1, maximum = 3600, example = 600)]
    expires_in: i64,
}

/// What the caller sees of a challenge.
pub(super) fn view(challenge: &Challenged) -> ChallengeView {
    ChallengeView {
        challenge_id: challenge.id.to_string(),
        methods: challenge.methods.iter().map(ToString::to_string).collect(),
        expires_in: challenge::VALID.num_seconds(),
    }
}

/// The answer to a login challenge.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChallengeAnswer {
    /// Which second factor is shown.
    #[schema(schema_with = crate::routes::views::coded_factors)]
    method: FactorMethod,
    /// The code of the authenticator app, or a backup code.
    #[schema(max_length = 64, example = "492039")]
    code: String,
    /// Whether this device shall need no second factor for 30 days.
    #[serde(default)]
    #[schema(nullable = false, default = false, example = false)]
    remember_device: bool,
}

/// The proof that a method and its code are.
///
/// # Errors
/// `validation_failed` for a method that is not proven by a code.
pub(in crate::routes) fn proof(method: FactorMethod, code: &str) -> Result<Proof<'_>, Problem> {
    match method {
        FactorMethod::Totp => Ok(Proof::Totp(code)),
        FactorMethod::BackupCode => Ok(Proof::BackupCode(code)),
        FactorMethod::SecurityKey => Err(Problem::invalid(vec![fault("/method", "invalid_value")])),
    }
}

/// Notes a wrong factor durably, after its transaction was undone.
pub(in crate::routes) async fn noted(
    app: &App,
    cx: &Context<'_>,
    (owner, challenge): (AccountId, Option<LoginChallengeId>),
    outcome: Result<Reply, Problem>,
) -> Result<Reply, Problem> {
    if outcome.as_ref().is_err_and(|problem| problem.code() == Code::Unauthenticated) {
        factor::refused(app, cx, owner, challenge).await?;
    }
    outcome
}

/// Proves the second factor.
#[utoipa::path(
    operation_id = "answer_login_challenge", tag = "Sign-up and sessions", security(()),
    summary = "Answer a login challenge",
    description = "The second step of a login: proves a second factor and opens the session. A challenge waits for 10 minutes and takes 5 tries; an account takes 10 tries at once, then one a minute. A code works once. A wrong one after the right password is told to the owner. With `remember_device` the answer holds a `device_token` that stands for the second factor at later logins, for 30 days and until the password or a factor changes; it never stands for a fresh proof.",
    params(("id" = String, Path, description = "Id of the challenge.", pattern = "^chg_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "chg_01h455vb4pex5vsknk084sn02q")),
    request_body(content = ChallengeAnswer, example = json!({"method": "totp", "code": "492039"})),
    responses(
        (status = 201, description = "The tokens of the session", body = TokensView),
        (status = 401, description = "The code is wrong or was used", body = ProblemBody),
        (status = 410, description = "The challenge was answered, tried too often, or is too old", body = ProblemBody),
    ),
    extensions(("x-error-codes" = json!(["challenge_ended"]))),
)]
#[post("/sessions/challenges/{id}")]
pub async fn answer_login_challenge(
    app: Data<App>,
    client: Client,
    PathId(id): PathId<LoginChallengeId>,
    key: Key,
    body: Body<ChallengeAnswer>,
) -> Result<Reply, Problem> {
    let (cx, input, device) = (client.cx(&app, app.now()), body.0, device(&client));
    let proof = proof(input.method, &input.code)?;
    let remember = if input.remember_device { Remember::Device } else { Remember::Nothing };
    let owner = challenge::owner(&**app.read(), id).await?;
    factor::count_try(&app, &cx, owner, Some(id)).await?;
    let outcome = key
        .once(&app, &client.scope(), async |tx| {
            let (account, opened, device_token) = challenge::answer(tx, &cx, id, (proof, remember), &device).await?;
            let tokens = TokensView { device_token, ..tokens(&app, &cx, &account, &opened)? };
            Ok::<_, Error>(Reply::created("/v1/account", &tokens).secret())
        })
        .await;
    noted(&app, &cx, (owner, Some(id)), outcome).await
}
