//! Services as they are shown.

use super::words;
use crate::actions::service::view::{Known, Standing, Verdicts};
use crate::actions::{Context, Error, zone};
use crate::app::App;
use crate::http::caller::Caller;
use crate::routes::views::{ActionView, MoneyView};
use chrono::{DateTime, NaiveDate, Utc};
use domain::account::Language;
use domain::calendar::cancellable_until;
use domain::id::{CancellationId, InvoiceId, ServiceId};
use entity::{cancellation, milestone, service};
use sea_orm::ConnectionTrait;
use serde::Serialize;
use utoipa::ToSchema;

/// A service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Service)]
pub struct ServiceView {
    /// Its id.
    #[schema(value_type = String, pattern = "^svc_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "svc_01h455vb4pex5vsknk084sn02q")]
    pub id: ServiceId,
    /// What you call it.
    #[schema(max_length = 100, example = "Web server")]
    pub display_name: String,
    /// Code of its plan.
    #[schema(max_length = 48, example = "vps-starter")]
    pub plan: String,
    /// Name of its plan, in the caller's language.
    #[schema(max_length = 120, example = "VPS Starter")]
    pub plan_name: String,
    /// `delivering`, `active`, `past_due`, `suspended`, `deleted`. Extensible enum.
    #[schema(max_length = 16, example = "active")]
    pub status: String,
    /// How it goes on after its expiry.
    pub renewal: ServiceRenewalView,
    /// Its first day.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-01-30")]
    pub starts_on: Option<NaiveDate>,
    /// The day until which it is paid: the next period begins on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-02-28")]
    pub expires_on: Option<NaiveDate>,
    /// The day on which it was suspended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-03-07")]
    pub suspended_on: Option<NaiveDate>,
    /// The day on which it will be deleted definitively if nothing is paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-03-22")]
    pub delete_on: Option<NaiveDate>,
    /// The unpaid invoice of its renewal.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false, pattern = "^inv_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "inv_01h455vb4pex5vsknk084sn02q")]
    pub unpaid_invoice_id: Option<InvoiceId>,
    /// Its cancellation at expiry, while that is scheduled.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub cancellation: Option<ServiceCancellationView>,
    /// What will happen to it next.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub upcoming: Option<UpcomingView>,
    /// What can be done with it now.
    pub actions: ServiceActionsView,
    /// When it was made.
    #[schema(example = "2026-01-30T10:05:00Z")]
    pub created_at: DateTime<Utc>,
    /// When it was deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-03-21T23:00:00Z")]
    pub deleted_at: Option<DateTime<Utc>>,
    /// `not_renewed`, `cancelled_at_expiry`, `immediate`, `operator`. Extensible enum.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 24, example = "not_renewed")]
    pub deletion_cause: Option<String>,
    /// Its version, for `If-Match`.
    #[schema(max_length = 32, example = "2")]
    pub etag: String,
}

/// How a service goes on after its expiry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ServiceRenewal)]
pub struct ServiceRenewalView {
    /// `automatic` or `manual`. Extensible enum.
    #[schema(max_length = 16, example = "automatic")]
    pub mode: String,
    /// Length of the next period, ISO 8601. Extensible enum.
    #[schema(max_length = 3, example = "P1M")]
    pub period: String,
    /// The day of the next automatic renewal, or of the next charge of an unpaid one; left out where
    /// nothing will be charged by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-02-28")]
    pub next_on: Option<NaiveDate>,
    /// What the next renewal costs with VAT: what is left of the unpaid one, else one period at the present
    /// price. Left out where the service cannot be renewed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub next_amount: Option<MoneyView>,
}

/// The scheduled cancellation of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ServiceCancellation)]
pub struct ServiceCancellationView {
    /// Its id.
    #[schema(value_type = String, pattern = "^can_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "can_01h455vb4pex5vsknk084sn02q")]
    pub id: CancellationId,
    /// Why, out of the list of the catalogue. Extensible enum.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 32, example = "too_expensive")]
    pub reason: Option<String>,
    /// The day at whose start the service is deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-02-28")]
    pub effective_on: Option<NaiveDate>,
    /// Until when, exclusively, it can be revoked; left out where it cannot.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-02-26T23:00:00Z")]
    pub revocable_until: Option<DateTime<Utc>>,
    /// When it was asked for.
    #[schema(example = "2026-01-30T10:00:00Z")]
    pub requested_at: DateTime<Utc>,
}

