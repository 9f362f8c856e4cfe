//! Authenticator apps: named, several, each a factor once its first code was typed.

use super::{backup_codes, changed, enrolled};
use crate::actions::{Context, Error, account, record, session};
use crate::db::Tx;
use crate::mail::Message;
use chrono::{DateTime, TimeDelta, Utc};
use domain::id::{AccountId, SessionId, TotpDeviceId};
use domain::refusal::Refusal;
use entity::totp_device::{self, Column, Entity, Model};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
};
use serde_json::json;
use totp_rs::{Builder, Secret, Totp};

/// Apps of one account, pending ones too.
const MAX_DEVICES: u64 = 10;
/// How long a new app may wait for its first code.
const PENDING: TimeDelta = TimeDelta::minutes(30);
/// Bytes of a seed: as long as the hash, RFC 4226 section 4.
const SEED: usize = 20;
/// What apps show as the issuer.
const ISSUER: &str = "Tacit";

/// A new app, with what is shown once.
#[derive(Clone)]
pub struct Enrolling {
    /// Its row.
    pub device: Model,
    /// The seed in base32, for typing.
    pub secret: String,
    /// The seed as `otpauth://` address.
    pub otpauth_url: String,
    /// That address as QR code.
    pub qr_svg: String,
}

/// Makes a seed for an app; no factor until [`activate`].
///
/// # Errors
/// `too_many_factors`; the database's.
pub async fn enrol(tx: &Tx, cx: &Context<'_>, owner: AccountId, name: &str) -> Result<Enrolling, Error> {
    let account = account::lock(tx, owner).await?;
    account::require_active(&account)?;
    Entity::delete_many()
        .filter(Column::AccountId.eq(owner))
        .filter(Column::ActivatedAt.is_null())
        .filter(Column::CreatedAt.lte(cx.real_now - PENDING))
        .exec(&**tx)
        .await?;
    if Entity::of(owner).count(&**tx).await? >= MAX_DEVICES {
        return Err(Refusal::TooManyFactors.into());
    }
    let mut seed = [0_u8; SEED];
    cx.tools.entropy.fill(&mut seed);
    let secret = Secret::from(seed).to_base32();
    let label = account.email.as_deref().unwrap_or(account.handle.as_str()).replace(':', "");
    let otpauth_url = generator(&secret, &label)?.to_url().map_err(Error::internal)?;
    let id: TotpDeviceId = cx.id();
    let row = totp_device::ActiveModel {
        id: Set(id),
        account_id: Set(owner),
        name: Set(name.to_owned()),
        sealed_seed: Set(cx.tools.sealer.seal(&*cx.tools.entropy, &place(id, owner), &secret)),
        last_step: Set(-1),
        created_at: Set(cx.real_now),
        activated_at: Set(None),
        last_used_at: Set(None),
    };
    let device = row.insert(&**tx).await?;
    record::activity(tx, cx, owner, "totp_device.created", Some(json!({ "device": id }))).await?;
    record::event(tx, cx, owner, "totp_device.created", &id, json!({})).await?;
    let code = qrcode::QrCode::new(otpauth_url.as_bytes()).map_err(Error::internal)?;
    let qr_svg = code.render::<qrcode::render::svg::Color<'_>>().min_dimensions(240, 240).build();
    Ok(Enrolling { device, secret, otpauth_url, qr_svg })
}

