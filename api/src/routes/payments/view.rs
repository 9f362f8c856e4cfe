//! Payments as they are shown.

use crate::actions::Error;
use crate::routes::views::MoneyView;
use chrono::{DateTime, Utc};
use domain::id::{AccountId, InvoiceId, OrderId, PaymentId, PaymentMethodId, ServiceId};
use domain::payment::PaymentStatus;
use entity::{payment, payment_attempt};
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter, QueryOrder};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Payment)]
pub struct PaymentView {
    /// Its id.
    #[schema(value_type = String, pattern = "^pay_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "pay_01h455vb4pex5vsknk084sn02q")]
    pub id: PaymentId,
    /// `pending`, `processing`, `requires_action`, `succeeded`, `failed`, `refunded`. Extensible enum.
    #[schema(max_length = 16, example = "succeeded")]
    pub status: String,
    /// How much.
    pub amount: MoneyView,
    /// `payment_method` or `balance`. Extensible enum.
    #[schema(max_length = 16, example = "payment_method")]
    pub source: String,
    /// Who asked for it: `customer`, or `scheduler` for automatic renewals. Extensible enum.
    #[schema(max_length = 16, example = "customer")]
    pub initiator: String,
    /// What it was charged on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false, pattern = "^pmt_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "pmt_01h455vb4pex5vsknk084sn02q")]
    pub payment_method_id: Option<PaymentMethodId>,
    /// The invoice that it pays; of orders and renewals, once it succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false, pattern = "^inv_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "inv_01h455vb4pex5vsknk084sn02q")]
    pub invoice_id: Option<InvoiceId>,
    /// The order that it pays.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false, pattern = "^ord_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "ord_01h455vb4pex5vsknk084sn02q")]
    pub order_id: Option<OrderId>,
    /// The service whose renewal it pays.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false, pattern = "^svc_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "svc_01h455vb4pex5vsknk084sn02q")]
    pub service_id: Option<ServiceId>,
    /// What you must do for it to go on, while `status` is `requires_action`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub next_action: Option<NextActionView>,
    /// Why the gateway said no.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub decline: Option<DeclineView>,
    /// When it began.
    #[schema(example = "2026-01-30T10:05:00Z")]
    pub created_at: DateTime<Utc>,
    /// When its outcome was final.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-01-30T10:05:01Z")]
    pub settled_at: Option<DateTime<Utc>>,
}

/// What the customer must do at the gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = PaymentNextAction)]
pub struct NextActionView {
    /// Where.
    #[schema(
        format = "uri",
        max_length = 512,
        example = "https://gateway.example/confirm/att_01h455vb4pex5vsknk084sn02q"
    )]
    pub href: String,
}

/// Why a payment was declined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = PaymentDecline)]
pub struct DeclineView {
    /// `soft`: another try may work; `hard`: this method will not work any more. Extensible enum.
    #[schema(max_length = 8, example = "soft")]
    pub kind: String,
    /// The gateway's word for it. Extensible enum.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 64, example = "insufficient_funds")]
    pub code: Option<String>,
}

/// The latest attempts of any number of payments.
pub(super) struct Attempts(BTreeMap<PaymentId, payment_attempt::Model>);

impl Attempts {
    /// Reads them.
    ///
    /// # Errors
    /// The database's.
    pub(super) async fn load<C: ConnectionTrait>(
        db: &C,
        account: AccountId,
        payments: &[payment::Model],
    ) -> Result<Self, Error> {
        let rows = payment_attempt::Entity::of(account)
            .filter(payment_attempt::Column::PaymentId.is_in(payments.iter().map(|payment| payment.id)))
            .order_by_asc(payment_attempt::Column::CreatedAt)
            .order_by_asc(payment_attempt::Column::Id)
            .all(db)
            .await?;
        Ok(Self(rows.into_iter().map(|row| (row.payment_id, row)).collect()))
    }

    /// A payment with what is known about it.
    pub(super) fn view(&self, payment: &payment::Model) -> PaymentView {
        let attempt = self.0.get(&payment.id);
        let waits = payment.status == PaymentStatus::RequiresAction;
        let href = attempt.filter(|_| waits).and_then(|attempt| attempt.next_action.clone());
        let decline = attempt.and_then(|attempt| {
            let kind = attempt.decline_kind?.to_string();
            Some(DeclineView { kind, code: attempt.decline_code.clone() })
        });
        PaymentView {
            id: payment.id,
            status: payment.status.to_string(),
            amount: MoneyView::minor(payment.amount, &payment.currency),
            source: payment.source.to_string(),
            initiator: payment.initiator.clone(),
            payment_method_id: payment.payment_method_id,
            invoice_id: payment.invoice_id,
            order_id: payment.order_id,
            service_id: payment.service_id,
            next_action: href.map(|href| NextActionView { href }),
            decline,
            created_at: payment.created_at,
            settled_at: payment.settled_at,
        }
    }
}

/// One payment.
///
/// # Errors
/// The database's.
pub async fn show<C: ConnectionTrait>(db: &C, payment: &payment::Model) -> Result<PaymentView, Error> {
    Ok(Attempts::load(db, payment.account_id, std::slice::from_ref(payment)).await?.view(payment))
}
