//! Payment methods. Cards are known by the gateway's token only; a number is refused.

pub mod view;

use super::views;
use crate::actions::payment_method::{self as actions, add};
use crate::app::App;
use crate::http::body::{Body, Patch, PathId};
use crate::http::caller::{Require, RequireFresh};
use crate::http::etag::IfMatch;
use crate::http::idempotency::{Key, RequiredKey};
use crate::http::page::{self, KeyColumn, Page, PageQuery};
use crate::http::reply::Reply;
use crate::http::scope::{PaymentMethodsRead, PaymentMethodsWrite};
use crate::problem::Problem;
use actix_web::web::Data;
use actix_web::{delete, get, patch, post, put};
use domain::id::PaymentMethodId;
use domain::payment::PaymentMethodType;
use entity::payment_method;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use view::{PaymentMethodView, show};

/// The routes.
pub fn configure(cfg: &mut ServiceConfig<'_>) {
    // before `{id}`: `default` is no id
    cfg.service(set_default_payment_method)
        .service(add_payment_method)
        .service(list_payment_methods)
        .service(get_payment_method)
        .service(rename_payment_method)
        .service(remove_payment_method);
}

/// A payment method to add.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPaymentMethod {
    /// What it pays with.
    #[serde(rename = "type")]
    #[schema(schema_with = views::method_types)]
    pub kind: PaymentMethodType,
    /// The gateway's token for it, never a card number. The simulated gateway knows `sim_ok`,
    /// `sim_decline_soft`, `sim_decline_soft_2`, `sim_decline_hard`, `sim_requires_action`, `sim_timeout`,
    /// `sim_processing_3d` and `sim_chargeback`.
    #[schema(min_length = 1, max_length = 255, example = "sim_ok")]
    pub token: String,
    /// Whether it becomes the default; the first usable one always does.
    #[serde(default)]
    #[schema(default = false, example = true)]
    pub make_default: bool,
}

impl std::fmt::Debug for NewPaymentMethod {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewPaymentMethod").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// What changes about a payment method.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PaymentMethodPatch {
    /// What you recognise it by.
    #[serde(default)]
    #[schema(nullable = false, min_length = 1, max_length = 64, example = "Company card")]
    pub label: Option<String>,
}

/// Which payment method becomes the default.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DefaultPaymentMethod {
    /// Its id.
    #[schema(value_type = String, pattern = "^pmt_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "pmt_01h455vb4pex5vsknk084sn02q")]
    pub payment_method_id: PaymentMethodId,
}

/// Adds a payment method.
#[utoipa::path(
    operation_id = "add_payment_method", tag = "Payment methods",
    security(("bearer" = ["payment_methods:write"])),
    summary = "Add a payment method",
    description = "Adds a method by the gateway's token for it. What looks like a card number is refused with `card_number_refused`. The first usable method becomes the default; a new default is tried at once for services that are past due.",
    request_body = NewPaymentMethod,
    responses((status = 201, description = "The payment method", body = PaymentMethodView)),
    extensions(("x-fresh-proof" = json!(true)), ("x-etag" = json!(true))),
)]
#[post("/payment-methods")]
pub async fn add_payment_method(
    app: Data<App>,
    caller: RequireFresh<PaymentMethodsWrite>,
    key: Key,
    Body(new): Body<NewPaymentMethod>,
) -> Result<Reply, Problem> {
    let caller = caller.0;
    let default = if new.make_default { add::Default::Wanted } else { add::Default::IfFirst };
    let new = actions::check(&*app.gateway, new.kind, new.token, default, caller.now)?;
    key.once(&app, &caller.scope(), async |tx| {
        let method = actions::add(tx, &caller.cx(&app), caller.id(), &new).await?;
        let view = show(&**tx, &caller, &method).await?;
        Ok(Reply::created(format!("/v1/payment-methods/{}", method.id), &view).etag(method.version))
    })
    .await
}

/// The caller's payment methods.
#[utoipa::path(
    operation_id = "list_payment_methods", tag = "Payment methods",
    security(("bearer" = ["payment_methods:read"])),
    summary = "List your payment methods",
    description = "Every method that was not removed, the newest first. Sorts by `created_at`.",
    params(PageQuery),
    responses((status = 200, description = "A page of payment methods", body = Page<PaymentMethodView>)),
)]
#[get("/payment-methods")]
pub async fn list_payment_methods(
    app: Data<App>,
    caller: Require<PaymentMethodsRead>,
    query: PageQuery,
) -> Result<Reply, Problem> {
    let created_at = payment_method::Column::CreatedAt;
    let key = query.sort(&[("created_at", created_at)], KeyColumn::Desc(created_at))?;
    let page = page::keyset(app.read(), payment_method::Entity::of(caller.0.id()), key, &query).await?;
    let mut items = Vec::with_capacity(page.items.len());
    for method in &page.items {
        items.push(show(&**app.read(), &caller.0, method).await?);
    }
    Ok(Reply::page(&Page { items, next_cursor: page.next_cursor, total: page.total }, &query))
}

