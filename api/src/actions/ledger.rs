//! The double-entry ledger: every movement of money or debt is a set of entries that sums to zero.
//! Debit is positive, credit negative.

use super::{Context, Error};
use crate::db::Tx;
use domain::id::{AccountId, InvoiceId, LedgerTransactionId, PaymentId};
use domain::money::Money;
use entity::{account, ledger_entry};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

/// The books.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ledger {
    /// Money at the gateways.
    Cash,
    /// What customers owe.
    Receivable,
    /// What was earned, net of tax.
    Revenue,
    /// VAT owed to the state.
    Tax,
    /// Money held for customers: their prepaid balance.
    Balance,
    /// Money that came for nothing that is owed, until it is sent back.
    Unapplied,
}

impl Ledger {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Cash => "cash",
            Self::Receivable => "receivable",
            Self::Revenue => "revenue",
            Self::Tax => "tax",
            Self::Balance => "balance",
            Self::Unapplied => "unapplied",
        }
    }
}

/// What a set of entries is about.
#[derive(Debug, Clone, Copy)]
pub struct Posting<'a> {
    /// Whose.
    pub account: AccountId,
    /// Why, e.g. `invoice_issued`.
    pub cause: &'static str,
    /// The document, if one is concerned.
    pub invoice: Option<InvoiceId>,
    /// The payment, if one is concerned.
    pub payment: Option<PaymentId>,
    /// The entries; they sum to zero.
    pub entries: &'a [(Ledger, Money)],
}

/// The rows of a set of entries, for batches; entries of zero are left out.
///
/// # Errors
/// [`Error::Internal`] when they do not sum to zero or mix currencies.
pub fn rows(cx: &Context<'_>, posting: &Posting<'_>) -> Result<Vec<ledger_entry::ActiveModel>, Error> {
    let Some((_, first)) = posting.entries.first() else { return Ok(Vec::new()) };
    let currency = first.currency();
    let total = domain::money::sum(currency, posting.entries.iter().map(|(_, amount)| *amount))?;
    if !total.is_zero() {
        return Err(Error::internal(format!("{} does not sum to zero: {total}", posting.cause)));
    }
    let transaction: LedgerTransactionId = cx.id();
    let entries = posting.entries.iter().filter(|(_, amount)| !amount.is_zero());
    Ok((0_i32..)
        .zip(entries)
        .map(|(position, (ledger, amount))| ledger_entry::ActiveModel {
            transaction_id: Set(transaction),
            position: Set(position),
            account_id: Set(posting.account),
            ledger: Set(ledger.as_str().to_owned()),
            currency: Set(currency.to_string()),
            amount: Set(amount.minor()),
            invoice_id: Set(posting.invoice),
            payment_id: Set(posting.payment),
            cause: Set(posting.cause.to_owned()),
            at: Set(cx.now),
        })
        .collect())
}

/// Writes a set of entries.
///
/// # Errors
/// As [`rows`], and the database's.
pub async fn post(tx: &Tx, cx: &Context<'_>, posting: Posting<'_>) -> Result<(), Error> {
    let rows = rows(cx, &posting)?;
    if !rows.is_empty() {
        ledger_entry::Entity::insert_many(rows).exec_without_returning(&**tx).await?;
    }
    Ok(())
}

/// Takes money out of an account's prepaid balance, if it is there; `false` when it is not.
///
/// # Errors
/// The database's.
pub async fn take(tx: &Tx, account: AccountId, amount: Money) -> Result<bool, Error> {
    let taken = account::Entity::update_many()
        .col_expr(account::Column::Balance, Expr::col(account::Column::Balance).sub(amount.minor()))
        .col_expr(account::Column::Version, Expr::col(account::Column::Version).add(1))
        .filter(account::Column::Id.eq(account))
        .filter(account::Column::Balance.gte(amount.minor()))
        .exec(&**tx)
        .await?;
    Ok(taken.rows_affected == 1)
}

/// Puts money into an account's prepaid balance.
///
/// # Errors
/// The database's.
pub async fn give(tx: &Tx, account: AccountId, amount: Money) -> Result<(), Error> {
    account::Entity::update_many()
        .col_expr(account::Column::Balance, Expr::col(account::Column::Balance).add(amount.minor()))
        .col_expr(account::Column::Version, Expr::col(account::Column::Version).add(1))
        .filter(account::Column::Id.eq(account))
        .exec(&**tx)
        .await?;
    Ok(())
}
