//! The account, its activity, its mails and its services.

use super::{Reached, Writer, nest, rows_of};
use crate::actions::Error;
use crate::export::book::Row;
use crate::export::tables;
use crate::words;
use domain::id::PlanId;
use entity::{activity, email, plan, refresh_token, service, service_period, service_segment, session};
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use std::collections::{BTreeMap, BTreeSet};

pub(super) async fn account(writer: &mut Writer<'_>, name: &str) -> Result<(), Error> {
    let row = tables::account::row(writer.account)?;
    let text = serde_json::to_string_pretty(&row).map_err(Error::internal)?;
    writer.book.text(name, &text).await?;
    writer.book.write(b"\n").await
}

pub(super) async fn activity(writer: &mut Writer<'_>, name: &str) -> Result<(), Error> {
    let (owner, language) = (writer.account.id.to_string(), writer.account.language);
    let in_words = |line: &activity::Model| -> Result<Row, Error> {
        let mut row = tables::activity::row(line, &owner)?;
        if let Some(kind) = words::activity::find(&line.kind) {
            row.insert("label".to_owned(), kind.words(language).into());
            row.insert("outcome".to_owned(), kind.outcome.code().into());
        }
        Ok(row)
    };
    let mine = activity::Entity::of(writer.account.id);
    writer.list(name, mine, async |_, rows| rows.iter().map(in_words).collect()).await
}

pub(super) async fn refreshes(writer: &mut Writer<'_>, name: &str) -> Result<(), Error> {
    let sessions = Query::select()
        .column(session::Column::Id)
        .from(session::Entity)
        .and_where(session::Column::AccountId.eq(writer.account.id))
        .to_owned();
    let mine = refresh_token::Entity::find().filter(refresh_token::Column::SessionId.in_subquery(sessions));
    writer.list(name, mine, async |_, rows| rows.iter().map(tables::refresh_token::row).collect()).await
}

/// Where the text of a mail is, in the folder of mails.
fn file_of(mail: &email::Model, extension: &str) -> String {
    format!("documents/emails/{}_{}.{extension}", mail.created_at.format("%Y-%m-%d"), mail.id)
}

pub(super) async fn emails(writer: &mut Writer<'_>, name: &str) -> Result<(), Error> {
    let with_files = |mail: &email::Model| -> Result<Row, Error> {
        let mut row = tables::email::row(mail)?;
        for (member, extension) in [("text_file", "txt"), ("html_file", "html")] {
            row.insert(member.to_owned(), file_of(mail, extension).into());
        }
        Ok(row)
    };
    let mine = email::Entity::of(writer.account.id);
    writer.list(name, mine, async |_, rows| rows.iter().map(with_files).collect()).await
}

/// The stored texts hold no secret: a place-holder stands where it was printed.
pub(super) async fn mail_documents(writer: &mut Writer<'_>, _folder: &str) -> Result<(), Error> {
    let mine = email::Entity::of(writer.account.id);
    let mut reached = Reached::default();
    while let Some(mails) = writer.next(&mine, &mut reached).await? {
        for mail in mails {
            let head = format!(
                "Date: {}\nTo: {}\nSubject: {}\n\n",
                mail.created_at.to_rfc3339(),
                mail.to_address,
                mail.subject
            );
            writer.book.text(&file_of(&mail, "txt"), &(head + &mail.text_body)).await?;
            writer.book.text(&file_of(&mail, "html"), &mail.html_body).await?;
        }
    }
    Ok(())
}

pub(super) async fn services(writer: &mut Writer<'_>, name: &str) -> Result<(), Error> {
    let mine = service::Entity::find().filter(service::Column::AccountId.eq(writer.account.id));
    writer
        .list(name, mine, async |db, services| {
            let ids: Vec<_> = services.iter().map(|service| service.id).collect();
            let plans = codes(db, services.iter().map(|service| service.plan_id)).await?;
            let mut rows = Vec::with_capacity(services.len());
            for service in &services {
                let mut row = tables::service::row(service)?;
                if let Some(code) = plans.get(&service.plan_id) {
                    row.insert("plan".to_owned(), code.as_str().into());
                }
                rows.push((service.id, row));
            }
            let periods = service_period::Entity::find()
                .filter(service_period::Column::ServiceId.is_in(ids.iter().copied()))
                .order_by_asc(service_period::Column::Boundary)
                .order_by_asc(service_period::Column::Id)
                .all(&**db)
                .await?;
            let periods = periods.iter().map(|row| Ok((row.service_id, tables::service_period::row(row)?)));
            nest(&mut rows, "periods", periods.collect::<Result<Vec<_>, Error>>()?);
            let segments = service_segment::Entity::find()
                .filter(service_segment::Column::ServiceId.is_in(ids))
                .order_by_asc(service_segment::Column::FirstBoundary)
                .all(&**db)
                .await?;
            let segments = segments.iter().map(|row| Ok((row.service_id, tables::service_segment::row(row)?)));
            nest(&mut rows, "anchors", segments.collect::<Result<Vec<_>, Error>>()?);
            Ok(rows_of(rows))
        })
        .await
}

/// What plans are called in the catalogue.
async fn codes(
    db: &crate::db::Snapshot,
    plans: impl Iterator<Item = PlanId>,
) -> Result<BTreeMap<PlanId, String>, Error> {
    let ids: BTreeSet<PlanId> = plans.collect();
    let known = plan::Entity::find().filter(plan::Column::Id.is_in(ids)).all(&**db).await?;
    Ok(known.into_iter().map(|plan| (plan.id, plan.code)).collect())
}
