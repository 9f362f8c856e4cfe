//! Invoices and credit notes as they are shown.

use super::parts::{InvoiceLineView, InvoiceTaxView, InvoiceTotalsView, PartyView, lines, party, taxes, totals};
use super::shelf::Shelf;
use crate::actions::{Error, invoice as actions, payment::start};
use crate::routes::views::{ActionView, MoneyView};
use chrono::{DateTime, NaiveDate, Utc};
use domain::account::Language;
use domain::id::{CreditNoteId, InvoiceId, OrderId};
use domain::invoice::InvoiceStatus;
use domain::money::Money;
use entity::{invoice, invoice_balance};
use serde::Serialize;
use utoipa::ToSchema;

/// An invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Invoice)]
pub struct InvoiceView {
    /// Its id.
    #[schema(value_type = String, pattern = "^inv_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "inv_01h455vb4pex5vsknk084sn02q")]
    pub id: InvoiceId,
    /// Its number.
    #[schema(max_length = 35, example = "FC-2026-000123")]
    pub number: String,
    /// `open`, `past_due`, `paid`, `credited`, `written_off`. Extensible enum.
    #[schema(max_length = 16, example = "paid")]
    pub status: String,
    /// The day of its issue.
    #[schema(example = "2026-01-30")]
    pub issued_on: NaiveDate,
    /// The last day on which it can be paid in time.
    #[schema(example = "2026-01-30")]
    pub due_on: NaiveDate,
    /// The order that it invoices.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false, pattern = "^ord_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "ord_01h455vb4pex5vsknk084sn02q")]
    pub order_id: Option<OrderId>,
    /// Who sold, as printed.
    pub seller: PartyView,
    /// Who bought, as printed.
    pub buyer: PartyView,
    /// What was sold.
    #[schema(max_items = 1000)]
    pub lines: Vec<InvoiceLineView>,
    /// VAT per category and rate.
    #[schema(max_items = 20)]
    pub taxes: Vec<InvoiceTaxView>,
    /// What it amounts to.
    pub totals: InvoiceTotalsView,
    /// Under which rules VAT is or is not charged: `domestic`, `domestic_dom` (Guadeloupe, Martinique,
    /// Réunion), `outside_scope_dom` (French Guiana, Mayotte), `reverse_charge` (the buyer owes it), `oss`
    /// (that of the buyer's country), `outside_scope` (outside the EU). Extensible enum.
    #[schema(max_length = 24, example = "domestic")]
    pub tax_scheme: String,
    /// A sentence that the law wants on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 255, example = "Autoliquidation")]
    pub mention: Option<String>,
    /// What was paid.
    pub paid: MoneyView,
    /// What was credited.
    pub credited: MoneyView,
    /// What is left to pay.
    pub due: MoneyView,
    /// When nothing was left to pay.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-01-30T10:05:00Z")]
    pub paid_at: Option<DateTime<Utc>>,
    /// The credit notes that correct it.
    #[schema(value_type = Vec<String>, max_items = 100, example = json!([]))]
    pub credit_note_ids: Vec<CreditNoteId>,
    /// What can be done with it now.
    pub actions: InvoiceActionsView,
    /// Its version.
    #[schema(max_length = 32, example = "2")]
    pub etag: String,
}