/// What will happen to a service next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ServiceUpcoming)]
pub struct UpcomingView {
    /// `notice`, `renew`, `charge`, `suspend`, `deletion_notice`, `delete`. Extensible enum.
    #[schema(max_length = 24, example = "renew")]
    pub kind: String,
    /// On which billing day.
    #[schema(example = "2026-02-28")]
    pub on: NaiveDate,
    /// What and why, in the caller's language.
    #[schema(max_length = 500, example = "Automatic renewal: the next period begins and its invoice is issued.")]
    pub detail: String,
}

/// What can be done with a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ServiceActions)]
pub struct ServiceActionsView {
    /// `POST /v1/services/{id}/renewals`.
    pub renew: ActionView,
    /// `PUT /v1/services/{id}/renewal`.
    pub change_renewal: ActionView,
    /// `PUT /v1/services/{id}/cancellation`.
    pub cancel: ActionView,
    /// `DELETE /v1/services/{id}/cancellation`.
    pub revoke_cancellation: ActionView,
    /// `POST /v1/services/{id}/deletion`.
    pub delete: ActionView,
    /// `POST /v1/invoices/{unpaid_invoice_id}/payment`.
    pub pay: ActionView,
}

impl ServiceActionsView {
    fn of(verdicts: Verdicts, language: Language) -> Self {
        let action = |verdict| ActionView::of(verdict, language);
        Self {
            renew: action(verdicts.renew),
            change_renewal: action(verdicts.change_renewal),
            cancel: action(verdicts.cancel),
            revoke_cancellation: action(verdicts.revoke_cancellation),
            delete: action(verdicts.delete),
            pay: action(verdicts.pay),
        }
    }
}

impl ServiceView {
    /// A service with what was read about it.
    ///
    /// # Errors
    /// [`Error::Internal`] where amounts or dates leave their range.
    pub(super) fn of(
        known: &Known,
        cx: &Context<'_>,
        caller: &Caller,
        service: &service::Model,
    ) -> Result<Self, Error> {
        let (account, language) = (&caller.account, caller.language());
        let plan = known.plan(service)?;
        let verdicts = known.verdicts(cx, account, service)?;
        let zone = zone(account)?;
        let revocable = |row: &cancellation::Model| {
            row.effective_on.filter(|_| verdicts.revoke_cancellation.is_ok()).map(|on| cancellable_until(on, zone))
        };
        let unpaid_invoice_id = match known.standing(service.id) {
            Standing::Owes(invoice, _) => Some(invoice),
            Standing::Paid | Standing::BeingPaid => None,
        };
        Ok(Self {
            id: service.id,
            display_name: service.display_name.clone(),
            plan: plan.code.clone(),
            plan_name: crate::actions::catalog::name(plan, language).to_owned(),
            status: service.status.to_string(),
            renewal: ServiceRenewalView {
                mode: service.renewal_mode.to_string(),
                period: service.period.to_string(),
                next_on: known.next_charge_on(service),
                next_amount: known.next_amount(cx, account, service)?.map(Into::into),
            },
            starts_on: service.starts_on,
            expires_on: service.expires_on,
            suspended_on: service.suspended_on,
            delete_on: service.delete_on,
            unpaid_invoice_id,
            cancellation: known.cancellation(service.id).map(|row| ServiceCancellationView {
                id: row.id,
                reason: row.reason.map(|reason| reason.to_string()),
                effective_on: row.effective_on,
                revocable_until: revocable(row),
                requested_at: row.requested_at,
            }),
            upcoming: known.upcoming(service.id).map(|row| upcoming(row, language)),
            actions: ServiceActionsView::of(verdicts, language),
            created_at: service.created_at,
            deleted_at: service.deleted_at,
            deletion_cause: service.deletion_cause.map(|cause| cause.to_string()),
            etag: crate::http::etag::etag(service.version),
        })
    }
}

fn upcoming(row: &milestone::Model, language: Language) -> UpcomingView {
    UpcomingView { kind: row.kind.to_string(), on: row.planned_on, detail: words::detail(row.rule, row.step, language) }
}

/// One service, read with everything that its view needs.
///
/// # Errors
/// The database's.
pub(super) async fn show<C: ConnectionTrait>(
    db: &C,
    app: &App,
    caller: &Caller,
    service: &service::Model,
) -> Result<ServiceView, Error> {
    let known = Known::load(db, caller.id(), std::slice::from_ref(service)).await?;
    ServiceView::of(&known, &caller.cx(app), caller, service)
}
