//! Orders: quoted and placed, followed step by step, delivered; or given up before they are paid.

use super::Error;
use crate::db::Tx;
use domain::id::{AccountId, OrderId, ServiceId};
use domain::order::{OrderEvent, OrderStatus};
use domain::refusal::Refusal;
use entity::{account, attempt_target, order, order_item, service};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::BTreeMap;

pub mod cancel;
pub mod deliver;
pub mod expire;
pub mod history;
pub mod place;
pub mod quote;
pub mod set_step;
pub mod settle;

pub use cancel::cancel;
pub use deliver::deliver;
pub use expire::expire;
pub use history::history;
pub use place::place;
pub use quote::quote;
pub use set_step::set_step;
pub use settle::settle;

/// Days that an order waits for its payment.
pub const VALID_DAYS: i64 = 7;

/// Whether a payment of an order is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// Its outcome is not final.
    Live,
    /// There is none.
    None,
}

/// Whether an order can be paid now.
///
/// # Errors
/// `order_not_payable`, or `payment_in_progress`.
pub fn may_pay(status: OrderStatus, attempt: Attempt) -> Result<(), Refusal> {
    status.after(OrderEvent::Pay).map_err(|_| Refusal::OrderNotPayable)?;
    match attempt {
        Attempt::Live => Err(Refusal::PaymentInProgress),
        Attempt::None => Ok(()),
    }
}

/// Whether the owner can give an order up now: only while it is unpaid.
///
/// # Errors
/// `order_not_cancellable`, or `payment_in_progress`.
pub fn may_cancel(status: OrderStatus, attempt: Attempt) -> Result<(), Refusal> {
    match status {
        OrderStatus::AwaitingPayment => {}
        OrderStatus::Checking
        | OrderStatus::DocumentsRequested
        | OrderStatus::Delivering
        | OrderStatus::Delivered
        | OrderStatus::Cancelled
        | OrderStatus::Expired
        | OrderStatus::Withdrawn => return Err(Refusal::OrderNotCancellable),
    }
    match attempt {
        Attempt::Live => Err(Refusal::PaymentInProgress),
        Attempt::None => Ok(()),
    }
}

/// Whether a payment of the order is under way.
///
/// # Errors
/// The database's.
pub async fn attempt<C: ConnectionTrait>(db: &C, order: OrderId) -> Result<Attempt, Error> {
    let live = attempt_target::Entity::find()
        .filter(attempt_target::Column::TargetId.eq(order.0))
        .filter(attempt_target::Column::Live.eq(true))
        .count(db)
        .await?;
    Ok(if live > 0 { Attempt::Live } else { Attempt::None })
}

/// The lines of an order, in their order.
///
/// # Errors
/// The database's.
pub async fn items<C: ConnectionTrait>(db: &C, order: OrderId) -> Result<Vec<order_item::Model>, Error> {
    Ok(order_item::Entity::of(order).order_by_asc(order_item::Column::Position).all(db).await?)
}

/// The services that the lines of an order made, oldest first.
///
/// # Errors
/// The database's.
pub async fn services<C: ConnectionTrait>(
    db: &C,
    account: AccountId,
    items: &[order_item::Model],
) -> Result<Vec<service::Model>, Error> {
    Ok(service::Entity::find()
        .filter(service::Column::AccountId.eq(account))
        .filter(service::Column::OrderItemId.is_in(items.iter().map(|item| item.id)))
        .order_by_asc(service::Column::Id)
        .all(db)
        .await?)
}

/// The ids of services by the line that made them.
#[must_use]
pub fn by_item(services: &[service::Model]) -> BTreeMap<domain::id::OrderItemId, Vec<ServiceId>> {
    let mut map: BTreeMap<_, Vec<ServiceId>> = BTreeMap::new();
    for service in services {
        if let Some(item) = service.order_item_id {
            map.entry(item).or_default().push(service.id);
        }
    }
    map
}

/// The owner's account and order, locked in that order.
async fn locked(tx: &Tx, owner: AccountId, id: OrderId) -> Result<(account::Model, order::Model), Error> {
    let account = super::account::lock(tx, owner).await?;
    let order = order::Entity::of(owner)
        .filter(order::Column::Id.eq(id))
        .lock_exclusive()
        .one(&**tx)
        .await?
        .ok_or(Error::NotFound)?;
    Ok((account, order))
}

/// The order of whatever account, and that account, locked: for the scheduler and operators.
async fn locked_any(tx: &Tx, id: OrderId) -> Result<(account::Model, order::Model), Error> {
    let found = order::Entity::find_by_id(id).one(&**tx).await?.ok_or(Error::NotFound)?;
    locked(tx, found.account_id, id).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_unpaid_order_without_a_live_attempt_is_paid_or_given_up() {
        for status in OrderStatus::ALL.iter().copied() {
            let unpaid = status == OrderStatus::AwaitingPayment;
            assert_eq!(may_pay(status, Attempt::None).is_ok(), unpaid, "{status}");
            assert_eq!(may_cancel(status, Attempt::None).is_ok(), unpaid, "{status}");
            assert!(may_pay(status, Attempt::Live).is_err() && may_cancel(status, Attempt::Live).is_err());
        }
        let waiting = OrderStatus::AwaitingPayment;
        assert_eq!(may_cancel(waiting, Attempt::Live), Err(Refusal::PaymentInProgress));
    }
}
