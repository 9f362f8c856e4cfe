//! What several resources show in the same way.

use crate::problem::Code;
use domain::account::Language;
use domain::money::{Currency, Money, Scaled6};
use domain::refusal::Refusal;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa::openapi::schema::{AdditionalProperties, Object, ObjectBuilder, Type};

/// An amount with its currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Money)]
pub struct MoneyView {
    /// Decimal number: exactly the currency's fractional digits, up to six in unit prices.
    #[schema(pattern = r"^-?[0-9]{1,17}(\.[0-9]{1,6})?$", max_length = 25, example = "12.34")]
    pub amount: String,
    /// ISO 4217 code.
    #[schema(pattern = "^[A-Z]{3}$", min_length = 3, max_length = 3, example = "EUR")]
    pub currency: String,
}

impl From<Money> for MoneyView {
    fn from(money: Money) -> Self {
        Self { amount: money.to_string(), currency: money.currency().to_string() }
    }
}

impl MoneyView {
    /// Minor units as they are stored, with the row's currency.
    #[must_use]
    pub fn minor(minor: i64, currency: &str) -> Self {
        match currency.parse::<Currency>() {
            Ok(known) => Money::from_minor(minor, known).into(),
            // no row has such a currency; showing minor units is better than showing nothing
            Err(_) => Self { amount: minor.to_string(), currency: currency.to_owned() },
        }
    }

    /// A unit price: up to six fractional digits.
    #[must_use]
    pub fn price(unit_price: Scaled6, currency: &str) -> Self {
        Self { amount: unit_price.display_price(), currency: currency.to_owned() }
    }
}

/// Whether something can be done now, and why not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Action)]
pub struct ActionView {
    /// Whether the operation would be accepted now.
    #[schema(example = true)]
    pub allowed: bool,
    /// The codes of what stands in the way; empty when it is allowed. Extensible enum.
    #[schema(max_items = 20, example = json!([]))]
    pub blocked_by: Vec<String>,
    /// The first of them in words, in the caller's language.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 200, example = "Another payment is under way")]
    pub reason: Option<String>,
}

impl ActionView {
    /// From what the function that guards the action says.
    #[must_use]
    pub fn of(verdict: Result<(), Refusal>, language: Language) -> Self {
        Self::all(&verdict.err().map_or_else(Vec::new, |refusal| vec![refusal]), language)
    }

    /// From everything that stands in the way.
    #[must_use]
    pub fn all(refusals: &[Refusal], language: Language) -> Self {
        Self {
            allowed: refusals.is_empty(),
            blocked_by: refusals.iter().map(ToString::to_string).collect(),
            reason: refusals.first().map(|refusal| reason(*refusal, language)),
        }
    }
}

/// A refusal in words.
#[must_use]
pub fn reason(refusal: Refusal, language: Language) -> String {
    let [english, french] = Code::Refused(refusal).entry().title;
    match language {
        Language::Fr => french.to_owned(),
        Language::En => english.to_owned(),
    }
}

/// The schema of a closed set of words in a request, written inline: two named enums must not share a
/// value.
fn words(words: impl Iterator<Item = &'static str>, example: &'static str, description: &'static str) -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(description))
        .enum_values(Some(words))
        .examples([example])
        .build()
}

/// The periods that a request may name.
#[must_use]
pub fn periods() -> Object {
    words(domain::calendar::Period::ALL.iter().map(|word| word.as_str()), "P1M", "Length of a period, ISO 8601.")
}

/// The renewal modes that a request may name.
#[must_use]
pub fn renewal_modes() -> Object {
    words(
        domain::service::RenewalMode::ALL.iter().map(|word| word.as_str()),
        "automatic",
        "How services go on after the period.",
    )
}

/// The kinds of payment method that a request may name.
#[must_use]
pub fn method_types() -> Object {
    words(domain::payment::PaymentMethodType::ALL.iter().map(|word| word.as_str()), "card", "What it pays with.")
}

/// The ways of delivery that a request may name.
#[must_use]
pub fn deliveries() -> Object {
    words(
        domain::policy::Delivery::ALL.iter().map(|word| word.as_str()),
        "automatic",
        "Who makes the services available.",
    )
}

/// The states of a tracking step that a request may name.
#[must_use]
pub fn step_statuses() -> Object {
    words(domain::order::StepStatus::ALL.iter().map(|word| word.as_str()), "done", "How far the step is.")
}

/// The sources of a payment that a request may name.
#[must_use]
pub fn payment_sources() -> Object {
    words(
        domain::payment::PaymentSource::ALL.iter().map(|word| word.as_str()),
        "payment_method",
        "The prepaid balance, or a payment method.",
    )
}

/// The scopes that a token of a customer may have.
#[must_use]
pub fn customer_scopes() -> Object {
    words(crate::http::scope::CUSTOMER.iter().copied(), "account:read", "What a token may do.")
}

/// The second factors that a request may show.
#[must_use]
pub fn factor_methods() -> Object {
    words(domain::factor::FactorMethod::ALL.iter().map(|word| word.as_str()), "totp", "Which second factor is shown.")
}

/// An object of the WebAuthn standard: its members are the standard's, in camel case.
fn of_webauthn(description: &'static str, example: serde_json::Value) -> Object {
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(Some(description))
        .additional_properties(Some(AdditionalProperties::FreeForm(true)))
        .examples([example])
        .build()
}

/// What a key is asked for.
#[must_use]
pub fn key_options() -> Object {
    of_webauthn(
        "Options in the JSON form of WebAuthn Level 3: for `PublicKeyCredential.parseCreationOptionsFromJSON` or `parseRequestOptionsFromJSON`.",
        json!({
            "challenge": "q1tYkWmZrvUqJcN0fTgXhLs2aEoIi4M7uQeV1xRt9wA", "rpId": "my.provider.example",
            "allowCredentials": [], "userVerification": "required", "timeout": 300_000,
        }),
    )
}

/// What a new key answered.
#[must_use]
pub fn new_credential() -> Object {
    of_webauthn(
        "What `navigator.credentials.create` gave, as its `toJSON()` writes it.",
        json!({
            "id": "pDb8YkWmZrvUqJcN0fTgXg", "rawId": "pDb8YkWmZrvUqJcN0fTgXg", "type": "public-key",
            "response": { "clientDataJSON": "e30", "attestationObject": "oA", "transports": ["usb"] },
            "clientExtensionResults": { "credProps": { "rk": true } },
        }),
    )
}

/// What a key answered.
#[must_use]
pub fn key_credential() -> Object {
    of_webauthn(
        "What `navigator.credentials.get` gave, as its `toJSON()` writes it.",
        json!({
            "id": "pDb8YkWmZrvUqJcN0fTgXg", "rawId": "pDb8YkWmZrvUqJcN0fTgXg", "type": "public-key",
            "response": { "clientDataJSON": "e30", "authenticatorData": "AA", "signature": "AA" },
            "clientExtensionResults": {},
        }),
    )
}

/// What proves an identity again.
#[must_use]
pub fn proof_methods() -> Object {
    words(
        ["password", "totp", "backup_code", "security_key"].into_iter(),
        "password",
        "What is proven; the password if left out.",
    )
}

/// The reasons of a cancellation that a request may name.
#[must_use]
pub fn cancellation_reasons() -> Object {
    words(
        domain::cancellation::CancellationReason::ALL.iter().map(|word| word.as_str()),
        "too_expensive",
        "Why, out of the list of the catalogue.",
    )
}
