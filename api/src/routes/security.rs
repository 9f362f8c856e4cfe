//! Step-up: a fresh proof of who calls.

use crate::actions::session::{self, prove};
use crate::app::App;
use crate::http::body::Body;
use crate::http::caller::Require;
use crate::http::idempotency::Key;
use crate::http::reply::Reply;
use crate::http::scope::SecurityWrite;
use crate::problem::{Code, Problem};
use actix_web::post;
use actix_web::web::Data;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

pub mod ip_rules;
pub mod password;

/// Routes of this file.
pub(super) fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(prove_identity).configure(password::configure).configure(ip_rules::configure);
}

/// A proof of who calls.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProof {
    /// The password of the account.
    #[schema(format = Password, max_length = 256, example = "quatre tortues lisent au soleil")]
    password: String,
}

/// Proves the password again.
#[utoipa::path(
    operation_id = "prove_identity", tag = "Security",
    summary = "Prove your identity again",
    description = "Makes the proof of this session fresh for 5 minutes, as operations that answer 403 `fresh_proof_required` want it. A wrong password is a 401 and is noted in the activity; after five in one session the next one has to wait (429), longer each time. Access tokens of scripts cannot be made fresh.",
    security(("bearer" = ["security:write"])),
    request_body(content = NewProof),
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
    prove::check(&app, &cx, (caller.id(), id), &body.0.password).await?;
    key.once(&app, &caller.scope(), async |tx| {
        session::prove(tx, &cx, caller.id(), id).await?;
        Ok(Reply::no_content())
    })
    .await
}