/// One of the caller's payment methods.
#[utoipa::path(
    operation_id = "get_payment_method", tag = "Payment methods",
    security(("bearer" = ["payment_methods:read"])),
    summary = "Get a payment method",
    description = "One method, whether it can be charged, and what can be done with it now.",
    params(("id" = String, Path, description = "Id of the payment method.", pattern = "^pmt_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "pmt_01h455vb4pex5vsknk084sn02q")),
    responses((status = 200, description = "The payment method", body = PaymentMethodView)),
    extensions(("x-etag" = json!(true))),
)]
#[get("/payment-methods/{id}")]
pub async fn get_payment_method(
    app: Data<App>,
    caller: Require<PaymentMethodsRead>,
    PathId(id): PathId<PaymentMethodId>,
) -> Result<Reply, Problem> {
    let method = actions::find(&**app.read(), caller.0.id(), id).await?;
    Ok(Reply::ok(&show(&**app.read(), &caller.0, &method).await?).etag(method.version))
}

/// Changes what a payment method is called.
#[utoipa::path(
    operation_id = "rename_payment_method", tag = "Payment methods",
    security(("bearer" = ["payment_methods:write"])),
    summary = "Rename a payment method",
    description = "Changes the label. To charge another card or account, add a method and remove this one.",
    params(
        ("id" = String, Path, description = "Id of the payment method.", pattern = "^pmt_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "pmt_01h455vb4pex5vsknk084sn02q"),
        ("If-Match" = Option<String>, Header, description = "Only if it is still this version.", example = "\"1\""),
    ),
    request_body = PaymentMethodPatch,
    responses((status = 200, description = "The payment method", body = PaymentMethodView)),
    extensions(("x-etag" = json!(true))),
)]
#[patch("/payment-methods/{id}")]
pub async fn rename_payment_method(
    app: Data<App>,
    caller: Require<PaymentMethodsWrite>,
    key: Key,
    expected: IfMatch,
    PathId(id): PathId<PaymentMethodId>,
    Patch(patch): Patch<PaymentMethodPatch>,
) -> Result<Reply, Problem> {
    let caller = caller.0;
    key.once(&app, &caller.scope(), async |tx| {
        let mut method = actions::lock(tx, caller.id(), id).await?;
        expected.check_version(method.version)?;
        if let Some(label) = &patch.label {
            method = actions::rename(tx, &caller.cx(&app), method, label).await?;
        }
        Ok(Reply::ok(&show(&**tx, &caller, &method).await?).etag(method.version))
    })
    .await
}

/// Removes a payment method.
#[utoipa::path(
    operation_id = "remove_payment_method", tag = "Payment methods",
    security(("bearer" = ["payment_methods:write"])),
    summary = "Remove a payment method",
    description = "Removes a method and forgets its token; if it was the default, the newest other usable one follows. Refused with `last_payment_method` for the last usable one while a service renews automatically (each is a blocker), and with `payment_in_progress` while a payment on it has no final outcome.",
    params(("id" = String, Path, description = "Id of the payment method.", pattern = "^pmt_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "pmt_01h455vb4pex5vsknk084sn02q")),
    responses((status = 204, description = "It is removed")),
    extensions(("x-fresh-proof" = json!(true)), ("x-idempotency" = json!("required"))),
)]
#[delete("/payment-methods/{id}")]
pub async fn remove_payment_method(
    app: Data<App>,
    caller: RequireFresh<PaymentMethodsWrite>,
    key: RequiredKey,
    PathId(id): PathId<PaymentMethodId>,
) -> Result<Reply, Problem> {
    let caller = caller.0;
    key.0
        .once(&app, &caller.scope(), async |tx| {
            actions::remove(tx, &caller.cx(&app), caller.id(), id).await?;
            Ok(Reply::no_content())
        })
        .await
}

/// Makes a payment method the default.
#[utoipa::path(
    operation_id = "set_default_payment_method", tag = "Payment methods",
    security(("bearer" = ["payment_methods:write"])),
    summary = "Choose the default payment method",
    description = "Automatic renewals are charged on the default method. Services that are past due are charged on a new default at once.",
    request_body = DefaultPaymentMethod,
    responses((status = 200, description = "The payment method, now the default", body = PaymentMethodView)),
    extensions(("x-fresh-proof" = json!(true)), ("x-etag" = json!(true))),
)]
#[put("/payment-methods/default")]
pub async fn set_default_payment_method(
    app: Data<App>,
    caller: RequireFresh<PaymentMethodsWrite>,
    key: Key,
    Body(new): Body<DefaultPaymentMethod>,
) -> Result<Reply, Problem> {
    let caller = caller.0;
    key.once(&app, &caller.scope(), async |tx| {
        let method = actions::make_default(tx, &caller.cx(&app), caller.id(), new.payment_method_id).await?;
        Ok(Reply::ok(&show(&**tx, &caller, &method).await?).etag(method.version))
    })
    .await
}
