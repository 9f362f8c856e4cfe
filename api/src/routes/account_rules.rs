//! What a profile needs, before anybody types it. Public.

use crate::actions::account::profile;
use crate::http::body::Params;
use crate::http::reply::Reply;
use crate::problem::{Fault, Place, Problem};
use actix_web::get;
use domain::account::AccountKind;
use domain::profile::{Holder, MemberRule};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

/// How long caches may keep the rules: they change with a version of the server.
const CACHED: &str = "public, max-age=3600";

/// The routes.
pub fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(get_account_rules);
}

/// Whose rules.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct HolderQuery {
    /// ISO 3166-1 alpha-2 code.
    #[param(pattern = "^[A-Za-z]{2}$", min_length = 2, max_length = 2, example = "FR")]
    pub country: String,
    /// Who holds the account.
    #[param(value_type = String, max_length = 16, example = "company")]
    pub kind: AccountKind,
}

/// What a profile needs, for one country and kind of account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AccountRules)]
pub struct RulesView {
    /// ISO 3166-1 alpha-2 code.
    #[schema(min_length = 2, max_length = 2, example = "FR")]
    country: String,
    /// Who holds the account. Extensible enum.
    #[schema(max_length = 16, example = "company")]
    kind: String,
    /// In the order in which a form asks.
    #[schema(max_items = 20)]
    fields: Vec<FieldRuleView>,
}

/// What holds for one member of the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = FieldRule)]
pub struct FieldRuleView {
    /// The member of the account.
    #[schema(max_length = 32, example = "siret")]
    name: String,
    /// `required`: nothing can be ordered without it; `optional`; `not_applicable`: it is refused. Extensible enum.
    #[schema(max_length = 16, example = "required")]
    requirement: String,
    /// The most characters, in the form in which it is stored.
    #[schema(minimum = 1, example = 14)]
    max_length: usize,
    /// Regular expression (ECMA-262) of the form in which it is stored. Spaces, dots and hyphens are put right,
    /// letters raised.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 250, example = "^[0-9]{14}$")]
    pattern: Option<String>,
    /// Whether it has check digits, which are verified: not every text that fits the pattern is taken.
    #[schema(example = true)]
    check_digits: bool,
    /// One that is taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 64, example = "73282932000074")]
    example: Option<String>,
}

impl From<MemberRule> for FieldRuleView {
    fn from(rule: MemberRule) -> Self {
        Self {
            name: rule.member.to_string(),
            requirement: rule.requirement.to_string(),
            max_length: rule.max_length,
            pattern: rule.pattern,
            check_digits: rule.check_digits,
            example: rule.example,
        }
    }
}

/// What a profile needs.
#[utoipa::path(
    operation_id = "get_account_rules", tag = "Account", security(()),
    summary = "Read what a profile needs",
    description = "Which members a profile needs, has or does not have, and in which form, for a country and a kind of account: what forms are made from. The same rules check `PATCH /v1/account`, and an order wants everything that is required.",
    params(HolderQuery),
    responses((status = 200, description = "The rules", body = RulesView)),
)]
#[get("/account-rules")]
pub async fn get_account_rules(Params(query): Params<HolderQuery>) -> Result<Reply, Problem> {
    let unknown = || Problem::invalid(vec![Fault::new(Place::Parameter("country".to_owned()), "invalid_format")]);
    let country = profile::country(&query.country).ok_or_else(unknown)?;
    let rules = Holder { country: &country, kind: query.kind }.rules();
    let fields = rules.into_iter().map(FieldRuleView::from).collect();
    let view = RulesView { kind: query.kind.to_string(), fields, country };
    Ok(Reply::ok(&view).header("cache-control", CACHED))
}
