//! Where the account's mails go, and the phrase that they print.

use crate::actions::code::{self, Purpose};
use crate::actions::mailing::{phrase, prove, route};
use crate::app::App;
use crate::http::body::{Body, Change};
use crate::http::caller::{Require, RequireFresh};
use crate::http::idempotency::Key;
use crate::http::reply::Reply;
use crate::http::scope::{AccountRead, AccountWrite, SecurityRead, SecurityWrite};
use crate::mail::Addresses;
use crate::mail::phrase::place;
use crate::problem::{Problem, ProblemBody};
use crate::routes::accounts::address;
use actix_web::web::Data;
use actix_web::{get, post, put};
use chrono::{DateTime, Utc};
use domain::mailing::{Category, MAX_ADDRESSES};
use entity::email_setting;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::schema::{Array, ArrayBuilder, ObjectBuilder, Type};
use utoipa_actix_web::service_config::ServiceConfig;

/// Routes of this file.
pub fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(get_email_routing)
        .service(set_email_routing)
        .service(confirm_email_address)
        .service(resend_email_address_code)
        .service(get_anti_phishing_phrase)
        .service(set_anti_phishing_phrase);
}

/// Which addresses receive which mails: whole, what is left out is not wanted.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmailRouting {
    /// What the primary address receives.
    primary: PrimaryRoute,
    /// Extra addresses, at most five. One that is new is mailed a code and receives nothing else before.
    #[schema(max_items = 5)]
    addresses: Vec<AddressRoute>,
    /// Whether a mail each month tells what the check-up finds critical; left out, it stays as it is.
    #[serde(default)]
    #[schema(nullable = false, example = true)]
    check_up_reminder: Option<bool>,
}

/// What the primary address receives.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PrimaryRoute {
    /// `security` always; the others may go to another address, `product` to none.
    #[schema(schema_with = categories)]
    categories: Vec<Category>,
}

/// What an extra address receives.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddressRoute {
    /// It must differ from the primary one.
    #[schema(format = Email, max_length = 254, example = "accounting@durand.example")]
    email: String,
    /// At least one.
    #[schema(schema_with = categories)]
    categories: Vec<Category>,
}

/// An address, and the code that was mailed to it.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmailAddressConfirmation {
    /// An address of the account.
    #[schema(format = Email, max_length = 254, example = "accounting@durand.example")]
    email: String,
    /// Six digits, valid for 30 minutes and five tries.
    #[schema(pattern = "^[0-9]{6}$", min_length = 6, max_length = 6, example = "482913")]
    code: String,
}

/// An address that waits for a code.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmailAddressResend {
    /// An address of the account that is not proven, or whose mails came back.
    #[schema(format = Email, max_length = 254, example = "accounting@durand.example")]
    email: String,
}

/// A phrase, or none.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPhrase {
    /// 4 to 60 characters in one line that only you and we know: no password, no address, no card number.
    /// `null` removes it.
    #[schema(value_type = Option<String>, required, min_length = 4, max_length = 60, example = "Trois chats gris sur un toit")]
    phrase: Change<String>,
}

/// Which addresses receive which mails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = EmailRoutingChoice)]
pub struct RoutingView {
    /// The primary address.
    primary: RouteView,
    /// The backup address: it receives messages about security, and what cannot be delivered elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    backup: Option<RouteView>,
    /// The extra addresses, in the order in which they were added.
    #[schema(max_items = 5)]
    addresses: Vec<RouteView>,
    /// Whether a mail each month tells what the check-up finds critical.
    #[schema(example = true)]
    check_up_reminder: bool,
    /// What may be sent to nobody. Extensible enum.
    #[schema(max_items = 10, example = json!(["product"]))]
    may_be_off: Vec<String>,
    /// How many extra addresses there may be.
    #[schema(minimum = 0, maximum = 100, example = 5)]
    max_addresses: usize,
}

/// An address and what it receives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = EmailRoute)]
pub struct RouteView {
    /// The address.
    #[schema(format = Email, max_length = 254, example = "accounting@durand.example")]
    email: String,
    /// `awaiting_confirmation`, `confirmed`, or `undeliverable`: mails to it come back, and go elsewhere, until a
    /// new code is confirmed. Extensible enum.
    #[schema(max_length = 24, example = "confirmed")]
    status: String,
    /// What it receives. Extensible enum.
    #[schema(max_items = 10, example = json!(["billing"]))]
    categories: Vec<String>,
    /// Since when its mails come back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-01-30T09:00:00Z")]
    undeliverable_since: Option<DateTime<Utc>>,
}

/// Whether there is a phrase; the phrase itself stands in every mail, never here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AntiPhishingPhrase)]
pub struct PhraseView {
    /// Whether mails print one.
    #[schema(example = true)]
    is_set: bool,
    /// Its first character, to tell one from another.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 16, example = "T•••")]
    hint: Option<String>,
    /// When it was set.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-01-30T09:00:00Z")]
    set_at: Option<DateTime<Utc>>,
}

