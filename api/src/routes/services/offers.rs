//! What renewing a service costs now, for each period that it can be renewed by.

use crate::actions::invoice::issue;
use crate::actions::payment::quote;
use crate::actions::service::{self as actions, open_invoice};
use crate::actions::{Context, Error, invoice as documents};
use crate::app::App;
use crate::http::body::PathId;
use crate::http::caller::{Caller, Require};
use crate::http::page::Page;
use crate::http::reply::Reply;
use crate::http::scope::ServicesRead;
use crate::problem::Problem;
use crate::routes::views::MoneyView;
use actix_web::get;
use actix_web::web::Data;
use chrono::NaiveDate;
use domain::calendar::Period;
use domain::id::{InvoiceId, ServiceId};
use entity::{plan_price, service, service_period};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use serde::Serialize;
use utoipa::ToSchema;

/// A renewal that can be paid now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = RenewalOffer)]
pub struct OfferView {
    /// Length of a period, ISO 8601. Extensible enum.
    #[schema(max_length = 3, example = "P1M")]
    pub period: String,
    /// How many periods: one, or as many as a late renewal needs to reach beyond today.
    #[schema(minimum = 1, example = 1)]
    pub periods: u32,
    /// The first day that is paid.
    #[schema(example = "2026-02-28")]
    pub starts_on: NaiveDate,
    /// The new expiry.
    #[schema(example = "2026-03-30")]
    pub expires_on: NaiveDate,
    /// Without VAT.
    pub net: MoneyView,
    /// VAT.
    pub tax: MoneyView,
    /// With VAT.
    pub gross: MoneyView,
    /// The unpaid invoice that it pays, where the renewal was invoiced already.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false, pattern = "^inv_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "inv_01h455vb4pex5vsknk084sn02q")]
    pub invoice_id: Option<InvoiceId>,
}

/// What renewing a service costs.
#[utoipa::path(
    operation_id = "list_renewal_offers", tag = "Services", security(("bearer" = ["services:read"])),
    summary = "See what renewing a service costs",
    description = "One offer for each period that the plan sells and that the service can be renewed by now, with the day until which it would be paid. While a renewal is unpaid, that one is the only offer. Empty where the service cannot be renewed: its `actions.renew` says why. Always one page.",
    params(("id" = String, Path, description = "Id of the service.", pattern = "^svc_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "svc_01h455vb4pex5vsknk084sn02q")),
    responses((status = 200, description = "The offers, the shortest period first", body = Page<OfferView>)),
)]
#[get("/services/{id}/renewal-offers")]
pub async fn list_renewal_offers(
    app: Data<App>,
    caller: Require<ServicesRead>,
    PathId(id): PathId<ServiceId>,
) -> Result<Reply, Problem> {
    let (caller, db) = (caller.0, &**app.read());
    let service = actions::load(db, caller.id(), id).await?;
    if let Some((invoice, _)) = open_invoice(db, &service).await? {
        return Ok(Reply::ok(&Page::of(vec![unpaid(db, &caller, &service, invoice).await?])));
    }
    let mut sold: Vec<Period> =
        plan_price::Entity::of(service.plan_id).all(db).await?.into_iter().map(|price| price.period).collect();
    sold.sort_unstable_by_key(|period| period.months());
    let cx = caller.cx(&app);
    let mut items = Vec::with_capacity(sold.len());
    for period in sold {
        items.extend(offer(db, &cx, (&caller, &service), period).await?);
    }
    Ok(Reply::ok(&Page::of(items)))
}

/// One period; none where the service cannot be renewed by it.
async fn offer<C: ConnectionTrait>(
    db: &C,
    cx: &Context<'_>,
    (caller, service): (&Caller, &service::Model),
    period: Period,
) -> Result<Option<OfferView>, Error> {
    let quote = match quote::quote(db, cx, &caller.account, service, (period, 1)).await {
        Ok(quote) => quote,
        Err(Error::Refused(_) | Error::Invalid(_)) => return Ok(None),
        Err(other) => return Err(other),
    };
    let totals = issue::total(&quote.draft(&caller.account, service))?;
    Ok(Some(OfferView {
        period: quote.period.to_string(),
        periods: quote.periods,
        starts_on: quote.starts_on,
        expires_on: quote.ends_on,
        net: totals.net.into(),
        tax: totals.tax.into(),
        gross: totals.gross.into(),
        invoice_id: None,
    }))
}

/// The renewal that was invoiced and is not paid.
async fn unpaid<C: ConnectionTrait>(
    db: &C,
    caller: &Caller,
    service: &service::Model,
    id: InvoiceId,
) -> Result<OfferView, Error> {
    let (issued, _) = documents::load(db, caller.id(), id).await?;
    let rows = service_period::Entity::find()
        .filter(service_period::Column::ServiceId.eq(service.id))
        .filter(service_period::Column::InvoiceId.eq(id))
        .filter(service_period::Column::State.eq(actions::OPEN))
        .order_by_asc(service_period::Column::Boundary)
        .all(db)
        .await?;
    let first = rows.first().and_then(|row| row.starts_on);
    let last = rows.last().and_then(|row| row.ends_on);
    let (starts_on, expires_on) = first.zip(last).ok_or_else(|| Error::internal("an unpaid renewal without days"))?;
    let money = |minor| MoneyView::minor(minor, &issued.currency);
    Ok(OfferView {
        period: service.period.to_string(),
        periods: u32::try_from(rows.len()).unwrap_or(u32::MAX),
        starts_on,
        expires_on,
        net: money(issued.net),
        tax: money(issued.tax),
        gross: money(issued.gross),
        invoice_id: Some(id),
    })
}
