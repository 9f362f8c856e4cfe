//! Orders as they are shown, and what is read to show them.

use crate::actions::Error;
use crate::actions::order::{self as actions, Attempt};
use crate::config::Config;
use crate::routes::views::{ActionView, MoneyView};
use chrono::{DateTime, Utc};
use domain::account::Language;
use domain::id::{AccountId, InvoiceId, OrderId, OrderItemId, PlanId, ServiceId};
use entity::{attempt_target, order, order_item, plan};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;
use uuid::Uuid;

/// An order.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Order)]
pub struct OrderView {
    /// Its id.
    #[schema(value_type = String, pattern = "^ord_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "ord_01h455vb4pex5vsknk084sn02q")]
    pub id: OrderId,
    /// The number that people read.
    #[schema(max_length = 24, example = "CO-SKNK-084S-N02Q")]
    pub number: String,
    /// Where it stands. Extensible enum.
    #[schema(max_length = 24, example = "awaiting_payment")]
    pub status: String,
    /// What is ordered.
    #[schema(min_items = 1, max_items = 20)]
    pub items: Vec<OrderItemView>,
    /// What it costs.
    pub totals: TotalsView,
    /// VAT category, EN 16931. Extensible enum.
    #[schema(max_length = 4, example = "S")]
    pub tax_category: String,
    /// VAT rate, in percent; left out outside the scope of VAT (category `O`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, pattern = r"^[0-9]{1,3}(\.[0-9]{1,6})?$", max_length = 10, example = "20")]
    pub tax_rate: Option<String>,
    /// Under which rules VAT is or is not charged: `domestic`, `domestic_dom` (Guadeloupe, Martinique,
    /// Réunion), `outside_scope_dom` (French Guiana, Mayotte), `reverse_charge` (the buyer owes it), `oss`
    /// (that of the buyer's country), `outside_scope` (outside the EU). Extensible enum.
    #[schema(max_length = 24, example = "domestic")]
    pub tax_scheme: String,
    /// A sentence that the law wants on the invoice.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 255, example = "Autoliquidation")]
    pub tax_mention: Option<String>,
    /// When it was placed.
    #[schema(example = "2026-01-30T10:00:00Z")]
    pub created_at: DateTime<Utc>,
    /// Until when it can be paid.
    #[schema(example = "2026-02-06T10:00:00Z")]
    pub expires_at: DateTime<Utc>,
    /// When it was paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-01-30T10:05:00Z")]
    pub paid_at: Option<DateTime<Utc>>,
    /// When everything ordered was available.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-01-30T10:06:00Z")]
    pub delivered_at: Option<DateTime<Utc>>,
    /// The invoice of its payment.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false, pattern = "^inv_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "inv_01h455vb4pex5vsknk084sn02q")]
    pub invoice_id: Option<InvoiceId>,
    /// The texts that the contract consists of.
    #[schema(max_items = 10)]
    pub contract_texts: Vec<ContractTextView>,
    /// Path of its tracking.
    #[schema(max_length = 255, example = "/v1/orders/ord_01h455vb4pex5vsknk084sn02q/tracking")]
    pub tracking_href: String,
    /// What can be done with it now.
    pub actions: OrderActionsView,
    /// Its version, for `If-Match`.
    #[schema(max_length = 32, example = "1")]
    pub etag: String,
}

/// A line of an order.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = OrderItem)]
pub struct OrderItemView {
    /// Its id.
    #[schema(value_type = String, pattern = "^oit_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "oit_01h455vb4pex5vsknk084sn02q")]
    pub id: OrderItemId,
    /// Code of the plan.
    #[schema(max_length = 48, example = "vps-starter")]
    pub plan: String,
    /// What the invoice will say.
    #[schema(max_length = 255, example = "VPS Starter")]
    pub label: String,
    /// Length of the first period, ISO 8601. Extensible enum.
    #[schema(max_length = 3, example = "P1M")]
    pub period: String,
    /// How the services go on after it. Extensible enum.
    #[schema(max_length = 16, example = "automatic")]
    pub renewal_mode: String,
    /// How many services.
    #[schema(minimum = 1, maximum = 100, example = 1)]
    pub quantity: i32,
    /// What the owner calls them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 100, example = "Web server")]
    pub display_name: Option<String>,
    /// Price of one, net of tax; up to six fractional digits.
    pub unit_price: MoneyView,
    /// Price of the line, net of tax.
    pub net: MoneyView,
    /// The services that it made, once it is paid.
    #[schema(value_type = Vec<String>, max_items = 100, example = json!(["svc_01h455vb4pex5vsknk084sn02q"]))]
    pub service_ids: Vec<ServiceId>,
}

/// What an order costs.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = OrderTotals)]
pub struct TotalsView {
    /// Without VAT.
    pub net: MoneyView,
    /// VAT.
    pub tax: MoneyView,
    /// What is paid.
    pub gross: MoneyView,
}