fn categories() -> Array {
    let words = Category::ALL.iter().map(|category| category.as_str());
    let item = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words));
    ArrayBuilder::new()
        .items(item.build())
        .max_items(Some(Category::ALL.len()))
        .examples([serde_json::json!(["account", "security", "billing", "renewal", "order"])])
        .build()
}

impl EmailRouting {
    fn choice(self) -> Result<route::Choice, Problem> {
        let mut extra = Vec::with_capacity(self.addresses.len());
        for (at, route) in self.addresses.into_iter().enumerate() {
            extra.push((address(&route.email, &format!("/addresses/{at}/email"))?, route.categories));
        }
        Ok(route::Choice { primary: self.primary.categories, extra, check_up_reminder: self.check_up_reminder })
    }
}

impl RoutingView {
    fn of(addresses: &Addresses) -> Self {
        let view = |email: &str, proven: bool, categories: &[Category]| {
            let mark = addresses.undeliverable(email);
            let status = match (proven, mark) {
                (false, _) => "awaiting_confirmation",
                (true, Some(_)) => "undeliverable",
                (true, None) => "confirmed",
            };
            RouteView {
                email: email.to_owned(),
                status: status.to_owned(),
                categories: categories.iter().map(ToString::to_string).collect(),
                undeliverable_since: mark.map(|mark| mark.since),
            }
        };
        let (primary, backup) = (&addresses.primary, addresses.backup.as_deref());
        Self {
            primary: view(&primary.address, true, &primary.categories),
            backup: backup.map(|backup| view(backup, true, &[Category::Security])),
            addresses: addresses.extra.iter().map(|(_, one)| view(&one.address, one.proven, &one.categories)).collect(),
            check_up_reminder: addresses.check_up_reminder,
            may_be_off: Category::ALL.iter().filter(|one| one.may_be_off()).map(ToString::to_string).collect(),
            max_addresses: MAX_ADDRESSES,
        }
    }
}

/// Which addresses receive which mails.
#[utoipa::path(
    operation_id = "get_email_routing", tag = "Account",
    summary = "Read which addresses receive which mails",
    description = "The primary address, the backup address and the extra ones, with what each receives. A mail that carries a code or token goes to the address it is for, whatever is chosen here.",
    security(("bearer" = ["account:read"])),
    responses((status = 200, description = "The choice", body = RoutingView)),
)]
#[get("/account/email-routing")]
pub async fn get_email_routing(app: Data<App>, caller: Require<AccountRead>) -> Result<Reply, Problem> {
    let Require(caller, ..) = caller;
    Ok(Reply::ok(&RoutingView::of(&Addresses::of(&**app.read(), &caller.account).await?)))
}

/// Chooses which addresses receive which mails.
#[utoipa::path(
    operation_id = "set_email_routing", tag = "Account",
    summary = "Choose which addresses receive which mails",
    description = "Replaces the whole choice. A new address is mailed a code and receives nothing else until it is confirmed; meanwhile what it was to take over stays at the primary address. Every category but `product` needs an address; `security` always reaches the primary and the backup address too. At most three codes an hour for an address. All addresses are told, removed ones included.",
    security(("bearer" = ["account:write"])),
    request_body(content = EmailRouting, example = json!({
        "primary": { "categories": ["account", "security", "renewal", "order"] },
        "addresses": [{ "email": "accounting@durand.example", "categories": ["billing"] }],
    })),
    responses((status = 200, description = "The choice", body = RoutingView)),
    extensions(("x-fresh-proof" = json!(true))),
)]
#[put("/account/email-routing")]
pub async fn set_email_routing(
    app: Data<App>,
    caller: RequireFresh<AccountWrite>,
    key: Key,
    body: Body<EmailRouting>,
) -> Result<Reply, Problem> {
    let RequireFresh(caller, ..) = caller;
    let choice = body.0.choice()?;
    key.once(&app, &caller.scope(), async |tx| {
        let account = route::route(tx, &caller.cx(&app), caller.id(), &choice).await?;
        Ok(Reply::ok(&RoutingView::of(&Addresses::of(&**tx, &account).await?)))
    })
    .await
}

