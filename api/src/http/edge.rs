//! What happens to every request and every answer, in order: id, address and language are read;
//! limits are counted; unknown parameters and methods are refused; the body is read once; the handler
//! runs, its panics caught; what it refuses is written as a problem; common headers are added.

use super::address::Trusted;
use super::body::{Buffered, MAX_BODY};
use super::caller::{AccountLanguage, Client};
use super::cors::{self, Origins};
use super::rate_limit::{self, Class, Exhausted, Left, Limiters};
use super::request_id;
use super::table::Table;
use crate::app::App;
use crate::problem::{Code, Fault, MEDIA_TYPE, Place, Problem};
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::{
    ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER, VARY,
    WWW_AUTHENTICATE,
};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpResponse, web};
use futures_util::{FutureExt, StreamExt};
use std::net::{IpAddr, Ipv4Addr};
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};
use tracing::Instrument;

/// How long a body may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest path and query.
const MAX_URI: usize = 8_192;

/// What the edge needs besides the App; one for a server.
#[derive(Debug)]
pub struct Edge {
    /// Operations by path.
    pub table: Table,
    /// Quotas.
    pub limiters: web::Data<Limiters>,
    /// Proxies.
    pub trusted: Trusted,
    /// Browser origins.
    pub origins: Origins,
}

/// What is known of a request once its parts are gone.
struct Facts {
    client: Client,
    path: String,
    /// The path as the router reads it: decoded, so that no other spelling of it has other rules.
    routed: String,
    method: Method,
    origin: Option<HeaderValue>,
    quota: Option<Left>,
    exhausted: Option<Exhausted>,
    bearer: bool,
    started: Instant,
}

/// The middleware.
///
/// # Errors
/// Only answers that have no request any more (after a panic), already complete.
pub async fn edge(
    app: web::Data<App>,
    edge: web::Data<Edge>,
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let mut facts = facts(&app, &edge, &request);
    if request.method() == Method::HEAD {
        // the router knows GET; the encoder leaves the body out
        request.head_mut().method = Method::GET;
    }
    request.extensions_mut().insert(facts.client.clone());
    if cors::is_preflight(request.method(), request.headers()) {
        let response = preflight(&edge, &mut facts, request.headers());
        return Ok(request.into_response(response));
    }
    let refused = match admit(&edge, &mut facts, &request) {
        Ok(()) => buffer(&mut request).await.err(),
        Err(problem) => Some(problem),
    };
    if let Some(problem) = refused {
        let response = finish(&app, &facts, None, "", problem.into());
        return Ok(request.into_response(response));
    }
    let span = tracing::info_span!("request", id = facts.client.request_id.as_deref().unwrap_or_default());
    let outcome = AssertUnwindSafe(next.call(request).instrument(span)).catch_unwind().await;
    match outcome {
        Ok(Ok(response)) => {
            let (request, response) = response.into_parts();
            let language = request.extensions().get::<AccountLanguage>().map(|known| known.0);
            if let Some(language) = language
                && super::caller::accepted(request.headers()).is_none()
            {
                facts.client.language = language;
            }
            let route = request.match_pattern().unwrap_or_default();
            let answer = Answer::of(response.map_into_boxed_body(), &edge, &facts);
            let response = finish(&app, &facts, language, &route, answer);
            Ok(ServiceResponse::new(request, response))
        }
        Ok(Err(error)) => {
            let answer = Answer::of(error.error_response(), &edge, &facts);
            Err(InternalError::from_response("", finish(&app, &facts, None, "", answer)).into())
        }
        Err(panic) => {
            let what = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
            let what = what.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
            tracing::error!(what, request_id = facts.client.request_id, "a handler panicked");
            let problem = Problem::new(Code::Internal);
            Err(InternalError::from_response("", finish(&app, &facts, None, "", problem.into())).into())
        }
    }
}

fn facts(app: &App, edge: &Edge, request: &ServiceRequest) -> Facts {
    let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |peer| peer.ip());
    let address = edge.trusted.client(peer, request.headers()).to_string();
    let id = request_id::of(app, request.headers());
    Facts {
        client: Client::read(request.headers(), Some(address), Some(id)),
        path: request.path().to_owned(),
        routed: request.match_info().as_str().to_owned(),
        method: request.method().clone(),
        origin: edge.origins.allowed(request.headers()),
        quota: None,
        exhausted: None,
        bearer: request.headers().contains_key(AUTHORIZATION),
        started: Instant::now(),
    }
}

