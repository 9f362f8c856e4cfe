//! Step-up: a fresh proof of who calls.

use super::evidence::Shown;
use super::sessions::challenges::noted;
use crate::actions::factor;
use crate::actions::factor::security_keys::ceremony::Bound;
use crate::actions::session::{self, prove};
use crate::app::App;
use crate::http::body::{Body, fault};
use crate::http::caller::{Caller, Require};
use crate::http::foreign::Foreign;
use crate::http::idempotency::Key;
use crate::http::reply::Reply;
use crate::http::scope::SecurityWrite;
use crate::problem::{Code, Problem, ProblemBody};
use actix_web::post;
use actix_web::web::Data;
use domain::factor::FactorMethod;
use domain::id::SessionId;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

pub mod access_tokens;
pub mod backup_codes;
pub mod ip_rules;
pub mod overview;
pub mod password;
pub mod remembered;
pub mod security_keys;
pub mod sessions;
pub mod totp;

/// Routes of this file.
pub(super) fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(prove_identity)
        .configure(password::configure)
        .configure(ip_rules::configure)
        .configure(overview::configure)
        .configure(sessions::configure)
        .configure(access_tokens::configure)
        .configure(totp::configure)
        .configure(security_keys::configure)
        .configure(backup_codes::configure)
        .configure(remembered::configure)
        .configure(sessions::configure);
}

/// A proof of who calls.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProof {
    /// What is proven; the password if left out.
    #[serde(default)]
    #[schema(schema_with = super::views::proof_methods)]
    method: ProofMethod,
    /// The password of the account, when that is proven.
    #[serde(default)]
    #[schema(nullable = false, format = Password, max_length = 256, example = "quatre tortues lisent au soleil")]
    password: Option<String>,
    /// The code of the authenticator app or the backup code, when that is proven.
    #[serde(default)]
    #[schema(nullable = false, max_length = 64, example = "492039")]
    code: Option<String>,
    /// What `navigator.credentials.get` gave, when a security key is proven.
    #[serde(default)]
    #[schema(schema_with = super::views::key_credential)]
    credential: Option<Foreign>,
}

/// What is proven again.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ProofMethod {
    #[default]
    Password,
    Totp,
    BackupCode,
    SecurityKey,
}

/// What somebody shows.
enum Told {
    Password(String),
    Factor(Shown),
}

impl NewProof {
    fn told(self) -> Result<Told, Problem> {
        let method = match self.method {
            ProofMethod::Password => {
                let required = || Problem::invalid(vec![fault("/password", "required")]);
                return Ok(Told::Password(self.password.ok_or_else(required)?));
            }
            ProofMethod::Totp => FactorMethod::Totp,
            ProofMethod::BackupCode => FactorMethod::BackupCode,
            ProofMethod::SecurityKey => FactorMethod::SecurityKey,
        };
        Ok(Told::Factor(Shown::of(method, self.code, self.credential.as_ref())?))
    }
}

/// Proves the password again.
#[utoipa::path(
    operation_id = "prove_identity", tag = "Security",
    summary = "Prove your identity again",
    description = "Makes the proof of this session fresh for 5 minutes, as operations that answer 403 `fresh_proof_required` want it. An account with a second factor has to prove that one: the password alone is not fresh then. A security key answers the options of `begin_security_key_proof`, once. A wrong factor is a 401; ten tries at once, then one a minute. A wrong password is a 401 and is noted in the activity; after five in one session the next one has to wait (429), longer each time. Access tokens of scripts cannot be made fresh.",
    security(("bearer" = ["security:write"])),
    request_body(content = NewProof, example = json!({"method": "password", "password": "quatre tortues lisent au soleil"})),
    responses(
        (status = 204, description = "The proof is fresh for 5 minutes"),
        (status = 410, description = "The options of the key were answered, replaced, or are too old", body = ProblemBody),
    ),
    extensions(("x-error-codes" = json!(["ceremony_ended"]))),
)]
#[post("/security/proof")]
pub async fn prove_identity(
    app: Data<App>,
    caller: Require<SecurityWrite>,
    key: Key,
    body: Body<NewProof>,
) -> Result<Reply, Problem> {
    let Require(caller, ..) = caller;
    if let Some(reply) = key.answered(&app, &caller.session_scope()).await? {
        return Ok(reply);
    }
    let id = caller.session.as_ref().map(|session| session.id).ok_or(Problem::new(Code::FreshProofRequired))?;
    let cx = caller.cx(&app);
    let shown = match body.0.told()? {
        Told::Factor(shown) => shown,
        Told::Password(password) => return prove_password((&app, &caller, &key), id, &password).await,
    };
    factor::count_try(&app, &cx, caller.id(), None).await?;
    let evidence = shown.judge(&app, &cx, Bound::Proof(caller.id(), id)).await?;
    let outcome = key
        .once(&app, &caller.session_scope(), async |tx| {
            prove::prove_factor(tx, &cx, (caller.id(), id), evidence.proof()).await?;
            Ok(Reply::no_content())
        })
        .await;
    noted(&app, &cx, (caller.id(), None), outcome).await
}

async fn prove_password(
    (app, caller, key): (&App, &Caller, &Key),
    id: SessionId,
    password: &str,
) -> Result<Reply, Problem> {
    let cx = caller.cx(app);
    prove::check(app, &cx, (caller.id(), id), password).await?;
    key.once(app, &caller.session_scope(), async |tx| {
        session::prove(tx, &cx, caller.id(), id).await?;
        Ok(Reply::no_content())
    })
    .await
}
