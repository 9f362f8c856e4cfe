//! The catalogue: what is on sale. Public.

use super::views::MoneyView;
use crate::actions::{Error, catalog, invoice};
use crate::app::App;
use crate::http::caller::Client;
use crate::http::page::{self, KeyColumn, Page, PageQuery};
use crate::http::reply::Reply;
use crate::problem::{Code, Problem};
use actix_web::get;
use actix_web::web::{Data, Path};
use domain::account::Language;
use domain::cancellation::CancellationReason;
use domain::money::Money;
use domain::policy::RenewalPolicy;
use entity::{plan, plan_price};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

/// How long caches may keep the catalogue.
const CACHED: &str = "public, max-age=300";

/// The routes.
pub fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(list_catalog_plans).service(get_catalog_plan).service(list_cancellation_reasons);
}

/// A plan on sale, in its current version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = CatalogPlan)]
pub struct PlanView {
    /// What orders name.
    #[schema(max_length = 48, example = "vps-starter")]
    pub code: String,
    /// The version that new orders get.
    #[schema(minimum = 1, example = 1)]
    pub version: i32,
    /// What it is. Extensible enum.
    #[schema(max_length = 32, example = "vps")]
    pub kind: String,
    /// Its name, in the caller's language.
    #[schema(max_length = 120, example = "VPS Starter")]
    pub name: String,
    /// What it offers, in the caller's language.
    #[schema(max_length = 2000, example = "Virtual private server: 2 vCores, 4 GB of memory, 40 GB NVMe.")]
    pub description: String,
    /// `automatic`: available right after the payment; `operator`: made by the provider. Extensible enum.
    #[schema(max_length = 16, example = "automatic")]
    pub delivery: String,
    /// Its price for each period it is sold for.
    #[schema(max_items = 12)]
    pub prices: Vec<PriceView>,
    /// What happens around the expiry of its services.
    pub renewal: PolicyView,
}

/// The price of a plan for a period, net of tax.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = CatalogPrice)]
pub struct PriceView {
    /// Length of the period, ISO 8601. Extensible enum.
    #[schema(max_length = 3, example = "P1M")]
    pub period: String,
    /// Price of one period, net of tax, rounded to the currency.
    pub price: MoneyView,
    /// The exact unit price, with up to six fractional digits.
    #[schema(pattern = r"^[0-9]{1,13}(\.[0-9]{1,6})?$", max_length = 20, example = "6.00")]
    pub unit_price: String,
}

/// What happens to a service around its expiry, in calendar days of the billing time zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = RenewalPolicySummary)]
pub struct PolicyView {
    /// Days before an automatic renewal on which it is announced (periods of 3 months or more).
    #[schema(max_items = 20, example = json!([40, 15, 3]))]
    pub automatic_notice_days: Vec<u32>,
    /// Days before the expiry of a manual service on which it is reminded of (periods of 3 months or more).
    #[schema(max_items = 20, example = json!([40, 15, 7, 3, 1]))]
    pub manual_notice_days: Vec<u32>,
    /// Days after expiry on which a declined charge is tried again.
    #[schema(max_items = 20, example = json!([1, 3, 5, 7]))]
    pub retry_days: Vec<u32>,
    /// Days after expiry at which an unpaid automatic service is suspended; a manual one is at expiry.
    #[schema(example = 7)]
    pub suspend_after_days: u32,
    /// Days after the suspension at which an unpaid service is deleted definitively.
    #[schema(example = 15)]
    pub delete_after_days: u32,
}

impl From<RenewalPolicy> for PolicyView {
    fn from(policy: RenewalPolicy) -> Self {
        Self {
            automatic_notice_days: policy.automatic_notices,
            manual_notice_days: policy.manual_notices,
            retry_days: policy.retries,
            suspend_after_days: policy.suspend_after,
            delete_after_days: policy.delete_after,
        }
    }
}

/// A reason for a cancellation, to choose from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = CancellationReasonChoice)]
pub struct ReasonView {
    /// What a cancellation names. Extensible enum.
    #[schema(max_length = 32, example = "too_expensive")]
    pub code: String,
    /// In the caller's language.
    #[schema(max_length = 120, example = "It is too expensive")]
    pub label: String,
}

