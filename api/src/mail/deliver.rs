//! Sends what is queued: claimed by lease in one transaction, sent with none open, recorded in another.
//! A node that dies in between leaves its lease to expire; the mail goes out again with the same
//! `Message-ID`.

use super::transport::{Outgoing, SEND_TIMEOUT, SendError};
use super::{opened, phrase};
use crate::actions::{Error, mailing};
use crate::app::App;
use crate::clock;
use crate::db::Tx;
use chrono::{DateTime, TimeDelta, Utc};
use domain::id::{AccountId, EmailId, TestClockId};
use entity::{account, email, test_clock};
use futures_util::{FutureExt, StreamExt, stream};
use sea_orm::sea_query::{Expr, LockBehavior, LockType, Query};
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, UpdateMany};
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};

/// Waits for its delivery.
pub const QUEUED: &str = "queued";
/// Claimed by a node.
pub const SENDING: &str = "sending";
/// The relay took it.
pub const ACCEPTED: &str = "accepted";
/// Given up.
pub const FAILED: &str = "failed";
/// The relay took it and could not deliver it.
pub const BOUNCED: &str = "bounced";

/// How long a claimed mail belongs to its claimer, in seconds.
const LEASE_SECONDS: i64 = 60;
/// Mails sent at once.
const CONCURRENCY: usize = 4;
/// Tries after which a mail is given up that the relay puts off. One that cannot be handed to the relay at
/// all is never given up: that says nothing about the mail.
const MAX_ATTEMPTS: i32 = 12;
/// How long to wait for a relay that was away.
const AWAY_MINUTES: i64 = 2;

/// Whose mails to deliver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryScope {
    /// Everybody's.
    All,
    /// Those of the accounts on a test clock.
    Clock(TestClockId),
}

/// What became of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Outcome {
    Accepted,
    Later(String),
    Never(String),
    /// There is no such mailbox.
    Nobody(String),
    /// The relay could not be reached.
    Away(String),
    /// Not tried: the relay could not be reached for a mail before it.
    Spared,
    /// The lease ran out before its turn.
    NotTried,
}

struct Tried {
    mail: email::Model,
    outcome: Outcome,
}

/// Sends at most `limit` mails that are due, oldest first. Answers how many were accepted or given up.
///
/// # Errors
/// The database's. What a relay says is recorded, not answered.
pub async fn deliver_due(app: &App, scope: DeliveryScope, limit: u64) -> Result<usize, Error> {
    let now = app.now();
    let mails = app.transact(async |tx: &Tx| claim(tx, scope, now, limit).await).await?;
    if mails.is_empty() {
        return Ok(0);
    }
    let phrases = phrase::of_mails(app, &mails).await?;
    let away = AtomicBool::new(false);
    let tries = mails.into_iter().map(|mail| send(app, mail, (&phrases, &away)));
    let tried: Vec<Tried> = stream::iter(tries).buffer_unordered(CONCURRENCY).collect().await;
    // the address first: whoever dies in between asks the relay again, and loses nothing
    for Tried { mail, outcome } in &tried {
        if let Outcome::Nobody(_) = outcome {
            app.transact(async |tx: &Tx| mailing::bounce::refused(tx, &app.tools, app.now(), mail).await).await?;
        }
    }
    app.transact(async |tx: &Tx| record(tx, app, &tried).await).await
}

fn accounts_on(clock: TestClockId) -> sea_orm::sea_query::SelectStatement {
    Query::select()
        .column(account::Column::Id)
        .from(account::Entity)
        .and_where(account::Column::TestClockId.eq(clock))
        .to_owned()
}

/// Whether a mail of an account on this clock is with the relay right now.
///
/// # Errors
/// The database's.
pub async fn under_way(app: &App, clock: TestClockId) -> Result<bool, Error> {
    let found = email::Entity::find()
        .filter(email::Column::State.eq(SENDING))
        .filter(email::Column::LeaseUntil.gt(app.now()))
        .filter(email::Column::AccountId.in_subquery(accounts_on(clock)))
        .one(&**app.read())
        .await?;
    Ok(found.is_some())
}

