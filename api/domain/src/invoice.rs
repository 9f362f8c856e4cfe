//! Invoices and credit notes: their numbers, and where they stand.

mod sequence;

use crate::refusal::InvalidTransition;
use crate::text::words;

pub use sequence::{Allocation, DocumentError, InvalidSeries, LastIssued, NetByRate, Sequencer, Series, issue_date};

words! {
    /// What a document is; each kind has its own series of numbers (rule Q3).
    DocumentKind {
        /// An invoice (UNTDID 1001 code 380).
        Invoice = "invoice",
        /// A credit note (code 381).
        CreditNote = "credit_note",
    }
}

words! {
    /// Where an invoice stands.
    InvoiceStatus {
        /// Being prepared: no number, can be changed or discarded.
        Draft = "draft",
        /// Issued, something is due, not yet late.
        Open = "open",
        /// Nothing is due any more.
        Paid = "paid",
        /// Issued, something is due and late.
        PastDue = "past_due",
        /// Credited in full.
        Credited = "credited",
        /// Given up; a late payment is still taken.
        WrittenOff = "written_off",
    }
}

words! {
    /// What can happen to an invoice.
    InvoiceEvent {
        /// It gets its number and never changes again.
        Issue = "issue",
        /// What was due is paid.
        Pay = "pay",
        /// A part of what was due is paid.
        PartPay = "part_pay",
        /// Its due date is over.
        FallDue = "fall_due",
        /// Its payment was taken back (chargeback, returned direct debit).
        TakeBack = "take_back",
        /// It is credited in full.
        Credit = "credit",
        /// A part of it is credited, something is left.
        PartCredit = "part_credit",
        /// It is given up.
        WriteOff = "write_off",
    }
}

impl InvoiceStatus {
    /// The state after `event`.
    ///
    /// | from \ event | issue | pay | `part_pay` | `fall_due` | `take_back` | credit | `part_credit` | `write_off` |
    /// |---|---|---|---|---|---|---|---|---|
    /// | draft | open | – | – | – | – | – | – | – |
    /// | open | – | paid | open | `past_due` | – | credited | open | – |
    /// | paid | – | – | – | – | `past_due` | credited | paid | – |
    /// | `past_due` | – | paid | `past_due` | – | `past_due` | credited | `past_due` | `written_off` |
    /// | credited | – | – | – | – | – | – | – | – |
    /// | `written_off` | – | paid | `written_off` | – | `written_off` | credited | `written_off` | – |
    ///
    /// A payment taken back makes a debt that is already late. Credited is final.
    ///
    /// # Errors
    /// [`InvalidTransition`] where the table has a dash.
    pub fn after(self, event: InvoiceEvent) -> Result<Self, InvalidTransition> {
        use InvoiceEvent::{Credit, FallDue, Issue, PartCredit, PartPay, Pay, TakeBack, WriteOff};
        use InvoiceStatus::{Credited, Draft, Open, Paid, PastDue, WrittenOff};
        let refused = || InvalidTransition { machine: "invoice", state: self.as_str(), event: event.to_string() };
        match (self, event) {
            (Draft, Issue) | (Open, PartPay | PartCredit) => Ok(Open),
            (Open | PastDue | WrittenOff, Pay) | (Paid, PartCredit) => Ok(Paid),
            (Open, FallDue) | (Paid | PastDue, TakeBack) | (PastDue, PartPay | PartCredit) => Ok(PastDue),
            (Open | Paid | PastDue | WrittenOff, Credit) => Ok(Credited),
            (PastDue, WriteOff) | (WrittenOff, PartPay | TakeBack | PartCredit) => Ok(WrittenOff),
            (Draft | Credited, Pay | PartPay | FallDue | TakeBack | Credit | PartCredit | WriteOff)
            | (Open | Paid | PastDue | Credited | WrittenOff, Issue)
            | (Open, TakeBack | WriteOff)
            | (Paid, Pay | PartPay | FallDue | WriteOff)
            | (PastDue, FallDue)
            | (WrittenOff, FallDue | WriteOff) => Err(refused()),
        }
    }

    /// Something is due on it.
    #[must_use]
    pub const fn is_unpaid(self) -> bool {
        match self {
            Self::Open | Self::PastDue => true,
            Self::Draft | Self::Paid | Self::Credited | Self::WrittenOff => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_and_event_has_its_answer() {
        use InvoiceStatus::{Credited, Draft, Open, Paid, PastDue, WrittenOff};
        let (to_open, paid, late) = (Some(Open), Some(Paid), Some(PastDue));
        let (credited, given_up) = (Some(Credited), Some(WrittenOff));
        // rows: states in the order of ALL; columns: events in the order of ALL
        let table = [
            [to_open, None, None, None, None, None, None, None],
            [None, paid, to_open, late, None, credited, to_open, None],
            [None, None, None, None, late, credited, paid, None],
            [None, paid, late, None, late, credited, late, given_up],
            [None; 8],
            [None, paid, given_up, None, given_up, credited, given_up, None],
        ];
        assert_eq!(InvoiceStatus::ALL, [Draft, Open, Paid, PastDue, Credited, WrittenOff]);
        assert_eq!(InvoiceEvent::ALL.len(), 8);
        for (state, row) in InvoiceStatus::ALL.iter().zip(table) {
            for (event, expected) in InvoiceEvent::ALL.iter().zip(row) {
                assert_eq!(state.after(*event).ok(), expected, "{state} {event}");
            }
        }
    }
}
