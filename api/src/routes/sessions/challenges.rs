//! The second step of a login.

use super::{TokensView, device, tokens};
use crate::actions::account;
use crate::actions::code::{self, Purpose};
use crate::actions::factor;
use crate::actions::factor::challenge::{self, Challenged, Remember};
use crate::actions::factor::recovery::{self, Asked};
use crate::actions::factor::security_keys::ceremony::Bound;
use crate::actions::{Context, Error};
use crate::app::App;
use crate::http::body::{Body, PathId};
use crate::http::caller::Client;
use crate::http::foreign::Foreign;
use crate::http::idempotency::Key;
use crate::http::reply::Reply;
use crate::problem::{Code, Problem, ProblemBody};
use crate::routes::evidence::Shown;
use actix_web::post;
use actix_web::web::Data;
use chrono::{DateTime, Utc};
use domain::factor::FactorMethod;
use domain::id::{AccountId, LoginChallengeId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

/// Routes of this file.
pub(super) fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(answer_login_challenge)
        .service(recover_factors)
        .service(send_recovery_code)
        .service(confirm_factor_recovery)
        .service(cancel_factor_recovery);
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
    /// What it can be answered with: `totp`, `security_key`, `backup_code`. Extensible enum.
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
    #[schema(schema_with = crate::routes::views::factor_methods)]
    method: FactorMethod,
    /// The code of the authenticator app, or a backup code, when one of them is shown.
    #[serde(default)]
    #[schema(nullable = false, max_length = 64, example = "492039")]
    code: Option<String>,
    /// What `navigator.credentials.get` gave, when a security key is shown.
    #[serde(default)]
    #[schema(schema_with = crate::routes::views::key_credential)]
    credential: Option<Foreign>,
    /// Whether this device shall need no second factor for 30 days.
    #[serde(default)]
    #[schema(nullable = false, default = false, example = false)]
    remember_device: bool,
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
    description = "The second step of a login: proves a second factor and opens the session. A challenge waits for 10 minutes and takes 5 tries; an account takes 10 tries at once, then one a minute. A code works once. A security key answers the options of `begin_security_key_login`, once. A wrong proof after the right password is told to the owner. With `remember_device` the answer holds a `device_token` that stands for the second factor at later logins, for 30 days and until the password or a factor changes; it never stands for a fresh proof.",
    params(("id" = String, Path, description = "Id of the challenge.", pattern = "^chg_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "chg_01h455vb4pex5vsknk084sn02q")),
    request_body(content = ChallengeAnswer, example = json!({"method": "totp", "code": "492039"})),
    responses(
        (status = 201, description = "The tokens of the session", body = TokensView),
        (status = 401, description = "The code is wrong or was used; the key's answer is wrong", body = ProblemBody),
        (status = 410, description = "The challenge, or the options of the key, were answered, tried too often, or are too old", body = ProblemBody),
    ),
    extensions(("x-error-codes" = json!(["challenge_ended", "ceremony_ended"]))),
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
    let shown = Shown::of(input.method, input.code, input.credential.as_ref())?;
    let remember = if input.remember_device { Remember::Device } else { Remember::Nothing };
    if let Some(reply) = key.answered(&app, &client.scope()).await? {
        return Ok(reply);
    }
    let owner = challenge::owner(&**app.read(), id).await?;
    factor::count_try(&app, &cx, owner, Some(id)).await?;
    let evidence = shown.judge(&app, &cx, Bound::Login(owner, id)).await?;
    let outcome = key
        .once(&app, &client.scope(), async |tx| {
            let shown = (evidence.proof(), remember);
            let (account, opened, device_token) = challenge::answer(tx, &cx, id, shown, &device).await?;
            let tokens = TokensView { device_token, ..tokens(&app, &cx, &account, &opened)? };
            Ok::<_, Error>(Reply::created("/v1/account", &tokens).secret())
        })
        .await;
    noted(&app, &cx, (owner, Some(id)), outcome).await
}

/// The recovery of lost second factors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = FactorRecovery)]
pub struct RecoveryView {
    /// `waiting`. Extensible enum.
    #[schema(max_length = 16, example = "waiting")]
    status: String,
    /// When it began.
    #[schema(example = "2026-01-30T09:00:00Z")]
    started_at: DateTime<Utc>,
    /// From when asking again completes it.
    #[schema(example = "2026-02-02T09:00:00Z")]
    ready_at: DateTime<Utc>,
    /// Until when.
    #[schema(example = "2026-02-09T09:00:00Z")]
    lapses_at: DateTime<Utc>,
}

/// A backup code, for a recovery without the wait.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRecoveryCode {
    /// One that is not used yet; asking does not use it up.
    #[schema(max_length = 64, example = "2k4w-9xpt-6dqr-m8vh")]
    backup_code: String,
}

/// A code that is in the mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = RecoveryCode)]
pub struct RecoveryCodeView {
    /// Seconds for which it can be used; the challenge may end before.
    #[schema(minimum = 1, maximum = 3600, example = 1800)]
    expires_in: i64,
}

/// A backup code and the code that was mailed for it.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecoveryConfirmation {
    /// Used up by this.
    #[schema(max_length = 64, example = "2k4w-9xpt-6dqr-m8vh")]
    backup_code: String,
    /// The mailed code.
    #[schema(pattern = "^[0-9]{6}$", min_length = 6, max_length = 6, example = "492039")]
    code: String,
}

