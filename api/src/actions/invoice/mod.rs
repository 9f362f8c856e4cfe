//! Invoices and credit notes: issued, paid, credited; never changed.

pub mod credit;
pub mod issue;
pub mod number;
pub mod pay;

use super::Error;
use crate::db::Tx;
use domain::id::{AccountId, InvoiceId};
use domain::money::{Currency, Money};
use entity::{invoice, invoice_balance};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, JoinType, QueryFilter, QuerySelect};

/// The currency of a row.
///
/// # Errors
/// [`Error::Internal`] for one that nobody knows.
pub fn currency(code: &str) -> Result<Currency, Error> {
    code.parse().map_err(|_| Error::internal(format!("unknown currency {code}")))
}

/// An invoice with what changed since its issue.
///
/// # Errors
/// [`Error::NotFound`] unless it is this account's.
pub async fn load<C: ConnectionTrait>(
    db: &C,
    account: AccountId,
    id: InvoiceId,
) -> Result<(invoice::Model, invoice_balance::Model), Error> {
    let balance = invoice::Entity::belongs_to(invoice_balance::Entity)
        .from(invoice::Column::Id)
        .to(invoice_balance::Column::InvoiceId)
        .into();
    let found = invoice::Entity::find_by_id(id)
        .filter(invoice::Column::AccountId.eq(account))
        .join(JoinType::InnerJoin, balance)
        .select_also(invoice_balance::Entity)
        .one(db)
        .await?;
    found.and_then(|(invoice, balance)| Some((invoice, balance?))).ok_or(Error::NotFound)
}

/// What is left to pay on an invoice.
///
/// # Errors
/// The database's; [`Error::NotFound`].
pub async fn due(tx: &Tx, account: AccountId, id: InvoiceId) -> Result<Money, Error> {
    let (invoice, balance) = load(&**tx, account, id).await?;
    Ok(Money::from_minor(balance.due, currency(&invoice.currency)?))
}
