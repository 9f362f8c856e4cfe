//! What is read once to show any number of an account's documents.

use crate::actions::Error;
use crate::actions::payment::live_among;
use domain::deletion::LiveAttempt;
use domain::id::{AccountId, CreditNoteId, InvoiceId};
use entity::{invoice, invoice_balance, invoice_line, invoice_tax};
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter, QueryOrder};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Lines, VAT, balances, credit notes and attempts of documents.
pub(super) struct Shelf {
    lines: BTreeMap<InvoiceId, Vec<invoice_line::Model>>,
    taxes: BTreeMap<InvoiceId, Vec<invoice_tax::Model>>,
    balances: BTreeMap<InvoiceId, invoice_balance::Model>,
    notes: BTreeMap<InvoiceId, Vec<CreditNoteId>>,
    live: BTreeSet<Uuid>,
}

impl Shelf {
    /// Reads it.
    ///
    /// # Errors
    /// The database's.
    pub(super) async fn load<C: ConnectionTrait>(
        db: &C,
        account: AccountId,
        documents: &[invoice::Model],
    ) -> Result<Self, Error> {
        let ids: Vec<InvoiceId> = documents.iter().map(|document| document.id).collect();
        let mut lines: BTreeMap<InvoiceId, Vec<invoice_line::Model>> = BTreeMap::new();
        let by_position =
            invoice_line::Entity::of_all(ids.iter().copied()).order_by_asc(invoice_line::Column::Position);
        for line in by_position.all(db).await? {
            lines.entry(line.invoice_id).or_default().push(line);
        }
        let mut taxes: BTreeMap<InvoiceId, Vec<invoice_tax::Model>> = BTreeMap::new();
        for tax in invoice_tax::Entity::of_all(ids.iter().copied()).all(db).await? {
            taxes.entry(tax.invoice_id).or_default().push(tax);
        }
        let balances = invoice_balance::Entity::of(account)
            .filter(invoice_balance::Column::InvoiceId.is_in(ids.iter().copied()))
            .all(db)
            .await?;
        let credits = invoice::Entity::of(account)
            .filter(invoice::Column::CreditedInvoiceId.is_in(ids.iter().copied()))
            .order_by_asc(invoice::Column::Id)
            .all(db)
            .await?;
        let mut notes: BTreeMap<InvoiceId, Vec<CreditNoteId>> = BTreeMap::new();
        for note in credits {
            if let Some(credited) = note.credited_invoice_id {
                notes.entry(credited).or_default().push(CreditNoteId(note.id.0));
            }
        }
        Ok(Self {
            lines,
            taxes,
            balances: balances.into_iter().map(|balance| (balance.invoice_id, balance)).collect(),
            notes,
            live: live_among(db, ids.iter().map(|id| id.0)).await?,
        })
    }

    /// The lines, in their order.
    pub(super) fn lines(&self, id: InvoiceId) -> &[invoice_line::Model] {
        self.lines.get(&id).map(Vec::as_slice).unwrap_or_default()
    }

    /// The VAT, per category and rate.
    pub(super) fn taxes(&self, id: InvoiceId) -> &[invoice_tax::Model] {
        self.taxes.get(&id).map(Vec::as_slice).unwrap_or_default()
    }

    /// What changed since the issue of an invoice.
    pub(super) fn balance(&self, id: InvoiceId) -> Result<&invoice_balance::Model, Error> {
        self.balances.get(&id).ok_or_else(|| Error::internal(format!("{id} has no balance")))
    }

    /// The credit notes of an invoice.
    pub(super) fn notes(&self, id: InvoiceId) -> Vec<CreditNoteId> {
        self.notes.get(&id).cloned().unwrap_or_default()
    }

    /// Whether a payment of an invoice has no final outcome yet.
    pub(super) fn live(&self, id: InvoiceId) -> LiveAttempt {
        if self.live.contains(&id.0) { LiveAttempt::Yes } else { LiveAttempt::No }
    }
}
