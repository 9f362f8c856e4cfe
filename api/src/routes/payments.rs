//! Payments: of orders, of invoices, of renewals. Every one takes the same three steps, see [`pay`].

pub mod steps;
pub mod view;

use super::{DryRun, views};
use crate::actions::payment::start;
use crate::app::App;
use crate::http::body::{Body, Params, PathId};
use crate::http::caller::Require;
use crate::http::idempotency::RequiredKey;
use crate::http::page::{self, KeyColumn, Page, PageQuery};
use crate::http::reply::Reply;
use crate::http::scope::{InvoicesPay, InvoicesRead, OrdersWrite};
use crate::problem::{Code, Problem, ProblemBody};
use actix_web::web::Data;
use actix_web::{get, post};
use domain::id::{InvoiceId, OrderId, PaymentId, PaymentMethodId, ServiceId};
use domain::payment::{PaymentSource, PaymentStatus};
use entity::payment;
use sea_orm::{ColumnTrait, QueryFilter};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use view::{Attempts, PaymentView};

pub use steps::pay;

/// The routes.
pub fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(pay_order).service(pay_invoice).service(list_payments).service(get_payment);
}

/// From where the money comes.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPayment {
    /// The prepaid balance, or a payment method.
    #[schema(schema_with = views::payment_sources)]
    pub source: PaymentSource,
    /// Which payment method; the default one if left out. Not with the balance.
    #[serde(default)]
    #[schema(value_type = Option<String>, nullable = false, pattern = "^pmt_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "pmt_01h455vb4pex5vsknk084sn02q")]
    pub payment_method_id: Option<PaymentMethodId>,
}

impl NewPayment {
    fn source(self) -> start::Source {
        start::Source { from: self.source, method: self.payment_method_id }
    }
}

/// Which payments to list.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PaymentFilter {
    /// Only payments in one of these states; may be given several times.
    #[serde(default)]
    #[param(value_type = Option<Vec<String>>, max_items = 6, example = json!(["succeeded"]))]
    pub status: Vec<PaymentStatus>,
    /// Only payments of this order.
    #[serde(default)]
    #[param(value_type = Option<String>, nullable = false, pattern = "^ord_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "ord_01h455vb4pex5vsknk084sn02q")]
    pub order_id: Option<OrderId>,
    /// Only payments of this invoice.
    #[serde(default)]
    #[param(value_type = Option<String>, nullable = false, pattern = "^inv_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "inv_01h455vb4pex5vsknk084sn02q")]
    pub invoice_id: Option<InvoiceId>,
    /// Only payments of renewals of this service.
    #[serde(default)]
    #[param(value_type = Option<String>, nullable = false, pattern = "^svc_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "svc_01h455vb4pex5vsknk084sn02q")]
    pub service_id: Option<ServiceId>,
}

/// Pays an order.
#[utoipa::path(
    operation_id = "pay_order", tag = "Orders", security(("bearer" = ["orders:write"])),
    summary = "Pay an order",
    description = "Pays the whole order; its invoice is issued when the money is there. 201: paid. 202: the outcome is not final, because the gateway works on it, or you must do something (`next_action`); `GET /v1/payments/{id}` tells more. 402: declined, nothing else changed. With `dry_run=true` the payment is answered with status 200, nothing is stored and nothing is charged.",
    params(
        ("id" = String, Path, description = "Id of the order.", pattern = "^ord_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "ord_01h455vb4pex5vsknk084sn02q"),
        DryRun,
    ),
    request_body(content = NewPayment, example = json!({"source": "payment_method"})),
    responses(
        (status = 201, description = "The payment, successful", body = PaymentView),
        (status = 202, description = "The payment, its outcome is awaited", body = PaymentView),
        (status = 200, description = "What would be paid (dry run)", body = PaymentView),
        (status = 402, description = "The payment was declined, or the balance does not cover it", body = ProblemBody),
        (status = 409, description = "The order cannot be paid now", body = ProblemBody),
    ),
    extensions(
        ("x-idempotency" = json!("required")),
        ("x-error-codes" = json!(["payment_declined", "balance_insufficient", "order_not_payable", "order_tax_changed", "payment_in_progress", "no_payment_method"])),
    ),
)]
#[post("/orders/{id}/payment")]
pub async fn pay_order(
    app: Data<App>,
    caller: Require<OrdersWrite>,
    key: RequiredKey,
    PathId(id): PathId<OrderId>,
    Body(new): Body<NewPayment>,
) -> Result<Reply, Problem> {
    let caller = caller.0;
    pay(&app, &caller, &key.0, async |tx| start::order(tx, &caller.cx(&app), caller.id(), id, new.source()).await).await
}

