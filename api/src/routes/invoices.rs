//! Invoices and credit notes. Paying them is with the payments.

pub mod parts;
pub mod shelf;
pub mod view;

use crate::actions as all;
use crate::app::App;
use crate::http::body::{Params, PathId};
use crate::http::caller::Require;
use crate::http::page::{self, KeyColumn, Page, PageQuery};
use crate::http::reply::Reply;
use crate::http::scope::InvoicesRead;
use crate::problem::{Code, Problem};
use actix_web::get;
use actix_web::web::Data;
use chrono::NaiveDate;
use domain::id::{AccountId, CreditNoteId, InvoiceId};
use domain::invoice::{DocumentKind, InvoiceStatus};
use entity::invoice::{self, Column};
use entity::invoice_balance::{self, Column as Balance};
use sea_orm::{ColumnTrait, Condition, QueryFilter, QuerySelect, QueryTrait, Select};
use serde::Deserialize;
use shelf::Shelf;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;
use view::{CreditNoteView, InvoiceView};

/// The routes.
pub fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(list_invoices).service(get_invoice).service(list_credit_notes).service(get_credit_note);
}

/// Which invoices to list.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct InvoiceFilter {
    /// Only invoices in one of these states, as they are today; may be given several times.
    #[serde(default)]
    #[param(value_type = Option<Vec<String>>, max_items = 6, example = json!(["open", "past_due"]))]
    pub status: Vec<InvoiceStatus>,
    /// Only invoices issued on or after this day.
    #[serde(default)]
    #[param(nullable = false, example = "2026-01-01")]
    pub issued_on_from: Option<NaiveDate>,
    /// Only invoices issued on or before this day.
    #[serde(default)]
    #[param(nullable = false, example = "2026-03-31")]
    pub issued_on_to: Option<NaiveDate>,
}

/// Which credit notes to list.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CreditNoteFilter {
    /// Only credit notes of this invoice.
    #[serde(default)]
    #[param(value_type = Option<String>, nullable = false, pattern = "^inv_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "inv_01h455vb4pex5vsknk084sn02q")]
    pub invoice_id: Option<InvoiceId>,
    /// Only credit notes issued on or after this day.
    #[serde(default)]
    #[param(nullable = false, example = "2026-01-01")]
    pub issued_on_from: Option<NaiveDate>,
    /// Only credit notes issued on or before this day.
    #[serde(default)]
    #[param(nullable = false, example = "2026-03-31")]
    pub issued_on_to: Option<NaiveDate>,
}

/// The caller's invoices.
#[utoipa::path(
    operation_id = "list_invoices", tag = "Invoices", security(("bearer" = ["invoices:read"])),
    summary = "List your invoices",
    description = "Every invoice of the account, the newest first. An invoice is `open` until the end of the day on which it is due, `past_due` after it. Sorts by `issued_on`.",
    params(PageQuery, InvoiceFilter),
    responses((status = 200, description = "A page of invoices", body = Page<InvoiceView>)),
)]
#[get("/invoices")]
pub async fn list_invoices(
    app: Data<App>,
    caller: Require<InvoicesRead>,
    query: PageQuery,
    Params(filter): Params<InvoiceFilter>,
) -> Result<Reply, Problem> {
    let caller = caller.0;
    let today = all::today(&caller.account, caller.now)?;
    let mut select = issued(documents(caller.id(), DocumentKind::Invoice), filter.issued_on_from, filter.issued_on_to);
    if !filter.status.is_empty() {
        let wanted = filter.status.iter().map(|status| standing(caller.id(), *status, today));
        select = select.filter(wanted.fold(Condition::any(), Condition::add));
    }
    let key = query.sort(&[("issued_on", Column::IssuedOn)], KeyColumn::Desc(Column::IssuedOn))?;
    let page = page::keyset(app.read(), select, key, &query).await?;
    let shelf = Shelf::load(&**app.read(), caller.id(), &page.items).await?;
    let page = page.try_map(|row| InvoiceView::of(&shelf, &row, today, caller.language()))?;
    Ok(Reply::page(&page, &query))
}

/// One of the caller's invoices.
#[utoipa::path(
    operation_id = "get_invoice", tag = "Invoices", security(("bearer" = ["invoices:read"])),
    summary = "Get an invoice",
    description = "One invoice with its lines and the periods they pay, its VAT, its totals, how much of it is paid, and what can be done with it now. What was issued never changes; corrections are credit notes.",
    params(("id" = String, Path, description = "Id of the invoice.", pattern = "^inv_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "inv_01h455vb4pex5vsknk084sn02q")),
    responses((status = 200, description = "The invoice", body = InvoiceView)),
    extensions(("x-etag" = json!(true))),
)]
#[get("/invoices/{id}")]
pub async fn get_invoice(
    app: Data<App>,
    caller: Require<InvoicesRead>,
    PathId(id): PathId<InvoiceId>,
) -> Result<Reply, Problem> {
    let (caller, db) = (caller.0, &**app.read());
    let mine = documents(caller.id(), DocumentKind::Invoice).filter(Column::Id.eq(id));
    let row = mine.one(db).await?.ok_or(Code::NotFound)?;
    let shelf = Shelf::load(db, caller.id(), std::slice::from_ref(&row)).await?;
    let today = all::today(&caller.account, caller.now)?;
    let view = InvoiceView::of(&shelf, &row, today, caller.language())?;
    let tag = view.etag.clone();
    Ok(Reply::ok(&view).etag(tag))
}