async fn claim(tx: &Tx, scope: DeliveryScope, now: DateTime<Utc>, limit: u64) -> Result<Vec<email::Model>, Error> {
    let mut due = email::Entity::find()
        .filter(email::Column::State.is_in([QUEUED, SENDING]))
        .filter(email::Column::DueAt.lte(now))
        .filter(email::Column::LeaseUntil.is_null().or(email::Column::LeaseUntil.lte(now)));
    match scope {
        // whoever moves a clock delivers its mails at the instants they belong to
        DeliveryScope::All => {
            let moving = Query::select()
                .column(test_clock::Column::Id)
                .from(test_clock::Entity)
                .and_where(test_clock::Column::Target.is_not_null())
                .to_owned();
            let accounts = Query::select()
                .column(account::Column::Id)
                .from(account::Entity)
                .and_where(account::Column::TestClockId.in_subquery(moving))
                .to_owned();
            due = due.filter(email::Column::AccountId.is_null().or(email::Column::AccountId.not_in_subquery(accounts)));
        }
        DeliveryScope::Clock(clock) => due = due.filter(email::Column::AccountId.in_subquery(accounts_on(clock))),
    }
    let mut mails = due
        .order_by_asc(email::Column::DueAt)
        .order_by_asc(email::Column::Id)
        .limit(limit)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .all(&**tx)
        .await?;
    if mails.is_empty() {
        return Ok(mails);
    }
    let lease = now + TimeDelta::seconds(LEASE_SECONDS);
    let ids: Vec<EmailId> = mails.iter().map(|mail| mail.id).collect();
    email::Entity::update_many()
        .col_expr(email::Column::State, Expr::value(SENDING))
        .col_expr(email::Column::LeaseUntil, Expr::value(lease))
        .col_expr(email::Column::Fence, Expr::col(email::Column::Fence).add(1_i64))
        .col_expr(email::Column::Attempts, Expr::col(email::Column::Attempts).add(1_i32))
        .filter(email::Column::Id.is_in(ids))
        .exec(&**tx)
        .await?;
    for mail in &mut mails {
        mail.fence += 1;
        mail.attempts += 1;
        mail.lease_until = Some(lease);
    }
    Ok(mails)
}

async fn send(app: &App, mail: email::Model, (phrases, away): (&HashMap<EmailId, String>, &AtomicBool)) -> Tried {
    let now = app.now();
    let enough = TimeDelta::from_std(SEND_TIMEOUT).unwrap_or(TimeDelta::MAX);
    if away.load(Ordering::Relaxed) {
        return Tried { mail, outcome: Outcome::Spared };
    }
    if mail.lease_until.is_none_or(|lease| lease - now < enough) {
        return Tried { mail, outcome: Outcome::NotTried };
    }
    if mail.attempts > MAX_ATTEMPTS {
        // nobody who tried it lived to record what became of it
        return Tried { mail, outcome: Outcome::Never("each try ended without an outcome".to_owned()) };
    }
    if mail.useful_until.is_some_and(|until| until <= now) {
        return Tried { mail, outcome: Outcome::Never("what it carries ended before it could be sent".to_owned()) };
    }
    let Ok(opened) = opened(&app.tools, &mail, phrases.get(&mail.id).map(String::as_str)) else {
        return Tried { mail, outcome: Outcome::Never("its secret cannot be opened".to_owned()) };
    };
    let outgoing = Outgoing {
        id: mail.id,
        kind: mail.kind.clone(),
        category: mail.category.clone(),
        language: mail.language,
        to: mail.to_address.clone(),
        subject: mail.subject.clone(),
        text: opened.text,
        html: opened.html,
        created_at: mail.created_at,
        date: now,
    };
    // one mail that makes a library fail holds up no other
    let sent = AssertUnwindSafe(app.mailer.send(&outgoing)).catch_unwind().await;
    let outcome = match sent.unwrap_or_else(|_| Err(SendError::Permanent("building it failed".to_owned()))) {
        Ok(()) => Outcome::Accepted,
        Err(SendError::Temporary(why)) if mail.attempts >= MAX_ATTEMPTS => Outcome::Never(why),
        Err(SendError::Temporary(why)) => Outcome::Later(why),
        Err(SendError::Permanent(why)) => Outcome::Never(why),
        Err(SendError::NoSuchAddress(why)) => Outcome::Nobody(why),
        Err(SendError::Unreachable(why)) => {
            // one outage costs one wait, not one for each mail
            away.store(true, Ordering::Relaxed);
            Outcome::Away(why)
        }
    };
    Tried { mail, outcome }
}