/// Proves an address.
#[utoipa::path(
    operation_id = "confirm_email_address", tag = "Account",
    summary = "Confirm an address that receives mails",
    description = "The code that was mailed to the address proves it. A wrong code is counted; after five a new one must be asked for. An address whose mails came back works again. All addresses are told of one that is new.",
    security(("bearer" = ["account:write"])),
    request_body(content = EmailAddressConfirmation),
    responses(
        (status = 200, description = "The choice", body = RoutingView),
        (status = 404, description = "No address of the account", body = ProblemBody),
        (status = 410, description = "The right code, but used, replaced or too old", body = ProblemBody),
    ),
)]
#[post("/account/email-routing/confirmation")]
pub async fn confirm_email_address(
    app: Data<App>,
    caller: Require<AccountWrite>,
    key: Key,
    body: Body<EmailAddressConfirmation>,
) -> Result<Reply, Problem> {
    let (Require(caller, ..), input) = (caller, body.0);
    let email = address(&input.email, "/email")?;
    if let Some(reply) = key.answered(&app, &caller.scope()).await? {
        return Ok(reply);
    }
    let subject = prove::subject(&**app.read(), &caller.account, &email).await?;
    let counted = code::count_try(&app, caller.id(), Purpose::ProveAddress, subject).await?;
    key.once(&app, &caller.scope(), async |tx| {
        let account = prove::confirm(tx, &caller.cx(&app), caller.id(), counted, (&email, &input.code)).await?;
        Ok(Reply::ok(&RoutingView::of(&Addresses::of(&**tx, &account).await?)))
    })
    .await
}

/// Mails another code.
#[utoipa::path(
    operation_id = "resend_email_address_code", tag = "Account",
    summary = "Mail a code to an address again",
    description = "For an address that waits for its confirmation, and for any address of the account whose mails came back. At most three codes an hour for an address, whoever asks.",
    security(("bearer" = ["account:write"])),
    request_body(content = EmailAddressResend),
    responses(
        (status = 202, description = "A code is in the mail", body = RoutingView),
        (status = 404, description = "No address of the account", body = ProblemBody),
        (status = 409, description = "The address is proven and works", body = ProblemBody),
    ),
)]
#[post("/account/email-routing/resend")]
pub async fn resend_email_address_code(
    app: Data<App>,
    caller: Require<AccountWrite>,
    key: Key,
    body: Body<EmailAddressResend>,
) -> Result<Reply, Problem> {
    let Require(caller, ..) = caller;
    let email = address(&body.0.email, "/email")?;
    key.once(&app, &caller.scope(), async |tx| {
        prove::resend(tx, &caller.cx(&app), caller.id(), &email).await?;
        Ok(Reply::accepted(None, &RoutingView::of(&Addresses::of(&**tx, &caller.account).await?)))
    })
    .await
}

/// Whether mails print a phrase.
#[utoipa::path(
    operation_id = "get_anti_phishing_phrase", tag = "Security",
    summary = "Read whether mails print an anti-phishing phrase",
    description = "Whether a phrase is set, and its first character. The phrase itself is never answered: it stands at the top of every mail to a proven address.",
    security(("bearer" = ["security:read"])),
    responses((status = 200, description = "What is known of it", body = PhraseView)),
)]
#[get("/account/anti-phishing-phrase")]
pub async fn get_anti_phishing_phrase(app: Data<App>, caller: Require<SecurityRead>) -> Result<Reply, Problem> {
    let Require(caller, ..) = caller;
    let setting = email_setting::Entity::of(caller.id()).one(&**app.read()).await?;
    Ok(Reply::ok(&phrase_view(&app, setting.as_ref())?))
}

/// Sets the phrase.
#[utoipa::path(
    operation_id = "set_anti_phishing_phrase", tag = "Security",
    summary = "Set the anti-phishing phrase",
    description = "A phrase that every mail to a proven address of the account prints at its top, so that a forgery is told by its absence. It is kept encrypted and put in at delivery. `null` removes it. All addresses are told.",
    security(("bearer" = ["security:write"])),
    request_body(content = NewPhrase, example = json!({ "phrase": "Trois chats gris sur un toit" })),
    responses((status = 200, description = "What is known of it", body = PhraseView)),
    extensions(("x-fresh-proof" = json!(true))),
)]
#[put("/account/anti-phishing-phrase")]
pub async fn set_anti_phishing_phrase(
    app: Data<App>,
    caller: RequireFresh<SecurityWrite>,
    key: Key,
    body: Body<NewPhrase>,
) -> Result<Reply, Problem> {
    let RequireFresh(caller, ..) = caller;
    let text = body.0.phrase.into_option().flatten();
    key.once(&app, &caller.scope(), async |tx| {
        let setting = phrase::set(tx, &caller.cx(&app), caller.id(), text.as_deref()).await?;
        Ok(Reply::ok(&phrase_view(&app, Some(&setting))?))
    })
    .await
}

fn phrase_view(app: &App, setting: Option<&email_setting::Model>) -> Result<PhraseView, crate::actions::Error> {
    let sealed = setting.as_ref().and_then(|setting| Some((setting, setting.sealed_phrase.as_deref()?)));
    let Some((setting, sealed)) = sealed else { return Ok(PhraseView { is_set: false, hint: None, set_at: None }) };
    let phrase = app.tools.sealer.open(&place(setting.account_id), sealed)?;
    let hint = Some(domain::mailing::phrase::masked(&phrase));
    Ok(PhraseView { is_set: true, hint, set_at: setting.phrase_set_at })
}
