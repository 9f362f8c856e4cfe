//! Issues documents: number, snapshots, lines, VAT, debt and ledger in one transaction.

use super::{currency, number};
use crate::actions::ledger::{self, Ledger, Posting};
use crate::actions::{Context, Error};
use crate::db::Tx;
use chrono::NaiveDate;
use domain::calendar::Period;
use domain::id::{AccountId, InvoiceId, OrderId, ServiceId};
use domain::invoice::{DocumentKind, InvoiceStatus};
use domain::money::{Money, Scaled6};
use domain::tax::{Document, Line, TaxCategory, TaxDecision, TaxScheme, Totals, totals};
use entity::{account, invoice, invoice_balance, invoice_line, invoice_tax, ledger_entry, test_clock};
use sea_orm::{ActiveValue::Set, EntityTrait};
use serde_json::{Value, json};

/// Rows of one INSERT: keeps the number of bound values below every database's limit.
const ROWS: usize = 500;

/// A line to be invoiced.
#[derive(Debug, Clone)]
pub struct DraftLine {
    /// What it says.
    pub label: String,
    /// The service it is for.
    pub service: Option<ServiceId>,
    /// How many.
    pub quantity: Scaled6,
    /// Price of one, net of tax.
    pub unit_price: Scaled6,
    /// First day of the period, where it is known.
    pub starts_on: Option<NaiveDate>,
    /// Day after the last one.
    pub ends_on: Option<NaiveDate>,
    /// The length of the period.
    pub period: Period,
}

/// A document to be issued.
#[derive(Debug, Clone)]
pub struct Draft<'a> {
    /// The buyer.
    pub account: &'a account::Model,
    /// The order it belongs to.
    pub order: Option<OrderId>,
    /// Which VAT applies.
    pub tax: TaxDecision,
    /// The lines; never empty.
    pub lines: Vec<DraftLine>,
}

/// The totals of a draft, before it is issued.
///
/// # Errors
/// [`Error::Internal`] when the amounts leave the range.
pub fn total(draft: &Draft<'_>) -> Result<Totals, Error> {
    let currency = currency(&draft.account.currency)?;
    let lines: Vec<Line> = draft
        .lines
        .iter()
        .map(|line| Line {
            quantity: line.quantity,
            unit_price: line.unit_price,
            base_quantity: Scaled6::ONE,
            category: draft.tax.category,
            rate: draft.tax.rate,
            allowance: Money::zero(currency),
            charge: Money::zero(currency),
        })
        .collect();
    Ok(totals(&Document::of(&lines, currency))?)
}

/// Issues one document.
///
/// # Errors
/// As [`invoices`].
pub async fn invoice(tx: &Tx, cx: &Context<'_>, draft: Draft<'_>) -> Result<invoice::Model, Error> {
    let issued = invoices(tx, cx, &[draft]).await?;
    issued.into_iter().next().ok_or_else(|| Error::internal("nothing was issued"))
}

/// Issues many invoices with one block of numbers. All accounts live on the same clock.
///
/// # Errors
/// The database's; [`Error::Internal`] when amounts leave the range.
pub async fn invoices(tx: &Tx, cx: &Context<'_>, drafts: &[Draft<'_>]) -> Result<Vec<invoice::Model>, Error> {
    let Some(first) = drafts.first() else { return Ok(Vec::new()) };
    let clock = clock_of(tx, first.account).await?;
    let mut rows = Rows::default();
    let computed = drafts.iter().map(total).collect::<Result<Vec<_>, _>>()?;
    let series = number::series(DocumentKind::Invoice, clock.as_ref());
    let block = number::take(tx, cx, series, drafts.len()).await?;
    let seller = seller(cx)?;
    for ((draft, totals), sequence) in drafts.iter().zip(&computed).zip(block.first..) {
        let head = Head {
            id: cx.id(),
            kind: DocumentKind::Invoice,
            sequence,
            order: draft.order,
            credited: None,
            reason: None,
            mention: draft.tax.mention.map(|mention| mention.to_string()),
            scheme: draft.tax.scheme,
        };
        let model = head.model(cx, &block, draft.account, Amounts::of(totals), &seller);
        rows.add_invoice(cx, draft, totals, &model)?;
    }
    rows.insert(tx).await
}

/// The clock of an account, if it is a test clock.
///
/// # Errors
/// The database's.
pub async fn clock_of(tx: &Tx, account: &account::Model) -> Result<Option<test_clock::Model>, Error> {
    match account.test_clock_id {
        None => Ok(None),
        Some(id) => Ok(test_clock::Entity::find_by_id(id).one(&**tx).await?),
    }
}

/// Net, tax and gross.
#[derive(Debug, Clone, Copy)]
pub(super) struct Amounts {
    pub net: Money,
    pub tax: Money,
    pub gross: Money,
}

impl Amounts {
    const fn of(totals: &Totals) -> Self {
        Self { net: totals.net, tax: totals.tax, gross: totals.gross }
    }
}

/// What tells one document from another.
pub(super) struct Head {
    pub id: InvoiceId,
    pub kind: DocumentKind,
    pub sequence: i64,
    pub order: Option<OrderId>,
    pub credited: Option<InvoiceId>,
    pub reason: Option<String>,
    pub mention: Option<String>,
    pub scheme: TaxScheme,
}

