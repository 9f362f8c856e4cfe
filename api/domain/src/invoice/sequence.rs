//! The numbers of legal documents (CGI ann. II art. 242 nonies A, I-7°: unique, chronological,
//! continuous; rules Q1–Q5 of the domain vectors).
//!
//! The database row of a series holds a [`LastIssued`]; the issuing transaction locks it, asks
//! [`Series::next`] and writes it back with the document. [`Sequencer`] is the same in memory.

use super::DocumentKind;
use crate::calendar::{Zone, billing_day};
use crate::money::{Money, sum};
use crate::tax::{Credited, TaxError, partial_credit};
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// A series of numbers: `FC` and `AV`, or `T1FC` and `T1AV` for the accounts of a test clock.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Series(String);

/// A text that is not the name of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a series of documents")]
pub struct InvalidSeries;

impl Series {
    /// The legal series of a kind of document (Q3).
    #[must_use]
    pub fn of(kind: DocumentKind) -> Self {
        Self(prefix(kind).to_owned())
    }

    /// The series of a kind of document for the accounts of a test clock, which must not consume legal
    /// numbers.
    #[must_use]
    pub fn of_test_clock(clock: u32, kind: DocumentKind) -> Self {
        Self(format!("T{clock}{}", prefix(kind)))
    }

    /// The number of a document: `FC-2026-000001`.
    #[must_use]
    pub fn number(&self, year: i32, position: u32) -> String {
        format!("{self}-{year:04}-{position:06}")
    }

    /// The next number, for a document issued on `today`, a day in the seller's zone. Issue dates never
    /// decrease, and the count restarts with the year that is in the number.
    ///
    /// # Errors
    /// [`DocumentError::SeriesExhausted`] after `u32::MAX` documents in a year.
    pub fn next(&self, last: Option<LastIssued>, today: NaiveDate) -> Result<Allocation, DocumentError> {
        let issued_on = issue_date(today, last.map(|last| last.issued_on));
        let before = last.filter(|last| last.issued_on.year() == issued_on.year()).map_or(0, |last| last.position);
        let position = before.checked_add(1).ok_or(DocumentError::SeriesExhausted)?;
        Ok(Allocation { number: self.number(issued_on.year(), position), last: LastIssued { position, issued_on } })
    }
}

impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for Series {
    type Err = InvalidSeries;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let kind = DocumentKind::ALL.iter().find(|kind| text.ends_with(prefix(**kind))).ok_or(InvalidSeries)?;
        let known = match text.strip_prefix('T').and_then(|rest| rest.strip_suffix(prefix(*kind))) {
            Some(clock) => Self::of_test_clock(clock.parse().map_err(|_| InvalidSeries)?, *kind),
            None => Self::of(*kind),
        };
        if known.0 == text { Ok(known) } else { Err(InvalidSeries) }
    }
}

const fn prefix(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::Invoice => "FC",
        DocumentKind::CreditNote => "AV",
    }
}

/// The issue date of the next document of a series: never before that of the one before (Q2).
#[must_use]
pub fn issue_date(today: NaiveDate, last_issued_on: Option<NaiveDate>) -> NaiveDate {
    last_issued_on.map_or(today, |last| last.max(today))
}

/// The last document issued in a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastIssued {
    /// Its place in its year, from 1.
    pub position: u32,
    /// Its issue date.
    pub issued_on: NaiveDate,
}

/// A number that was allocated, and what the series is at afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allocation {
    /// The legal number.
    pub number: String,
    /// Place in the year and issue date.
    pub last: LastIssued,
}

/// Why a document cannot be issued, credited or changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// There is no such document.
    #[error("there is no such document")]
    NotFound,
    /// It is issued: it never changes again, a credit note corrects it (Q4).
    #[error("an issued document never changes")]
    AlreadyIssued,
    /// It is a draft: nothing to credit.
    #[error("the document is not issued")]
    NotIssued,
    /// Its credit notes would exceed it (Q5).
    #[error("the credit notes would exceed the invoice")]
    CreditExceedsInvoice,
    /// No number is left in this year.
    #[error("no number is left in this series")]
    SeriesExhausted,
}

impl DocumentError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::AlreadyIssued => "already_issued",
            Self::NotIssued => "not_issued",
            Self::CreditExceedsInvoice => "credit_exceeds_invoice",
            Self::SeriesExhausted => "series_exhausted",
        }
    }
}

/// Net amounts by VAT rate, in percent as written on the document.
pub type NetByRate = BTreeMap<String, Money>;

#[derive(Debug, Clone)]
enum Document {
    Draft,
    Issued {
        number: String,
        nets: NetByRate,
        credited: NetByRate,
    },
    /// A credit note, or an invoice of which nothing is left to credit.
    Settled {
        number: String,
    },
}

/// Documents and their numbers, in memory: the rule that the database enforces.
#[derive(Debug, Clone)]
pub struct Sequencer {
    seller_zone: Zone,
    last: BTreeMap<Series, LastIssued>,
    documents: BTreeMap<String, Document>,
}

