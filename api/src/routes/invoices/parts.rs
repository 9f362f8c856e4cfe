//! What invoices and credit notes have in common.

use super::shelf::Shelf;
use crate::actions::Error;
use crate::routes::views::MoneyView;
use chrono::NaiveDate;
use domain::id::ServiceId;
use entity::{invoice, invoice_line, invoice_tax};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A seller or buyer, as printed on a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = InvoiceParty)]
pub struct PartyView {
    /// The handle of a customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 32, example = "ab12345-tacit")]
    pub handle: Option<String>,
    /// Name of the person, or of the seller.
    #[schema(max_length = 255, example = "Camille Martin")]
    pub name: String,
    /// Name of the organisation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 200, example = "Atelier Martin SARL")]
    pub organisation: Option<String>,
    /// Street.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 200, example = "12 rue des Lilas")]
    pub street: Option<String>,
    /// Postal code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 20, example = "69003")]
    pub postal_code: Option<String>,
    /// City.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 100, example = "Lyon")]
    pub city: Option<String>,
    /// Country, ISO 3166-1.
    #[schema(min_length = 2, max_length = 2, example = "FR")]
    pub country: String,
    /// French registration number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 14, example = "73282932000074")]
    pub siret: Option<String>,
    /// VAT id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 20, example = "FR44732829320")]
    pub vat_id: Option<String>,
}

/// A line of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = InvoiceLine)]
pub struct InvoiceLineView {
    /// What it says.
    #[schema(max_length = 255, example = "VPS Starter - Web server")]
    pub label: String,
    /// The service that it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false, pattern = "^svc_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "svc_01h455vb4pex5vsknk084sn02q")]
    pub service_id: Option<ServiceId>,
    /// How many, as a decimal number.
    #[schema(pattern = r"^-?[0-9]{1,13}(\.[0-9]{1,6})?$", max_length = 21, example = "1")]
    pub quantity: String,
    /// Price of one, without VAT; up to six fractional digits.
    pub unit_price: MoneyView,
    /// Amount of the line, without VAT.
    pub net: MoneyView,
    /// VAT category, EN 16931. Extensible enum.
    #[schema(max_length = 4, example = "S")]
    pub tax_category: String,
    /// VAT rate, in percent; left out outside the scope of VAT (category `O`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, pattern = r"^[0-9]{1,3}(\.[0-9]{1,6})?$", max_length = 10, example = "20")]
    pub tax_rate: Option<String>,
    /// Length of a period, ISO 8601. Extensible enum.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 3, example = "P1M")]
    pub period: Option<String>,
    /// First day that is paid; left out on the invoice of an order, whose days begin with the delivery.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-02-28")]
    pub starts_on: Option<NaiveDate>,
    /// The day after the last one: the next period begins on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-03-30")]
    pub ends_on: Option<NaiveDate>,
}

/// VAT of a document for one category and rate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = InvoiceTax)]
pub struct InvoiceTaxView {
    /// VAT category, EN 16931. Extensible enum.
    #[schema(max_length = 4, example = "S")]
    pub category: String,
    /// Rate, in percent; left out outside the scope of VAT (category `O`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, pattern = r"^[0-9]{1,3}(\.[0-9]{1,6})?$", max_length = 10, example = "20")]
    pub rate: Option<String>,
    /// Why there is no VAT, as electronic invoices say it (EN 16931 BT-121). Extensible enum.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 30, example = "VATEX-EU-AE")]
    pub exemption_code: Option<String>,
    /// What it is computed on.
    pub base: MoneyView,
    /// VAT.
    pub tax: MoneyView,
}

/// What a document amounts to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = InvoiceTotals)]
pub struct InvoiceTotalsView {
    /// Without VAT.
    pub net: MoneyView,
    /// VAT.
    pub tax: MoneyView,
    /// With VAT.
    pub gross: MoneyView,
}

/// A party as it was stored.
///
/// # Errors
/// [`Error::Internal`] for what cannot be read.
pub(super) fn party(stored: &serde_json::Value) -> Result<PartyView, Error> {
    serde_json::from_value(stored.clone()).map_err(Error::internal)
}

/// What a document amounts to.
pub(super) fn totals(row: &invoice::Model) -> InvoiceTotalsView {
    let money = |minor| MoneyView::minor(minor, &row.currency);
    InvoiceTotalsView { net: money(row.net), tax: money(row.tax), gross: money(row.gross) }
}

/// The lines of a document, in their order.
pub(super) fn lines(shelf: &Shelf, row: &invoice::Model) -> Vec<InvoiceLineView> {
    let view = |line: &invoice_line::Model| InvoiceLineView {
        label: line.label.clone(),
        service_id: line.service_id,
        quantity: line.quantity.to_string(),
        unit_price: MoneyView::price(line.unit_price, &row.currency),
        net: MoneyView::minor(line.net, &row.currency),
        tax_category: line.tax_category.to_string(),
        tax_rate: line.tax_category.has_rate().then(|| line.tax_rate.to_string()),
        period: line.period.map(|period| period.to_string()),
        starts_on: line.starts_on,
        ends_on: line.ends_on,
    };
    shelf.lines(row.id).iter().map(view).collect()
}

/// The VAT of a document.
pub(super) fn taxes(shelf: &Shelf, row: &invoice::Model) -> Vec<InvoiceTaxView> {
    let view = |tax: &invoice_tax::Model| InvoiceTaxView {
        category: tax.tax_category.to_string(),
        rate: tax.tax_category.has_rate().then(|| tax.tax_rate.to_string()),
        exemption_code: row.tax_scheme.exemption_code().map(str::to_owned),
        base: MoneyView::minor(tax.base, &row.currency),
        tax: MoneyView::minor(tax.tax, &row.currency),
    };
    shelf.taxes(row.id).iter().map(view).collect()
}
