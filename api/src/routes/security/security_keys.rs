//! Security keys and passkeys.

use crate::actions::factor::security_keys::ceremony::{self, Begun, Bound};
use crate::actions::factor::security_keys::{self, judge_new};
use crate::app::App;
use crate::http::body::{Body, Patch, PathId, fault};
use crate::http::caller::{Caller, Require, RequireFresh};
use crate::http::foreign::Foreign;
use crate::http::idempotency::Key;
use crate::http::page::{self, KeyColumn, Page, PageQuery};
use crate::http::reply::Reply;
use crate::http::scope::{SecurityRead, SecurityWrite};
use crate::problem::{Code, Problem, ProblemBody};
use actix_web::web::Data;
use actix_web::{delete, get, patch, post};
use chrono::{DateTime, Utc};
use domain::id::{SecurityKeyId, SessionId};
use entity::security_key::{self, Column};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use webauthn_rs::prelude::RegisterPublicKeyCredential;

/// Routes of this file.
pub(super) fn configure(cfg: &mut ServiceConfig<'_>) {
    // before `{id}`: the options are no id
    cfg.service(begin_security_key_registration)
        .service(begin_security_key_proof)
        .service(list_security_keys)
        .service(add_security_key)
        .service(rename_security_key)
        .service(delete_security_key);
}

/// Longest name of a key, in characters.
const NAME_MAX: usize = 64;

/// What a key is asked for.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = SecurityKeyOptions)]
pub struct OptionsView {
    /// Options in the JSON form of WebAuthn Level 3.
    #[schema(schema_with = crate::routes::views::key_options)]
    public_key: Value,
    /// Seconds for which the answer is awaited.
    #[schema(minimum = 1, maximum = 3600, example = 300)]
    expires_in: i64,
}

impl From<Begun> for OptionsView {
    fn from(begun: Begun) -> Self {
        Self { public_key: begun.public_key, expires_in: domain::factor::CEREMONY.num_seconds() }
    }
}

/// A new security key or passkey.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSecurityKey {
    /// How the owner calls it.
    #[schema(min_length = 1, max_length = 64, example = "Blue key")]
    name: String,
    /// What `navigator.credentials.create` gave.
    #[schema(schema_with = crate::routes::views::new_credential)]
    credential: Foreign,
}

/// What changes about a key.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SecurityKeyPatch {
    /// How the owner calls it.
    #[serde(default)]
    #[schema(nullable = false, min_length = 1, max_length = 64, example = "Key at home")]
    name: Option<String>,
}

/// A security key or passkey.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SecurityKey)]
pub struct SecurityKeyView {
    /// Its id.
    #[schema(
        pattern = "^sky_[0-7][0-9a-hjkmnp-tv-z]{25}$",
        max_length = 30,
        example = "sky_01h455vb4pex5vsknk084sn02q"
    )]
    id: String,
    /// How the owner calls it.
    #[schema(max_length = 64, example = "Blue key")]
    name: String,
    /// `active`, or `suspended` since its count of signatures went back as that of a copy does. Extensible enum.
    #[schema(max_length = 16, example = "active")]
    status: String,
    /// Whether it can log in by itself, without login and password; absent when the browser did not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = true)]
    discoverable: Option<bool>,
    /// Whether it is copied between the owner's devices by whoever keeps it.
    #[schema(example = false)]
    synced: bool,
    /// When it was added.
    #[schema(example = "2026-01-30T09:00:00Z")]
    created_at: DateTime<Utc>,
    /// When it last proved something.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-01-31T09:00:00Z")]
    last_used_at: Option<DateTime<Utc>>,
    /// When it was suspended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-02-01T09:00:00Z")]
    suspended_at: Option<DateTime<Utc>>,
}

impl From<security_key::Model> for SecurityKeyView {
    fn from(row: security_key::Model) -> Self {
        Self {
            id: row.id.to_string(),
            name: row.name,
            status: if row.suspended_at.is_some() { "suspended" } else { "active" }.to_owned(),
            discoverable: row.discoverable,
            synced: row.synced,
            created_at: row.created_at,
            last_used_at: row.last_used_at,
            suspended_at: row.suspended_at,
        }
    }
}

/// A key that was added.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = SecurityKeyAdded)]
pub struct AddedView {
    /// The key, active.
    key: SecurityKeyView,
    /// With the first factor: ten backup codes, shown once, to be used after `activate_backup_codes`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_items = 10, example = json!(["7k3f-9q2m-x4wd-0ht6"]))]
    backup_codes: Option<Vec<String>>,
}