async fn record(tx: &Tx, app: &App, tried: &[Tried]) -> Result<usize, Error> {
    let real_now = app.now();
    let accepted = tried.iter().filter(|each| each.outcome == Outcome::Accepted);
    let clocks = clocks(tx, real_now, accepted.filter_map(|each| each.mail.account_id)).await?;
    let mut finished = 0;
    for Tried { mail, outcome } in tried {
        let change = email::Entity::update_many()
            .filter(email::Column::Id.eq(mail.id))
            .filter(email::Column::Fence.eq(mail.fence))
            .filter(email::Column::State.eq(SENDING))
            .col_expr(email::Column::LeaseUntil, Expr::value(None::<DateTime<Utc>>));
        let change = match outcome {
            Outcome::Accepted => {
                let at = mail.account_id.and_then(|id| clocks.get(&id)).copied().unwrap_or(real_now);
                without_secret(app, change)
                    .col_expr(email::Column::State, Expr::value(ACCEPTED))
                    .col_expr(email::Column::AcceptedAt, Expr::value(at))
                    .col_expr(email::Column::LastError, Expr::value(None::<String>))
            }
            Outcome::Never(why) | Outcome::Nobody(why) => without_secret(app, change)
                .col_expr(email::Column::State, Expr::value(FAILED))
                .col_expr(email::Column::LastError, Expr::value(why.as_str())),
            Outcome::Later(why) => change
                .col_expr(email::Column::State, Expr::value(QUEUED))
                .col_expr(email::Column::DueAt, Expr::value(real_now + jittered(app, back_off(mail.attempts))))
                .col_expr(email::Column::LastError, Expr::value(why.as_str())),
            Outcome::Away(why) => {
                waiting(app, change, mail).col_expr(email::Column::LastError, Expr::value(why.as_str()))
            }
            Outcome::Spared => waiting(app, change, mail),
            Outcome::NotTried => change
                .col_expr(email::Column::State, Expr::value(QUEUED))
                .col_expr(email::Column::Attempts, Expr::value(mail.attempts - 1)),
        };
        let done = change.exec(&**tx).await?.rows_affected == 1;
        finished += usize::from(done && matches!(outcome, Outcome::Accepted | Outcome::Never(_) | Outcome::Nobody(_)));
        told(mail, outcome);
    }
    Ok(finished)
}

/// As before, until the relay may be there again: that it is away counts against no mail.
fn waiting(app: &App, change: UpdateMany<email::Entity>, mail: &email::Model) -> UpdateMany<email::Entity> {
    let again = app.now() + jittered(app, TimeDelta::minutes(AWAY_MINUTES));
    change
        .col_expr(email::Column::State, Expr::value(QUEUED))
        .col_expr(email::Column::Attempts, Expr::value(mail.attempts - 1))
        .col_expr(email::Column::DueAt, Expr::value(again))
}

/// Forgets the secret, except where a script has to read it.
fn without_secret(app: &App, change: UpdateMany<email::Entity>) -> UpdateMany<email::Entity> {
    if app.mailer.is_development() && app.config().test_clocks {
        return change;
    }
    change.col_expr(email::Column::SealedSecret, Expr::value(None::<String>))
}

/// The instant on the clock of each account that a mail was accepted for.
async fn clocks(
    tx: &Tx,
    real_now: DateTime<Utc>,
    accounts: impl Iterator<Item = AccountId>,
) -> Result<HashMap<AccountId, DateTime<Utc>>, Error> {
    let ids: std::collections::BTreeSet<AccountId> = accounts.collect();
    let mut clocks = HashMap::new();
    if ids.is_empty() {
        return Ok(clocks);
    }
    let on_test_clocks = account::Entity::find()
        .filter(account::Column::Id.is_in(ids))
        .filter(account::Column::TestClockId.is_not_null());
    for account in on_test_clocks.all(&**tx).await? {
        clocks.insert(account.id, clock::now_for(&**tx, real_now, &account).await?);
    }
    Ok(clocks)
}

/// How long to wait after so many tries.
fn back_off(attempts: i32) -> TimeDelta {
    match attempts {
        ..=1 => TimeDelta::minutes(1),
        2 => TimeDelta::minutes(5),
        3 => TimeDelta::minutes(30),
        4 => TimeDelta::hours(2),
        5 => TimeDelta::hours(6),
        6.. => TimeDelta::hours(12),
    }
}

/// Up to a fifth less: what failed together does not come back together.
fn jittered(app: &App, wait: TimeDelta) -> TimeDelta {
    let mut byte = [0_u8; 1];
    app.tools.entropy.fill(&mut byte);
    let [less] = byte;
    wait - wait * i32::from(less) / (5 * 256)
}

fn told(mail: &email::Model, outcome: &Outcome) {
    match outcome {
        Outcome::Accepted => tracing::debug!(email = %mail.id, kind = mail.kind, "accepted"),
        Outcome::Later(why) | Outcome::Away(why) => {
            tracing::warn!(email = %mail.id, kind = mail.kind, attempts = mail.attempts, why, "not sent yet");
        }
        Outcome::Never(why) | Outcome::Nobody(why) => {
            tracing::error!(email = %mail.id, kind = mail.kind, attempts = mail.attempts, why, "given up");
        }
        Outcome::Spared => tracing::debug!(email = %mail.id, kind = mail.kind, "the relay is away"),
        Outcome::NotTried => tracing::debug!(email = %mail.id, kind = mail.kind, "its lease ran out before its turn"),
    }
}
