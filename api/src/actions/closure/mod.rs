//! The end of the account itself: asked for, confirmed by a mailed token, and after seven days in which
//! it can be taken back, done. What stands in the way is looked at each time.

use super::{Blocker, Context, Error, milestone, zone};
use crate::db::Tx;
use domain::account::AccountStatus;
use domain::calendar::start_of_day;
use domain::closure::{ClosureStatus, Holdings, blockers};
use domain::id::AccountId;
use domain::order::OrderStatus;
use domain::payment::AttemptStatus;
use domain::refusal::Refusal;
use domain::service::ServiceStatus;
use domain::timeline::{MilestoneKind, Rule};
use entity::{account, account_closure, order, payment_attempt, refund, service};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, Order,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};

pub mod complete;
pub mod confirm;
pub mod erase;
pub mod request;
pub mod revoke;

pub use complete::complete;
pub use confirm::confirm;
pub use request::request;
pub use revoke::revoke;

/// Blockers of one kind that are named one by one.
const NAMED_MAX: u64 = 100;

/// The latest closure of an account.
///
/// # Errors
/// [`Error::NotFound`] when none was ever asked for; the database's.
pub async fn latest<C: ConnectionTrait>(db: &C, owner: AccountId) -> Result<account_closure::Model, Error> {
    account_closure::Entity::of(owner)
        .order_by_desc(account_closure::Column::RequestedAt)
        // of two of one instant, the one that is under way
        .order_by(Expr::col(account_closure::Column::EndedAt).is_null(), Order::Desc)
        .one(db)
        .await?
        .ok_or(Error::NotFound)
}

async fn under_way(tx: &Tx, owner: AccountId) -> Result<Option<account_closure::Model>, Error> {
    Ok(account_closure::Entity::under_way(owner).one(&**tx).await?)
}

/// Everything that keeps the account from being closed, each thing with its link.
///
/// # Errors
/// The database's.
pub async fn obstacles<C: ConnectionTrait>(db: &C, account: &account::Model) -> Result<Vec<Blocker>, Error> {
    let owner = account.id;
    let holdings = Holdings {
        services: services(owner).count(db).await?,
        unpaid_invoices: super::account::check_up::unpaid(owner).count(db).await?,
        open_orders: orders(owner).count(db).await?,
        balance: account.balance,
        live_attempts: attempts(owner).count(db).await? + refunds(owner).count(db).await?,
    };
    let mut found = Vec::new();
    for code in blockers(&holdings) {
        found.extend(name(db, owner, code).await?);
    }
    Ok(found)
}

/// Refuses as long as anything stands in the way.
async fn require_none(tx: &Tx, account: &account::Model) -> Result<(), Error> {
    let blockers = obstacles(&**tx, account).await?;
    match blockers.first().map(|first| first.code) {
        Some(code) => Err(Error::Blocked { code, blockers }),
        None => Ok(()),
    }
}

async fn name<C: ConnectionTrait>(db: &C, owner: AccountId, code: Refusal) -> Result<Vec<Blocker>, Error> {
    let one = |resource: String, path: &str| Blocker {
        code,
        href: format!("/v1/{path}/{resource}"),
        resource: Some(resource),
    };
    if code == Refusal::ServicesRemain {
        let found = services(owner).order_by_asc(service::Column::Id).limit(NAMED_MAX).all(db).await?;
        return Ok(found.iter().map(|service| one(service.id.to_string(), "services")).collect());
    }
    if code == Refusal::OrdersOpen {
        let found = orders(owner).order_by_asc(order::Column::Id).limit(NAMED_MAX).all(db).await?;
        return Ok(found.iter().map(|order| one(order.id.to_string(), "orders")).collect());
    }
    if code == Refusal::InvoicesUnpaid {
        let found = super::account::check_up::unpaid(owner).limit(NAMED_MAX).all(db).await?;
        return Ok(found.iter().map(|invoice| one(invoice.invoice_id.to_string(), "invoices")).collect());
    }
    let href = if code == Refusal::PaymentsUnsettled { "/v1/invoices" } else { "/v1/account/balance" };
    Ok(vec![Blocker { code, resource: None, href: href.to_owned() }])
}

