//! The errors that operations share: their status, stable code and wording.

use serde_json::{Value, json};

use crate::Finish;

/// An error as the contract's examples show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault<'a> {
    /// HTTP status.
    pub status: u16,
    /// Stable code, last segment of the problem's `type`.
    pub code: &'a str,
    /// Short wording, the same for each occurrence.
    pub title: &'a str,
    /// What happened this time.
    pub detail: &'a str,
}

const fn fault(status: u16, code: &'static str, title: &'static str, detail: &'static str) -> Fault<'static> {
    Fault { status, code, title, detail }
}

/// What a status says when neither the handler nor [`Finish::faults`] says better.
const HOUSE: [Fault<'static>; 15] = [
    fault(400, "invalid_request", "The request is malformed", "The request carries a parameter that it may not."),
    fault(
        401,
        "unauthenticated",
        "Authentication is required",
        "The access token is missing, unknown or no longer valid.",
    ),
    fault(402, "payment_required", "A payment is missing", "An unpaid invoice stands in the way."),
    fault(
        403,
        "insufficient_scope",
        "The token does not allow this",
        "The access token lacks a scope that this operation needs.",
    ),
    fault(404, "not_found", "There is no such resource", "No resource of this account has this identifier."),
    fault(405, "method_not_allowed", "The method is not allowed", "This resource does not know this method."),
    fault(409, "conflict", "The state does not allow this", "The resource is not in a state that allows this."),
    fault(410, "gone", "The resource is gone", "The resource existed and was deleted."),
    fault(
        412,
        "precondition_failed",
        "The resource has changed",
        "The resource is no longer the one that If-Match names.",
    ),
    fault(413, "payload_too_large", "The request is too large", "The body is larger than this operation accepts."),
    fault(415, "unsupported_media_type", "The media type is not supported", "The body must be JSON."),
    fault(
        422,
        "invalid_values",
        "Some values are not valid",
        "The members listed in errors have values that are not accepted.",
    ),
    fault(
        429,
        "rate_limited",
        "Too many requests",
        "The quota of this window is used up; try again after Retry-After seconds.",
    ),
    fault(
        500,
        "internal_error",
        "Something went wrong on our side",
        "The request was not carried out; the request id helps us to find out why.",
    ),
    fault(503, "unavailable", "The service is not available", "Try again after Retry-After seconds."),
];

/// What is said when the proof of identity is too old.
const FRESH_PROOF: Fault<'static> = fault(
    403,
    "fresh_proof_required",
    "A fresh proof of identity is needed",
    "The proof of identity is older than this operation accepts.",
);

/// The fault of a status: the caller's, else the house's.
pub(crate) fn of<'a>(status: &str, options: &Finish<'a>) -> Option<Fault<'a>> {
    let status: u16 = status.parse().ok()?;
    let own = options.faults.iter().rev().find(|it| it.status == status);
    own.or_else(|| HOUSE.iter().find(|it| it.status == status)).copied()
}

/// The fault of a proof that is not fresh: the caller's, else the house's.
pub(crate) fn fresh_proof<'a>(options: &Finish<'a>) -> Fault<'a> {
    options.faults.iter().find(|it| it.code == FRESH_PROOF.code).copied().unwrap_or(FRESH_PROOF)
}

/// The name of the shared answer of a status.
pub(crate) fn component(status: &str) -> Option<&'static str> {
    Some(match status {
        "400" => "BadRequest",
        "401" => "Unauthenticated",
        "403" => "Forbidden",
        "404" => "NotFound",
        "409" => "Conflict",
        "412" => "PreconditionFailed",
        "413" => "PayloadTooLarge",
        "415" => "UnsupportedMediaType",
        "422" => "Unprocessable",
        "429" => "TooManyRequests",
        "500" => "InternalError",
        "503" => "Unavailable",
        _ => return None,
    })
}

/// A problem as this status would answer it; `detail` replaces the usual one.
pub(crate) fn example(status: &str, detail: Option<&str>, options: &Finish<'_>) -> Value {
    let unknown = Fault {
        status: status.parse().unwrap_or(500),
        code: "refused",
        title: "The request was refused",
        detail: "The request was refused.",
    };
    let usual = of(status, options).unwrap_or(unknown);
    let said = Fault { detail: detail.unwrap_or(usual.detail), status: unknown.status, ..usual };
    let mut problem = problem(&said, options);
    let errors = match status {
        "400" => {
            json!([{"parameter": "limit", "code": "out_of_range", "message": "Must be between 1 and 100."}])
        }
        "422" => {
            json!([{"pointer": "/email", "code": "invalid_email", "message": "Must be an e-mail address."}])
        }
        _ => return problem,
    };
    if let Some(map) = problem.as_object_mut() {
        map.insert("errors".into(), errors);
    }
    problem
}

/// A problem that tells a fault.
pub(crate) fn problem(fault: &Fault<'_>, options: &Finish<'_>) -> Value {
    json!({
        "type": format!("{}{}", options.problem_base, fault.code),
        "title": fault.title,
        "status": fault.status,
        "detail": fault.detail,
        "instance": "/v1/services",
        "code": fault.code,
        "request_id": "019c8f6e-7d2e-7c3a-9b1f-0a1b2c3d4e5f",
    })
}
