//! How a service goes on: its mode and period, and renewals that its owner pays.

use super::locked;
use super::view::{ServiceView, show};
use crate::actions::payment::start;
use crate::actions::service::set_renewal;
use crate::actions::{Error, Invalid};
use crate::app::App;
use crate::http::body::{Body, PathId};
use crate::http::caller::Require;
use crate::http::etag::IfMatch;
use crate::http::idempotency::{Key, RequiredKey};
use crate::http::reply::Reply;
use crate::http::scope::ServicesWrite;
use crate::problem::{Problem, ProblemBody};
use crate::routes::payments::{pay, view::PaymentView};
use crate::routes::{DryRun, views};
use actix_web::web::Data;
use actix_web::{post, put};
use domain::calendar::Period;
use domain::id::{PaymentMethodId, ServiceId};
use domain::payment::PaymentSource;
use domain::service::RenewalMode;
use serde::Deserialize;
use utoipa::ToSchema;

/// Most periods of one payment.
const MAX_PERIODS: u32 = 12;

/// How a service is to go on.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRenewalMode {
    /// Renewed and charged at each expiry, or only when you pay.
    #[schema(schema_with = views::renewal_modes)]
    pub mode: RenewalMode,
    /// Length of the next period; unchanged if left out.
    #[serde(default)]
    #[schema(schema_with = views::periods)]
    pub period: Option<Period>,
}

/// A renewal to pay.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRenewal {
    /// Length of a period; the service's own if left out.
    #[serde(default)]
    #[schema(schema_with = views::periods)]
    pub period: Option<Period>,
    /// How many periods; more where a late renewal needs them to reach beyond today.
    #[serde(default = "one")]
    #[schema(minimum = 1, maximum = 12, default = 1, example = 1)]
    pub periods: u32,
    /// The prepaid balance, or a payment method.
    #[schema(schema_with = views::payment_sources)]
    pub payment_source: PaymentSource,
    /// Which payment method; the default one if left out.
    #[serde(default)]
    #[schema(value_type = Option<String>, nullable = false, pattern = "^pmt_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "pmt_01h455vb4pex5vsknk084sn02q")]
    pub payment_method_id: Option<PaymentMethodId>,
}

const fn one() -> u32 {
    1
}

/// Changes how a service goes on.
#[utoipa::path(
    operation_id = "set_service_renewal", tag = "Services", security(("bearer" = ["services:write"])),
    summary = "Choose how a service is renewed",
    description = "Sets the mode, and the period from the next expiry on; everything planned is planned anew. `automatic` needs a usable payment method. Switching to `manual` while a renewal is unpaid stops its retries and keeps the announced day of suspension. With `dry_run=true` the service is answered as it would be, and nothing is stored.",
    params(
        ("id" = String, Path, description = "Id of the service.", pattern = "^svc_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "svc_01h455vb4pex5vsknk084sn02q"),
        DryRun,
        ("If-Match" = Option<String>, Header, description = "Only if it is still this version.", example = "\"1\""),
    ),
    request_body(content = NewRenewalMode, example = json!({"mode": "automatic", "period": "P1Y"})),
    responses(
        (status = 200, description = "The service", body = ServiceView),
        (status = 402, description = "The period cannot change while a renewal is unpaid", body = ProblemBody),
        (status = 409, description = "The renewal cannot be changed now", body = ProblemBody),
    ),
    extensions(
        ("x-etag" = json!(true)),
        ("x-error-codes" = json!(["service_deleted", "service_not_delivered", "service_cancelled", "no_payment_method", "renewal_unpaid", "payment_in_progress"])),
    ),
)]
#[put("/services/{id}/renewal")]
pub async fn set_service_renewal(
    app: Data<App>,
    caller: Require<ServicesWrite>,
    key: Key,
    expected: IfMatch,
    PathId(id): PathId<ServiceId>,
    Body(new): Body<NewRenewalMode>,
) -> Result<Reply, Problem> {
    let caller = caller.0;
    key.once(&app, &caller.scope(), async |tx| {
        let (account, service) = locked(tx, &caller, id).await?;
        expected.check_version(service.version)?;
        let wanted = (new.mode, new.period.unwrap_or(service.period));
        let service = set_renewal::set_renewal(tx, &caller.cx(&app), &account, &service, wanted).await?;
        Ok(Reply::ok(&show(&**tx, &app, &caller, &service).await?).etag(service.version))
    })
    .await
}

/// Pays a renewal.
#[utoipa::path(
    operation_id = "renew_service", tag = "Services", security(("bearer" = ["services:write"])),
    summary = "Renew a service",
    description = "Pays the unpaid renewal if there is one, whatever period is named; else one or more periods in advance, added to the current expiry. Late, the service goes on from its old expiry, and one that is suspended becomes available again. 201: paid. 202: the outcome is not final, because the gateway works on it, or you must do something (`next_action`). 402: declined, nothing else changed. With `dry_run=true` the payment is answered with status 200, nothing is stored and nothing is charged.",
    params(
        ("id" = String, Path, description = "Id of the service.", pattern = "^svc_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "svc_01h455vb4pex5vsknk084sn02q"),
        DryRun,
    ),
    request_body(content = NewRenewal, example = json!({"period": "P1M", "periods": 1, "payment_source": "payment_method"})),
    responses(
        (status = 201, description = "The payment, successful", body = PaymentView),
        (status = 202, description = "The payment, its outcome is awaited", body = PaymentView),
        (status = 200, description = "What would be paid (dry run)", body = PaymentView),
        (status = 402, description = "The payment was declined, or the balance does not cover it", body = ProblemBody),
        (status = 409, description = "The service cannot be renewed now", body = ProblemBody),
    ),
    extensions(
        ("x-idempotency" = json!("required")),
        ("x-error-codes" = json!(["payment_declined", "balance_insufficient", "service_deleted", "service_not_delivered", "service_cancelled", "horizon_exceeded", "payment_in_progress", "no_payment_method"])),
    ),
)]
#[post("/services/{id}/renewals")]
pub async fn renew_service(
    app: Data<App>,
    caller: Require<ServicesWrite>,
    key: RequiredKey,
    PathId(id): PathId<ServiceId>,
    Body(new): Body<NewRenewal>,
) -> Result<Reply, Problem> {
    let caller = caller.0;
    if !(1..=MAX_PERIODS).contains(&new.periods) {
        let range = Invalid::new("/periods", "out_of_range").with("min", 1).with("max", MAX_PERIODS);
        return Err(Error::from(range).into());
    }
    let source = start::Source { from: new.payment_source, method: new.payment_method_id };
    pay(&app, &caller, &key.0, async |tx| {
        start::renewal(tx, &caller.cx(&app), (caller.id(), id), (new.period, new.periods), source).await
    })
    .await
}