/// The session of a caller; keys are for people, not for tokens.
fn session_of(caller: &Caller) -> Result<SessionId, Problem> {
    caller.session.as_ref().map(|session| session.id).ok_or(Problem::new(Code::FreshProofRequired))
}

fn name_of(text: &str) -> Result<String, Problem> {
    let name = text.trim();
    if name.is_empty() || name.chars().count() > NAME_MAX || name.chars().any(char::is_control) {
        return Err(Problem::invalid(vec![fault("/name", "invalid_format")]));
    }
    Ok(name.to_owned())
}

/// Asks for a new key.
#[utoipa::path(
    operation_id = "begin_security_key_registration", tag = "Security", security(("bearer" = ["security:write"])),
    summary = "Get options to add a security key",
    description = "Options for `navigator.credentials.create` (`PublicKeyCredential.parseCreationOptionsFromJSON`). Its answer goes to `add_security_key` in the same session within 5 minutes, once; new options replace those before. The key has to verify its user by PIN or body; one that can name the account itself becomes a passkey. At most 10 keys.",
    responses(
        (status = 201, description = "The options", body = OptionsView),
        (status = 409, description = "There are too many", body = ProblemBody),
    ),
    extensions(("x-fresh-proof" = json!(true)), ("x-error-codes" = json!(["too_many_factors"]))),
)]
#[post("/security/security-keys/registration-options")]
pub async fn begin_security_key_registration(
    app: Data<App>,
    caller: RequireFresh<SecurityWrite>,
    key: Key,
) -> Result<Reply, Problem> {
    let RequireFresh(caller, ..) = caller;
    let session = session_of(&caller)?;
    key.once(&app, &caller.scope(), async |tx| {
        let begun = ceremony::register(tx, &caller.cx(&app), caller.id(), session).await?;
        Ok(Reply::created("/v1/security/security-keys", &OptionsView::from(begun)).secret())
    })
    .await
}

/// Asks a key for a fresh proof.
#[utoipa::path(
    operation_id = "begin_security_key_proof", tag = "Security", security(("bearer" = ["security:write"])),
    summary = "Get options to prove your identity with a security key",
    description = "Options for `navigator.credentials.get` (`PublicKeyCredential.parseRequestOptionsFromJSON`) that name the keys of the account. The answer goes to `prove_identity` in the same session within 5 minutes, once; new options replace those before.",
    responses(
        (status = 201, description = "The options", body = OptionsView),
        (status = 409, description = "There is no key to use", body = ProblemBody),
    ),
    extensions(("x-error-codes" = json!(["no_security_key"]))),
)]
#[post("/security/security-keys/proof-options")]
pub async fn begin_security_key_proof(
    app: Data<App>,
    caller: Require<SecurityWrite>,
    key: Key,
) -> Result<Reply, Problem> {
    let Require(caller, ..) = caller;
    let bound = Bound::Proof(caller.id(), session_of(&caller)?);
    key.once(&app, &caller.scope(), async |tx| {
        let begun = ceremony::assert(tx, &caller.cx(&app), bound).await?;
        Ok(Reply::created("/v1/security/proof", &OptionsView::from(begun)).secret())
    })
    .await
}

/// Lists the keys.
#[utoipa::path(
    operation_id = "list_security_keys", tag = "Security", security(("bearer" = ["security:read"])),
    summary = "List security keys",
    description = "The security keys and passkeys of the account, suspended ones too.",
    params(PageQuery),
    responses((status = 200, description = "The keys", body = Page<SecurityKeyView>)),
)]
#[get("/security/security-keys")]
pub async fn list_security_keys(
    app: Data<App>,
    caller: Require<SecurityRead>,
    query: PageQuery,
) -> Result<Reply, Problem> {
    let select = security_key::Entity::of(caller.0.id());
    let key = query.sort(&[("created_at", Column::CreatedAt)], KeyColumn::Desc(Column::CreatedAt))?;
    let page = page::keyset(app.read(), select, key, &query).await?;
    Ok(Reply::page(&page.map(SecurityKeyView::from), &query))
}

