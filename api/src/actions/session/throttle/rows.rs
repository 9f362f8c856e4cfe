//! What is counted: a row for each account, unknown login, session and address, changed under its lock.

use super::{ACCOUNT, ADDRESS, Attempt, CREDENTIALS_KEPT, SESSION, STRIKES_FORGOTTEN, Standing, UNKNOWN};
use crate::actions::account;
use crate::actions::{Context, Error};
use crate::config::ThrottleConfig;
use crate::db::Tx;
use chrono::{DateTime, TimeDelta, Utc};
use domain::throttle::Ladder;
use entity::{failed_credential, login_throttle};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QuerySelect,
};

/// Takes one failure back; whoever waits goes on waiting.
pub(super) async fn give_back(tx: &Tx, attempt: &Attempt) -> Result<(), Error> {
    use login_throttle::Column;
    let keys = std::iter::once(attempt.key.as_str()).chain(attempt.session.as_deref());
    login_throttle::Entity::update_many()
        .col_expr(Column::Failures, Expr::col(Column::Failures).sub(1))
        .filter(Column::KeyHash.is_in(keys))
        .filter(Column::Failures.gt(0))
        .exec(&**tx)
        .await?;
    if let Some((address, credential)) = &attempt.address {
        failed_credential::Entity::delete_by_id((address.clone(), credential.clone())).exec(&**tx).await?;
    }
    Ok(())
}

/// Deletes what no longer counts; answers how many rows.
///
/// # Errors
/// The database's.
pub async fn forget(tx: &Tx, now: DateTime<Utc>) -> Result<u64, sea_orm::DbErr> {
    use login_throttle::Column;
    let credentials = failed_credential::Entity::delete_many()
        .filter(failed_credential::Column::FailedAt.lt(now - CREDENTIALS_KEPT))
        .exec(&**tx)
        .await?;
    // the row of an account stays: a hundred failures are a hundred, however slowly they come
    let rows = login_throttle::Entity::delete_many()
        .filter(Column::Kind.is_in([SESSION, ADDRESS]))
        .filter(Column::LastFailedAt.lt(now - STRIKES_FORGOTTEN))
        .exec(&**tx)
        .await?;
    Ok(credentials.rows_affected + rows.rows_affected)
}

/// Who is counted, and how.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) key: &'a str,
    pub(super) kind: &'static str,
    /// Never has to wait: a known device.
    pub(super) spared: bool,
    /// Is not compared for another reason.
    pub(super) halted: bool,
}

/// Counts one attempt under the row's lock, before it is compared. Answers how it stands, and whether it is
/// the last one before the password is off.
pub(super) async fn step(tx: &Tx, cx: &Context<'_>, subject: Subject<'_>) -> Result<(Standing, bool), Error> {
    let (config, now) = (&cx.tools.config.throttle, cx.real_now);
    let row = locked(tx, cx, subject.key, subject.kind).await?;
    let waits = row.blocked_until.is_some_and(|until| until > now) && !subject.spared;
    let capped = subject.kind == ACCOUNT || subject.kind == UNKNOWN;
    let standing = if capped && row.failures >= config.password_off_after {
        Standing::Off
    } else if waits || subject.halted {
        Standing::Waiting
    } else {
        Standing::Compared
    };
    let (failures, refused) = (row.failures, row.refused);
    let strikes = if now - row.last_failed_at >= STRIKES_FORGOTTEN { 0 } else { row.strikes };
    let mut changed = row.into_active_model();
    if standing == Standing::Compared {
        changed.failures = Set(failures.saturating_add(1));
        changed.last_failed_at = Set(now);
        if !subject.spared {
            let strikes = strikes.saturating_add(1);
            changed.strikes = Set(strikes);
            changed.blocked_until = Set(ladder(config).delay(strikes).map(|delay| now + delay));
        }
    } else {
        changed.refused = Set(refused.saturating_add(1));
    }
    changed.update(&**tx).await?;
    let last = capped && standing == Standing::Compared && failures.saturating_add(1) >= config.password_off_after;
    Ok((standing, last))
}