/// The plans on sale, in their current version.
#[utoipa::path(
    operation_id = "list_catalog_plans", tag = "Catalogue", security(()),
    summary = "List the plans on sale",
    description = "The current version of every plan, with its price for each period and what happens around the expiry of its services. Names and descriptions follow `Accept-Language`. Sorted by `code`.",
    params(PageQuery),
    responses((status = 200, description = "A page of plans", body = Page<PlanView>)),
)]
#[get("/catalog/plans")]
pub async fn list_catalog_plans(app: Data<App>, client: Client, query: PageQuery) -> Result<Reply, Problem> {
    let key = query.sort(&[("code", plan::Column::Code)], KeyColumn::Asc(plan::Column::Code))?;
    let page = page::keyset(app.read(), plan::Entity::current(), key, &query).await?;
    let prices = plan_price::Entity::of_all(page.items.iter().map(|plan| plan.id)).all(&**app.read()).await?;
    let page = page.try_map(|plan| view(&plan, &prices, client.language))?;
    Ok(public(Reply::page(&page, &query)))
}

/// One plan on sale.
#[utoipa::path(
    operation_id = "get_catalog_plan", tag = "Catalogue", security(()),
    summary = "Get a plan on sale",
    description = "The current version of one plan. Names and descriptions follow `Accept-Language`.",
    params(("code" = String, Path, description = "Code of the plan.", max_length = 48, example = "vps-starter")),
    responses((status = 200, description = "The plan", body = PlanView)),
)]
#[get("/catalog/plans/{code}")]
pub async fn get_catalog_plan(app: Data<App>, client: Client, code: Path<String>) -> Result<Reply, Problem> {
    let plan = plan::Entity::current_of(&code).one(&**app.read()).await?.ok_or(Problem::new(Code::NotFound))?;
    let prices = plan_price::Entity::of(plan.id).all(&**app.read()).await?;
    Ok(public(Reply::ok(&view(&plan, &prices, client.language)?)))
}

/// The reasons that a cancellation may name.
#[utoipa::path(
    operation_id = "list_cancellation_reasons", tag = "Catalogue", security(()),
    summary = "List reasons for a cancellation",
    description = "The reasons to offer to somebody who cancels a service, in the order to show them. Naming one is optional. Labels follow `Accept-Language`. Always one page.",
    responses((status = 200, description = "Every reason", body = Page<ReasonView>)),
)]
#[get("/catalog/cancellation-reasons")]
pub async fn list_cancellation_reasons(client: Client) -> Reply {
    let reasons = CancellationReason::ALL.iter();
    let view = |reason: &CancellationReason| ReasonView {
        code: reason.to_string(),
        label: label(*reason, client.language).to_owned(),
    };
    public(Reply::ok(&Page::of(reasons.map(view).collect())))
}

fn public(reply: Reply) -> Reply {
    reply.header("cache-control", CACHED).header("vary", "Accept-Language")
}

fn view(plan: &plan::Model, prices: &[plan_price::Model], language: Language) -> Result<PlanView, Error> {
    let mut own: Vec<_> = prices.iter().filter(|price| price.plan_id == plan.id).collect();
    own.sort_by_key(|price| price.period.months());
    Ok(PlanView {
        code: plan.code.clone(),
        version: plan.version,
        kind: plan.kind.clone(),
        name: catalog::name(plan, language).to_owned(),
        description: catalog::description(plan, language).to_owned(),
        delivery: plan.delivery.to_string(),
        prices: own.into_iter().map(price).collect::<Result<_, _>>()?,
        renewal: catalog::policy(plan)?.into(),
    })
}

fn price(price: &plan_price::Model) -> Result<PriceView, Error> {
    let currency = invoice::currency(&price.currency)?;
    let rounded = Money::round_half_up(price.unit_price.value(), currency)?;
    Ok(PriceView {
        period: price.period.to_string(),
        price: rounded.into(),
        unit_price: price.unit_price.display_price(),
    })
}

const fn label(reason: CancellationReason, language: Language) -> &'static str {
    let (fr, en) = match reason {
        CancellationReason::NoLongerNeeded => ("Je n'en ai plus besoin", "I do not need it any more"),
        CancellationReason::TooExpensive => ("C'est trop cher", "It is too expensive"),
        CancellationReason::MissingFeature => ("Il manque une fonctionnalité", "A feature is missing"),
        CancellationReason::TechnicalIssue => ("J'ai rencontré des problèmes techniques", "It did not work well"),
        CancellationReason::ChangingOffer => ("Je change d'offre", "I am moving to another of your offers"),
        CancellationReason::ChangingProvider => ("Je change de fournisseur", "I am moving to another provider"),
        CancellationReason::ProjectEnded => ("Mon projet ou mon test est terminé", "My project or test has ended"),
        CancellationReason::Other => ("Autre raison", "Another reason"),
    };
    match language {
        Language::Fr => fr,
        Language::En => en,
    }
}