fn preflight(edge: &Edge, facts: &mut Facts, headers: &HeaderMap) -> HttpResponse {
    let mut response = HttpResponse::NoContent();
    if let Some(origin) = edge.origins.allowed(headers) {
        for (name, value) in cors::preflight() {
            response.insert_header((name, value));
        }
        facts.origin = Some(origin);
    }
    let mut response = response.finish();
    common(response.headers_mut(), facts, "");
    response
}

/// Counts the request and refuses what no handler needs to see.
fn admit(edge: &Edge, facts: &mut Facts, request: &ServiceRequest) -> Result<(), Problem> {
    let operation = edge.table.find(request.method(), &facts.routed);
    let household = facts.client.household();
    let token =
        request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok()).is_some_and(|value| {
            value.split_once(' ').is_some_and(|(_, token)| crate::token::looks_valid(token.trim()))
        });
    let own = operation.and_then(|operation| Class::of_operation(&operation.id));
    let class = match operation {
        Some(_) if own.is_some() => own.unwrap_or(Class::Visitor),
        Some(operation) if operation.open && operation.method != "GET" => Class::Visitor,
        Some(_) | None if token => Class::Token,
        Some(_) | None => Class::Request,
    };
    match edge.limiters.check(class, &household) {
        Ok(left) => facts.quota = left,
        Err(exhausted) => {
            facts.exhausted = Some(exhausted);
            return Err(Problem::new(Code::RateLimited).after(exhausted.retry_after));
        }
    }
    if request.uri().path_and_query().is_some_and(|uri| uri.as_str().len() > MAX_URI) {
        return Err(Code::UriTooLong.into());
    }
    if facts.routed.contains('\0') {
        // no resource has such a name, and PostgreSQL cannot even look for it
        return Err(Code::NotFound.into());
    }
    let Some(operation) = operation else {
        // the router would offer the path to a template that fits it too
        let other = edge.table.allow(&facts.routed);
        return other.map_or(Ok(()), |allow| Err(Problem::new(Code::MethodNotAllowed).allowing(allow)));
    };
    let unknown: Vec<Fault> = request
        .query_string()
        .split('&')
        .filter_map(|pair| pair.split('=').next())
        .filter(|name| !name.is_empty() && !operation.query.iter().any(|known| known == name))
        .map(|name| Fault::new(Place::Parameter(name.chars().take(128).collect()), "unknown_parameter"))
        .take(50)
        .collect();
    if unknown.is_empty() { Ok(()) } else { Err(Problem::parameters(Code::UnknownParameter, unknown)) }
}

/// Reads the body once, for every extractor that needs it.
async fn buffer(request: &mut ServiceRequest) -> Result<(), Problem> {
    let too_large = || Problem::new(Code::PayloadTooLarge);
    let declared = request.headers().get("content-length").and_then(|value| value.to_str().ok());
    if declared
        .and_then(|text| text.parse::<u64>().ok())
        .is_some_and(|length| length > u64::try_from(MAX_BODY).unwrap_or(u64::MAX))
    {
        return Err(too_large());
    }
    let mut payload = request.take_payload();
    let mut bytes = web::BytesMut::new();
    let read = async {
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|_| Problem::malformed("the body cannot be read"))?;
            if bytes.len() + chunk.len() > MAX_BODY {
                return Err(too_large());
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(())
    };
    tokio::time::timeout(BODY_TIMEOUT, read).await.map_err(|_| Problem::new(Code::RequestTimeout))??;
    let bytes = bytes.freeze();
    request.extensions_mut().insert(Buffered(bytes.clone()));
    request.set_payload(Payload::from(bytes));
    Ok(())
}

/// What a handler, or actix itself, answered.
enum Answer {
    Plain(HttpResponse),
    Refused(Problem),
}

impl From<Problem> for Answer {
    fn from(problem: Problem) -> Self {
        Self::Refused(problem)
    }
}

impl Answer {
    fn of(response: HttpResponse, edge: &Edge, facts: &Facts) -> Self {
        let problem = response.extensions().get::<Problem>().cloned();
        if let Some(problem) = problem {
            return Self::Refused(problem);
        }
        let status = response.status();
        if !status.is_client_error() && !status.is_server_error() {
            return Self::Plain(response);
        }
        if response.headers().contains_key(CONTENT_TYPE) && response.extensions().get::<Intended>().is_some() {
            return Self::Plain(response);
        }
        // actix's own refusals: no route, a failed extractor
        match (status, edge.table.allow(&facts.routed)) {
            (StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED, Some(allow))
                if edge.table.find(method_read(&facts.method), &facts.routed).is_none() =>
            {
                Self::Refused(Problem::new(Code::MethodNotAllowed).allowing(allow))
            }
            _ => Self::Refused(Problem::new(Code::of_status(status.as_u16()))),
        }
    }
}

