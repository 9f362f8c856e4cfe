//! Step-up: a fresh proof of who calls.

use super::sessions::challenges::noted;
use crate::actions::factor::{self, Proof};
use crate::actions::session::{self, prove};
use crate::app::App;
use crate::http::body::{Body, fault};
use crate::http::caller::{Caller, Require};
use crate::http::idempotency::Key;
use crate::http::reply::Reply;
use crate::http::scope::SecurityWrite;
use crate::problem::{Code, Problem};
use actix_web::post;
use actix_web::web::Data;
use domain::id::SessionId;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

pub mod backup_codes;
pub mod ip_rules;
pub mod overview;
pub mod password;
pub mod remembered;
pub mod totp;

/// Routes of this file.
pub(super) fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(prove_identity)
        .configure(password::configure)
        .configure(ip_rules::configure)
        .configure(overview::configure)
        .configure(totp::configure)
        .configure(backup_codes::configure)
        .configure(remembered::configure);
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
}

/// What is proven again.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ProofMethod {
    #[default]
    Password,
    Totp,
    BackupCode,
}

/// What somebody shows.
enum Shown<'a> {
    Password(&'a str),
    Factor(Proof<'a>),
}

impl NewProof {
    fn shown(&self) -> Result<Shown<'_>, Problem> {
        let required = |pointer| Problem::invalid(vec![fault(pointer, "required")]);
        let code = || self.code.as_deref().ok_or_else(|| required("/code"));
        Ok(match self.method {
            ProofMethod::Password => Shown::Password(self.password.as_deref().ok_or_else(|| required("/password"))?),
            ProofMethod::Totp => Shown::Factor(Proof::Totp(code()?)),
            ProofMethod::BackupCode => Shown::Factor(Proof::BackupCode(code()?)),
        })
    }
}

/// Proves the password again.
#[utoipa::path(
    operation_id = "prove_identity", tag = "Security",
    summary = "Prove your identity again",
    description = "Makes the proof of this session fresh for 5 minutes, as operations that answer 403 `fresh_proof_required` want it. An account with a second factor has to prove that one: the password alone is not fresh then. A wrong factor is a 401; ten tries at once, then one a minute. A wrong password is a 401 and is noted in the activity; after five in one session the next one has to wait (429), longer each time. Access tokens of scripts cannot be made fresh.",
    security(("bearer" = ["security:write"])),
    request_body(content = NewProof, example = json!({"method": "password", "password": "quatre tortues lisent au soleil"})),
    responses((status = 204, description = "The proof is fresh for 5 minutes")),
)]
#[post("/security/proof")]
pub async fn prove_identity(
    app: Data<App>,
    caller: Require<SecurityWrite>,
    key: Key,
    body: Body<NewProof>,
) -> Result<Reply, Problem> {
    let Require(caller, ..) = caller;
    let id = caller.session.as_ref().map(|session| session.id).ok_or(Problem::new(Code::FreshProofRequired))?;
    let cx = caller.cx(&app);
    let proof = match body.0.shown()? {
        Shown::Factor(proof) => proof,
        Shown::Password(password) => return prove_password((&app, &caller, &key), id, password).await,
    };
    factor::count_try(&app, &cx, caller.id(), None).await?;
    let outcome = key
        .once(&app, &caller.scope(), async |tx| {
            prove::prove_factor(tx, &cx, (caller.id(), id), proof).await?;
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
    key.once(app, &caller.scope(), async |tx| {
        session::prove(tx, &cx, caller.id(), id).await?;
        Ok(Reply::no_content())
    })
    .await
}
