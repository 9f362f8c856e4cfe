//! What the check-up looks at, for many accounts at once: so many statements, however many accounts.

use super::UNPAID;
use crate::actions::account::profile;
use crate::actions::session as session_actions;
use crate::actions::{Context, Error, catalog, payment_method};
use crate::mail::{Addresses, Mailboxes};
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use domain::calendar::Period;
use domain::checkup::{ACCESS_TOKEN_IDLE_DAYS, Observed, SESSION_IDLE_SHARE};
use domain::id::{AccountId, PlanId};
use domain::order::OrderStatus;
use domain::service::{RenewalMode, ServiceStatus};
use entity::{
    access_token, account, backup_code, invoice_balance, order, payment_method as methods, plan, security_key, service,
    session, totp_device,
};
use sea_orm::sea_query::{Cond, ExprTrait};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait, Select};
use std::collections::BTreeMap;

/// A payment method is compared with the renewals of so many days.
const RENEWALS_AHEAD: Days = Days::new(366);

/// When it is looked at: all accounts of a look share their billing day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// Their billing day.
    pub on: NaiveDate,
    /// Real time: sessions and tokens.
    pub real_now: DateTime<Utc>,
    /// How long a session lives without use.
    pub idle: TimeDelta,
}

impl Day {
    /// The billing day, seen from where an action stands.
    #[must_use]
    pub fn of(on: NaiveDate, cx: &Context<'_>) -> Self {
        Self { on, real_now: cx.real_now, idle: session_actions::idle(&cx.tools.config.session) }
    }
}

/// Looks at accounts that share their billing day.
///
/// # Errors
/// The database's.
pub async fn observe<C: ConnectionTrait>(
    db: &C,
    accounts: &[account::Model],
    mailboxes: &Mailboxes,
    day: Day,
) -> Result<BTreeMap<AccountId, Observed>, Error> {
    let ids: Vec<AccountId> = accounts.iter().map(|account| account.id).collect();
    let apps = totp_device::Entity::find().filter(totp_device::Column::ActivatedAt.is_not_null());
    let apps = counted(db, apps, totp_device::Column::AccountId, &ids).await?;
    let keys = counted(db, security_key::Entity::find(), security_key::Column::AccountId, &ids).await?;
    let suspended = security_key::Entity::find().filter(security_key::Column::SuspendedAt.is_not_null());
    let suspended = counted(db, suspended, security_key::Column::AccountId, &ids).await?;
    let unused = || backup_code::Entity::find().filter(backup_code::Column::UsedAt.is_null());
    let active = unused().filter(backup_code::Column::ActivatedAt.is_not_null());
    let active = counted(db, active, backup_code::Column::AccountId, &ids).await?;
    let waiting_codes = unused().filter(backup_code::Column::ActivatedAt.is_null());
    let waiting_codes = counted(db, waiting_codes, backup_code::Column::AccountId, &ids).await?;
    let idle = counted(db, idle_sessions(day), session::Column::AccountId, &ids).await?;
    let tokens = counted(db, idle_tokens(day.real_now), access_token::Column::AccountId, &ids).await?;
    let methods = default_methods(db, &ids, day.on).await?;
    let automatic = renewals(db, &ids, day.on).await?;
    let ending = service::Entity::find().filter(expiring(db, &ids, day.on).await?);
    let ending = counted(db, ending, service::Column::AccountId, &ids).await?;
    let unpaid = invoice_balance::Entity::find().filter(invoice_balance::Column::Status.is_in(UNPAID));
    let unpaid = counted(db, unpaid, invoice_balance::Column::AccountId, &ids).await?;
    let waiting = counted(db, waiting_orders(), order::Column::AccountId, &ids).await?;
    let of = |counts: &BTreeMap<AccountId, u64>, id| counts.get(&id).copied().unwrap_or_default();
    let observed = accounts.iter().map(|account| {
        let id = account.id;
        let (automatic_services, last_renewal) = automatic.get(&id).copied().unwrap_or_default();
        let method = methods.get(&id);
        let last_day = method.and_then(|method| method.expires_on);
        let seen = Observed {
            email_verified: account.email_verified_at.is_some(),
            profile_complete: profile::missing(account).is_empty(),
            backup_email_verified: account.backup_email.is_some(),
            phone_verified: account.phone_verified_at.is_some(),
            weak_password: account.password_weak_since.is_some(),
            second_factor: of(&apps, id) + of(&keys, id) > 0,
            backup_codes: of(&active, id),
            waiting_backup_codes: of(&waiting_codes, id),
            suspended_keys: of(&suspended, id),
            idle_sessions: of(&idle, id),
            idle_tokens: of(&tokens, id),
            phrase: mailboxes.setting(id).is_some_and(|setting| setting.sealed_phrase.is_some()),
            undeliverable_addresses: mailboxes.addresses(id).map_or(0, undeliverable),
            valid_method: method.is_some(),
            method_outlives_renewals: last_day.zip(last_renewal).is_none_or(|(last, renewal)| last >= renewal),
            automatic_services,
            expiring_services: of(&ending, id),
            unpaid_invoices: of(&unpaid, id),
            waiting_orders: of(&waiting, id),
        };
        (id, seen)
    });
    Ok(observed.collect())
}

/// How many rows each account has.
async fn counted<C: ConnectionTrait, E: EntityTrait>(
    db: &C,
    select: Select<E>,
    owner: E::Column,
    ids: &[AccountId],
) -> Result<BTreeMap<AccountId, u64>, Error> {
    let select = select.filter(owner.is_in(ids.iter().copied())).select_only().column(owner);
    let rows: Vec<(AccountId, i64)> =
        select.column_as(owner.count(), "number").group_by(owner).into_tuple().all(db).await?;
    Ok(rows.into_iter().map(|(owner, number)| (owner, number.unsigned_abs())).collect())
}

