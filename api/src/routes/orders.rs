//! Orders: placed, followed, given up. Paying them is with the payments.

pub mod tracking;
pub mod view;

use super::{DryRun, views};
use crate::actions::order::{self as actions, history, quote::Item};
use crate::app::App;
use crate::http::body::{Body, Params, PathId};
use crate::http::caller::{Caller, Require};
use crate::http::idempotency::{Key, RequiredKey};
use crate::http::page::{self, KeyColumn, Page, PageQuery};
use crate::http::reply::Reply;
use crate::http::scope::{OrdersRead, OrdersWrite};
use crate::problem::{Code, Problem};
use actix_web::web::Data;
use actix_web::{delete, get, post};
use chrono::{DateTime, Utc};
use domain::calendar::Period;
use domain::id::OrderId;
use domain::order::OrderStatus;
use domain::service::RenewalMode;
use entity::order;
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter};
use serde::Deserialize;
use tracking::{TrackingView, tracking};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use view::{OrderView, Shelf};

/// The routes.
pub fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(place_order).service(list_orders).service(get_order).service(get_order_tracking).service(cancel_order);
}

/// What is ordered.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrder {
    /// The lines.
    #[schema(min_items = 1, max_items = 20)]
    pub items: Vec<NewOrderItem>,
}

/// A line of an order to place.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrderItem {
    /// Code of the plan, from the catalogue.
    #[schema(max_length = 48, example = "vps-starter")]
    pub plan: String,
    /// Length of the first period and, until changed, of the next.
    #[schema(schema_with = views::periods)]
    pub period: Period,
    /// How the services go on after it.
    #[schema(schema_with = views::renewal_modes)]
    pub renewal_mode: RenewalMode,
    /// How many services.
    #[serde(default = "one")]
    #[schema(minimum = 1, maximum = 100, default = 1, example = 1)]
    pub quantity: i32,
    /// What you call them.
    #[serde(default)]
    #[schema(nullable = false, max_length = 100, example = "Web server")]
    pub display_name: Option<String>,
}

const fn one() -> i32 {
    1
}

impl From<NewOrderItem> for Item {
    fn from(item: NewOrderItem) -> Self {
        let NewOrderItem { plan, period, renewal_mode, quantity, display_name } = item;
        Self { plan, period, renewal_mode, quantity, display_name }
    }
}

/// Which orders to list.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OrderFilter {
    /// Only orders in one of these states; may be given several times.
    #[serde(default)]
    #[param(value_type = Option<Vec<String>>, max_items = 8, example = json!(["awaiting_payment"]))]
    pub status: Vec<OrderStatus>,
    /// Only orders placed at or after this instant.
    #[serde(default)]
    #[param(nullable = false, example = "2026-01-01T00:00:00Z")]
    pub created_at_from: Option<DateTime<Utc>>,
    /// Only orders placed before this instant.
    #[serde(default)]
    #[param(nullable = false, example = "2027-01-01T00:00:00Z")]
    pub created_at_to: Option<DateTime<Utc>>,
}

/// Place an order, or quote it.
#[utoipa::path(
    operation_id = "place_order", tag = "Orders", security(("bearer" = ["orders:write"])),
    summary = "Place an order",
    description = "Stores an order at the prices of the current catalogue; it waits 7 days for its payment (`POST /v1/orders/{id}/payment`). With `dry_run=true` the same answer comes with status 200 and nothing is stored, its id and number included. Refused with `email_not_verified`, `account_closing`, `tax_not_supported`, or `plan_not_available` for a line.",
    params(DryRun), request_body = NewOrder,
    responses(
        (status = 201, description = "The order, waiting for its payment", body = OrderView),
        (status = 200, description = "What the order would be (dry run)", body = OrderView),
    ),
    extensions(("x-etag" = json!(true)), ("x-idempotency" = json!("required"))),
)]
#[post("/orders")]
pub async fn place_order(
    app: Data<App>,
    caller: Require<OrdersWrite>,
    key: RequiredKey,
    Body(new): Body<NewOrder>,
) -> Result<Reply, Problem> {
    let caller = caller.0;
    let items: Vec<Item> = new.items.into_iter().map(Into::into).collect();
    key.0
        .once(&app, &caller.scope(), async |tx| {
            let placed = actions::place(tx, &caller.cx(&app), caller.id(), &items).await?;
            let view = show(&**tx, &app, &caller, &placed.order).await?;
            let version = placed.order.version;
            Ok(if key.0.is_dry_run() {
                Reply::ok(&view).etag(version)
            } else {
                Reply::created(format!("/v1/orders/{}", view.id), &view).etag(version)
            })
        })
        .await
}