/// A credit note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = CreditNote)]
pub struct CreditNoteView {
    /// Its id.
    #[schema(value_type = String, pattern = "^crn_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "crn_01h455vb4pex5vsknk084sn02q")]
    pub id: CreditNoteId,
    /// Its number.
    #[schema(max_length = 35, example = "AV-2026-000004")]
    pub number: String,
    /// The invoice that it corrects.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false, pattern = "^inv_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "inv_01h455vb4pex5vsknk084sn02q")]
    pub invoice_id: Option<InvoiceId>,
    /// Why. Extensible enum.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 64, example = "service_deleted")]
    pub reason: Option<String>,
    /// The day of its issue.
    #[schema(example = "2026-03-22")]
    pub issued_on: NaiveDate,
    /// Who credits, as printed.
    pub seller: PartyView,
    /// Who is credited, as printed.
    pub buyer: PartyView,
    /// What is credited.
    #[schema(max_items = 1000)]
    pub lines: Vec<InvoiceLineView>,
    /// VAT per category and rate.
    #[schema(max_items = 20)]
    pub taxes: Vec<InvoiceTaxView>,
    /// What it amounts to.
    pub totals: InvoiceTotalsView,
    /// Under which rules VAT is or is not charged: `domestic`, `domestic_dom` (Guadeloupe, Martinique,
    /// Réunion), `outside_scope_dom` (French Guiana, Mayotte), `reverse_charge` (the buyer owes it), `oss`
    /// (that of the buyer's country), `outside_scope` (outside the EU). Extensible enum.
    #[schema(max_length = 24, example = "domestic")]
    pub tax_scheme: String,
    /// A sentence that the law wants on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 255, example = "Autoliquidation")]
    pub mention: Option<String>,
}

/// What can be done with an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = InvoiceActions)]
pub struct InvoiceActionsView {
    /// `POST /v1/invoices/{id}/payment`.
    pub pay: ActionView,
}

/// Where an invoice stands on a billing day: what is due is past due the day after it could be paid in
/// time.
#[must_use]
pub fn status_on(document: &invoice::Model, balance: &invoice_balance::Model, today: NaiveDate) -> InvoiceStatus {
    match balance.status {
        InvoiceStatus::Open | InvoiceStatus::PastDue if balance.due == 0 => InvoiceStatus::Paid,
        InvoiceStatus::Open | InvoiceStatus::PastDue if document.due_on < today => InvoiceStatus::PastDue,
        InvoiceStatus::Open | InvoiceStatus::PastDue => InvoiceStatus::Open,
        status @ (InvoiceStatus::Draft | InvoiceStatus::Paid | InvoiceStatus::Credited | InvoiceStatus::WrittenOff) => {
            status
        }
    }
}

impl InvoiceView {
    /// An invoice with what was read about it, on a billing day of its owner.
    ///
    /// # Errors
    /// [`Error::Internal`] for what cannot be read.
    pub(super) fn of(shelf: &Shelf, row: &invoice::Model, today: NaiveDate, language: Language) -> Result<Self, Error> {
        let balance = shelf.balance(row.id)?;
        let due = Money::from_minor(balance.due, actions::currency(&row.currency)?);
        let money = |minor| MoneyView::minor(minor, &row.currency);
        Ok(Self {
            id: row.id,
            number: row.number.clone(),
            status: status_on(row, balance, today).to_string(),
            issued_on: row.issued_on,
            due_on: row.due_on,
            order_id: row.order_id,
            seller: party(&row.seller)?,
            buyer: party(&row.buyer)?,
            lines: lines(shelf, row),
            taxes: taxes(shelf, row),
            totals: totals(row),
            tax_scheme: row.tax_scheme.to_string(),
            mention: row.mention.clone(),
            paid: money(balance.paid),
            credited: money(balance.credited),
            due: due.into(),
            paid_at: balance.paid_at,
            credit_note_ids: shelf.notes(row.id),
            actions: InvoiceActionsView { pay: ActionView::of(start::may_pay(due, shelf.live(row.id)), language) },
            etag: crate::http::etag::etag(balance.version),
        })
    }
}

impl CreditNoteView {
    /// A credit note with what was read about it.
    ///
    /// # Errors
    /// [`Error::Internal`] for what cannot be read.
    pub(super) fn of(shelf: &Shelf, row: &invoice::Model) -> Result<Self, Error> {
        Ok(Self {
            id: CreditNoteId(row.id.0),
            number: row.number.clone(),
            invoice_id: row.credited_invoice_id,
            reason: row.reason.clone(),
            issued_on: row.issued_on,
            seller: party(&row.seller)?,
            buyer: party(&row.buyer)?,
            lines: lines(shelf, row),
            taxes: taxes(shelf, row),
            totals: totals(row),
            tax_scheme: row.tax_scheme.to_string(),
            mention: row.mention.clone(),
        })
    }
}
