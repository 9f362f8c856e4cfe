//! Who stops or undoes a change of an address: its owner, logged in, or whoever has the token of a notice.

use super::caller::{Caller, Client, Require, client_of};
use super::scope::Scope;
use crate::problem::{Code, Problem};
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::LocalBoxFuture;
use std::marker::PhantomData;

const HEADER: &str = "Change-Token";
const MAX_LENGTH: usize = 128;

/// A customer with the scope `S`, or a token in `Change-Token`, which needs no login; who sends both means the token.
#[derive(Clone)]
pub enum OwnerOrToken<S: Scope> {
    /// The session or access token.
    Owner(Box<Caller>, PhantomData<S>),
    /// The token of a notice, not looked up yet.
    Token(Client, String),
}

impl<S: Scope> std::fmt::Debug for OwnerOrToken<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Owner(caller, _) => f.debug_tuple("Owner").field(&caller.id()).finish(),
            Self::Token(client, _) => f.debug_tuple("Token").field(client).finish(),
        }
    }
}

impl<S: Scope> FromRequest for OwnerOrToken<S> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        if let Some(value) = request.headers().get(HEADER) {
            let token = value.to_str().ok().map(str::trim).filter(|it| !it.is_empty() && it.len() <= MAX_LENGTH);
            let client = client_of(request);
            let token = token.map(|token| Self::Token(client, token.to_owned()));
            return Box::pin(std::future::ready(token.ok_or_else(|| Code::Unauthenticated.into())));
        }
        let caller = Require::<S>::from_request(request, payload);
        Box::pin(async move {
            let Require(caller, scope) = caller.await?;
            Ok(Self::Owner(Box::new(caller), scope))
        })
    }
}