/// The token of a notice.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecoveryCancellation {
    /// The token in the notices of the recovery.
    #[schema(max_length = 128, example = "mQ5tYkWmZrvUqJcN0fTgXhLs2aEoIi4M7uQeV1xRt9w")]
    token: String,
}

/// Lost the second factors.
#[utoipa::path(
    operation_id = "recover_factors", tag = "Sign-up and sessions", security(()),
    summary = "Recover lost second factors",
    description = "For who has the password, but neither a second factor nor a backup code (with one, see `send_recovery_code`). The first time a wait of 72 hours begins, which nothing shortens: 202. Every address of the account is told at once and each day, with a token that cancels it; a proven second factor cancels it too; the backup address cannot change meanwhile. Asked again from a new login when the wait is over, within 7 days: all second factors are removed, all sessions end, and the answer is 201 with the tokens of a session that is not fresh by this login.",
    params(("id" = String, Path, description = "Id of the challenge.", pattern = "^chg_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "chg_01h455vb4pex5vsknk084sn02q")),
    responses(
        (status = 201, description = "The factors are removed; the tokens of the session", body = TokensView),
        (status = 202, description = "The wait goes on", body = RecoveryView),
        (status = 410, description = "The challenge was answered, tried too often, or is too old", body = ProblemBody),
    ),
    extensions(("x-error-codes" = json!(["challenge_ended"]))),
)]
#[post("/sessions/challenges/{id}/recovery")]
pub async fn recover_factors(
    app: Data<App>,
    client: Client,
    PathId(id): PathId<LoginChallengeId>,
    key: Key,
) -> Result<Reply, Problem> {
    let (cx, device) = (client.cx(&app, app.now()), device(&client));
    key.once(&app, &client.scope(), async |tx| {
        Ok(match recovery::ask(tx, &cx, id, &device).await? {
            Asked::Waiting(row) => Reply::accepted(
                None,
                &RecoveryView {
                    status: "waiting".to_owned(),
                    started_at: row.started_at,
                    ready_at: row.ready_at,
                    lapses_at: row.lapses_at,
                },
            ),
            Asked::Recovered(recovered) => {
                let (account, opened) = *recovered;
                Reply::created("/v1/account", &tokens(&app, &cx, &account, &opened)?).secret()
            }
        })
    })
    .await
}

/// Lost the second factors, but not the backup codes.
#[utoipa::path(
    operation_id = "send_recovery_code", tag = "Sign-up and sessions", security(()),
    summary = "Ask for a recovery code",
    description = "For who has the password and a backup code: mails a code of six digits to the primary address, valid for 30 minutes and for this challenge only. Together with the backup code it removes the lost second factors without the wait. Counts as a try at the challenge; at most three mails an hour go to one account.",
    params(("id" = String, Path, description = "Id of the challenge.", pattern = "^chg_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "chg_01h455vb4pex5vsknk084sn02q")),
    request_body(content = NewRecoveryCode),
    responses(
        (status = 202, description = "The code is in the mail", body = RecoveryCodeView),
        (status = 401, description = "The backup code is wrong or was used", body = ProblemBody),
        (status = 410, description = "The challenge was answered, tried too often, or is too old", body = ProblemBody),
    ),
    extensions(("x-error-codes" = json!(["challenge_ended"]))),
)]
#[post("/sessions/challenges/{id}/recovery/code")]
pub async fn send_recovery_code(
    app: Data<App>,
    client: Client,
    PathId(id): PathId<LoginChallengeId>,
    key: Key,
    body: Body<NewRecoveryCode>,
) -> Result<Reply, Problem> {
    let cx = client.cx(&app, app.now());
    if let Some(reply) = key.answered(&app, &client.scope()).await? {
        return Ok(reply);
    }
    let owner = challenge::owner(&**app.read(), id).await?;
    factor::count_try(&app, &cx, owner, Some(id)).await?;
    let outcome = key
        .once(&app, &client.scope(), async |tx| {
            recovery::send_code(tx, &cx, id, &body.0.backup_code).await?;
            let expires_in = account::CODE_VALID.num_seconds();
            Ok::<_, Error>(Reply::accepted(None, &RecoveryCodeView { expires_in }))
        })
        .await;
    noted(&app, &cx, (owner, Some(id)), outcome).await
}