/// Addresses that are still the account's and whose mails come back.
fn undeliverable(addresses: &Addresses) -> u64 {
    let marked = addresses.undeliverable.iter().filter(|mark| addresses.holds(&mark.address)).count();
    u64::try_from(marked).unwrap_or(u64::MAX)
}

/// Sessions that still live and were not used for long.
pub(super) fn idle_sessions(day: Day) -> Select<session::Entity> {
    let now = day.real_now;
    session::Entity::find()
        .filter(session::Column::EndedAt.is_null())
        .filter(session::Column::ExpiresAt.gt(now))
        .filter(session::Column::LastSeenAt.gt(now - day.idle))
        .filter(session::Column::LastSeenAt.lt(now - day.idle / SESSION_IDLE_SHARE))
}

/// Personal access tokens that live and were not used for long; one that never was, since it was made.
pub(super) fn idle_tokens(now: DateTime<Utc>) -> Select<access_token::Entity> {
    use access_token::Column;
    let long_ago = now - TimeDelta::days(ACCESS_TOKEN_IDLE_DAYS);
    access_token::Entity::find()
        .filter(Column::RevokedAt.is_null())
        .filter(Column::ExpiresAt.is_null().or(Column::ExpiresAt.gt(now)))
        .filter(Column::CreatedAt.lt(long_ago))
        .filter(Column::LastUsedAt.is_null().or(Column::LastUsedAt.lt(long_ago)))
}

/// The default methods that can be charged.
async fn default_methods<C: ConnectionTrait>(
    db: &C,
    ids: &[AccountId],
    on: NaiveDate,
) -> Result<BTreeMap<AccountId, methods::Model>, Error> {
    let rows = methods::Entity::find()
        .filter(methods::Column::AccountId.is_in(ids.iter().copied()))
        .filter(methods::Column::RemovedAt.is_null())
        .filter(methods::Column::IsDefault.eq(true))
        .all(db)
        .await?;
    let usable = rows.into_iter().filter(|method| payment_method::is_usable(method, on));
    Ok(usable.map(|method| (method.account_id, method)).collect())
}

/// How many services of each account renew automatically, and the last day of the coming year on which one
/// does.
async fn renewals<C: ConnectionTrait>(
    db: &C,
    ids: &[AccountId],
    on: NaiveDate,
) -> Result<BTreeMap<AccountId, (u64, Option<NaiveDate>)>, Error> {
    use service::Column;
    let automatic = || {
        service::Entity::find()
            .filter(Column::AccountId.is_in(ids.iter().copied()))
            .filter(Column::RenewalMode.eq(RenewalMode::Automatic))
            .filter(Column::CancelledOn.is_null())
            .filter(Column::Status.is_in([ServiceStatus::Active, ServiceStatus::PastDue]))
    };
    let mut all: BTreeMap<AccountId, (u64, Option<NaiveDate>)> = BTreeMap::new();
    for (owner, number) in counted(db, automatic(), Column::AccountId, ids).await? {
        all.insert(owner, (number, None));
    }
    let soon = on.checked_add_days(RENEWALS_AHEAD).unwrap_or(on);
    let last = automatic().filter(Column::ExpiresOn.lte(soon)).select_only().column(Column::AccountId);
    let last: Vec<(AccountId, Option<NaiveDate>)> =
        last.column_as(Column::ExpiresOn.max(), "last").group_by(Column::AccountId).into_tuple().all(db).await?;
    for (owner, day) in last {
        all.entry(owner).or_default().1 = day;
    }
    Ok(all)
}

/// Which services want their owner's word: manual ones whose first reminder is due by the policy of their
/// plan, and suspended ones.
pub(super) async fn expiring<C: ConnectionTrait>(db: &C, ids: &[AccountId], on: NaiveDate) -> Result<Condition, Error> {
    use service::Column;
    let manual = || {
        Cond::all()
            .add(Column::RenewalMode.eq(RenewalMode::Manual))
            .add(Column::Status.eq(ServiceStatus::Active))
            .add(Column::AccountId.is_in(ids.iter().copied()))
    };
    let plans = service::Entity::find().select_only().column(Column::PlanId).filter(manual()).distinct();
    let plans = plan::Entity::find().filter(plan::Column::Id.in_subquery(QueryTrait::into_query(plans)));
    // few policies differ: one condition for all the plans that share a first reminder
    let mut firsts: BTreeMap<(Period, u64), Vec<PlanId>> = BTreeMap::new();
    for plan in plans.all(db).await? {
        let policy = catalog::policy(&plan)?;
        for period in Period::ALL.iter().copied() {
            let first = policy.notices(RenewalMode::Manual, period).first().copied().unwrap_or_default();
            firsts.entry((period, first.into())).or_default().push(plan.id);
        }
    }
    let mut soon = Cond::any();
    for ((period, days), plans) in firsts {
        let last = on.checked_add_days(Days::new(days)).unwrap_or(on);
        let these = Column::Period.eq(period).and(Column::PlanId.is_in(plans)).and(Column::ExpiresOn.lte(last));
        soon = soon.add(these);
    }
    let reminded = if soon.is_empty() { Cond::any().add(Column::Id.is_null()) } else { soon };
    let wanted = Cond::any().add(Column::Status.eq(ServiceStatus::Suspended)).add(manual().add(reminded));
    Ok(Cond::all().add(Column::CancelledOn.is_null()).add(wanted))
}

/// Orders that wait for the customer.
pub(super) fn waiting_orders() -> Select<order::Entity> {
    order::Entity::find()
        .filter(order::Column::Status.is_in([OrderStatus::AwaitingPayment, OrderStatus::DocumentsRequested]))
}
