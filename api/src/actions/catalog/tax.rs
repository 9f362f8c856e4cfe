//! The tax on a sale: the seller of the configuration, the account as buyer.

use crate::actions::Error;
use crate::config::Config;
use chrono::NaiveDate;
use domain::tax::{Buyer, Seller, TaxDecision, determine};
use entity::account;

/// Which VAT applies to a sale to this account on a day.
///
/// # Errors
/// `tax_not_supported` for a buyer whose rules are not built.
pub fn decide(config: &Config, account: &account::Model, on: NaiveDate) -> Result<TaxDecision, Error> {
    let vat_id = Some(config.seller.vat_id.clone()).filter(|id| !id.is_empty());
    let seller = Seller { country: config.seller.country.parse().map_err(Error::internal)?, vat_id };
    let country = account.country.parse().map_err(Error::internal)?;
    let buyer = Buyer { country, kind: account.kind, vat_id: account.vat_id.clone() };
    Ok(determine(&seller, &buyer, on)?)
}
