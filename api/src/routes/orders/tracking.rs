//! The tracking of orders as it is shown.

use crate::actions::order::history;
use chrono::{DateTime, Utc};
use domain::account::Language;
use domain::id::OrderId;
use domain::order::{OrderStatus, StepStatus, TrackingStep};
use entity::{order, order_step};
use serde::Serialize;
use utoipa::ToSchema;

/// How far an order is.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = OrderTracking)]
pub struct TrackingView {
    /// The order.
    #[schema(value_type = String, pattern = "^ord_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "ord_01h455vb4pex5vsknk084sn02q")]
    pub order_id: OrderId,
    /// The number that people read.
    #[schema(max_length = 24, example = "CO-SKNK-084S-N02Q")]
    pub number: String,
    /// Where the order stands. Extensible enum.
    #[schema(max_length = 24, example = "checking")]
    pub status: String,
    /// The steps, in their order.
    #[schema(max_items = 8)]
    pub items: Vec<StepView>,
}

/// A step of the tracking.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = OrderStep)]
pub struct StepView {
    /// `validating`, `validated`, `delivering`, `available`. Extensible enum.
    #[schema(max_length = 16, example = "validating")]
    pub step: String,
    /// `todo`, `doing`, `done`, `error`. Extensible enum.
    #[schema(max_length = 8, example = "doing")]
    pub status: String,
    /// What happened, oldest first.
    #[schema(max_items = 100)]
    pub history: Vec<HistoryView>,
    /// What the customer must do for the step to go on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub action_required: Option<ActionRequiredView>,
}

/// A dated line of a step's history.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = OrderStepEntry)]
pub struct HistoryView {
    /// When.
    #[schema(example = "2026-01-30T10:05:00Z")]
    pub at: DateTime<Utc>,
    /// What, in the caller's language.
    #[schema(max_length = 255, example = "Order being checked")]
    pub label: String,
}

/// What the customer must do.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = OrderActionRequired)]
pub struct ActionRequiredView {
    /// Stable code. Extensible enum.
    #[schema(max_length = 64, example = "payment_required")]
    pub code: String,
    /// What and why, in the caller's language.
    #[schema(max_length = 500, example = "Pay the order, or it ends.")]
    pub detail: String,
    /// Until when.
    #[schema(example = "2026-02-06T10:00:00Z")]
    pub until: DateTime<Utc>,
    /// Path of the operation.
    #[schema(max_length = 255, example = "/v1/orders/ord_01h455vb4pex5vsknk084sn02q/payment")]
    pub href: String,
}

/// An order's tracking, from its whole history (oldest first).
#[must_use]
pub fn tracking(order: &order::Model, lines: &[order_step::Model], language: Language) -> TrackingView {
    let step = |(step, status): (TrackingStep, StepStatus)| StepView {
        step: step.to_string(),
        status: status.to_string(),
        history: lines.iter().filter(|line| line.step == step).map(|line| entry(line, language)).collect(),
        action_required: required(order, step, language),
    };
    TrackingView {
        order_id: order.id,
        number: order.number.clone(),
        status: order.status.to_string(),
        items: history::standing(lines).into_iter().map(step).collect(),
    }
}

fn entry(line: &order_step::Model, language: Language) -> HistoryView {
    let label = match language {
        Language::Fr => &line.label_fr,
        Language::En => &line.label_en,
    };
    HistoryView { at: line.at, label: label.clone() }
}

fn required(order: &order::Model, step: TrackingStep, language: Language) -> Option<ActionRequiredView> {
    if order.status != OrderStatus::AwaitingPayment || step != TrackingStep::Validating {
        return None;
    }
    let detail = match language {
        Language::Fr => "Payez la commande : sans paiement à cette date, elle prend fin.",
        Language::En => "Pay the order: without payment by then, it ends.",
    };
    Some(ActionRequiredView {
        code: "payment_required".to_owned(),
        detail: detail.to_owned(),
        until: order.expires_at,
        href: format!("/v1/orders/{}/payment", order.id),
    })
}
