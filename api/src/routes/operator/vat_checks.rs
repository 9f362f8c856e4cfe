//! What was asked about customers' VAT ids, and the answers: the evidence on which reverse charge rests.

use crate::actions::account::vat_id::VIES;
use crate::app::App;
use crate::http::body::Params;
use crate::http::caller::Operator;
use crate::http::page::{self, KeyColumn, Page, PageQuery};
use crate::http::reply::Reply;
use crate::problem::Problem;
use actix_web::get;
use actix_web::web::Data;
use chrono::{DateTime, Utc};
use domain::id::{AccountId, VatCheckId};
use domain::tax::VatIdStatus;
use entity::vat_check::{self, Column};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

/// The routes.
pub fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(list_vat_checks);
}

/// A check of a VAT id.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = VatCheck)]
pub struct VatCheckView {
    /// Its id.
    #[schema(value_type = String, pattern = "^vck_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "vck_01h455vb4pex5vsknk084sn02q")]
    pub id: VatCheckId,
    /// Whose.
    #[schema(value_type = String, pattern = "^acc_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "acc_01h455vb4pex5vsknk084sn02q")]
    pub account_id: AccountId,
    /// The number that was asked for.
    #[schema(max_length = 20, example = "DE136695976")]
    pub vat_id: String,
    /// Who was asked: `vies`, or nobody but the number's own `form`. Extensible enum.
    #[schema(max_length = 8, example = "vies")]
    pub checker: String,
    /// What it answered: `pending` (nothing yet), `valid` or `invalid`. Extensible enum.
    #[schema(max_length = 8, example = "valid")]
    pub status: String,
    /// The number under which the register knows that it was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 64, example = "WAPIAAAAYl1yW0mE")]
    pub consultation_number: Option<String>,
    /// Whose number it is, where the member state tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 255, example = "Muster GmbH")]
    pub name: Option<String>,
    /// Where they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 500, example = "Invalidenstr. 1, 10115 Berlin")]
    pub address: Option<String>,
    /// When it was wanted.
    #[schema(example = "2026-01-30T09:00:00Z")]
    pub created_at: DateTime<Utc>,
    /// When it was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-01-30T09:00:04Z")]
    pub checked_at: Option<DateTime<Utc>>,
    /// When it is asked, or asked again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-03-01T09:00:04Z")]
    pub due_at: Option<DateTime<Utc>>,
    /// How often it was asked without an answer, the last time included.
    #[schema(minimum = 0, example = 1)]
    pub attempts: i32,
    /// Why there was no answer the last time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 255, example = "the register answered 200: MS_UNAVAILABLE")]
    pub last_error: Option<String>,
}

impl From<vat_check::Model> for VatCheckView {
    fn from(check: vat_check::Model) -> Self {
        Self {
            id: check.id,
            account_id: check.account_id,
            vat_id: check.vat_id,
            status: check.status.to_string(),
            consultation_number: check.consultation_number,
            name: check.name,
            address: check.address,
            created_at: check.created_at,
            checked_at: check.checked_at,
            // its form is asked for no more than once
            due_at: check.due_at.filter(|_| check.checker == VIES),
            checker: check.checker,
            attempts: check.attempts,
            last_error: check.last_error,
        }
    }
}

/// Which checks to list.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct VatCheckFilter {
    /// Only those with one of these answers; may be given several times.
    #[serde(default)]
    #[param(value_type = Option<Vec<String>>, max_items = 3, example = json!(["invalid"]))]
    pub status: Vec<VatIdStatus>,
    /// Only those of this account.
    #[serde(default)]
    #[param(value_type = Option<String>, nullable = false, pattern = "^acc_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "acc_01h455vb4pex5vsknk084sn02q")]
    pub account_id: Option<AccountId>,
}

/// Checks, the last first.
#[utoipa::path(
    operation_id = "list_vat_checks", tag = "Operator", security(("bearer" = ["operator:*"])),
    summary = "List checks of VAT numbers",
    description = "Checks of the VAT numbers of all accounts, the newest first: what was asked, when, and what the register answered, with its consultation number. Keep them with invoices of `reverse_charge`. Sorts by `created_at`.",
    params(PageQuery, VatCheckFilter),
    responses((status = 200, description = "A page of checks", body = Page<VatCheckView>)),
)]
#[get("/operator/vat-checks")]
pub async fn list_vat_checks(
    app: Data<App>,
    _operator: Operator,
    query: PageQuery,
    Params(filter): Params<VatCheckFilter>,
) -> Result<Reply, Problem> {
    let mut select = vat_check::Entity::find();
    if !filter.status.is_empty() {
        select = select.filter(Column::Status.is_in(filter.status));
    }
    if let Some(account) = filter.account_id {
        select = select.filter(Column::AccountId.eq(account));
    }
    let key = query.sort(&[("created_at", Column::CreatedAt)], KeyColumn::Desc(Column::CreatedAt))?;
    let page = page::keyset(app.read(), select, key, &query).await?;
    Ok(Reply::page(&page.map(VatCheckView::from), &query))
}
