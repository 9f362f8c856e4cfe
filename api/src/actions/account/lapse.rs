//! A sign-up whose address nobody proved comes to nothing: seven days later, or as soon as somebody proves that the
//! address is theirs. What it said is erased, and nobody is told: the address may be a stranger's.

use crate::actions::closure::erase;
use crate::actions::code::Purpose;
use crate::actions::{Context, Error, record};
use crate::app::App;
use crate::db::Tx;
use chrono::{DateTime, TimeDelta, Utc};
use domain::account::AccountStatus;
use domain::id::AccountId;
use entity::{account, one_time_code};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use serde_json::json;

/// How long an address can be proven after it signed up.
const KEPT: TimeDelta = TimeDelta::days(7);
/// How long after a code was asked for, at least.
const KEPT_AFTER_CODE: TimeDelta = TimeDelta::days(1);
/// Sign-ups in one sweep.
const MOST: u64 = 500;

/// Ends the sign-ups that are due; answers how many.
///
/// # Errors
/// The database's.
pub async fn lapse_due(app: &App, now: DateTime<Utc>) -> Result<u64, Error> {
    let due = due(now).order_by_asc(account::Column::CreatedAt).order_by_asc(account::Column::Id).limit(MOST);
    let mut done = 0;
    for found in due.all(&**app.read()).await? {
        let lapsed = app
            .transact(async |tx| {
                // still due under its lock
                let still = due_one(now, found.id).lock_exclusive().one(&**tx).await?;
                let Some(account) = still else { return Ok(false) };
                let cx = Context::scheduler(&app.tools, now, now);
                lapse(tx, &cx, &account).await?;
                Ok::<_, Error>(true)
            })
            .await?;
        done += u64::from(lapsed);
    }
    Ok(done)
}

/// Ends a sign-up, whoever asks: an account whose address was proven once is left as it is.
///
/// # Errors
/// The database's.
pub(super) async fn lapse(tx: &Tx, cx: &Context<'_>, account: &account::Model) -> Result<(), Error> {
    if account.status != AccountStatus::Pending {
        return Ok(());
    }
    // not in the name of whoever proved the address
    let cx = &Context::scheduler(cx.tools, cx.now, cx.real_now);
    record::activity(tx, cx, account.id, "account.sign_up_lapsed", None).await?;
    record::event(tx, cx, account.id, "account.sign_up_lapsed", &account.id, json!({})).await?;
    erase::erase(tx, cx, account, None).await
}

fn due_one(now: DateTime<Utc>, id: AccountId) -> Select<account::Entity> {
    due(now).filter(account::Column::Id.eq(id))
}

fn due(now: DateTime<Utc>) -> Select<account::Entity> {
    use account::Column;
    let asked = Query::select()
        .expr(Expr::val(1))
        .from(one_time_code::Entity)
        .and_where(
            Expr::col((one_time_code::Entity, one_time_code::Column::AccountId)).equals((account::Entity, Column::Id)),
        )
        .and_where(one_time_code::Column::Purpose.eq(Purpose::VerifyEmail.as_str()))
        .and_where(one_time_code::Column::CreatedAt.gt(now - KEPT_AFTER_CODE))
        .to_owned();
    account::Entity::find()
        .filter(Column::Status.eq(AccountStatus::Pending))
        .filter(Column::CreatedAt.lte(now - KEPT))
        .filter(Expr::exists(asked).not())
}
