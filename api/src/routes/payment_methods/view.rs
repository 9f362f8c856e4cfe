//! Payment methods as they are shown.

use crate::actions::payment_method as actions;
use crate::actions::{self as all, Error};
use crate::http::caller::Caller;
use crate::routes::views::ActionView;
use chrono::{DateTime, NaiveDate, Utc};
use domain::id::PaymentMethodId;
use domain::refusal::Refusal;
use entity::payment_method;
use sea_orm::ConnectionTrait;
use serde::Serialize;
use utoipa::ToSchema;

/// A payment method.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = PaymentMethod)]
pub struct PaymentMethodView {
    /// Its id.
    #[schema(value_type = String, pattern = "^pmt_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "pmt_01h455vb4pex5vsknk084sn02q")]
    pub id: PaymentMethodId,
    /// What it pays with. Extensible enum.
    #[serde(rename = "type")]
    #[schema(max_length = 16, example = "card")]
    pub kind: String,
    /// What you recognise it by.
    #[schema(max_length = 64, example = "Visa •••• 4242")]
    pub label: String,
    /// `valid`, `expired`, `failed`. Extensible enum.
    #[schema(max_length = 16, example = "valid")]
    pub status: String,
    /// Last month of validity.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, pattern = "^[0-9]{4}-[0-9]{2}$", max_length = 7, example = "2028-05")]
    pub expires: Option<String>,
    /// Whether automatic renewals are charged on it.
    #[schema(example = true)]
    pub is_default: bool,
    /// When it was added.
    #[schema(example = "2026-01-30T10:00:00Z")]
    pub created_at: DateTime<Utc>,
    /// What can be done with it now.
    pub actions: PaymentMethodActionsView,
    /// Its version, for `If-Match`.
    #[schema(max_length = 32, example = "1")]
    pub etag: String,
}

/// What can be done with a payment method.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = PaymentMethodActions)]
pub struct PaymentMethodActionsView {
    /// `PUT /v1/payment-methods/default`.
    pub make_default: ActionView,
    /// `DELETE /v1/payment-methods/{id}`.
    pub remove: ActionView,
}

/// A method, on the billing day of its owner.
///
/// # Errors
/// The database's.
pub async fn show<C: ConnectionTrait>(
    db: &C,
    caller: &Caller,
    method: &payment_method::Model,
) -> Result<PaymentMethodView, Error> {
    let (today, language) = (all::today(&caller.account, caller.now)?, caller.language());
    let removable = match actions::may_remove(db, method, today).await {
        Ok(()) => Ok(()),
        Err(Error::Refused(code) | Error::Blocked { code, .. }) => Err(code),
        Err(other) => return Err(other),
    };
    let usable = if actions::is_usable(method, today) { Ok(()) } else { Err(Refusal::NoPaymentMethod) };
    Ok(PaymentMethodView {
        id: method.id,
        kind: method.kind.to_string(),
        label: method.label.clone(),
        status: actions::status_on(method, today).to_string(),
        expires: method.expires_on.map(month),
        is_default: method.is_default,
        created_at: method.created_at,
        actions: PaymentMethodActionsView {
            make_default: ActionView::of(usable, language),
            remove: ActionView::of(removable, language),
        },
        etag: crate::http::etag::etag(method.version),
    })
}

fn month(last_day: NaiveDate) -> String {
    last_day.format("%Y-%m").to_string()
}
