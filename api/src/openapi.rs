//! The contract: collected from the mounted routes, finished by the crate `openapi`. Needs no
//! database and no settings, so that the checked-in files do not depend on either.

use crate::problem::{Code, Problem};
use serde_json::{Value, json};
use utoipa::OpenApi;
use utoipa_actix_web::AppExt;

/// Version of the contract.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
/// Where the checked-in contract says that the API is.
pub const SERVER: &str = "http://127.0.0.1:8080";

/// Every tag with its description, in the order of the pages.
const TAGS: &[(&str, &str)] = &[
    ("Meta", "The server's health, contract, keys and time."),
    ("Sign-up and sessions", "Opening an account, logging in and out, forgotten passwords."),
    ("Account", "The customer's own account: profile, mails, activity, check-up, closure."),
    ("Security", "Passwords, proofs of identity, sessions and tokens."),
    ("Payment methods", "Cards, debits and wallets, as tokens of the payment gateway."),
    ("Catalogue", "What can be ordered, at which price and under which rules."),
    ("Orders", "Placing, paying and following orders."),
    ("Services", "What a customer rents: renewal, cancellation at expiry, deletion, and what will happen when."),
    ("Cancellations", "Every cancellation and deletion, with its history."),
    ("Invoices", "Invoices and credit notes, and paying them."),
    ("Operator", "What the provider does: catalogue, accounts, delivery, test clocks, parked work."),
];

#[derive(OpenApi)]
#[openapi(components(schemas(Problem)))]
struct Base;

/// The three forms of the contract.
#[derive(Debug, Clone)]
pub struct Documents {
    /// OpenAPI 3.1.
    pub full: Value,
    /// Without webhooks.
    pub client: Value,
    /// OpenAPI 3.0.
    pub three_zero: Value,
}

impl Documents {
    /// The contract of a server that is reached at `server`.
    #[must_use]
    pub fn at(server: &str) -> Self {
        let full = finished(server);
        Self { client: openapi::variants::client(&full), three_zero: openapi::variants::three_zero(&full), full }
    }

    /// The files of the contract: name and pretty text.
    ///
    /// # Errors
    /// None that can happen: a JSON value can always be written.
    pub fn files(&self) -> Result<[(&'static str, String); 3], serde_json::Error> {
        let pretty = |value: &Value| serde_json::to_string_pretty(value).map(|text| text + "\n");
        Ok([
            ("openapi.json", pretty(&self.full)?),
            ("openapi-client.json", pretty(&self.client)?),
            ("openapi-3.0.json", pretty(&self.three_zero)?),
        ])
    }
}

/// The contract as it is checked in: OpenAPI 3.1.
#[must_use]
pub fn document() -> Value {
    finished(SERVER)
}

/// utoipa calls a generic page `Page_Order`; people call it `OrderPage`.
fn name_pages(value: &mut Value) {
    const REFERENCE: &str = "#/components/schemas/";
    let named = |name: &str| name.strip_prefix("Page_").map(|item| format!("{item}Page"));
    match value {
        Value::Object(members) => {
            let pages: Vec<(String, String)> =
                members.keys().filter_map(|name| named(name).map(|page| (name.clone(), page))).collect();
            for (old, new) in pages {
                // utoipa writes the items out although they have a name of their own
                let item = old.trim_start_matches("Page_");
                let reference = members.contains_key(item).then(|| json!({ "$ref": format!("{REFERENCE}{item}") }));
                if let Some(mut schema) = members.remove(&old) {
                    if let (Some(reference), Some(items)) = (reference, schema.pointer_mut("/properties/items/items")) {
                        *items = reference;
                    }
                    members.insert(new, schema);
                }
            }
            members.values_mut().for_each(name_pages);
        }
        Value::Array(items) => items.iter_mut().for_each(name_pages),
        Value::String(text) => {
            if let Some(page) = text.strip_prefix(REFERENCE).and_then(named) {
                *text = format!("{REFERENCE}{page}");
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn finished(server: &str) -> Value {
    let (_, collected) = actix_web::App::new()
        .into_utoipa_app()
        .openapi(Base::openapi())
        .configure(crate::routes::configure)
        .split_for_parts();
    let mut collected = serde_json::to_value(&collected).unwrap_or_default();
    name_pages(&mut collected);
    let server = server.trim_end_matches('/');
    let faults = faults();
    let options = openapi::Finish {
        version: VERSION,
        tags: TAGS,
        server,
        problem_base: &format!("{server}/docs/errors/"),
        faults: &faults,
    };
    openapi::finish(collected, &options)
}

/// The example of each error status.
fn faults() -> Vec<openapi::Fault<'static>> {
    use domain::refusal::Refusal;
    let codes = Code::HTTP.iter().copied().filter(|code| Code::of_status(code.entry().status) == *code).chain([
        Code::UnknownParameter,
        Code::Refused(Refusal::PaymentDeclined),
        Code::Refused(Refusal::InvalidTransition),
        Code::Refused(Refusal::CodeExpired),
    ]);
    // named by its code where an operation wants it; the usual 403 is the one after it
    std::iter::once(Code::FreshProofRequired)
        .chain(codes)
        .map(|code| {
            let entry = code.entry();
            let ([title, _], [detail, _]) = (entry.title, entry.detail);
            let detail = match code {
                Code::InsufficientScope => "The access token lacks the scope services:write.",
                Code::UnsupportedMediaType => "The body must be application/json.",
                _ => detail,
            };
            openapi::Fault { status: entry.status, code: code.as_str(), title, detail }
        })
        .collect()
}
