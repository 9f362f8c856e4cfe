//! A sign-up whose address nobody proved comes to nothing: seven days later (a day after the last code that was
//! asked for, thirty days at most), or as soon as somebody proves that the address is theirs. What it said is erased, and nobody is told: the address may be a stranger's.

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
use std::collections::BTreeSet;

/// How long an address can be proven after it signed up.
const KEPT: TimeDelta = TimeDelta::days(7);
/// How long after a code was asked for, at least.
const KEPT_AFTER_CODE: TimeDelta = TimeDelta::days(1);
/// How long at most, whoever asks for codes.
const KEPT_AT_MOST: TimeDelta = TimeDelta::days(30);
/// Sign-ups in one look.
const MOST: u64 = 500;

/// Ends the sign-ups that are due; answers how many. One that fails is told and holds up no other.
///
/// # Errors
/// The database's.
pub async fn lapse_due(app: &App, now: DateTime<Utc>) -> Result<u64, Error> {
    let (mut done, mut after) = (0, None);
    loop {
        let mut due = due(now).order_by_asc(account::Column::Id).limit(MOST);
        if let Some(after) = after {
            due = due.filter(account::Column::Id.gt(after));
        }
        let found = due.all(&**app.read()).await?;
        let Some(last) = found.last() else { return Ok(done) };
        after = Some(last.id);
        let mut names = BTreeSet::new();
        for account in found {
            match app.transact(async |tx| lapse_one(tx, app, now, account.id).await).await {
                Ok(None) => {}
                Ok(Some(gone)) => {
                    done += 1;
                    names.extend(gone);
                }
                Err(error) => tracing::error!(account = %account.id, %error, "a sign-up did not end"),
            }
        }
        // one look for all of them: what visitors were answered has no account by which it is found
        app.transact(async |tx| erase::visitors_answers(tx, &names).await).await?;
    }
}

/// Ends one that is still due once it is locked.
async fn lapse_one(tx: &Tx, app: &App, now: DateTime<Utc>, id: AccountId) -> Result<Option<BTreeSet<String>>, Error> {
    super::lock(tx, id).await?;
    // as it is now that nobody else changes it
    let Some(account) = due(now).filter(account::Column::Id.eq(id)).one(&**tx).await? else { return Ok(None) };
    Ok(Some(lapse(tx, &Context::scheduler(&app.tools, now, now), &account).await?))
}

/// Whether nobody ever proved the address.
pub(super) const fn is_unproven(account: &account::Model) -> bool {
    let open = matches!(account.status, AccountStatus::Pending | AccountStatus::Blocked);
    open && account.email_verified_at.is_none()
}

/// Ends a sign-up, whoever asks; answers under what it was known.
///
/// # Errors
/// The database's.
pub(super) async fn lapse(tx: &Tx, cx: &Context<'_>, account: &account::Model) -> Result<BTreeSet<String>, Error> {
    // not in the name of whoever proved the address
    let cx = &Context::scheduler(cx.tools, cx.now, cx.real_now);
    record::activity(tx, cx, account.id, "account.sign_up_lapsed", None).await?;
    record::event(tx, cx, account.id, "account.sign_up_lapsed", &account.id, json!({})).await?;
    erase::erase(tx, cx, account, None).await
}

/// Those that [`is_unproven`] names, once their time is over.
fn due(now: DateTime<Utc>) -> Select<account::Entity> {
    use account::Column;
    let owner = Expr::col((one_time_code::Entity, one_time_code::Column::AccountId));
    let asked = Query::select()
        .expr(Expr::val(1))
        .from(one_time_code::Entity)
        .and_where(owner.equals((account::Entity, Column::Id)))
        .and_where(one_time_code::Column::Purpose.eq(Purpose::VerifyEmail.as_str()))
        .and_where(one_time_code::Column::CreatedAt.gt(now - KEPT_AFTER_CODE))
        .to_owned();
    account::Entity::find()
        .filter(Column::Status.is_in([AccountStatus::Pending, AccountStatus::Blocked]))
        .filter(Column::EmailVerifiedAt.is_null())
        .filter(Column::CreatedAt.lte(now - KEPT))
        .filter(Expr::exists(asked).not().or(Column::CreatedAt.lte(now - KEPT_AT_MOST)))
}
