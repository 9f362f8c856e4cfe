//! The catalogue's versions, as operators publish them.

use crate::actions::catalog::publish::{NewPlan, Texts, publish};
use crate::actions::{self, catalog};
use crate::app::App;
use crate::http::body::{Body, Params};
use crate::http::caller::Operator;
use crate::http::idempotency::Key;
use crate::http::page::{self, KeyColumn, Page, PageQuery};
use crate::http::reply::Reply;
use crate::problem::Problem;
use crate::routes::operator::policy::PlanPolicy;
use crate::routes::views::{self, MoneyView};
use actix_web::web::Data;
use actix_web::{get, post};
use chrono::{DateTime, Utc};
use domain::calendar::Period;
use domain::id::PlanId;
use domain::money::Scaled6;
use domain::policy::Delivery;
use entity::{plan, plan_price};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

/// The routes.
pub fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(list_plan_versions).service(publish_plan);
}

/// A version of a plan.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = PlanVersion)]
pub struct VersionView {
    /// Its id.
    #[schema(value_type = String, pattern = "^pln_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "pln_01h455vb4pex5vsknk084sn02q")]
    pub id: PlanId,
    /// What orders name.
    #[schema(max_length = 48, example = "vps-starter")]
    pub code: String,
    /// Its number, from 1.
    #[schema(minimum = 1, example = 1)]
    pub version: i32,
    /// Whether new orders get it.
    #[schema(example = true)]
    pub is_current: bool,
    /// What it is. Extensible enum.
    #[schema(max_length = 32, example = "vps")]
    pub kind: String,
    /// Its name.
    pub name: LocalizedText,
    /// What it offers.
    pub description: LocalizedText,
    /// Who makes its services available. Extensible enum.
    #[schema(max_length = 16, example = "automatic")]
    pub delivery: String,
    /// What happens around the expiry of its services.
    pub policy: PlanPolicy,
    /// Its price for each period it is sold for.
    #[schema(max_items = 12)]
    pub prices: Vec<VersionPriceView>,
    /// When it was published.
    #[schema(example = "2026-01-30T10:00:00Z")]
    pub created_at: DateTime<Utc>,
}

/// The price of a version for a period.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = PlanVersionPrice)]
pub struct VersionPriceView {
    /// Length of the period, ISO 8601. Extensible enum.
    #[schema(max_length = 3, example = "P1M")]
    pub period: String,
    /// Net of tax; up to six fractional digits.
    pub unit_price: MoneyView,
}

/// A text in the languages of the catalogue.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LocalizedText {
    /// French.
    #[schema(min_length = 1, max_length = 2000, example = "Serveur privé virtuel")]
    pub fr: String,
    /// English.
    #[schema(min_length = 1, max_length = 2000, example = "Virtual private server")]
    pub en: String,
}

/// A version of a plan to publish.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPlanVersion {
    /// What orders name: lower-case letters, digits and hyphens. A known code gets a new version.
    #[schema(pattern = "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", min_length = 1, max_length = 48, example = "vps-starter")]
    pub code: String,
    /// What it is: vps, domain, hosting ...
    #[schema(min_length = 1, max_length = 32, example = "vps")]
    pub kind: String,
    /// Its name, at most 120 characters.
    pub name: LocalizedText,
    /// What it offers.
    pub description: LocalizedText,
    /// Who makes its services available: the scheduler right after the payment, or your systems.
    #[schema(schema_with = views::deliveries)]
    pub delivery: Delivery,
    /// What happens around the expiry of its services.
    #[serde(default)]
    #[schema(required = false)]
    pub policy: PlanPolicy,
    /// Its price for each period it is sold for.
    #[schema(min_items = 1, max_items = 6)]
    pub prices: Vec<NewPlanPrice>,
}

/// The price of a plan for a period, to publish.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPlanPrice {
    /// Length of the period.
    #[schema(schema_with = views::periods)]
    pub period: Period,
    /// In euros, net of tax; at most six fractional digits.
    #[schema(value_type = String, pattern = r"^[0-9]{1,12}(\.[0-9]{1,6})?$", max_length = 20, example = "6.00")]
    pub unit_price: Scaled6,
}