/// The caller's orders.
#[utoipa::path(
    operation_id = "list_orders", tag = "Orders", security(("bearer" = ["orders:read"])),
    summary = "List your orders",
    description = "Every order of the account, the newest first. Sorts by `created_at`.",
    params(PageQuery, OrderFilter),
    responses((status = 200, description = "A page of orders", body = Page<OrderView>)),
)]
#[get("/orders")]
pub async fn list_orders(
    app: Data<App>,
    caller: Require<OrdersRead>,
    query: PageQuery,
    Params(filter): Params<OrderFilter>,
) -> Result<Reply, Problem> {
    let (caller, created_at) = (caller.0, order::Column::CreatedAt);
    let mut select = order::Entity::of(caller.id());
    if !filter.status.is_empty() {
        select = select.filter(order::Column::Status.is_in(filter.status));
    }
    if let Some(from) = filter.created_at_from {
        select = select.filter(created_at.gte(from));
    }
    if let Some(to) = filter.created_at_to {
        select = select.filter(created_at.lt(to));
    }
    let key = query.sort(&[("created_at", created_at)], KeyColumn::Desc(created_at))?;
    let page = page::keyset(app.read(), select, key, &query).await?;
    let shelf = Shelf::load(&**app.read(), caller.id(), &page.items).await?;
    Ok(Reply::page(&page.map(|order| shelf.view(app.config(), &order, caller.language())), &query))
}

/// One of the caller's orders.
#[utoipa::path(
    operation_id = "get_order", tag = "Orders", security(("bearer" = ["orders:read"])),
    summary = "Get an order",
    description = "One order with its lines, its totals and what can be done with it now.",
    params(("id" = String, Path, description = "Id of the order.", pattern = "^ord_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "ord_01h455vb4pex5vsknk084sn02q")),
    responses((status = 200, description = "The order", body = OrderView)),
    extensions(("x-etag" = json!(true))),
)]
#[get("/orders/{id}")]
pub async fn get_order(
    app: Data<App>,
    caller: Require<OrdersRead>,
    PathId(id): PathId<OrderId>,
) -> Result<Reply, Problem> {
    let order = find(&app, &caller.0, id).await?;
    Ok(Reply::ok(&show(&**app.read(), &app, &caller.0, &order).await?).etag(order.version))
}

/// How far an order is.
#[utoipa::path(
    operation_id = "get_order_tracking", tag = "Orders", security(("bearer" = ["orders:read"])),
    summary = "Follow an order step by step",
    description = "The four steps of an order, each with its dated history and, where you must do something for it to go on, what, why, until when and where.",
    params(("id" = String, Path, description = "Id of the order.", pattern = "^ord_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "ord_01h455vb4pex5vsknk084sn02q")),
    responses((status = 200, description = "The steps, in their order", body = TrackingView)),
)]
#[get("/orders/{id}/tracking")]
pub async fn get_order_tracking(
    app: Data<App>,
    caller: Require<OrdersRead>,
    PathId(id): PathId<OrderId>,
) -> Result<Reply, Problem> {
    let order = find(&app, &caller.0, id).await?;
    let lines = history::lines(&**app.read(), id).await?;
    Ok(Reply::ok(&tracking(&order, &lines, caller.0.language())))
}

/// Give an unpaid order up.
#[utoipa::path(
    operation_id = "cancel_order", tag = "Orders", security(("bearer" = ["orders:write"])),
    summary = "Cancel an unpaid order",
    description = "Gives an order up that is not paid: refused with `order_not_cancellable` once it is, and with `payment_in_progress` while a payment of it has no final outcome.",
    params(("id" = String, Path, description = "Id of the order.", pattern = "^ord_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "ord_01h455vb4pex5vsknk084sn02q")),
    responses((status = 200, description = "The order, cancelled", body = OrderView)),
    extensions(("x-etag" = json!(true))),
)]
#[delete("/orders/{id}")]
pub async fn cancel_order(
    app: Data<App>,
    caller: Require<OrdersWrite>,
    key: Key,
    PathId(id): PathId<OrderId>,
) -> Result<Reply, Problem> {
    let caller = caller.0;
    key.once(&app, &caller.scope(), async |tx| {
        let order = actions::cancel(tx, &caller.cx(&app), caller.id(), id).await?;
        Ok(Reply::ok(&show(&**tx, &app, &caller, &order).await?).etag(order.version))
    })
    .await
}

async fn find(app: &App, caller: &Caller, id: OrderId) -> Result<order::Model, Problem> {
    let mine = order::Entity::of(caller.id()).filter(order::Column::Id.eq(id));
    mine.one(&**app.read()).await?.ok_or_else(|| Code::NotFound.into())
}

async fn show<C: ConnectionTrait>(
    db: &C,
    app: &App,
    caller: &Caller,
    order: &order::Model,
) -> Result<OrderView, crate::actions::Error> {
    let shelf = Shelf::load(db, caller.id(), std::slice::from_ref(order)).await?;
    Ok(shelf.view(app.config(), order, caller.language()))
}
