//! Strong entity tags. The header is `"<version>-<hash of the bytes>"`, so that it changes whenever
//! the answer does; the member `etag` of a body is the version alone. `If-Match` compares versions
//! and takes either form; `If-None-Match` compares the whole header.

use crate::actions;
use actix_web::dev::Payload;
use actix_web::http::header::{HeaderMap, IF_MATCH, IF_NONE_MATCH};
use actix_web::{FromRequest, HttpRequest};
use std::convert::Infallible;
use std::future::{Ready, ready};

/// The value of a body's `etag` member for a row's version.
#[must_use]
pub fn etag(version: i64) -> String {
    version.to_string()
}

/// The versions that a request still expects, from `If-Match`. Absent: any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IfMatch(Option<Vec<String>>);

impl IfMatch {
    /// Goes on only when the resource is one that the caller knows.
    ///
    /// # Errors
    /// [`actions::Error::PreconditionFailed`].
    pub fn check(&self, etag: &str) -> Result<(), actions::Error> {
        let known = match &self.0 {
            None => true,
            Some(tags) => tags.iter().any(|tag| tag == "*" || version(tag) == etag),
        };
        if known { Ok(()) } else { Err(actions::Error::PreconditionFailed) }
    }

    /// [`Self::check`] against a row's version.
    ///
    /// # Errors
    /// [`actions::Error::PreconditionFailed`].
    pub fn check_version(&self, version: i64) -> Result<(), actions::Error> {
        self.check(&etag(version))
    }
}

impl FromRequest for IfMatch {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let headers = request.headers();
        ready(Ok(Self(headers.contains_key(IF_MATCH).then(|| tags(headers, &IF_MATCH)))))
    }
}

/// Whether the caller's copy is the one that `etag` (without quotes) names.
#[must_use]
pub fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    tags(headers, &IF_NONE_MATCH).iter().any(|tag| tag == "*" || tag == etag)
}

fn tags(headers: &HeaderMap, name: &actix_web::http::header::HeaderName) -> Vec<String> {
    headers
        .get_all(name)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(|tag| {
            let tag = tag.trim();
            // intermediaries that compress weaken tags; for us the version still says it all
            tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"').to_owned()
        })
        .filter(|tag| !tag.is_empty())
        .collect()
}

fn version(tag: &str) -> &str {
    tag.split_once('-').map_or(tag, |(version, _)| version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_matches_alone_or_with_its_hash() {
        let expects = |tag: &str| IfMatch(Some(vec![tag.to_owned()]));
        for known in ["3", "3-9f2c", "*"] {
            assert!(expects(known).check_version(3).is_ok(), "{known}");
        }
        for other in ["2", "33", "2-3", ""] {
            assert!(expects(other).check_version(3).is_err(), "{other}");
        }
        assert!(IfMatch(None).check_version(3).is_ok());
    }
}
