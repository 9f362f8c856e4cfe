//! A problem as it is sent.

use super::{Fault, Place, Problem, field};
use crate::http::caller::Client;
use domain::account::Language;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// An error, as RFC 9457 describes it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// Address of the page that documents the code.
    #[serde(rename = "type")]
    #[schema(format = "uri", max_length = 512, example = "http://127.0.0.1:8080/docs/errors/cancellation_too_late")]
    pub kind: String,
    /// Short wording, the same for each occurrence; in the caller's language.
    #[schema(max_length = 200, example = "It is too late to change the cancellation")]
    pub title: String,
    /// HTTP status.
    #[schema(minimum = 400, maximum = 599, example = 409)]
    pub status: u16,
    /// What happened and what to do; in the caller's language.
    #[schema(max_length = 1000, example = "Less than 24 hours are left before expiry.")]
    pub detail: String,
    /// The path that was called.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        nullable = false,
        max_length = 8192,
        example = "/v1/services/svc_01h455vb4pex5vsknk084sn02q/cancellation"
    )]
    pub instance: Option<String>,
    /// Stable code, never translated. Extensible enum.
    #[schema(max_length = 64, example = "cancellation_too_late")]
    pub code: String,
    /// The request's id, for support.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 64, example = "019c8f6e7d2e7c3a9b1f0a1b2c3d4e5f")]
    pub request_id: Option<String>,
    /// Every value that cannot be used.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 200)]
    pub errors: Vec<FieldError>,
    /// Everything that has to be done first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 200)]
    pub blockers: Vec<BlockerView>,
}

/// One value that cannot be used; exactly one of `pointer`, `parameter` and `header` says where it is.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct FieldError {
    /// JSON Pointer (RFC 6901) into the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 512, example = "/items/0/plan")]
    pub pointer: Option<String>,
    /// Name of a query or path parameter.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 128, example = "limit")]
    pub parameter: Option<String>,
    /// Name of a header.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 128, example = "Idempotency-Key")]
    pub header: Option<String>,
    /// Stable code, never translated. Extensible enum.
    #[schema(max_length = 64, example = "required")]
    pub code: String,
    /// What is wrong, in the caller's language.
    #[schema(max_length = 1000, example = "Is required.")]
    pub message: String,
    /// Values that the message names, to word it anew.
    #[serde(skip_serializing_if = "Map::is_empty")]
    #[schema(required = false, value_type = Object, example = json!({"min": 1, "max": 100}))]
    pub params: Map<String, Value>,
}

/// Something that has to be done first.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct BlockerView {
    /// Stable code, never translated. Extensible enum.
    #[schema(max_length = 64, example = "invoices_unpaid")]
    pub code: String,
    /// What stands in the way, in the caller's language.
    #[schema(max_length = 1000, example = "Pay them first.")]
    pub detail: String,
    /// Id of what stands in the way, where it is one thing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 64, example = "inv_01h455vb4pex5vsknk084sn02q")]
    pub resource: Option<String>,
    /// Path of the operation that mends it.
    #[schema(max_length = 512, example = "/v1/invoices/inv_01h455vb4pex5vsknk084sn02q/payment")]
    pub href: String,
}

impl Problem {
    /// The problem in a caller's language; `public_url` is where the pages of the codes are,
    /// `instance` the path that was called (none inside a bulk answer).
    #[must_use]
    pub fn body(&self, client: &Client, public_url: &str, instance: Option<&str>) -> ProblemBody {
        let language = index(client.language);
        let entry = self.code.entry();
        let pick = |words: [&'static str; 2]| words.get(language).copied().unwrap_or_default();
        ProblemBody {
            kind: format!("{}/docs/errors/{}", public_url.trim_end_matches('/'), self.code),
            title: pick(entry.title).to_owned(),
            status: entry.status,
            detail: fill(pick(entry.detail), &self.params),
            instance: instance.map(str::to_owned),
            code: self.code.to_string(),
            request_id: client.request_id.clone(),
            errors: self.faults.iter().map(|fault| fault.view(language)).collect(),
            blockers: self
                .blockers
                .iter()
                .map(|blocker| BlockerView {
                    code: blocker.code.to_string(),
                    detail: pick(blocker.code.entry().detail).to_owned(),
                    resource: blocker.resource.clone(),
                    href: blocker.href.clone(),
                })
                .collect(),
        }
    }

    /// Seconds for `Retry-After`.
    #[must_use]
    pub const fn retry_after(&self) -> Option<u64> {
        self.retry_after
    }

    /// The values at fault.
    #[must_use]
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// Methods for `Allow`.
    #[must_use]
    pub fn allow(&self) -> Option<&str> {
        self.allow.as_deref()
    }

    /// A value that the detail names.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.get(name).and_then(Value::as_str)
    }
}

impl Fault {
    fn view(&self, language: usize) -> FieldError {
        let mut view = FieldError {
            pointer: None,
            parameter: None,
            header: None,
            code: self.code.to_string(),
            message: fill(field::message(&self.code, language), &self.params),
            params: self.params.clone(),
        };
        match &self.place {
            Place::Pointer(pointer) => view.pointer = Some(pointer.clone()),
            Place::Parameter(name) => view.parameter = Some(name.clone()),
            Place::Header(name) => view.header = Some(name.clone()),
        }
        view
    }
}

/// Handlers may name [`Problem`] in their contract: it is the schema of its body.
impl PartialSchema for Problem {
    fn schema() -> RefOr<Schema> {
        ProblemBody::schema()
    }
}

impl ToSchema for Problem {
    fn name() -> std::borrow::Cow<'static, str> {
        "Problem".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        ProblemBody::schemas(schemas);
    }
}

/// The place of a language in the tables.
pub(crate) const fn index(language: Language) -> usize {
    match language {
        Language::En => 0,
        Language::Fr => 1,
    }
}

/// Puts parameters in their `{places}`; a place without its parameter keeps the sentence readable.
pub(super) fn fill(template: &str, params: &Map<String, Value>) -> String {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, tail)) = after.split_once('}') else { break };
        text.push_str(before);
        match params.get(name) {
            Some(Value::String(value)) => text.push_str(value),
            Some(Value::Array(values)) => {
                let words: Vec<String> = values
                    .iter()
                    .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
                    .collect();
                text.push_str(&words.join(", "));
            }
            Some(value) => text.push_str(&value.to_string()),
            None => text.push('…'),
        }
        rest = tail;
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn parameters_are_put_in_their_places() {
        let params = json!({"min": 1, "max": 100, "allowed": ["a", "b"]});
        let params = params.as_object().unwrap();
        assert_eq!(fill("between {min} and {max}", params), "between 1 and 100");
        assert_eq!(fill("one of {allowed}.", params), "one of a, b.");
        assert_eq!(fill("{other} {", params), "… {");
    }
}
