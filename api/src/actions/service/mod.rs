//! Services: made, delivered, renewed, suspended, deleted. Whatever changes one re-plans its timeline.

pub mod charge_failed;
pub mod create;
pub mod delete;
pub mod deliver;
pub mod notify;
pub mod rename;
pub mod renew;
pub mod replan;
pub mod set_renewal;
pub mod settle_renewal;
pub mod suspend;
pub mod view;

use super::Error;
use crate::db::Tx;
use domain::calendar::{Anchor, Boundaries, Segment};
use domain::id::{AccountId, InvoiceId, ServiceId};
use domain::money::Money;
use entity::{account, plan, service, service_period, service_segment};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

pub use create::create_for_item;
pub use deliver::deliver;
pub use replan::{on_new_method, replan, replan_account};

/// Locks an account's row: everything that changes its services or money begins here.
///
/// # Errors
/// [`Error::NotFound`]; the database's.
pub async fn lock_account(tx: &Tx, id: AccountId) -> Result<account::Model, Error> {
    account::Entity::find_by_id(id).lock_exclusive().one(&**tx).await?.ok_or(Error::NotFound)
}

/// Locks several accounts in ascending order, as everything does that locks more than one.
///
/// # Errors
/// The database's.
pub async fn lock_accounts(tx: &Tx, ids: impl IntoIterator<Item = AccountId>) -> Result<(), Error> {
    let ids: std::collections::BTreeSet<AccountId> = ids.into_iter().collect();
    let _: Vec<AccountId> = account::Entity::find()
        .select_only()
        .column(account::Column::Id)
        .filter(account::Column::Id.is_in(ids))
        .order_by_asc(account::Column::Id)
        .lock_exclusive()
        .into_tuple()
        .all(&**tx)
        .await?;
    Ok(())
}

/// One service of an account.
///
/// # Errors
/// [`Error::NotFound`] unless it is this account's; the database's.
pub async fn load<C: ConnectionTrait>(db: &C, account: AccountId, id: ServiceId) -> Result<service::Model, Error> {
    service::Entity::find_by_id(id).filter(service::Column::AccountId.eq(account)).one(db).await?.ok_or(Error::NotFound)
}

/// The number of the boundary at which the last paid period ends.
#[must_use]
pub fn boundary(service: &service::Model) -> u32 {
    u32::try_from(service.boundary).unwrap_or_default()
}

/// The days of a service's boundaries.
///
/// # Errors
/// [`Error::Internal`] for a service without segments; the database's.
pub async fn boundaries<C: ConnectionTrait>(db: &C, id: ServiceId) -> Result<Boundaries, Error> {
    let rows = service_segment::Entity::find()
        .filter(service_segment::Column::ServiceId.eq(id))
        .order_by_asc(service_segment::Column::FirstBoundary)
        .all(db)
        .await?;
    to_boundaries(&rows)
}

/// Segments as the calendar wants them.
///
/// # Errors
/// [`Error::Internal`] when there is none.
pub fn to_boundaries(rows: &[service_segment::Model]) -> Result<Boundaries, Error> {
    let segments = rows
        .iter()
        .map(|row| Segment {
            first_boundary: u32::try_from(row.first_boundary).unwrap_or_default(),
            anchor: Anchor { date: row.anchor_date, day: u32::try_from(row.anchor_day).unwrap_or(1) },
            period: row.period,
        })
        .collect();
    Ok(Boundaries::new(segments)?)
}

/// The open or settled period of a service at a boundary.
///
/// # Errors
/// The database's.
pub async fn period_at<C: ConnectionTrait>(
    db: &C,
    id: ServiceId,
    boundary: i32,
) -> Result<Option<service_period::Model>, Error> {
    Ok(service_period::Entity::find()
        .filter(service_period::Column::ServiceId.eq(id))
        .filter(service_period::Column::Boundary.eq(boundary))
        .filter(service_period::Column::State.ne(VOID))
        .one(db)
        .await?)
}

/// Opened, not paid.
pub const OPEN: &str = "open";
/// Paid.
pub const SETTLED: &str = "settled";
/// Given up.
pub const VOID: &str = "void";

/// The plan of a service.
///
/// # Errors
/// [`Error::NotFound`]; the database's.
pub async fn plan_of<C: ConnectionTrait>(db: &C, service: &service::Model) -> Result<plan::Model, Error> {
    plan::Entity::find_by_id(service.plan_id).one(db).await?.ok_or(Error::NotFound)
}

/// Writes a changed service; fails if it changed meanwhile. The version rises by one.
///
/// # Errors
/// [`Error::PreconditionFailed`]; the database's.
pub async fn save(tx: &Tx, service: &service::Model) -> Result<service::Model, Error> {
    let next = service::Model { version: service.version + 1, ..service.clone() };
    let written = service::Entity::update_many()
        .set(sea_orm::IntoActiveModel::into_active_model(next.clone()).reset_all_but_key())
        .filter(service::Column::Id.eq(service.id))
        .filter(service::Column::Version.eq(service.version))
        .exec(&**tx)
        .await?;
    if written.rows_affected == 1 { Ok(next) } else { Err(Error::PreconditionFailed) }
}

trait ResetAllButKey {
    fn reset_all_but_key(self) -> service::ActiveModel;
}

impl ResetAllButKey for service::ActiveModel {
    fn reset_all_but_key(self) -> service::ActiveModel {
        let mut all = sea_orm::ActiveModelTrait::reset_all(self);
        all.id = sea_orm::ActiveValue::NotSet;
        all
    }
}

/// Voids what is open of a service's periods, from a boundary on.
///
/// # Errors
/// The database's.
pub async fn void_open_periods(tx: &Tx, id: ServiceId) -> Result<(), Error> {
    service_period::Entity::update_many()
        .col_expr(service_period::Column::State, Expr::value(VOID))
        .filter(service_period::Column::ServiceId.eq(id))
        .filter(service_period::Column::State.eq(OPEN))
        .exec(&**tx)
        .await?;
    Ok(())
}

/// The unpaid renewal invoice of a service, with what is left to pay.
///
/// # Errors
/// The database's.
pub async fn open_invoice<C: ConnectionTrait>(
    db: &C,
    service: &service::Model,
) -> Result<Option<(InvoiceId, Money)>, Error> {
    let Some(id) = period_at(db, service.id, service.boundary)
        .await?
        .filter(|period| period.state == OPEN)
        .and_then(|period| period.invoice_id)
    else {
        return Ok(None);
    };
    let (invoice, balance) = super::invoice::load(db, service.account_id, id).await?;
    Ok(Some((id, Money::from_minor(balance.due, super::invoice::currency(&invoice.currency)?))))
}

/// Whether an attempt on this service's debt has no final outcome yet.
///
/// # Errors
/// The database's.
pub async fn live_attempt<C: ConnectionTrait>(
    db: &C,
    service: &service::Model,
) -> Result<domain::deletion::LiveAttempt, Error> {
    use domain::deletion::LiveAttempt;
    let mut targets = vec![service.id.0];
    if let Some((invoice, _)) = open_invoice(db, service).await? {
        targets.push(invoice.0);
    }
    let found = entity::attempt_target::Entity::find()
        .filter(Expr::col(entity::attempt_target::Column::TargetId).is_in(targets))
        .filter(entity::attempt_target::Column::Live.eq(true))
        .one(db)
        .await?;
    Ok(if found.is_some() { LiveAttempt::Yes } else { LiveAttempt::No })
}
