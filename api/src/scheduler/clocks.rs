//! Test clocks on the move: everything that falls due on the way happens in order, mails included, and
//! only to the accounts attached to the clock.

use super::{Scope, drain};
use crate::actions::Error;
use crate::app::App;
use crate::mail::deliver::{DeliveryScope, deliver_due, under_way};
use chrono::{DateTime, TimeDelta, Utc};
use domain::id::TestClockId;
use domain::timeline::MilestoneState;
use entity::{milestone, operation, test_clock};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use std::time::Duration;

/// Seconds that a moving clock belongs to the process that moves it.
const LEASE_SECONDS: i64 = 60;
/// Mails of one delivery.
const MAILS: u64 = 200;

/// Moves every clock that has a target to its target.
///
/// # Errors
/// The database's.
pub async fn advance_all(app: &App) -> Result<(), Error> {
    let moving = test_clock::Entity::find().filter(test_clock::Column::Target.is_not_null()).all(&**app.read()).await?;
    for clock in moving {
        // what it says under the lease counts: another process may have moved it since
        if let Some(clock) = hold(app, clock.id).await?
            && let Some(target) = clock.target
        {
            advance(app, clock.id, clock.now, target).await?;
        }
    }
    Ok(())
}

/// Takes the clock, or keeps it.
async fn hold(app: &App, id: TestClockId) -> Result<Option<test_clock::Model>, Error> {
    let now = app.now();
    let until = now + TimeDelta::seconds(LEASE_SECONDS);
    app.transact(async |tx| {
        let taken = test_clock::Entity::update_many()
            .col_expr(test_clock::Column::LeaseUntil, Expr::value(Some(until)))
            .filter(test_clock::Column::Id.eq(id))
            .filter(test_clock::Column::Target.is_not_null())
            .filter(test_clock::Column::LeaseUntil.is_null().or(test_clock::Column::LeaseUntil.lt(now)))
            .exec_with_returning(&**tx)
            .await?;
        Ok::<_, Error>(taken.into_iter().next())
    })
    .await
}

async fn advance(app: &App, id: TestClockId, mut now: DateTime<Utc>, target: DateTime<Utc>) -> Result<(), Error> {
    // mails that the ordinary delivery holds were accepted where the clock stands now
    while under_way(app, id).await? {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    loop {
        settle_instant(app, id, (now, target)).await?;
        let next = next_due(app, id, now).await?.filter(|due| *due <= target);
        let Some(next) = next else { break };
        now = next;
        stand(app, id, (now, target), Standing::OnTheWay).await?;
    }
    stand(app, id, (target, target), Standing::Arrived).await
}

/// Everything due at this instant, then its mails; what a mail's acceptance makes possible comes with the
/// next round of the same instant.
async fn settle_instant(
    app: &App,
    id: TestClockId,
    (now, target): (DateTime<Utc>, DateTime<Utc>),
) -> Result<(), Error> {
    loop {
        // keeps the lease
        stand(app, id, (now, target), Standing::OnTheWay).await?;
        let ran = drain(app, Scope::Clock(id), now).await?.ran;
        let sent = deliver_due(app, DeliveryScope::Clock(id), MAILS).await?;
        if ran == 0 && sent == 0 {
            return Ok(());
        }
    }
}

/// The next instant at which something is due. What is due already and was not run is held back by an earlier
/// milestone of its service: it does not make the clock stand still.
async fn next_due(app: &App, id: TestClockId, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, Error> {
    let next = milestone::Entity::find()
        .filter(milestone::Column::TestClockId.eq(id))
        .filter(milestone::is_in(MilestoneState::Planned))
        .filter(milestone::Column::RunAt.gt(now))
        .order_by_asc(milestone::Column::RunAt)
        .one(&**app.read())
        .await?;
    Ok(next.map(|row| row.run_at))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    OnTheWay,
    Arrived,
}

/// Writes where the clock stands, as long as it is still on its way to this target.
async fn stand(
    app: &App,
    id: TestClockId,
    (now, target): (DateTime<Utc>, DateTime<Utc>),
    standing: Standing,
) -> Result<(), Error> {
    let real_now = app.now();
    app.transact(async |tx| {
        use test_clock::Column;
        let clock = test_clock::Entity::find_by_id(id).one(&**tx).await?.ok_or(Error::NotFound)?;
        if clock.target != Some(target) {
            return Err(Error::PreconditionFailed);
        }
        let mut update =
            test_clock::Entity::update_many().col_expr(Column::Now, Expr::value(std::cmp::max(now, clock.now)));
        update = match standing {
            Standing::OnTheWay => {
                let until = real_now + TimeDelta::seconds(LEASE_SECONDS);
                update.col_expr(Column::LeaseUntil, Expr::value(Some(until)))
            }
            Standing::Arrived => update
                .col_expr(Column::Target, Expr::value(Option::<DateTime<Utc>>::None))
                .col_expr(Column::LeaseUntil, Expr::value(Option::<DateTime<Utc>>::None)),
        };
        update.filter(Column::Id.eq(id)).exec(&**tx).await?;
        if let (Standing::Arrived, Some(operation)) = (standing, clock.operation_id) {
            operation::Entity::update_many()
                .col_expr(operation::Column::Status, Expr::value("succeeded"))
                .col_expr(operation::Column::Progress, Expr::value(100))
                .col_expr(operation::Column::FinishedAt, Expr::value(Some(real_now)))
                .filter(operation::Column::Id.eq(operation))
                .exec(&**tx)
                .await?;
        }
        Ok::<_, Error>(())
    })
    .await
}