/// Adds a key.
#[utoipa::path(
    operation_id = "add_security_key", tag = "Security", security(("bearer" = ["security:write"])),
    summary = "Add a security key",
    description = "Adds the key that answered the options of `begin_security_key_registration`: a second factor, which every login then wants, and a login by itself if it is discoverable (`create_passkey_session`). Other sessions end, remembered devices are forgotten, and the owner is told at every address. With the first factor come ten backup codes.",
    request_body(content = NewSecurityKey),
    responses(
        (status = 201, description = "The key", body = AddedView),
        (status = 409, description = "There are too many", body = ProblemBody),
        (status = 410, description = "The options were answered, replaced, or are too old", body = ProblemBody),
        (status = 422, description = "The answer does not fit, or the key is registered already", body = ProblemBody),
    ),
    extensions(("x-fresh-proof" = json!(true)), ("x-error-codes" = json!(["too_many_factors", "ceremony_ended", "security_key_refused"]))),
)]
#[post("/security/security-keys")]
pub async fn add_security_key(
    app: Data<App>,
    caller: RequireFresh<SecurityWrite>,
    key: Key,
    body: Body<NewSecurityKey>,
) -> Result<Reply, Problem> {
    let RequireFresh(caller, ..) = caller;
    let (session, name, cx) = (session_of(&caller)?, name_of(&body.0.name)?, caller.cx(&app));
    let answer: RegisterPublicKeyCredential =
        body.0.credential.read().ok_or_else(|| Problem::invalid(vec![fault("/credential", "invalid_format")]))?;
    if let Some(reply) = key.answered(&app, &caller.scope()).await? {
        return Ok(reply);
    }
    let judged = judge_new(&app, &cx, session, &answer).await?;
    key.once(&app, &caller.scope(), async |tx| {
        let new = judged.as_ref().map_err(|refusal| *refusal)?;
        let (key, backup_codes) = security_keys::add(tx, &cx, (caller.id(), session), &name, new).await?;
        Ok(Reply::created("/v1/security/security-keys", &AddedView { key: key.into(), backup_codes }).secret())
    })
    .await
}

/// Changes what a key is called.
#[utoipa::path(
    operation_id = "rename_security_key", tag = "Security", security(("bearer" = ["security:write"])),
    summary = "Rename a security key",
    description = "Changes what the owner calls it, and nothing else.",
    params(("id" = String, Path, description = "Id of the key.", pattern = "^sky_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "sky_01h455vb4pex5vsknk084sn02q")),
    request_body = SecurityKeyPatch,
    responses((status = 200, description = "The key", body = SecurityKeyView)),
)]
#[patch("/security/security-keys/{id}")]
pub async fn rename_security_key(
    app: Data<App>,
    caller: Require<SecurityWrite>,
    key: Key,
    PathId(id): PathId<SecurityKeyId>,
    Patch(patch): Patch<SecurityKeyPatch>,
) -> Result<Reply, Problem> {
    let Require(caller, ..) = caller;
    let name = patch.name.as_deref().map(name_of).transpose()?;
    key.once(&app, &caller.scope(), async |tx| {
        let key = security_keys::rename(tx, &caller.cx(&app), caller.id(), id, name.as_deref()).await?;
        Ok(Reply::ok(&SecurityKeyView::from(key)))
    })
    .await
}

/// Removes a key.
#[utoipa::path(
    operation_id = "delete_security_key", tag = "Security", security(("bearer" = ["security:write"])),
    summary = "Remove a security key",
    description = "The key is no factor any more. Other sessions end, remembered devices are forgotten, and the owner is told at every address. With the last factor the backup codes go too. Wants a fresh proof of identity: of a second factor, a backup code if need be.",
    params(("id" = String, Path, description = "Id of the key.", pattern = "^sky_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "sky_01h455vb4pex5vsknk084sn02q")),
    responses((status = 204, description = "The key is removed")),
    extensions(("x-fresh-proof" = json!(true))),
)]
#[delete("/security/security-keys/{id}")]
pub async fn delete_security_key(
    app: Data<App>,
    caller: RequireFresh<SecurityWrite>,
    PathId(id): PathId<SecurityKeyId>,
    key: Key,
) -> Result<Reply, Problem> {
    let RequireFresh(caller, ..) = caller;
    let keep = caller.session.as_ref().map(|session| session.id);
    key.once(&app, &caller.scope(), async |tx| {
        security_keys::remove(tx, &caller.cx(&app), (caller.id(), keep), id).await?;
        Ok(Reply::no_content())
    })
    .await
}