/// Proves it.
#[utoipa::path(
    operation_id = "confirm_factor_recovery", tag = "Sign-up and sessions", security(()),
    summary = "Recover lost second factors at once",
    description = "Removes all second factors with a backup code and the code that was mailed for it: two different proofs beside the password. All sessions end, every address is told, and the answer holds the tokens of a session that is not fresh by this login. Counts as a try at the challenge.",
    params(("id" = String, Path, description = "Id of the challenge.", pattern = "^chg_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "chg_01h455vb4pex5vsknk084sn02q")),
    request_body(content = RecoveryConfirmation),
    responses(
        (status = 201, description = "The factors are removed; the tokens of the session", body = TokensView),
        (status = 401, description = "The backup code is wrong or was used", body = ProblemBody),
        (status = 410, description = "The challenge or the mailed code has ended", body = ProblemBody),
        (status = 422, description = "The mailed code is wrong", body = ProblemBody),
    ),
    extensions(("x-error-codes" = json!(["challenge_ended", "code_invalid", "code_expired"]))),
)]
#[post("/sessions/challenges/{id}/recovery/confirmation")]
pub async fn confirm_factor_recovery(
    app: Data<App>,
    client: Client,
    PathId(id): PathId<LoginChallengeId>,
    key: Key,
    body: Body<RecoveryConfirmation>,
) -> Result<Reply, Problem> {
    let (cx, input, device) = (client.cx(&app, app.now()), body.0, device(&client));
    if let Some(reply) = key.answered(&app, &client.scope()).await? {
        return Ok(reply);
    }
    let owner = challenge::owner(&**app.read(), id).await?;
    factor::count_try(&app, &cx, owner, Some(id)).await?;
    let counted = code::count_try(&app, owner, Purpose::RecoverFactors, Some(id.0)).await?;
    let outcome = key
        .once(&app, &client.scope(), async |tx| {
            let proofs = recovery::Proofs { backup_code: &input.backup_code, mailed: (counted, &input.code) };
            let (account, opened) = recovery::complete(tx, &cx, id, proofs, &device).await?;
            Ok::<_, Error>(Reply::created("/v1/account", &tokens(&app, &cx, &account, &opened)?).secret())
        })
        .await;
    noted(&app, &cx, (owner, Some(id)), outcome).await
}

/// Stops a recovery.
#[utoipa::path(
    operation_id = "cancel_factor_recovery", tag = "Sign-up and sessions", security(()),
    summary = "Cancel a recovery by token",
    description = "Cancels the recovery of second factors with the token of any of its notices. The owner is told at every address.",
    request_body(content = RecoveryCancellation),
    responses(
        (status = 204, description = "The recovery is cancelled"),
        (status = 410, description = "The recovery has ended already", body = ProblemBody),
        (status = 422, description = "The token is unknown", body = ProblemBody),
    ),
    extensions(("x-error-codes" = json!(["code_invalid", "code_expired"]))),
)]
#[post("/factor-recoveries/cancellation")]
pub async fn cancel_factor_recovery(
    app: Data<App>,
    client: Client,
    key: Key,
    body: Body<RecoveryCancellation>,
) -> Result<Reply, Problem> {
    let cx = client.cx(&app, app.now());
    key.once(&app, &client.scope(), async |tx| {
        recovery::cancel_by_token(tx, &cx, &body.0.token).await?;
        Ok(Reply::no_content())
    })
    .await
}
