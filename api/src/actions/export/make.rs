//! An export is made: claimed by lease, its parts stored one by one, finished or given up. Every step checks that
//! the claim still holds, and so undoes its transaction when another node took the export over, or when the
//! account was erased meanwhile.

use crate::actions::{Context, Error, account, record};
use crate::app::Tools;
use crate::clock;
use crate::db::Tx;
use crate::export::archive::Made;
use crate::export::vault::Vault;
use crate::mail::{self, Message};
use chrono::{DateTime, TimeDelta, Utc};
use domain::export::{ExportEvent, ExportStatus, KEPT_DAYS};
use entity::export::{self, Column, Entity};
use entity::export_part;
use sea_orm::sea_query::{Expr, ExprTrait, LockBehavior, LockType};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, UpdateMany};
use serde_json::json;

/// Characters of an error kept with an export.
const ERROR_LENGTH: usize = 500;

/// An export that this process makes.
#[derive(Debug)]
pub struct Claimed {
    /// Its row, as it was claimed.
    pub export: export::Model,
    /// The key of its parts.
    pub vault: Vault,
}

/// What there was to claim.
#[derive(Debug)]
pub enum Claim {
    /// Nothing.
    Nothing,
    /// One whose tries are over: it was given up.
    GivenUp,
    /// One to make.
    Mine(Box<Claimed>),
}

/// Claims the oldest export that is due and that no other node has. What an earlier try stored goes.
///
/// # Errors
/// The database's.
pub async fn claim(tx: &Tx, tools: &Tools, now: DateTime<Utc>) -> Result<Claim, Error> {
    let limits = &tools.config.scheduler;
    let due = Entity::find()
        .filter(Column::Status.eq(ExportStatus::Pending))
        .filter(Column::DueAt.lte(now))
        .filter(Column::LeaseUntil.is_null().or(Column::LeaseUntil.lte(now)))
        .order_by_asc(Column::DueAt)
        .order_by_asc(Column::Id)
        .limit(1)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
    let Some(mut export) = due.one(&**tx).await? else { return Ok(Claim::Nothing) };
    if export.attempts >= limits.max_attempts {
        // nobody who tried it lived to say what became of it
        let why = Error::internal("each try ended without an outcome");
        give_up(tx, tools, now, &export, &why).await?;
        return Ok(Claim::GivenUp);
    }
    let (vault, sealed_key) = Vault::create(tools, export.id, export.account_id)?;
    let lease = now + TimeDelta::seconds(limits.lease_seconds);
    Entity::update_many()
        .col_expr(Column::LeaseUntil, Expr::value(Some(lease)))
        .col_expr(Column::Fence, Expr::col(Column::Fence).add(1_i64))
        .col_expr(Column::Attempts, Expr::col(Column::Attempts).add(1_i32))
        .col_expr(Column::SealedKey, Expr::value(Some(sealed_key)))
        .col_expr(Column::Parts, Expr::value(0))
        // chosen in this transaction: a locked row on PostgreSQL, the only writer on SQLite
        .filter(Column::Id.eq(export.id))
        .exec(&**tx)
        .await?;
    export_part::Entity::delete_many().filter(export_part::Column::ExportId.eq(export.id)).exec(&**tx).await?;
    export.fence += 1;
    export.attempts += 1;
    Ok(Claim::Mine(Box::new(Claimed { export, vault })))
}

/// The row, if it is still this process's to write.
fn mine(export: &export::Model) -> UpdateMany<Entity> {
    Entity::update_many()
        .filter(Column::Id.eq(export.id))
        .filter(Column::Fence.eq(export.fence))
        .filter(Column::Status.eq(ExportStatus::Pending))
}

async fn still_mine(tx: &Tx, change: UpdateMany<Entity>) -> Result<(), Error> {
    if change.exec(&**tx).await?.rows_affected == 1 { Ok(()) } else { Err(Error::PreconditionFailed) }
}

/// Keeps the claim for a while longer.
///
/// # Errors
/// [`Error::PreconditionFailed`] when it is lost; the database's.
pub async fn keep(tx: &Tx, claimed: &Claimed, until: DateTime<Utc>) -> Result<(), Error> {
    still_mine(tx, mine(&claimed.export).col_expr(Column::LeaseUntil, Expr::value(Some(until)))).await
}

/// Stores a part, and keeps the claim.
///
/// # Errors
/// As [`keep`].
pub async fn store(
    tx: &Tx,
    claimed: &Claimed,
    until: DateTime<Utc>,
    (position, sealed): (i32, &[u8]),
) -> Result<(), Error> {
    let change = mine(&claimed.export)
        .col_expr(Column::LeaseUntil, Expr::value(Some(until)))
        .col_expr(Column::Parts, Expr::value(position.saturating_add(1)));
    still_mine(tx, change).await?;
    let part = export_part::ActiveModel {
        export_id: Set(claimed.export.id),
        position: Set(position),
        sealed: Set(sealed.to_vec()),
    };
    export_part::Entity::insert(part).exec_without_returning(&**tx).await?;
    Ok(())
}