impl Sequencer {
    /// No document yet, for a seller in this zone.
    #[must_use]
    pub const fn new(seller_zone: Zone) -> Self {
        Self { seller_zone, last: BTreeMap::new(), documents: BTreeMap::new() }
    }

    /// Begins a document; it has no number (Q1).
    ///
    /// # Errors
    /// [`DocumentError::AlreadyIssued`] when a document of this name is issued.
    pub fn draft(&mut self, name: &str) -> Result<(), DocumentError> {
        self.changeable(name)?;
        self.documents.insert(name.to_owned(), Document::Draft);
        Ok(())
    }

    /// Discards a draft, leaving no hole.
    ///
    /// # Errors
    /// [`DocumentError::NotFound`], [`DocumentError::AlreadyIssued`].
    pub fn discard(&mut self, name: &str) -> Result<(), DocumentError> {
        self.changeable(name)?;
        self.documents.remove(name).map(|_| ()).ok_or(DocumentError::NotFound)
    }

    /// Issues an invoice and gives its number.
    ///
    /// # Errors
    /// [`DocumentError::AlreadyIssued`], [`DocumentError::SeriesExhausted`].
    pub fn issue(&mut self, name: &str, at: DateTime<Utc>, nets: NetByRate) -> Result<String, DocumentError> {
        self.changeable(name)?;
        let number = self.allocate(DocumentKind::Invoice, at)?;
        let issued = Document::Issued { number: number.clone(), nets, credited: NetByRate::new() };
        self.documents.insert(name.to_owned(), issued);
        Ok(number)
    }

    /// Issues a credit note of an invoice, for these amounts or for all that is left, and gives its
    /// number. A refused one consumes no number.
    ///
    /// # Errors
    /// [`DocumentError::NotFound`], [`DocumentError::NotIssued`],
    /// [`DocumentError::CreditExceedsInvoice`], [`DocumentError::SeriesExhausted`].
    pub fn credit(
        &mut self,
        invoice: &str,
        name: &str,
        at: DateTime<Utc>,
        nets: Option<&NetByRate>,
    ) -> Result<String, DocumentError> {
        self.changeable(name)?;
        let rest = match self.documents.get(invoice).ok_or(DocumentError::NotFound)? {
            Document::Draft => return Err(DocumentError::NotIssued),
            Document::Settled { .. } => return Err(DocumentError::CreditExceedsInvoice),
            Document::Issued { number, nets: invoiced, credited } => {
                let credited = cumulate(invoiced, credited, nets)?;
                let (number, nets) = (number.clone(), invoiced.clone());
                if credited == nets {
                    Document::Settled { number }
                } else {
                    Document::Issued { number, nets, credited }
                }
            }
        };
        let number = self.allocate(DocumentKind::CreditNote, at)?;
        self.documents.insert(invoice.to_owned(), rest);
        self.documents.insert(name.to_owned(), Document::Settled { number: number.clone() });
        Ok(number)
    }

    /// The legal number of a document; drafts and discarded ones have none.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<&str> {
        match self.documents.get(name)? {
            Document::Draft => None,
            Document::Issued { number, .. } | Document::Settled { number } => Some(number),
        }
    }

    /// Whether a document can be changed: it is not issued (Q4).
    ///
    /// # Errors
    /// [`DocumentError::AlreadyIssued`].
    pub fn changeable(&self, name: &str) -> Result<(), DocumentError> {
        if self.number(name).is_some() { Err(DocumentError::AlreadyIssued) } else { Ok(()) }
    }

    fn allocate(&mut self, kind: DocumentKind, at: DateTime<Utc>) -> Result<String, DocumentError> {
        let series = Series::of(kind);
        let allocation = series.next(self.last.get(&series).copied(), billing_day(at, self.seller_zone))?;
        self.last.insert(series, allocation.last);
        Ok(allocation.number)
    }
}

/// What is credited of each rate once `nets` (all that is left, when none is given) is credited too.
fn cumulate(invoiced: &NetByRate, credited: &NetByRate, nets: Option<&NetByRate>) -> Result<NetByRate, DocumentError> {
    let Some(nets) = nets else { return Ok(invoiced.clone()) };
    let mut total = credited.clone();
    for (rate, net) in nets {
        let none = Money::zero(net.currency());
        let whole = |amounts: &NetByRate| Credited { net: amounts.get(rate).copied().unwrap_or(none), tax: none };
        partial_credit(whole(invoiced), whole(credited), *net)
            .map_err(|_: TaxError| DocumentError::CreditExceedsInvoice)?;
        let sum = sum(net.currency(), [whole(credited).net, *net]).map_err(|_| DocumentError::CreditExceedsInvoice)?;
        total.insert(rate.clone(), sum);
    }
    Ok(total)
}

#[cfg(test)]
mod tests;