/// The row of a key, made when it is not there, locked.
pub(super) async fn locked(tx: &Tx, cx: &Context<'_>, key: &str, kind: &str) -> Result<login_throttle::Model, Error> {
    let row = login_throttle::ActiveModel {
        key_hash: Set(key.to_owned()),
        kind: Set(kind.to_owned()),
        failures: Set(0),
        strikes: Set(0),
        refused: Set(0),
        last_failed_at: Set(cx.real_now),
        blocked_until: Set(None),
    };
    login_throttle::Entity::insert(row)
        .on_conflict(OnConflict::column(login_throttle::Column::KeyHash).do_nothing().to_owned())
        .exec_without_returning(&**tx)
        .await?;
    let row = login_throttle::Entity::find_by_id(key.to_owned()).lock_exclusive().one(&**tx).await?;
    // deleted as too old between the two statements: the caller may repeat
    row.ok_or(Error::Unavailable)
}

/// Counts what an address tries. Answers the seconds that it has to wait, if it has to.
pub(super) async fn slow_address(
    tx: &Tx,
    cx: &Context<'_>,
    (address, credential): &(String, String),
) -> Result<Option<u64>, Error> {
    use failed_credential::Column;
    let (config, now) = (&cx.tools.config.throttle, cx.real_now);
    let row = locked(tx, cx, address, ADDRESS).await?;
    let waiting = row.blocked_until.filter(|until| *until > now);
    if waiting.is_some() {
        let refused = row.refused.saturating_add(1);
        let mut changed = row.into_active_model();
        changed.refused = Set(refused);
        changed.update(&**tx).await?;
        return Ok(Some(seconds(waiting, now)));
    }
    let tried = failed_credential::ActiveModel {
        address_hash: Set(address.clone()),
        credential: Set(credential.clone()),
        failed_at: Set(now),
    };
    failed_credential::Entity::insert(tried)
        .on_conflict(
            OnConflict::columns([Column::AddressHash, Column::Credential]).update_column(Column::FailedAt).to_owned(),
        )
        .exec_without_returning(&**tx)
        .await?;
    let different = failed_credential::Entity::from_address(address)
        .filter(Column::FailedAt.gt(now - CREDENTIALS_KEPT))
        .count(&**tx)
        .await?;
    let beyond = i64::try_from(different).unwrap_or(i64::MAX) - i64::from(config.failures_per_address);
    if beyond <= 0 {
        return Ok(None);
    }
    // each one beyond the limit waits longer than the one before
    let strikes = row.strikes.saturating_add(1);
    let wait = Ladder { free: 1, ..ladder(config) }.delay(strikes).unwrap_or_else(|| ladder(config).first);
    let mut changed = row.into_active_model();
    changed.strikes = Set(strikes);
    changed.last_failed_at = Set(now);
    changed.blocked_until = Set(Some(now + wait));
    changed.update(&**tx).await?;
    account::note_visitor(tx, cx, "security.address_slowed").await?;
    metrics::counter!("addresses_slowed_total").increment(1);
    Ok(Some(u64::try_from(wait.num_seconds()).unwrap_or(1)))
}

/// What a right password takes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Forgiven {
    /// What turns the password off.
    Failures,
    /// That, and what makes strangers wait.
    Everything,
}

pub(super) async fn clear(tx: &Tx, key: &str, forgiven: Forgiven) -> Result<(), Error> {
    use login_throttle::Column;
    let zero = || Expr::value(0);
    let mut update = login_throttle::Entity::update_many().col_expr(Column::Failures, zero());
    if forgiven == Forgiven::Everything {
        update = update
            .col_expr(Column::Strikes, zero())
            .col_expr(Column::Refused, zero())
            .col_expr(Column::BlockedUntil, Expr::value(None::<DateTime<Utc>>));
    }
    update.filter(Column::KeyHash.eq(key)).exec(&**tx).await?;
    Ok(())
}

fn ladder(config: &ThrottleConfig) -> Ladder {
    Ladder {
        free: config.free_failures,
        first: TimeDelta::seconds(config.first_delay_seconds),
        longest: TimeDelta::seconds(config.longest_delay_seconds),
    }
}

pub(super) fn seconds(until: Option<DateTime<Utc>>, now: DateTime<Utc>) -> u64 {
    until.and_then(|until| u64::try_from((until - now).num_seconds()).ok()).unwrap_or(0) + 1
}
