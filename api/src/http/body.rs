//! What a request brings: its body, its query, the id in its path. Everything that is wrong is said
//! at once, each with its place.
//!
//! Members that are no member of the target are refused without `deny_unknown_fields`; `null` is
//! refused everywhere except in a [`Change`].

use super::decode::{self, Node, Origin};
use crate::problem::{Code, Fault, Place, Problem};
use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_TYPE, HeaderMap};
use actix_web::{FromRequest, HttpMessage, HttpRequest, web::Bytes};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use std::future::{Ready, ready};
use std::marker::PhantomData;
use std::str::FromStr;

/// Largest body, in bytes.
pub const MAX_BODY: usize = 65_536;

/// The whole body, read once by the edge.
#[derive(Debug, Clone)]
pub(super) struct Buffered(pub(super) Bytes);

pub(super) fn bytes_of(request: &HttpRequest) -> Bytes {
    request.extensions().get::<Buffered>().map(|buffered| buffered.0.clone()).unwrap_or_default()
}

/// A JSON object. 415 for another media type, 400 when it is no JSON, 422 for its values.
#[derive(Debug, Clone)]
pub struct Body<T>(pub T);

/// A JSON object that may be left out.
#[derive(Debug, Clone)]
pub struct MaybeBody<T>(pub Option<T>);

/// A merge patch (RFC 7396): `application/merge-patch+json` or `application/json`. Members that may
/// be set to nothing are [`Change`]s with `#[serde(default)]`, the others `Option`s.
#[derive(Debug, Clone)]
pub struct Patch<T>(pub T);

/// A member of a merge patch that can be cleared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Change<T> {
    /// Left out.
    #[default]
    Keep,
    /// `null`.
    Clear,
    /// A value.
    Set(T),
}

impl<T> Change<T> {
    /// What a column becomes: none to leave it, else its new value.
    pub fn into_option(self) -> Option<Option<T>> {
        match self {
            Self::Keep => None,
            Self::Clear => Some(None),
            Self::Set(value) => Some(Some(value)),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Change<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> serde::de::Visitor<'de> for Visitor<T> {
            type Value = Change<T>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a value or null")
            }

            fn visit_none<E>(self) -> Result<Change<T>, E> {
                Ok(Change::Clear)
            }

            fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Change<T>, D::Error> {
                T::deserialize(inner).map(Change::Set)
            }
        }
        deserializer.deserialize_newtype_struct(decode::CLEARABLE, Visitor(PhantomData))
    }
}

/// The query. 400 for a parameter that the operation does not know or that is given twice, 422 for a
/// value that cannot be used. A `Vec` takes a parameter several times.
#[derive(Debug, Clone)]
pub struct Params<T>(pub T);

/// A typed id in the path (the parameter `id`); a wrong form is the same 404 as an unknown one.
#[derive(Debug, Clone, Copy)]
pub struct PathId<T>(pub T);

impl<T: DeserializeOwned> FromRequest for Body<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(read(request, &["application/json"]).map(Self))
    }
}

impl<T: DeserializeOwned> FromRequest for MaybeBody<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        if bytes_of(request).is_empty() {
            return ready(Ok(Self(None)));
        }
        ready(read(request, &["application/json"]).map(|body| Self(Some(body))))
    }
}

impl<T: DeserializeOwned> FromRequest for Patch<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(read(request, &["application/merge-patch+json", "application/json"]).map(Self))
    }
}

fn read<T: DeserializeOwned>(request: &HttpRequest, accepted: &[&str]) -> Result<T, Problem> {
    if !is_media(request.headers(), accepted) {
        return Err(Problem::new(Code::UnsupportedMediaType).with("expected", accepted.join(", ")));
    }
    decode::body(&bytes_of(request))
}

fn is_media(headers: &HeaderMap, accepted: &[&str]) -> bool {
    let line = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut parts = line.split(';').map(str::trim);
    let media = parts.next().unwrap_or_default();
    let utf8 = parts.all(|part| {
        part.split_once('=').is_none_or(|(name, value)| {
            !name.trim().eq_ignore_ascii_case("charset") || value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        })
    });
    utf8 && accepted.iter().any(|known| known.eq_ignore_ascii_case(media))
}

impl<T: DeserializeOwned> FromRequest for Params<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(query_of(request.query_string()).map(Self))
    }
}

/// Reads the parameters of a query; those of others are left alone.
///
/// # Errors
/// `malformed`, or everything that is wrong with them.
pub(super) fn query_of<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(text).map_err(|_| Problem::malformed("the query"))?;
    let unusable = pairs.iter().filter(|(_, value)| decode::has_nul(value));
    let faults: Vec<Fault> =
        unusable.map(|(name, _)| Fault::new(Place::Parameter(name.clone()), "invalid_format")).collect();
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    decode::into(Node::query(pairs), Origin::Query).map_err(|faults| {
        let twice: Vec<Fault> = faults.iter().filter(|fault| fault.code == "duplicate").cloned().collect();
        if twice.is_empty() { Problem::invalid(faults) } else { Problem::parameters(Code::UnknownParameter, twice) }
    })
}

impl<T: FromStr> FromRequest for PathId<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(segment(request, "id").map(Self))
    }
}

/// A parameter of the path by its name; a wrong form is a 404.
///
/// # Errors
/// `not_found`.
pub fn segment<T: FromStr>(request: &HttpRequest, name: &str) -> Result<T, Problem> {
    request.match_info().get(name).and_then(|text| text.parse().ok()).ok_or_else(|| Code::NotFound.into())
}

/// A fault of a member, for handlers that parse one by hand.
#[must_use]
pub fn fault(pointer: &str, code: &'static str) -> Fault {
    Fault::new(Place::Pointer(pointer.to_owned()), code)
}
