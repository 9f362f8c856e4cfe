//! The whole calendar on one page: kind → action → retry ladder.
//!
//! | kind | what happens | action |
//! |---|---|---|
//! | `notice` | the notice or reminder before an expiry | `service::notify::notice` |
//! | `renew` | next period opened, invoice issued (set-based) | `service::renew` |
//! | `charge` | balance, then default method | `payment::charge` |
//! | `reconcile` | the gateway is asked about an attempt; money is sent back | `payment::reconcile` |
//! | `suspend` | access stopped, deletion announced | `service::suspend` |
//! | `deletion_notice` | the deletion is announced again | `service::notify::deletion_notice` |
//! | `delete` | the service is deleted, behind the guard | `service::delete` |
//! | `deliver_order` | what was ordered becomes available | `order::deliver` |
//! | `expire_order` | an unpaid order is given up | `order::expire` |
//! | `close_account` | the account is closed and erased | `closure::complete` |
//! | `access_token_end` | the owner is told that an access token ends | `access_token::due` |
//! | `factor_recovery` | the recovery of a lost factor is announced again, or open | `factor::recovery::due` |

use super::Effect;
use crate::actions::service::{self as services, delete, lock_account, notify, suspend};
use crate::actions::{Context, Error, access_token, closure, factor, order};
use crate::db::Tx;
use chrono::TimeDelta;
use domain::id::{AccessTokenId, ClosureId, OrderId};
use domain::timeline::MilestoneKind;
use entity::{account, milestone, service};

/// How a kind is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Many in one transaction.
    Batch,
    /// One in one transaction.
    Single,
    /// Two transactions with a gateway call between them.
    Charge,
    /// A question to the gateway, then one transaction.
    Reconcile,
}

/// How a kind is run.
#[must_use]
pub const fn mode(kind: MilestoneKind) -> Mode {
    match kind {
        MilestoneKind::Renew => Mode::Batch,
        MilestoneKind::Charge => Mode::Charge,
        MilestoneKind::Reconcile => Mode::Reconcile,
        MilestoneKind::Notice
        | MilestoneKind::DeletionNotice
        | MilestoneKind::Suspend
        | MilestoneKind::Delete
        | MilestoneKind::DeliverOrder
        | MilestoneKind::ExpireOrder
        | MilestoneKind::CloseAccount
        | MilestoneKind::FactorRecovery
        | MilestoneKind::AccessTokenEnd => Mode::Single,
    }
}

/// How long a milestone that failed waits for its next try.
#[must_use]
pub fn backoff(attempts: i32) -> TimeDelta {
    match attempts {
        ..=1 => TimeDelta::minutes(1),
        2 => TimeDelta::minutes(5),
        3 => TimeDelta::minutes(30),
        4 => TimeDelta::hours(2),
        _ => TimeDelta::hours(6),
    }
}

/// Runs one milestone of [`Mode::Single`] in its transaction.
///
/// # Errors
/// What the action answers; the runner rolls back and records it.
pub async fn single(tx: &Tx, cx: &Context<'_>, due: &milestone::Model) -> Result<Effect, Error> {
    match due.kind {
        MilestoneKind::Notice => {
            let (account, service) = owner(tx, due).await?;
            notify::notice(tx, cx, &account, &service, due).await
        }
        MilestoneKind::DeletionNotice => {
            let (account, service) = owner(tx, due).await?;
            notify::deletion_notice(tx, cx, &account, &service, due).await
        }
        MilestoneKind::Suspend => {
            let (account, service) = owner(tx, due).await?;
            suspend::suspend(tx, cx, &account, &service, due).await
        }
        MilestoneKind::Delete => {
            let (account, service) = owner(tx, due).await?;
            delete::due(tx, cx, &account, &service, due).await
        }
        MilestoneKind::DeliverOrder => {
            lock_account(tx, due.account_id).await?;
            order::deliver(tx, cx, OrderId(subject(due)?)).await?;
            Ok(Effect::Done("delivered"))
        }
        MilestoneKind::ExpireOrder => {
            lock_account(tx, due.account_id).await?;
            order::expire(tx, cx, OrderId(subject(due)?)).await?;
            Ok(Effect::Done("expired"))
        }
        MilestoneKind::CloseAccount => {
            lock_account(tx, due.account_id).await?;
            closure::complete(tx, cx, ClosureId(subject(due)?)).await
        }
        MilestoneKind::FactorRecovery => {
            let account = lock_account(tx, due.account_id).await?;
            factor::recovery::due(tx, cx, &account, due.step).await
        }
        MilestoneKind::AccessTokenEnd => {
            let account = lock_account(tx, due.account_id).await?;
            access_token::due(tx, cx, &account, (AccessTokenId(subject(due)?), due.step)).await
        }
        MilestoneKind::Renew | MilestoneKind::Charge | MilestoneKind::Reconcile => {
            Err(Error::internal(format!("{} is not run alone", due.kind)))
        }
    }
}

async fn owner(tx: &Tx, due: &milestone::Model) -> Result<(account::Model, service::Model), Error> {
    let account = lock_account(tx, due.account_id).await?;
    let id = due.service_id.ok_or_else(|| Error::internal("a milestone of a service without service"))?;
    let service = services::load(&**tx, account.id, id).await?;
    Ok((account, service))
}

fn subject(due: &milestone::Model) -> Result<uuid::Uuid, Error> {
    due.subject_id.ok_or_else(|| Error::internal("a milestone without subject"))
}