impl From<NewPlanVersion> for NewPlan {
    fn from(new: NewPlanVersion) -> Self {
        let texts = |text: LocalizedText| Texts { fr: text.fr, en: text.en };
        Self {
            code: new.code,
            kind: new.kind,
            names: texts(new.name),
            descriptions: texts(new.description),
            delivery: new.delivery,
            policy: new.policy.into(),
            prices: new.prices.into_iter().map(|price| (price.period, price.unit_price)).collect(),
        }
    }
}

/// Which versions to list.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct VersionFilter {
    /// Only versions of this plan.
    #[serde(default)]
    #[param(nullable = false, max_length = 48, example = "vps-starter")]
    pub code: Option<String>,
}

/// Versions of plans, the last published first.
#[utoipa::path(
    operation_id = "list_plan_versions", tag = "Operator", security(("bearer" = ["operator:*"])),
    summary = "List versions of plans",
    description = "Every version of every plan, or of one; the last published first.",
    params(PageQuery, VersionFilter),
    responses((status = 200, description = "A page of versions", body = Page<VersionView>)),
)]
#[get("/operator/plans")]
pub async fn list_plan_versions(
    app: Data<App>,
    _operator: Operator,
    query: PageQuery,
    Params(filter): Params<VersionFilter>,
) -> Result<Reply, Problem> {
    let mut select = plan::Entity::find();
    if let Some(code) = filter.code {
        select = select.filter(plan::Column::Code.eq(code));
    }
    let key = query.sort(&[], KeyColumn::Desc(plan::Column::Id))?;
    let page = page::keyset(app.read(), select, key, &query).await?;
    let prices = plan_price::Entity::of_all(page.items.iter().map(|plan| plan.id)).all(&**app.read()).await?;
    let page = page.try_map(|plan| view(plan, &prices))?;
    Ok(Reply::page(&page, &query))
}

/// Publishes a version of a plan.
#[utoipa::path(
    operation_id = "publish_plan", tag = "Operator", security(("bearer" = ["operator:*"])),
    summary = "Publish a version of a plan",
    description = "Publishes a new plan, or a new version of a known one: from now on new orders get it. Orders placed and services delivered keep the version they have.",
    request_body = NewPlanVersion,
    responses((status = 201, description = "The version", body = VersionView)),
)]
#[post("/operator/plans")]
pub async fn publish_plan(
    app: Data<App>,
    operator: Operator,
    key: Key,
    Body(new): Body<NewPlanVersion>,
) -> Result<Reply, Problem> {
    let new = NewPlan::from(new);
    key.once(&app, &operator.scope(), async |tx| {
        let (plan, prices) = publish(tx, &operator.cx(&app, operator.real_now), &new).await?;
        Ok(Reply::created(format!("/v1/catalog/plans/{}", plan.code), &view(plan, &prices)?))
    })
    .await
}

fn view(plan: plan::Model, prices: &[plan_price::Model]) -> Result<VersionView, actions::Error> {
    let policy = catalog::policy(&plan)?.into();
    let mut own: Vec<_> = prices.iter().filter(|price| price.plan_id == plan.id).collect();
    own.sort_by_key(|price| price.period.months());
    let price = |price: &plan_price::Model| VersionPriceView {
        period: price.period.to_string(),
        unit_price: MoneyView::price(price.unit_price, &price.currency),
    };
    Ok(VersionView {
        id: plan.id,
        code: plan.code,
        version: plan.version,
        is_current: plan.is_current,
        kind: plan.kind,
        name: LocalizedText { fr: plan.name_fr, en: plan.name_en },
        description: LocalizedText { fr: plan.description_fr, en: plan.description_en },
        delivery: plan.delivery.to_string(),
        policy,
        prices: own.into_iter().map(price).collect(),
        created_at: plan.created_at,
    })
}
