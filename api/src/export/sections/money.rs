//! Orders, invoices and payments, each with what belongs to it.

use super::{Writer, nest, rows_of};
use crate::actions::Error;
use crate::db::Snapshot;
use crate::export::book::Row;
use crate::export::tables;
use domain::invoice::DocumentKind;
use entity::{invoice, invoice_balance, invoice_line, invoice_tax, order, order_item, order_step};
use entity::{payment, payment_attempt};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use std::collections::BTreeMap;

pub(super) async fn orders(writer: &mut Writer<'_>, name: &str) -> Result<(), Error> {
    let mine = order::Entity::find().filter(order::Column::AccountId.eq(writer.account.id));
    writer
        .list(name, mine, async |db, orders| {
            let ids: Vec<_> = orders.iter().map(|order| order.id).collect();
            let currencies: BTreeMap<_, _> = orders.iter().map(|order| (order.id, order.currency.as_str())).collect();
            let mut rows = orders
                .iter()
                .map(|order| Ok((order.id, tables::order::row(order)?)))
                .collect::<Result<Vec<_>, Error>>()?;
            let items = order_item::Entity::of_all(ids.iter().copied())
                .order_by_asc(order_item::Column::Position)
                .all(&**db)
                .await?;
            let items = items.iter().map(|item| {
                let currency = currencies.get(&item.order_id).copied().unwrap_or_default();
                Ok((item.order_id, tables::order_item::row(item, currency)?))
            });
            nest(&mut rows, "items", items.collect::<Result<Vec<_>, Error>>()?);
            let steps = order_step::Entity::find()
                .filter(order_step::Column::OrderId.is_in(ids))
                .order_by_asc(order_step::Column::At)
                .order_by_asc(order_step::Column::Id)
                .all(&**db)
                .await?;
            let steps = steps.iter().map(|step| Ok((step.order_id, tables::order_step::row(step)?)));
            nest(&mut rows, "tracking", steps.collect::<Result<Vec<_>, Error>>()?);
            Ok(rows_of(rows))
        })
        .await
}

pub(super) async fn invoices(writer: &mut Writer<'_>, name: &str) -> Result<(), Error> {
    let mine = invoice::Entity::of(writer.account.id).filter(invoice::Column::Kind.eq(DocumentKind::Invoice));
    writer
        .list(name, mine, async |db, documents| {
            let ids: Vec<_> = documents.iter().map(|document| document.id).collect();
            let mut rows = with_parts(db, &documents).await?;
            let balances = invoice_balance::Entity::find()
                .filter(invoice_balance::Column::InvoiceId.is_in(ids))
                .all(&**db)
                .await?;
            let balances: BTreeMap<_, _> = balances.into_iter().map(|balance| (balance.invoice_id, balance)).collect();
            for ((id, row), document) in rows.iter_mut().zip(&documents) {
                if let Some(balance) = balances.get(id) {
                    let balance = tables::invoice_balance::row(balance, &document.currency)?;
                    row.insert("balance".to_owned(), balance.into());
                }
            }
            Ok(rows_of(rows))
        })
        .await
}

pub(super) async fn credit_notes(writer: &mut Writer<'_>, name: &str) -> Result<(), Error> {
    let mine = invoice::Entity::of(writer.account.id).filter(invoice::Column::Kind.eq(DocumentKind::CreditNote));
    writer.list(name, mine, async |db, documents| Ok(rows_of(with_parts(db, &documents).await?))).await
}

/// Documents with their lines and their VAT.
async fn with_parts(db: &Snapshot, documents: &[invoice::Model]) -> Result<Vec<(domain::id::InvoiceId, Row)>, Error> {
    let ids: Vec<_> = documents.iter().map(|document| document.id).collect();
    let currencies: BTreeMap<_, _> =
        documents.iter().map(|document| (document.id, document.currency.as_str())).collect();
    let currency = |id| currencies.get(&id).copied().unwrap_or_default();
    let rows = documents.iter().map(|document| Ok((document.id, tables::invoice::row(document)?)));
    let mut rows = rows.collect::<Result<Vec<_>, Error>>()?;
    let lines = invoice_line::Entity::of_all(ids.iter().copied())
        .order_by_asc(invoice_line::Column::Position)
        .all(&**db)
        .await?;
    let lines = lines
        .iter()
        .map(|line| Ok((line.invoice_id, tables::invoice_line::row(line, currency(line.invoice_id))?)))
        .collect::<Result<Vec<_>, Error>>()?;
    nest(&mut rows, "lines", lines);
    let taxes = invoice_tax::Entity::of_all(ids).all(&**db).await?;
    let taxes = taxes
        .iter()
        .map(|tax| Ok((tax.invoice_id, tables::invoice_tax::row(tax, currency(tax.invoice_id))?)))
        .collect::<Result<Vec<_>, Error>>()?;
    nest(&mut rows, "taxes", taxes);
    Ok(rows)
}

pub(super) async fn payments(writer: &mut Writer<'_>, name: &str) -> Result<(), Error> {
    let mine = payment::Entity::find().filter(payment::Column::AccountId.eq(writer.account.id));
    writer
        .list(name, mine, async |db, payments| {
            let rows = payments.iter().map(|payment| Ok((payment.id, tables::payment::row(payment)?)));
            let mut rows = rows.collect::<Result<Vec<_>, Error>>()?;
            let attempts = payment_attempt::Entity::find()
                .filter(payment_attempt::Column::PaymentId.is_in(payments.iter().map(|payment| payment.id)))
                .order_by_asc(payment_attempt::Column::CreatedAt)
                .order_by_asc(payment_attempt::Column::Id)
                .all(&**db)
                .await?;
            let attempts = attempts.iter().map(|row| Ok((row.payment_id, tables::payment_attempt::row(row)?)));
            nest(&mut rows, "attempts", attempts.collect::<Result<Vec<_>, Error>>()?);
            Ok(rows_of(rows))
        })
        .await
}