/// A text of the contract.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ContractText)]
pub struct ContractTextView {
    /// Its title, in the caller's language.
    #[schema(max_length = 120, example = "Terms of service")]
    pub title: String,
    /// Where to read it.
    #[schema(format = "uri", max_length = 512, example = "http://127.0.0.1:8080/contracts/terms-of-service")]
    pub href: String,
}

/// What can be done with an order.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = OrderActions)]
pub struct OrderActionsView {
    /// `POST /v1/orders/{id}/payment`.
    pub pay: ActionView,
    /// `DELETE /v1/orders/{id}`.
    pub cancel: ActionView,
}

/// What is read once to show any number of an account's orders.
pub(super) struct Shelf {
    items: BTreeMap<OrderId, Vec<order_item::Model>>,
    plans: BTreeMap<PlanId, String>,
    services: BTreeMap<OrderItemId, Vec<ServiceId>>,
    live: BTreeSet<Uuid>,
}

impl Shelf {
    /// Reads it.
    ///
    /// # Errors
    /// The database's.
    pub(super) async fn load<C: ConnectionTrait>(
        db: &C,
        account: AccountId,
        orders: &[order::Model],
    ) -> Result<Self, Error> {
        let ids: Vec<OrderId> = orders.iter().map(|order| order.id).collect();
        let rows = order_item::Entity::of_all(ids.iter().copied())
            .order_by_asc(order_item::Column::OrderId)
            .order_by_asc(order_item::Column::Position)
            .all(db)
            .await?;
        let services = actions::services(db, account, &rows).await?;
        let live = attempt_target::Entity::find()
            .filter(attempt_target::Column::TargetId.is_in(ids.iter().map(|id| id.0)))
            .filter(attempt_target::Column::Live.eq(true))
            .all(db)
            .await?;
        let plans =
            plan::Entity::find().filter(plan::Column::Id.is_in(rows.iter().map(|item| item.plan_id))).all(db).await?;
        let mut items: BTreeMap<OrderId, Vec<order_item::Model>> = BTreeMap::new();
        for row in rows {
            items.entry(row.order_id).or_default().push(row);
        }
        Ok(Self {
            items,
            plans: plans.into_iter().map(|plan| (plan.id, plan.code)).collect(),
            services: actions::by_item(&services),
            live: live.into_iter().map(|target| target.target_id).collect(),
        })
    }

    /// An order with what is known about it.
    pub(super) fn view(&self, config: &Config, order: &order::Model, language: Language) -> OrderView {
        let attempt = if self.live.contains(&order.id.0) { Attempt::Live } else { Attempt::None };
        let money = |minor| MoneyView::minor(minor, &order.currency);
        let items = self.items.get(&order.id).map(Vec::as_slice).unwrap_or_default();
        OrderView {
            id: order.id,
            number: order.number.clone(),
            status: order.status.to_string(),
            items: items.iter().map(|item| self.item(item, &order.currency)).collect(),
            totals: TotalsView { net: money(order.net), tax: money(order.tax), gross: money(order.gross) },
            tax_category: order.tax_category.to_string(),
            tax_rate: order.tax_category.has_rate().then(|| order.tax_rate.to_string()),
            tax_scheme: order.tax_scheme.to_string(),
            tax_mention: order.tax_mention.map(|mention| mention.to_string()),
            created_at: order.created_at,
            expires_at: order.expires_at,
            paid_at: order.paid_at,
            delivered_at: order.delivered_at,
            invoice_id: order.invoice_id,
            contract_texts: contract_texts(config, language),
            tracking_href: format!("/v1/orders/{}/tracking", order.id),
            actions: OrderActionsView {
                pay: ActionView::of(actions::may_pay(order.status, attempt), language),
                cancel: ActionView::of(actions::may_cancel(order.status, attempt), language),
            },
            etag: crate::http::etag::etag(order.version),
        }
    }

    fn item(&self, item: &order_item::Model, currency: &str) -> OrderItemView {
        OrderItemView {
            id: item.id,
            plan: self.plans.get(&item.plan_id).cloned().unwrap_or_default(),
            label: item.label.clone(),
            period: item.period.to_string(),
            renewal_mode: item.renewal_mode.to_string(),
            quantity: item.quantity,
            display_name: item.display_name.clone(),
            unit_price: MoneyView::price(item.unit_price, currency),
            net: MoneyView::minor(item.net, currency),
            service_ids: self.services.get(&item.id).cloned().unwrap_or_default(),
        }
    }
}

fn contract_texts(config: &Config, language: Language) -> Vec<ContractTextView> {
    let base = config.links_url.trim_end_matches('/');
    let texts = [
        ("Conditions générales de service", "Terms of service", "terms-of-service"),
        ("Politique de renouvellement et de résiliation", "Renewal and cancellation policy", "renewal-policy"),
        ("Droit de rétractation", "Right of withdrawal", "withdrawal"),
    ];
    let text = |(fr, en, page): (&str, &str, &str)| {
        let title = match language {
            Language::Fr => fr,
            Language::En => en,
        };
        ContractTextView { title: title.to_owned(), href: format!("{base}/contracts/{page}") }
    };
    texts.into_iter().map(text).collect()
}