/// The caller's credit notes.
#[utoipa::path(
    operation_id = "list_credit_notes", tag = "Invoices", security(("bearer" = ["invoices:read"])),
    summary = "List your credit notes",
    description = "Every credit note of the account, the newest first. Sorts by `issued_on`.",
    params(PageQuery, CreditNoteFilter),
    responses((status = 200, description = "A page of credit notes", body = Page<CreditNoteView>)),
)]
#[get("/credit-notes")]
pub async fn list_credit_notes(
    app: Data<App>,
    caller: Require<InvoicesRead>,
    query: PageQuery,
    Params(filter): Params<CreditNoteFilter>,
) -> Result<Reply, Problem> {
    let caller = caller.0;
    let of_kind = documents(caller.id(), DocumentKind::CreditNote);
    let mut select = issued(of_kind, filter.issued_on_from, filter.issued_on_to);
    if let Some(invoice) = filter.invoice_id {
        select = select.filter(Column::CreditedInvoiceId.eq(invoice));
    }
    let key = query.sort(&[("issued_on", Column::IssuedOn)], KeyColumn::Desc(Column::IssuedOn))?;
    let page = page::keyset(app.read(), select, key, &query).await?;
    let shelf = Shelf::load(&**app.read(), caller.id(), &page.items).await?;
    let page = page.try_map(|row| CreditNoteView::of(&shelf, &row))?;
    Ok(Reply::page(&page, &query))
}

/// One of the caller's credit notes.
#[utoipa::path(
    operation_id = "get_credit_note", tag = "Invoices", security(("bearer" = ["invoices:read"])),
    summary = "Get a credit note",
    description = "One credit note: the invoice that it corrects, why, its lines, its VAT and its totals.",
    params(("id" = String, Path, description = "Id of the credit note.", pattern = "^crn_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "crn_01h455vb4pex5vsknk084sn02q")),
    responses((status = 200, description = "The credit note", body = CreditNoteView)),
)]
#[get("/credit-notes/{id}")]
pub async fn get_credit_note(
    app: Data<App>,
    caller: Require<InvoicesRead>,
    PathId(id): PathId<CreditNoteId>,
) -> Result<Reply, Problem> {
    let (caller, db) = (caller.0, &**app.read());
    let mine = documents(caller.id(), DocumentKind::CreditNote).filter(Column::Id.eq(InvoiceId(id.0)));
    let row = mine.one(db).await?.ok_or(Code::NotFound)?;
    let shelf = Shelf::load(db, caller.id(), std::slice::from_ref(&row)).await?;
    Ok(Reply::ok(&CreditNoteView::of(&shelf, &row)?))
}

fn documents(account: AccountId, kind: DocumentKind) -> Select<invoice::Entity> {
    invoice::Entity::of(account).filter(Column::Kind.eq(kind))
}

fn issued(
    mut select: Select<invoice::Entity>,
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
) -> Select<invoice::Entity> {
    if let Some(from) = from {
        select = select.filter(Column::IssuedOn.gte(from));
    }
    if let Some(to) = to {
        select = select.filter(Column::IssuedOn.lte(to));
    }
    select
}

/// The invoices that [`view::status_on`] shows in a state.
fn standing(account: AccountId, status: InvoiceStatus, today: NaiveDate) -> Condition {
    let unpaid = [InvoiceStatus::Open, InvoiceStatus::PastDue];
    let within = |balances: Condition| {
        let ids = invoice_balance::Entity::of(account).filter(balances).select_only().column(Balance::InvoiceId);
        Condition::all().add(Column::Id.in_subquery(ids.into_query()))
    };
    let owed = || within(Condition::all().add(Balance::Status.is_in(unpaid)).add(Balance::Due.gt(0)));
    match status {
        InvoiceStatus::Open => owed().add(Column::DueOn.gte(today)),
        InvoiceStatus::PastDue => owed().add(Column::DueOn.lt(today)),
        InvoiceStatus::Paid => {
            let nothing_due = Condition::all().add(Balance::Status.is_in(unpaid)).add(Balance::Due.eq(0));
            within(Condition::any().add(Balance::Status.eq(status)).add(nothing_due))
        }
        InvoiceStatus::Draft | InvoiceStatus::Credited | InvoiceStatus::WrittenOff => {
            within(Condition::all().add(Balance::Status.eq(status)))
        }
    }
}