/// Marks an error status that is the answer itself (readiness), not a problem.
#[derive(Debug, Clone, Copy)]
pub struct Intended;

const fn method_read(method: &Method) -> &Method {
    match *method {
        Method::HEAD => &Method::GET,
        _ => method,
    }
}

fn finish(
    app: &App,
    facts: &Facts,
    language: Option<domain::account::Language>,
    route: &str,
    answer: Answer,
) -> HttpResponse {
    let mut response = match answer {
        Answer::Plain(response) => response,
        Answer::Refused(problem) => refuse(app, facts, &problem),
    };
    let status = response.status();
    let headers = response.headers_mut();
    common(headers, facts, &app.config().public_url);
    if language.is_some() {
        headers.append(VARY, HeaderValue::from_static("Authorization"));
    }
    record(facts, route, status);
    response
}

fn refuse(app: &App, facts: &Facts, problem: &Problem) -> HttpResponse {
    let body = problem.body(&facts.client, &app.config().public_url, Some(&facts.path));
    let mut response = HttpResponse::build(problem.status());
    response.content_type(MEDIA_TYPE).insert_header((CACHE_CONTROL, "no-store"));
    if let Some(seconds) = problem.retry_after() {
        response.insert_header((RETRY_AFTER, seconds.to_string()));
    }
    if let Some(methods) = problem.allow() {
        response.insert_header((ALLOW, methods));
    }
    if problem.is_replayed() {
        response.insert_header((super::idempotency::REPLAYED, "true"));
    }
    match problem.code() {
        Code::Unauthenticated if facts.bearer => {
            response.insert_header((WWW_AUTHENTICATE, "Bearer realm=\"tacit\", error=\"invalid_token\""));
        }
        Code::Unauthenticated => {
            response.insert_header((WWW_AUTHENTICATE, "Bearer realm=\"tacit\""));
        }
        Code::InsufficientScope => {
            let scope = problem.param("scope").unwrap_or_default();
            response.insert_header((
                WWW_AUTHENTICATE,
                format!("Bearer realm=\"tacit\", error=\"insufficient_scope\", scope=\"{scope}\""),
            ));
        }
        _ => {}
    }
    response.json(body)
}

/// Headers of every answer.
fn common(headers: &mut HeaderMap, facts: &Facts, public_url: &str) {
    let docs = facts.routed == "/docs" || facts.routed.starts_with("/docs/");
    let policy = if docs {
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
    } else {
        "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"
    };
    let mut set = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    set("x-content-type-options", "nosniff");
    set("referrer-policy", "no-referrer");
    set("content-security-policy", policy);
    if public_url.starts_with("https:") {
        set("strict-transport-security", "max-age=31536000; includeSubDomains");
    }
    if let Some(id) = &facts.client.request_id {
        set(request_id::HEADER, id);
    }
    if let Some(left) = facts.quota {
        set("ratelimit-policy", &rate_limit::policy(left.class));
        set("ratelimit", &rate_limit::left(left.class, left.remaining, 0));
    }
    if let Some(exhausted) = facts.exhausted {
        set("ratelimit-policy", &rate_limit::policy(exhausted.class));
        set("ratelimit", &rate_limit::left(exhausted.class, 0, exhausted.retry_after));
    }
    set("content-language", facts.client.language.as_str());
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    }
    headers.append(VARY, HeaderValue::from_static("Accept-Language, Origin"));
    if let Some(origin) = facts.origin.clone() {
        cors::allow(headers, origin);
    }
}

/// One line and two numbers for each request; the pattern, never the path, and nothing personal.
fn record(facts: &Facts, route: &str, status: StatusCode) {
    let route = if route.is_empty() { "none" } else { route }.to_owned();
    let method = known_method(&facts.method);
    let elapsed = facts.started.elapsed();
    tracing::info!(
        method,
        route,
        status = status.as_u16(),
        ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
        request_id = facts.client.request_id,
        "answered"
    );
    let labels = [("method", method.to_owned()), ("route", route), ("status", status.as_str().to_owned())];
    metrics::counter!("http_requests_total", &labels).increment(1);
    metrics::histogram!("http_request_duration_seconds", &labels).record(elapsed.as_secs_f64());
}

/// The method as a label: callers cannot make up new ones.
fn known_method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