/// The first code makes the app a factor; that code counts as used. With the first factor come backup codes.
///
/// # Errors
/// [`Error::NotFound`]; `code_expired` after half an hour; `invalid_transition` when it is active already;
/// `code_invalid`; the database's.
pub async fn activate(
    tx: &Tx,
    cx: &Context<'_>,
    (owner, keep): (AccountId, SessionId),
    id: TotpDeviceId,
    code: &str,
) -> Result<(Model, Option<Vec<String>>), Error> {
    let account = account::lock(tx, owner).await?;
    let device = find(tx, owner, id).await?;
    if device.activated_at.is_some() {
        return Err(Refusal::InvalidTransition.into());
    }
    if device.created_at + PENDING <= cx.real_now {
        return Err(Refusal::CodeExpired.into());
    }
    let step = matching(cx, &device, code)?.ok_or(Refusal::CodeInvalid)?;
    let first = enrolled(&**tx, owner).await?.is_empty();
    let mut row = device.into_active_model();
    row.activated_at = Set(Some(cx.real_now));
    row.last_step = Set(step);
    let device = row.update(&**tx).await?;
    let message = Message::FactorAdded { name: device.name.clone() };
    changed(tx, cx, &account, ("totp_device.activated", &message), Some(keep)).await?;
    session::note_factor(tx, cx, owner, keep).await?;
    let codes = if first { Some(backup_codes::issue(tx, cx, &account).await?) } else { None };
    Ok((device, codes))
}

/// Removes an app.
///
/// # Errors
/// [`Error::NotFound`]; the database's.
pub async fn remove(
    tx: &Tx,
    cx: &Context<'_>,
    (owner, keep): (AccountId, Option<SessionId>),
    id: TotpDeviceId,
) -> Result<(), Error> {
    let account = account::lock(tx, owner).await?;
    let device = find(tx, owner, id).await?;
    let was_factor = device.activated_at.is_some();
    Entity::delete_many().filter(Column::Id.eq(id)).filter(Column::AccountId.eq(owner)).exec(&**tx).await?;
    if was_factor {
        let last = enrolled(&**tx, owner).await?.is_empty();
        let message = Message::FactorRemoved { name: device.name, last };
        return changed(tx, cx, &account, ("totp_device.removed", &message), keep).await;
    }
    record::activity(tx, cx, owner, "totp_device.removed", Some(json!({ "device": id }))).await?;
    record::event(tx, cx, owner, "totp_device.removed", &id, json!({})).await
}

/// Accepts a code of any app of the account, once: the update decides between requests at the same time.
///
/// # Errors
/// [`Error::Unauthenticated`]; the database's.
pub(super) async fn accept(tx: &Tx, cx: &Context<'_>, owner: AccountId, code: &str) -> Result<DateTime<Utc>, Error> {
    for device in Entity::active(owner).all(&**tx).await? {
        let Some(step) = matching(cx, &device, code)? else { continue };
        let used = Entity::update_many()
            .col_expr(Column::LastStep, Expr::value(step))
            .col_expr(Column::LastUsedAt, Expr::value(cx.real_now))
            .filter(Column::Id.eq(device.id))
            .filter(Column::LastStep.lt(step))
            .exec(&**tx)
            .await?;
        if used.rows_affected == 1 {
            return Ok(device.activated_at.unwrap_or(device.created_at));
        }
    }
    Err(Error::Unauthenticated)
}

async fn find(tx: &Tx, owner: AccountId, id: TotpDeviceId) -> Result<Model, Error> {
    Entity::of(owner).filter(Column::Id.eq(id)).one(&**tx).await?.ok_or(Error::NotFound)
}

/// The time step of a code within one step of now by our clock, if it is one of this app.
fn matching(cx: &Context<'_>, device: &Model, code: &str) -> Result<Option<i64>, Error> {
    let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(None);
    }
    let seed = cx.tools.sealer.open(&place(device.id, device.account_id), &device.sealed_seed)?;
    let now = u64::try_from(cx.real_now.timestamp()).map_err(Error::internal)?;
    let step = generator(&seed, "owner")?.check(&digits, now);
    step.map(i64::try_from).transpose().map_err(Error::internal)
}

/// SHA-1, six digits, thirty seconds: what every app knows. One step of skew either way.
fn generator(secret: &str, label: &str) -> Result<Totp, Error> {
    let seed = Secret::try_from_base32(secret).map_err(Error::internal)?;
    Builder::new()
        .with_secret(seed)
        .with_skew(1)
        .with_issuer(Some(ISSUER))
        .with_account_name(label)
        .build()
        .map_err(Error::internal)
}

pub(crate) fn place(id: TotpDeviceId, owner: AccountId) -> String {
    format!("totp_device:{id}:{owner}")
}
