//! Which pages may call from a browser: exact origins of the settings, never a pattern, never an echo.

use actix_web::http::Method;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderName,
    HeaderValue, ORIGIN,
};

const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE";
const HEADERS: &str = "Accept, Accept-Language, Authorization, Change-Token, Content-Type, Idempotency-Key, If-Match, If-None-Match, Traceparent, X-Request-Id";
const EXPOSED: &str = "Content-Disposition, Content-Language, Deprecation, ETag, Idempotent-Replayed, Link, Location, RateLimit, RateLimit-Policy, Retry-After, Sunset, X-Request-Id";

/// The origins that may call.
#[derive(Debug, Clone, Default)]
pub struct Origins(Vec<String>);

impl Origins {
    /// Reads the setting: origins, comma separated.
    #[must_use]
    pub fn parse(setting: &str) -> Self {
        let origins = setting.split(',').map(|origin| origin.trim().trim_end_matches('/')).filter(|it| !it.is_empty());
        Self(origins.map(str::to_owned).collect())
    }

    /// The request's origin, if it may call.
    #[must_use]
    pub fn allowed(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let origin = headers.get(ORIGIN)?;
        self.0.iter().any(|known| known.as_bytes() == origin.as_bytes()).then(|| origin.clone())
    }
}

/// Whether a request asks on behalf of a browser what it may send.
#[must_use]
pub fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    *method == Method::OPTIONS && headers.contains_key(ORIGIN) && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// What a preflight of an allowed origin is told.
#[must_use]
pub fn preflight() -> [(HeaderName, HeaderValue); 3] {
    [
        (ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(METHODS)),
        (ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(HEADERS)),
        (ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("7200")),
    ]
}

/// What every answer to an allowed origin says.
pub fn allow(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[core::prelude::v1::test]
    fn an_origin_is_exact() {
        let origins = Origins::parse("https://my.example, https://other.example/");
        let allowed = |origin: &str| {
            let request = TestRequest::default().insert_header((ORIGIN, origin)).to_http_request();
            origins.allowed(request.headers()).is_some()
        };
        assert!(allowed("https://my.example") && allowed("https://other.example"));
        for evil in [
            "null",
            "https://my.example.evil.tld",
            "http://my.example",
            "https://evil-my.example",
            "https://my.example:8443",
        ] {
            assert!(!allowed(evil), "{evil}");
        }
    }
}
