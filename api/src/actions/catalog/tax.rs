//! The tax on a sale: the seller of the configuration, the account as buyer.

use crate::actions::Error;
use crate::app::Tools;
use chrono::NaiveDate;
use domain::tax::{Buyer, Seller, TaxDecision, VatIdStatus, determine};
use entity::account;

/// Which VAT applies to a sale to this account on a day.
///
/// # Errors
/// `tax_not_supported` for a seller that is not French, and where no rate is known.
pub fn decide(tools: &Tools, account: &account::Model, on: NaiveDate) -> Result<TaxDecision, Error> {
    let country = tools.config.seller.country.parse().map_err(Error::internal)?;
    let seller = Seller { country, destination: tools.config.tax.destination };
    let buyer = Buyer {
        country: account.country.parse().map_err(Error::internal)?,
        postal_code: account.postal_code.clone().unwrap_or_default(),
        kind: account.kind,
        vat_identified: account.vat_id_status == Some(VatIdStatus::Valid),
    };
    Ok(determine(&seller, &buyer, &tools.vat_rates, on)?)
}