fn services(owner: AccountId) -> Select<service::Entity> {
    service::Entity::find()
        .filter(service::Column::AccountId.eq(owner))
        .filter(service::Column::Status.ne(ServiceStatus::Deleted))
}

fn orders(owner: AccountId) -> Select<order::Entity> {
    let open = OrderStatus::ALL.iter().copied().filter(|status| status.is_open());
    order::Entity::of(owner).filter(order::Column::Status.is_in(open))
}

/// Payments whose outcome is awaited.
pub(in crate::actions) fn attempts(owner: AccountId) -> Select<payment_attempt::Entity> {
    let live = AttemptStatus::ALL.iter().copied().filter(|status| status.is_live());
    payment_attempt::Entity::find()
        .filter(payment_attempt::Column::AccountId.eq(owner))
        .filter(payment_attempt::Column::Status.is_in(live))
}

/// Money that is on its way back.
fn refunds(owner: AccountId) -> Select<refund::Entity> {
    refund::Entity::find().filter(refund::Column::AccountId.eq(owner)).filter(refund::Column::Status.eq("pending"))
}

/// Plans the closure for the start of its day in the account's zone.
async fn plan(
    tx: &Tx,
    cx: &Context<'_>,
    account: &account::Model,
    closure: &account_closure::Model,
) -> Result<(), Error> {
    let (ClosureStatus::CoolingOff, Some(day)) = (closure.status, closure.effective_on) else { return Ok(()) };
    let new = milestone::New {
        account,
        kind: MilestoneKind::CloseAccount,
        subject: closure.id.0,
        due_at: start_of_day(day, zone(account)?),
        rule: Rule::CoolingOffOver,
        step: 0,
    };
    milestone::add(tx, cx, new).await
}

/// Plans a closure that is under way anew: the day stays, its instant follows the account's time zone.
///
/// # Errors
/// The database's.
pub async fn replan(tx: &Tx, cx: &Context<'_>, account: &account::Model) -> Result<(), Error> {
    if let Some(closure) = under_way(tx, account.id).await? {
        milestone::drop_all(tx, cx, account.id, closure.id.0).await?;
        plan(tx, cx, account, &closure).await?;
    }
    Ok(())
}

/// Marks the account as closing, or as open again; a blocked one stays blocked.
async fn mark(
    tx: &Tx,
    account: &account::Model,
    from: AccountStatus,
    to: AccountStatus,
) -> Result<account::Model, Error> {
    if account.status != from {
        return Ok(account.clone());
    }
    let mut row = account.clone().into_active_model();
    row.status = Set(to);
    row.version = Set(account.version + 1);
    Ok(row.update(&**tx).await?)
}

/// Writes a new state if the former one is still the present one.
async fn advance(tx: &Tx, from: &account_closure::Model, to: account_closure::Model) -> Result<(), Error> {
    let written = account_closure::Entity::update_many()
        .col_expr(account_closure::Column::Status, Expr::value(to.status))
        .col_expr(account_closure::Column::ConfirmedAt, Expr::value(to.confirmed_at))
        .col_expr(account_closure::Column::EffectiveOn, Expr::value(to.effective_on))
        .col_expr(account_closure::Column::EndedAt, Expr::value(to.ended_at))
        .filter(account_closure::Column::Id.eq(from.id))
        .filter(account_closure::Column::AccountId.eq(from.account_id))
        .filter(account_closure::Column::Status.eq(from.status))
        .exec(&**tx)
        .await?;
    if written.rows_affected == 1 { Ok(()) } else { Err(Refusal::NoClosure.into()) }
}
