//! Books money on an invoice.

use super::{currency, load};
use crate::actions::ledger::{self, Ledger, Posting};
use crate::actions::{Context, Error, record};
use crate::db::Tx;
use domain::id::{AccountId, InvoiceId, PaymentId};
use domain::invoice::InvoiceStatus;
use domain::money::Money;
use entity::invoice_balance;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

/// Where the money on an invoice comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// The gateway.
    Cash,
    /// The prepaid balance, already taken.
    Balance,
}

/// Books `amount` on an invoice; the invoice once nothing is left to pay on it.
///
/// # Errors
/// [`Error::Internal`] when it is more than what is due; the database's.
pub async fn book(
    tx: &Tx,
    cx: &Context<'_>,
    account: AccountId,
    id: InvoiceId,
    (amount, from, payment): (Money, From, Option<PaymentId>),
) -> Result<Option<entity::invoice::Model>, Error> {
    let (invoice, balance) = load(&**tx, account, id).await?;
    let due = Money::from_minor(balance.due, currency(&invoice.currency)?);
    let left = due.checked_sub(amount)?;
    if left.is_negative() {
        return Err(Error::internal(format!("{} gets more than what is due", invoice.number)));
    }
    let settled = left.is_zero();
    let status = if settled { InvoiceStatus::Paid } else { balance.status };
    let booked = invoice_balance::Entity::update_many()
        .col_expr(invoice_balance::Column::Status, Expr::value(status))
        .col_expr(invoice_balance::Column::Paid, Expr::value(balance.paid + amount.minor()))
        .col_expr(invoice_balance::Column::Due, Expr::value(left.minor()))
        .col_expr(invoice_balance::Column::PaidAt, Expr::value(settled.then_some(cx.now)))
        .col_expr(invoice_balance::Column::Version, Expr::value(balance.version + 1))
        .filter(invoice_balance::Column::InvoiceId.eq(id))
        .filter(invoice_balance::Column::Version.eq(balance.version))
        .exec(&**tx)
        .await?;
    if booked.rows_affected != 1 {
        return Err(Error::PreconditionFailed);
    }
    let source = match from {
        From::Cash => Ledger::Cash,
        From::Balance => Ledger::Balance,
    };
    ledger::post(
        tx,
        cx,
        Posting {
            account,
            cause: "invoice_paid",
            invoice: Some(id),
            payment,
            entries: &[(source, amount), (Ledger::Receivable, amount.negate())],
        },
    )
    .await?;
    if settled {
        record::event(tx, cx, account, "invoice.paid", &id, json!({ "number": invoice.number })).await?;
    }
    Ok(settled.then_some(invoice))
}