impl Head {
    pub(super) fn model(
        self,
        cx: &Context<'_>,
        block: &number::Block,
        account: &account::Model,
        amounts: Amounts,
        seller: &Value,
    ) -> invoice::Model {
        invoice::Model {
            id: self.id,
            account_id: account.id,
            kind: self.kind,
            series: block.series.to_string(),
            year: block.year,
            sequence: self.sequence,
            number: block.series.number(block.year, u32::try_from(self.sequence).unwrap_or(u32::MAX)),
            issued_on: block.issued_on,
            due_on: block.issued_on,
            issued_at: cx.now,
            order_id: self.order,
            credited_invoice_id: self.credited,
            reason: self.reason,
            currency: account.currency.clone(),
            net: amounts.net.minor(),
            tax: amounts.tax.minor(),
            gross: amounts.gross.minor(),
            seller: party(seller.clone(), self.scheme),
            buyer: party(buyer(account), self.scheme),
            mention: self.mention,
            tax_scheme: self.scheme,
        }
    }
}

/// A party as printed: outside the scope of VAT nobody's VAT id may be (EN 16931, BR-O-02 and BR-O-03).
fn party(mut party: Value, scheme: TaxScheme) -> Value {
    if scheme == TaxScheme::OutsideScope
        && let Some(party) = party.as_object_mut()
    {
        party.remove("vat_id");
    }
    party
}

/// The seller as printed.
pub(super) fn seller(cx: &Context<'_>) -> Result<Value, Error> {
    serde_json::to_value(&cx.tools.config.seller).map_err(Error::internal)
}

/// The buyer as printed.
fn buyer(account: &account::Model) -> Value {
    json!({
        "handle": account.handle,
        "kind": account.kind,
        "name": display_name(account),
        "organisation": account.organisation,
        "street": account.street,
        "postal_code": account.postal_code,
        "city": account.city,
        "country": account.country,
        "siret": account.siret,
        "vat_id": account.vat_id,
        "email": account.email,
    })
}

fn display_name(account: &account::Model) -> String {
    let parts: Vec<&str> =
        [account.first_name.as_deref(), account.last_name.as_deref()].into_iter().flatten().collect();
    if parts.is_empty() { account.handle.clone() } else { parts.join(" ") }
}

#[derive(Default)]
struct Rows {
    issued: Vec<invoice::Model>,
    lines: Vec<invoice_line::ActiveModel>,
    taxes: Vec<invoice_tax::ActiveModel>,
    balances: Vec<invoice_balance::ActiveModel>,
    entries: Vec<ledger_entry::ActiveModel>,
}

impl Rows {
    fn add_invoice(
        &mut self,
        cx: &Context<'_>,
        draft: &Draft<'_>,
        totals: &Totals,
        model: &invoice::Model,
    ) -> Result<(), Error> {
        for ((position, line), net) in (0_i32..).zip(&draft.lines).zip(&totals.line_net) {
            self.lines.push(line_row(model.id, position, line, (*net, draft.tax.category, draft.tax.rate)));
        }
        for group in &totals.groups {
            self.taxes.push(invoice_tax::ActiveModel {
                invoice_id: Set(model.id),
                tax_category: Set(group.category),
                tax_rate: Set(group.rate),
                base: Set(group.base.minor()),
                tax: Set(group.tax.minor()),
            });
        }
        self.balances.push(open_balance(model.id, draft.account.id, totals.gross));
        self.entries.extend(ledger::rows(
            cx,
            &Posting {
                account: draft.account.id,
                cause: "invoice_issued",
                invoice: Some(model.id),
                payment: None,
                entries: &[
                    (Ledger::Receivable, totals.gross),
                    (Ledger::Revenue, totals.net.negate()),
                    (Ledger::Tax, totals.tax.negate()),
                ],
            },
        )?);
        self.issued.push(model.clone());
        Ok(())
    }

    async fn insert(self, tx: &Tx) -> Result<Vec<invoice::Model>, Error> {
        insert_chunks(tx, self.issued.iter().cloned().map(sea_orm::IntoActiveModel::into_active_model).collect())
            .await?;
        insert_chunks(tx, self.lines).await?;
        insert_chunks(tx, self.taxes).await?;
        insert_chunks(tx, self.balances).await?;
        insert_chunks(tx, self.entries).await?;
        Ok(self.issued)
    }
}

fn line_row(
    invoice: InvoiceId,
    position: i32,
    line: &DraftLine,
    (net, category, rate): (Money, TaxCategory, Scaled6),
) -> invoice_line::ActiveModel {
    invoice_line::ActiveModel {
        invoice_id: Set(invoice),
        position: Set(position),
        label: Set(line.label.clone()),
        service_id: Set(line.service),
        quantity: Set(line.quantity),
        unit_price: Set(line.unit_price),
        net: Set(net.minor()),
        tax_category: Set(category),
        tax_rate: Set(rate),
        starts_on: Set(line.starts_on),
        ends_on: Set(line.ends_on),
        period: Set(Some(line.period)),
    }
}

fn open_balance(invoice: InvoiceId, account: AccountId, gross: Money) -> invoice_balance::ActiveModel {
    invoice_balance::ActiveModel {
        invoice_id: Set(invoice),
        account_id: Set(account),
        status: Set(InvoiceStatus::Open),
        paid: Set(0),
        credited: Set(0),
        due: Set(gross.minor()),
        paid_at: Set(None),
        version: Set(1),
    }
}

/// Inserts rows in statements of a bounded size.
///
/// # Errors
/// The database's.
pub async fn insert_chunks<A>(tx: &Tx, rows: Vec<A>) -> Result<(), Error>
where
    A: sea_orm::ActiveModelTrait + Send,
{
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let chunk: Vec<A> = rows.by_ref().take(ROWS).collect();
        <A::Entity as EntityTrait>::insert_many(chunk).exec_without_returning(&**tx).await?;
    }
    Ok(())
}
