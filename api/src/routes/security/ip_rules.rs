//! From which addresses the account may be used.

use crate::actions::account::ip_rules;
use crate::actions::{Error, Invalid};
use crate::app::App;
use crate::http::body::Body;
use crate::http::caller::{Require, RequireFresh};
use crate::http::etag::IfMatch;
use crate::http::idempotency::Key;
use crate::http::reply::Reply;
use crate::http::scope::{SecurityRead, SecurityWrite};
use crate::problem::{Problem, ProblemBody};
use actix_web::web::Data;
use actix_web::{get, put};
use domain::network::{IpAction, IpRule, IpRules, MAX_RULES, Range};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};
use utoipa_actix_web::service_config::ServiceConfig;

/// Longest name of a rule, in characters.
const LABEL_MAX: usize = 100;

/// Routes of this file.
pub(super) fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(get_ip_rules).service(set_ip_rules);
}

/// A rule to be set.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewIpRule {
    /// The addresses: CIDR, or one address.
    #[schema(max_length = 49, example = "192.0.2.0/24")]
    cidr: String,
    /// What it says about them.
    #[schema(schema_with = actions)]
    action: IpAction,
    /// What its owner calls it.
    #[serde(default)]
    #[schema(nullable = false, max_length = 100, example = "Office")]
    label: Option<String>,
}

/// Every rule, in the order in which they are asked, and what holds where none fits.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewIpRules {
    /// At most 100; the first that fits decides.
    #[schema(max_items = 100, example = json!([{ "cidr": "198.51.100.7", "action": "deny", "label": "Old office" }]))]
    rules: Vec<NewIpRule>,
    /// What holds where no rule fits.
    #[schema(schema_with = actions)]
    default_action: IpAction,
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = IpRule)]
pub struct IpRuleView {
    /// The addresses, as CIDR.
    #[schema(max_length = 49, example = "192.0.2.0/24")]
    pub cidr: String,
    /// `allow` or `deny`. Extensible enum.
    #[schema(max_length = 8, example = "allow")]
    pub action: String,
    /// What its owner calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 100, example = "Office")]
    pub label: Option<String>,
}

/// From which addresses the account may be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = IpRules)]
pub struct IpRulesView {
    /// In the order in which they are asked.
    #[schema(max_items = 100)]
    pub rules: Vec<IpRuleView>,
    /// `allow` or `deny`: what holds where no rule fits. Extensible enum.
    #[schema(max_length = 8, example = "allow")]
    pub default_action: String,
    /// The address that this request came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 45, example = "192.0.2.7")]
    pub your_address: Option<String>,
    /// Its tag, for `If-Match`.
    #[schema(max_length = 32, example = "3f1c0a9be2d47c55")]
    pub etag: String,
}

/// Reads the rules.
#[utoipa::path(
    operation_id = "get_ip_rules", tag = "Security",
    summary = "Read the rules by address",
    description = "From which addresses the account may be used: the first rule that fits decides, else the default. An account without rules may be used from everywhere.",
    security(("bearer" = ["security:read"])),
    responses((status = 200, description = "The rules", body = IpRulesView)),
    extensions(("x-etag" = json!(true))),
)]
#[get("/security/ip-rules")]
pub async fn get_ip_rules(caller: Require<SecurityRead>) -> Result<Reply, Problem> {
    let Require(caller, ..) = caller;
    reply(&caller.account, caller.client.address)
}

/// Replaces the rules.
#[utoipa::path(
    operation_id = "set_ip_rules", tag = "Security",
    summary = "Replace the rules by address",
    description = "Replaces every rule. They hold at once for logins, sessions, their refresh and tokens; a login from an address that is not allowed is answered as a wrong password is, anything else 403 `address_not_allowed`. Rules that would keep out the address of this request are refused (`ip_rules_would_lock_out`). No rules and the default `allow` let the account be used from everywhere. The owner is told at every proven address.",
    security(("bearer" = ["security:write"])),
    params(("If-Match" = Option<String>, Header, description = "Only if they are still these rules.", example = "\"3f1c0a9be2d47c55\"")),
    request_body(content = NewIpRules),
    responses(
        (status = 200, description = "The rules", body = IpRulesView),
        (status = 409, description = "The rules would keep you out", body = ProblemBody),
    ),
    extensions(("x-fresh-proof" = json!(true)), ("x-etag" = json!(true))),
)]
#[put("/security/ip-rules")]
pub async fn set_ip_rules(
    app: Data<App>,
    caller: RequireFresh<SecurityWrite>,
    expected: IfMatch,
    key: Key,
    body: Body<NewIpRules>,
) -> Result<Reply, Problem> {
    let (RequireFresh(caller, ..), rules) = (caller, body.0.checked()?);
    let cx = caller.cx(&app);
    key.once(&app, &caller.scope(), async |tx| {
        let account = ip_rules::set(tx, &cx, caller.id(), &rules, |tag| expected.check(tag)).await?;
        reply(&account, caller.client.address.clone()).map_err(|_| Error::internal("rules just written"))
    })
    .await
}

impl NewIpRules {
    fn checked(self) -> Result<IpRules, Error> {
        if self.rules.len() > MAX_RULES {
            return Err(Invalid::new("/rules", "too_many").with("max", MAX_RULES).into());
        }
        let mut errors = Vec::new();
        let mut rules: Vec<IpRule> = Vec::with_capacity(self.rules.len());
        for (at, rule) in self.rules.into_iter().enumerate() {
            let label = rule.label.map(|label| label.trim().to_owned()).filter(|label| !label.is_empty());
            if label.as_ref().is_some_and(|label| label.chars().count() > LABEL_MAX) {
                errors.push(Invalid::new(format!("/rules/{at}/label"), "too_long").with("max", LABEL_MAX));
            }
            if label.as_ref().is_some_and(|label| label.chars().any(char::is_control)) {
                errors.push(Invalid::new(format!("/rules/{at}/label"), "invalid_format"));
            }
            let Ok(cidr) = rule.cidr.parse::<Range>() else {
                errors.push(Invalid::new(format!("/rules/{at}/cidr"), "invalid_format"));
                continue;
            };
            let cidr = cidr.canonical();
            if rules.iter().any(|known| known.cidr == cidr) {
                // the first would decide for both
                errors.push(Invalid::new(format!("/rules/{at}/cidr"), "duplicate_item"));
            }
            rules.push(IpRule { cidr, action: rule.action, label });
        }
        let default_action = self.default_action;
        if errors.is_empty() { Ok(IpRules { rules, default_action }) } else { Err(Error::Invalid(errors)) }
    }
}

fn reply(account: &entity::account::Model, address: Option<String>) -> Result<Reply, Problem> {
    let (rules, etag) = (ip_rules::of(account)?, ip_rules::tag(account)?);
    let view =
        |rule: IpRule| IpRuleView { cidr: rule.cidr.to_string(), action: rule.action.to_string(), label: rule.label };
    let body = IpRulesView {
        rules: rules.rules.into_iter().map(view).collect(),
        default_action: rules.default_action.to_string(),
        your_address: address,
        etag: etag.clone(),
    };
    Ok(Reply::ok(&body).etag(etag))
}

/// What a rule may say.
fn actions() -> Object {
    let words = IpAction::ALL.iter().map(|word| word.as_str());
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).examples(["allow"]).build()
}
