//! An answer: status, headers, bytes. Built before it is sent, so that it can be stored with its
//! idempotency key in the same transaction.

use super::etag::is_known;
use crate::problem::{Code, Problem};
use crate::seal::sha256;
use actix_web::body::SizedStream;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, ContentEncoding, ETAG, HeaderName, HeaderValue, LOCATION,
};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, Responder, ResponseError, web::Bytes};
use futures_util::Stream;
use serde::Serialize;

const JSON: &str = "application/json";

/// What a resource's tag is made of: its version, or a text that changes with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag(String);

impl From<i64> for Tag {
    fn from(version: i64) -> Self {
        Self(super::etag::etag(version))
    }
}

impl From<String> for Tag {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Tag {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    pub(super) status: StatusCode,
    /// Names in lower case, as they are stored.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Bytes,
    pub(super) secret: bool,
    pub(super) problem: Option<Problem>,
}

impl Reply {
    fn empty(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), body: Bytes::new(), secret: false, problem: None }
    }

    fn json(status: StatusCode, value: &impl Serialize) -> Self {
        match serde_json::to_vec(value) {
            Ok(body) => Self { body: body.into(), ..Self::empty(status) }.header(CONTENT_TYPE.as_str(), JSON),
            Err(error) => {
                tracing::error!(%error, "an answer cannot be written");
                Problem::new(Code::Internal).into()
            }
        }
    }

    /// 200 with a body.
    pub fn ok(value: &impl Serialize) -> Self {
        Self::json(StatusCode::OK, value)
    }

    /// 201: `location` is the path of what was made.
    pub fn created(location: impl Into<String>, value: &impl Serialize) -> Self {
        Self::json(StatusCode::CREATED, value).header(LOCATION.as_str(), location)
    }

    /// 202: `location` is where the outcome will be, if somewhere.
    pub fn accepted(location: Option<String>, value: &impl Serialize) -> Self {
        let reply = Self::json(StatusCode::ACCEPTED, value);
        match location {
            Some(location) => reply.header(LOCATION.as_str(), location),
            None => reply,
        }
    }

    /// 204.
    #[must_use]
    pub fn no_content() -> Self {
        Self::empty(StatusCode::NO_CONTENT)
    }

    /// 207: one outcome for each item asked for.
    pub fn multi_status(value: &impl Serialize) -> Self {
        Self::json(StatusCode::MULTI_STATUS, value)
    }

    /// 200 with bytes of any kind.
    pub fn bytes(content_type: &str, body: impl Into<Bytes>) -> Self {
        Self { body: body.into(), ..Self::empty(StatusCode::OK) }.header(CONTENT_TYPE.as_str(), content_type)
    }

    /// The same with another status. An error status is the answer itself then, not a problem.
    #[must_use]
    pub const fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// A page of a list, with `Link: rel="next"` while there is one.
    pub fn page<T: Serialize>(page: &super::page::Page<T>, query: &super::page::PageQuery) -> Self {
        let reply = Self::ok(page);
        match &page.next_cursor {
            Some(cursor) => reply.header("link", query.next_link(cursor)),
            None => reply,
        }
    }

    /// A document that never changes, kept by the caller for a year. `name` is the file name: ASCII
    /// letters, digits, `.`, `-` and `_`; anything else becomes `_`.
    pub fn document(content_type: &str, name: &str, body: impl Into<Bytes>) -> Self {
        Self { body: body.into(), ..Self::empty(StatusCode::OK) }
            .header(CONTENT_TYPE.as_str(), content_type)
            .header(CONTENT_DISPOSITION.as_str(), attachment(name))
            .header(CACHE_CONTROL.as_str(), "private, max-age=31536000, immutable")
    }

    /// 304: the caller has what this tag (without quotes) names.
    #[must_use]
    pub fn unchanged(tag: &str) -> HttpResponse {
        HttpResponse::NotModified()
            .insert_header((ETAG, format!("\"{tag}\"")))
            .insert_header((CACHE_CONTROL, "no-store"))
            .finish()
    }

    /// 200 with a file of a known size that is sent as it comes, without being held: nobody keeps it on the way,
    /// and nothing compresses it again. `name` as for [`Reply::document`], `tag` as for [`Reply::unchanged`].
    pub fn stream<E>(
        content_type: &str,
        (name, size): (&str, u64),
        tag: &str,
        body: impl Stream<Item = Result<Bytes, E>> + 'static,
    ) -> HttpResponse
    where
        E: Into<Box<dyn std::error::Error>> + 'static,
    {
        HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, content_type))
            .insert_header((CONTENT_DISPOSITION, attachment(name)))
            .insert_header((ETAG, format!("\"{tag}\"")))
            .insert_header((CACHE_CONTROL, "no-store"))
            .insert_header(ContentEncoding::Identity)
            .body(SizedStream::new(size, Box::pin(body)))
    }

    /// The tag of what is answered: its version (or a text), completed by a hash of the bytes.
    #[must_use]
    pub fn etag(self, tag: impl Into<Tag>) -> Self {
        let Tag(tag) = tag.into();
        let hash = sha256(&self.body);
        let hash = hash.get(..16).unwrap_or_default();
        self.header(ETAG.as_str(), format!("\"{tag}-{hash}\""))
    }

    /// The answer holds a secret: it is never stored, neither by caches nor with its key. A replay
    /// answers 409 `secret_no_longer_available`.
    #[must_use]
    pub fn secret(mut self) -> Self {
        self.secret = true;
        self.header(CACHE_CONTROL.as_str(), "no-store")
    }

    /// Sets a header; one that cannot be sent is left out when the answer is.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        let name = name.to_ascii_lowercase();
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value.into()));
        self
    }

    /// The status.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    fn find(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// `Content-Disposition` of a file; what a file name cannot hold everywhere becomes `_`.
fn attachment(name: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' };
    format!("attachment; filename=\"{}\"", name.chars().map(safe).collect::<String>())
}

/// A refusal that is the outcome of an operation (a declined payment) and replays as such.
impl From<Problem> for Reply {
    fn from(problem: Problem) -> Self {
        Self { problem: Some(problem.clone()), ..Self::empty(problem.status()) }
    }
}

impl Responder for Reply {
    type Body = actix_web::body::BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        if let Some(problem) = &self.problem {
            return problem.error_response();
        }
        let reads = request.method() == Method::GET && self.status == StatusCode::OK && !self.secret;
        let reply = if reads && self.find(ETAG.as_str()).is_none() {
            // lists and views without a version: the bytes are the tag
            let hash = sha256(&self.body);
            let tag = format!("\"{}\"", hash.get(..32).unwrap_or_default());
            self.header(ETAG.as_str(), tag)
        } else {
            self
        };
        let known =
            reads && reply.find(ETAG.as_str()).is_some_and(|tag| is_known(request.headers(), tag.trim_matches('"')));
        let mut response = HttpResponse::build(if known { StatusCode::NOT_MODIFIED } else { reply.status });
        for (name, value) in &reply.headers {
            if known && name == CONTENT_TYPE.as_str() {
                continue;
            }
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name.as_str()), HeaderValue::try_from(value.as_str()))
            {
                response.insert_header((name, value));
            }
        }
        if known || reply.status == StatusCode::NO_CONTENT {
            return response.finish();
        }
        let mut response = response.body(reply.body);
        response.extensions_mut().insert(super::edge::Intended);
        response
    }
}