/// Pays an invoice.
#[utoipa::path(
    operation_id = "pay_invoice", tag = "Invoices", security(("bearer" = ["invoices:pay"])),
    summary = "Pay an invoice",
    description = "Pays what is left to pay on an invoice. Paying the renewal of a suspended service makes it available again. 201: paid. 202: the outcome is not final, because the gateway works on it, or you must do something (`next_action`); `GET /v1/payments/{id}` tells more. 402: declined, nothing else changed. With `dry_run=true` the payment is answered with status 200, nothing is stored and nothing is charged.",
    params(
        ("id" = String, Path, description = "Id of the invoice.", pattern = "^inv_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "inv_01h455vb4pex5vsknk084sn02q"),
        DryRun,
    ),
    request_body(content = NewPayment, example = json!({"source": "payment_method"})),
    responses(
        (status = 201, description = "The payment, successful", body = PaymentView),
        (status = 202, description = "The payment, its outcome is awaited", body = PaymentView),
        (status = 200, description = "What would be paid (dry run)", body = PaymentView),
        (status = 402, description = "The payment was declined, or the balance does not cover it", body = ProblemBody),
        (status = 409, description = "The invoice cannot be paid now", body = ProblemBody),
    ),
    extensions(
        ("x-idempotency" = json!("required")),
        ("x-error-codes" = json!(["payment_declined", "balance_insufficient", "nothing_due", "payment_in_progress", "no_payment_method"])),
    ),
)]
#[post("/invoices/{id}/payment")]
pub async fn pay_invoice(
    app: Data<App>,
    caller: Require<InvoicesPay>,
    key: RequiredKey,
    PathId(id): PathId<InvoiceId>,
    Body(new): Body<NewPayment>,
) -> Result<Reply, Problem> {
    let caller = caller.0;
    pay(&app, &caller, &key.0, async |tx| start::invoice(tx, &caller.cx(&app), caller.id(), id, new.source()).await)
        .await
}

/// The caller's payments.
#[utoipa::path(
    operation_id = "list_payments", tag = "Invoices", security(("bearer" = ["invoices:read"])),
    summary = "List your payments",
    description = "Every payment of the account, the newest first: those asked for and those of automatic renewals. Sorts by `created_at`.",
    params(PageQuery, PaymentFilter),
    responses((status = 200, description = "A page of payments", body = Page<PaymentView>)),
)]
#[get("/payments")]
pub async fn list_payments(
    app: Data<App>,
    caller: Require<InvoicesRead>,
    query: PageQuery,
    Params(filter): Params<PaymentFilter>,
) -> Result<Reply, Problem> {
    let (caller, created_at) = (caller.0, payment::Column::CreatedAt);
    let mut select = payment::Entity::of(caller.id());
    if !filter.status.is_empty() {
        select = select.filter(payment::Column::Status.is_in(filter.status));
    }
    if let Some(order) = filter.order_id {
        select = select.filter(payment::Column::OrderId.eq(order));
    }
    if let Some(invoice) = filter.invoice_id {
        select = select.filter(payment::Column::InvoiceId.eq(invoice));
    }
    if let Some(service) = filter.service_id {
        select = select.filter(payment::Column::ServiceId.eq(service));
    }
    let key = query.sort(&[("created_at", created_at)], KeyColumn::Desc(created_at))?;
    let page = page::keyset(app.read(), select, key, &query).await?;
    let attempts = Attempts::load(&**app.read(), caller.id(), &page.items).await?;
    Ok(Reply::page(&page.map(|payment| attempts.view(&payment)), &query))
}

/// One of the caller's payments.
#[utoipa::path(
    operation_id = "get_payment", tag = "Invoices", security(("bearer" = ["invoices:read"])),
    summary = "Get a payment",
    description = "Where a payment stands, what you must do for it to go on, or why it was declined.",
    params(("id" = String, Path, description = "Id of the payment.", pattern = "^pay_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "pay_01h455vb4pex5vsknk084sn02q")),
    responses((status = 200, description = "The payment", body = PaymentView)),
)]
#[get("/payments/{id}")]
pub async fn get_payment(
    app: Data<App>,
    caller: Require<InvoicesRead>,
    PathId(id): PathId<PaymentId>,
) -> Result<Reply, Problem> {
    let mine = payment::Entity::of(caller.0.id()).filter(payment::Column::Id.eq(id));
    let payment = mine.one(&**app.read()).await?.ok_or(Code::NotFound)?;
    Ok(Reply::ok(&view::show(&**app.read(), &payment).await?))
}
