//! Credits an invoice in full: what corrects an issued document is another document.

use super::issue::{Amounts, Head, clock_of, insert_chunks, seller};
use super::{currency, load, number};
use crate::actions::ledger::{self, Ledger, Posting};
use crate::actions::{Context, Error, record};
use crate::db::Tx;
use domain::id::InvoiceId;
use domain::invoice::{DocumentKind, InvoiceStatus};
use domain::money::Money;
use domain::refusal::Refusal;
use entity::{account, invoice, invoice_balance, invoice_line, invoice_tax};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde_json::json;

/// Issues the credit note of a whole unpaid invoice. What was paid of it already goes back to the
/// prepaid balance.
///
/// # Errors
/// `nothing_due` for an invoice that is paid or credited; the database's.
pub async fn in_full(
    tx: &Tx,
    cx: &Context<'_>,
    account: &account::Model,
    id: InvoiceId,
    reason: &'static str,
) -> Result<invoice::Model, Error> {
    let (credited, balance) = load(&**tx, account.id, id).await?;
    match balance.status {
        InvoiceStatus::Open | InvoiceStatus::PastDue | InvoiceStatus::Draft => {}
        InvoiceStatus::Paid | InvoiceStatus::Credited | InvoiceStatus::WrittenOff => {
            return Err(Refusal::NothingDue.into());
        }
    }
    let currency = currency(&credited.currency)?;
    let amounts = Amounts {
        net: Money::from_minor(credited.net, currency),
        tax: Money::from_minor(credited.tax, currency),
        gross: Money::from_minor(credited.gross, currency),
    };
    let paid = Money::from_minor(balance.paid, currency);
    let note = write(tx, cx, account, &credited, amounts, reason).await?;
    close(tx, &balance, &credited).await?;
    ledger::post(
        tx,
        cx,
        Posting {
            account: account.id,
            cause: "invoice_credited",
            invoice: Some(note.id),
            payment: None,
            entries: &[
                (Ledger::Revenue, amounts.net),
                (Ledger::Tax, amounts.tax),
                (Ledger::Receivable, amounts.gross.negate().checked_add(paid)?),
                (Ledger::Balance, paid.negate()),
            ],
        },
    )
    .await?;
    if paid.is_positive() {
        ledger::give(tx, account.id, paid).await?;
    }
    let data = json!({ "number": note.number, "credits": credited.number, "reason": reason });
    record::event(tx, cx, account.id, "credit_note.issued", &domain::id::CreditNoteId(note.id.0), data).await?;
    Ok(note)
}

async fn close(tx: &Tx, balance: &invoice_balance::Model, credited: &invoice::Model) -> Result<(), Error> {
    let closed = invoice_balance::Entity::update_many()
        .col_expr(invoice_balance::Column::Status, Expr::value(InvoiceStatus::Credited))
        .col_expr(invoice_balance::Column::Credited, Expr::value(credited.gross))
        .col_expr(invoice_balance::Column::Due, Expr::value(0_i64))
        .col_expr(invoice_balance::Column::Version, Expr::value(balance.version + 1))
        .filter(invoice_balance::Column::InvoiceId.eq(balance.invoice_id))
        .filter(invoice_balance::Column::Version.eq(balance.version))
        .exec(&**tx)
        .await?;
    if closed.rows_affected == 1 { Ok(()) } else { Err(Error::PreconditionFailed) }
}

async fn write(
    tx: &Tx,
    cx: &Context<'_>,
    account: &account::Model,
    credited: &invoice::Model,
    amounts: Amounts,
    reason: &'static str,
) -> Result<invoice::Model, Error> {
    let lines = invoice_line::Entity::find().filter(invoice_line::Column::InvoiceId.eq(credited.id)).all(&**tx).await?;
    let taxes = invoice_tax::Entity::find().filter(invoice_tax::Column::InvoiceId.eq(credited.id)).all(&**tx).await?;
    let clock = clock_of(tx, account).await?;
    let series = number::series(DocumentKind::CreditNote, clock.as_ref());
    let block = number::take(tx, cx, series, 1).await?;
    let head = Head {
        id: cx.id(),
        kind: DocumentKind::CreditNote,
        sequence: block.first,
        order: credited.order_id,
        credited: Some(credited.id),
        reason: Some(reason.to_owned()),
        mention: credited.mention.clone(),
        scheme: credited.tax_scheme,
    };
    let mut note = head.model(cx, &block, account, amounts, &seller(cx)?);
    // the buyer is the one of the credited document, whatever changed since
    note.buyer = credited.buyer.clone();
    note.clone().into_active_model().insert(&**tx).await?;
    let lines = lines.into_iter().map(|line| {
        let mut line = line.into_active_model().reset_all();
        line.invoice_id = Set(note.id);
        line
    });
    insert_chunks(tx, lines.collect()).await?;
    let taxes = taxes.into_iter().map(|tax| {
        let mut tax = tax.into_active_model().reset_all();
        tax.invoice_id = Set(note.id);
        tax
    });
    insert_chunks(tx, taxes.collect()).await?;
    Ok(note)
}
