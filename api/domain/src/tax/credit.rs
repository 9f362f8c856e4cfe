//! The VAT of partial credit notes.

use super::TaxError;
use crate::money::Money;

/// A net amount and its VAT, of one (category, rate): of an invoice, or of its credit notes so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Credited {
    /// Without VAT.
    pub net: Money,
    /// The VAT.
    pub tax: Money,
}

/// The credit of `net` out of an invoice of which `already` was credited (rules V8 and Q5).
///
/// VAT is cumulative: that of all credits so far and this one, minus that of the credits so far. A full
/// credit gives back exactly the invoice's VAT.
///
/// # Errors
/// [`TaxError::CreditExceedsInvoice`] when more is credited than was invoiced, or `net` has not the
/// sign of the invoice; [`TaxError::Money`] for another currency.
pub fn partial_credit(invoice: Credited, already: Credited, net: Money) -> Result<Credited, TaxError> {
    let credited = already.net.checked_add(net)?;
    let rest = invoice.net.checked_sub(credited)?;
    let against = |amount: Money| !amount.is_zero() && amount.is_negative() != invoice.net.is_negative();
    if against(net) || against(rest) || against(already.net) || (invoice.net.is_zero() && !credited.is_zero()) {
        return Err(TaxError::CreditExceedsInvoice);
    }
    let due = if rest.is_zero() {
        invoice.tax
    } else {
        Money::quotient(&[invoice.tax.amount(), credited.amount()], invoice.net.amount(), net.currency())?
    };
    Ok(Credited { net, tax: due.checked_sub(already.tax)? })
}