/// The archive is whole: it can be downloaded, and the owner is told.
///
/// # Errors
/// As [`keep`].
pub async fn finish(tx: &Tx, tools: &Tools, now: DateTime<Utc>, claimed: &Claimed, made: &Made) -> Result<(), Error> {
    let export = &claimed.export;
    let owner = account::lock(tx, export.account_id).await?;
    let expires_at = now + TimeDelta::days(KEPT_DAYS);
    let change = mine(export)
        .col_expr(Column::Status, Expr::value(export.status.after(ExportEvent::Finish)?))
        .col_expr(Column::LeaseUntil, Expr::value(None::<DateTime<Utc>>))
        .col_expr(Column::LastError, Expr::value(None::<String>))
        .col_expr(Column::Size, Expr::value(Some(made.size)))
        .col_expr(Column::Sha256, Expr::value(Some(made.sha256.as_str())))
        .col_expr(Column::ReadyAt, Expr::value(Some(now)))
        .col_expr(Column::ExpiresAt, Expr::value(Some(expires_at)));
    still_mine(tx, change).await?;
    let cx = Context::scheduler(tools, clock::now_for(&**tx, now, &owner).await?, now);
    let data = json!({ "export": export.id });
    record::activity(tx, &cx, owner.id, "export.ready", Some(data)).await?;
    record::event(tx, &cx, owner.id, "account.export_ready", &export.id, json!({})).await?;
    let message = Message::ExportReady { requested_at: export.requested_at, until: expires_at };
    mail::tell_everywhere(tx, &cx, &owner, &message, &export.id.to_string()).await
}

/// It failed: again at an instant, or never.
///
/// # Errors
/// The database's. An export that is another node's by now is left alone.
pub async fn fail(
    tx: &Tx,
    tools: &Tools,
    (now, again_at): (DateTime<Utc>, DateTime<Utc>),
    claimed: &Claimed,
    why: &Error,
) -> Result<(), Error> {
    if claimed.export.attempts >= tools.config.scheduler.max_attempts {
        return match give_up(tx, tools, now, &claimed.export, why).await {
            Err(Error::PreconditionFailed) => Ok(()),
            outcome => outcome,
        };
    }
    let change = mine(&claimed.export)
        .col_expr(Column::LeaseUntil, Expr::value(None::<DateTime<Utc>>))
        .col_expr(Column::DueAt, Expr::value(again_at))
        .col_expr(Column::LastError, Expr::value(Some(shortened(why))));
    change.exec(&**tx).await?;
    Ok(())
}

/// Gives the claim back, as if it had not been tried: the process stops.
///
/// # Errors
/// The database's.
pub async fn release(tx: &Tx, claimed: &Claimed) -> Result<(), Error> {
    let change = mine(&claimed.export)
        .col_expr(Column::LeaseUntil, Expr::value(None::<DateTime<Utc>>))
        .col_expr(Column::Attempts, Expr::value(claimed.export.attempts.saturating_sub(1)));
    change.exec(&**tx).await?;
    Ok(())
}

/// It cannot be made. What is stored of it is noise from now on, and deleted with what has expired.
async fn give_up(tx: &Tx, tools: &Tools, now: DateTime<Utc>, export: &export::Model, why: &Error) -> Result<(), Error> {
    tracing::error!(export = %export.id, %why, "an export cannot be made");
    metrics::counter!("exports_total", "outcome" => "failed").increment(1);
    let owner = account::lock(tx, export.account_id).await?;
    let change = mine(export)
        .col_expr(Column::Status, Expr::value(export.status.after(ExportEvent::GiveUp)?))
        .col_expr(Column::LeaseUntil, Expr::value(None::<DateTime<Utc>>))
        .col_expr(Column::SealedKey, Expr::value(None::<String>))
        .col_expr(Column::LastError, Expr::value(Some(shortened(why))))
        .col_expr(Column::EndedAt, Expr::value(Some(now)));
    still_mine(tx, change).await?;
    let cx = Context::scheduler(tools, clock::now_for(&**tx, now, &owner).await?, now);
    record::activity(tx, &cx, owner.id, "export.failed", Some(json!({ "export": export.id }))).await?;
    record::event(tx, &cx, owner.id, "account.export_failed", &export.id, json!({})).await?;
    let message = Message::ExportFailed { requested_at: export.requested_at };
    mail::tell_everywhere(tx, &cx, &owner, &message, &export.id.to_string()).await
}

fn shortened(why: &Error) -> String {
    why.to_string().chars().take(ERROR_LENGTH).collect()
}
