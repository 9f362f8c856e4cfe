//! Who calls: extractors that a handler's signature names.

use super::scope::{AccountRead, CUSTOMER, OPERATOR, Scope};
use crate::actions::{Actor, Context, access_token as tokens, factor, session as sessions};
use crate::app::App;
use crate::problem::{Code, Problem};
use actix_web::dev::Payload;
use actix_web::http::header::{ACCEPT_LANGUAGE, AUTHORIZATION, USER_AGENT};
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use chrono::{DateTime, TimeDelta, Utc};
use domain::account::{AccountStatus, Language};
use domain::factor::{Enrolment, Proofs};
use domain::id::{AccessTokenId, AccountId};
use domain::network::Range;
use domain::refusal::Refusal;
use entity::{access_token, account, session};
use futures_util::future::LocalBoxFuture;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use std::future::{Ready, ready};
use std::marker::PhantomData;

/// How often the use of a token is noted.
const TOUCH_EVERY: TimeDelta = TimeDelta::minutes(1);

/// Where a request comes from. Itself an extractor: the visitor that nobody knows yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Address, behind trusted proxies the one that they saw.
    pub address: Option<String>,
    /// The request's id, sent or made.
    pub request_id: Option<String>,
    /// Language of answers: `Accept-Language`, else the account's, else English.
    pub language: Language,
    /// At most 255 characters of `User-Agent`.
    pub user_agent: Option<String>,
}

impl Client {
    /// A context for a visitor, on one instant for both clocks.
    #[must_use]
    pub fn cx<'a>(&self, app: &'a App, now: DateTime<Utc>) -> Context<'a> {
        self.context(app, Actor::Visitor, now, now)
    }

    /// Whose keys a visitor's Idempotency-Key lives among: those of the same address.
    #[must_use]
    pub fn scope(&self) -> String {
        format!("visitor:{}", self.address.as_deref().unwrap_or("unknown"))
    }

    /// What quotas are kept for: an IPv4 address, a /64 of IPv6.
    #[must_use]
    pub fn household(&self) -> String {
        self.address.as_deref().and_then(Range::household_of).unwrap_or_default()
    }

    fn context<'a>(&self, app: &'a App, actor: Actor, now: DateTime<Utc>, real_now: DateTime<Utc>) -> Context<'a> {
        Context {
            now,
            real_now,
            actor,
            address: self.address.clone(),
            user_agent: self.user_agent.clone(),
            request_id: self.request_id.clone(),
            tools: &app.tools,
        }
    }

    /// Reads what a request says about itself; the edge keeps the result for extractors.
    pub(super) fn read(
        headers: &actix_web::http::header::HeaderMap,
        address: Option<String>,
        request_id: Option<String>,
    ) -> Self {
        let user_agent = headers
            .get(USER_AGENT)
            .and_then(|value| value.to_str().ok())
            .map(|text| text.chars().take(255).collect::<String>());
        Self { address, request_id, language: accepted(headers).unwrap_or(Language::En), user_agent }
    }
}

impl FromRequest for Client {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(client_of(request)))
    }
}

/// The language that `Accept-Language` prefers among ours; none when it names neither.
pub(super) fn accepted(headers: &actix_web::http::header::HeaderMap) -> Option<Language> {
    let line = headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?;
    let mut best: Option<(u16, Language)> = None;
    for part in line.split(',').take(16) {
        let (tag, q) = part.split_once(';').map_or((part, "q=1"), |(tag, q)| (tag, q));
        let language = match tag.trim().get(..2).map(str::to_ascii_lowercase).as_deref() {
            Some("fr") => Language::Fr,
            Some("en") => Language::En,
            Some(_) | None => continue,
        };
        let quality = thousandths(q.trim().strip_prefix("q=").unwrap_or("0"));
        if quality > 0 && best.is_none_or(|(known, _)| quality > known) {
            best = Some((quality, language));
        }
    }
    best.map(|(_, language)| language)
}

/// `0.85` is 850, without floats.
fn thousandths(quality: &str) -> u16 {
    let (whole, rest) = quality.split_once('.').unwrap_or((quality, ""));
    let digits: String = rest.chars().chain("000".chars()).take(3).collect();
    let whole = whole.parse::<u16>().unwrap_or_default().min(1);
    (whole * 1000 + digits.parse::<u16>().unwrap_or_default()).min(1000)
}

pub(super) fn client_of(request: &HttpRequest) -> Client {
    request.extensions().get::<Client>().cloned().unwrap_or_else(|| Client::read(request.headers(), None, None))
}

/// The language of a known account, for answers to requests that name none.
#[derive(Debug, Clone, Copy)]
pub(super) struct AccountLanguage(pub(super) Language);

/// A customer who proved who they are.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The account.
    pub account: account::Model,
    /// The login session, when that is the proof.
    pub session: Option<session::Model>,
    /// The personal access token, when that is the proof.
    pub token: Option<access_token::Model>,
    /// The instant on the account's clock.
    pub now: DateTime<Utc>,
    /// Real time.
    pub real_now: DateTime<Utc>,
    /// Where the request comes from.
    pub client: Client,
}

impl Caller {
    /// What actions are given.
    #[must_use]
    pub fn cx<'a>(&self, app: &'a App) -> Context<'a> {
        self.client.context(app, Actor::Owner(self.account.id), self.now, self.real_now)
    }

    /// The account's id.
    #[must_use]
    pub const fn id(&self) -> AccountId {
        self.account.id
    }

    /// The language of answers.
    #[must_use]
    pub const fn language(&self) -> Language {
        self.client.language
    }

    /// Whose Idempotency-Keys these are.
    #[must_use]
    pub fn scope(&self) -> String {
        self.account.id.to_string()
    }

    /// Whose Idempotency-Keys these are, for what is about this very session: another session of the account
    /// that sends the same key asks for something else.
    #[must_use]
    pub fn session_scope(&self) -> String {
        self.session.as_ref().map_or_else(|| self.scope(), |session| session.id.to_string())
    }

    fn may(&self, scope: &str) -> bool {
        match &self.token {
            None => CUSTOMER.contains(&scope),
            Some(token) => token.scopes.split_ascii_whitespace().any(|known| known == scope),
        }
    }
}

/// A customer whose session or token has the scope `S`.
#[derive(Debug, Clone)]
pub struct Require<S: Scope>(pub Caller, pub PhantomData<S>);

impl<S: Scope> FromRequest for Require<S> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let caller = caller_of(&request, S::NAME).await?;
            if caller.may(S::NAME) {
                Ok(Self(caller, PhantomData))
            } else {
                Err(Problem::new(Code::InsufficientScope).with("scope", S::NAME))
            }
        })
    }
}

/// As [`Require`], and the password, or a second factor where the account has one, was proven less than 5
/// minutes ago. Tokens never can.
#[derive(Debug, Clone)]
pub struct RequireFresh<S: Scope>(pub Caller, pub PhantomData<S>);

impl<S: Scope> FromRequest for RequireFresh<S> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (caller, app) = (Require::<S>::from_request(request, payload), app_of(request));
        Box::pin(async move {
            let (Require(caller, _), app) = (caller.await?, app?);
            let fresh = match &caller.session {
                Some(session) => is_fresh(&app, session, caller.real_now).await?,
                None => false,
            };
            if fresh { Ok(Self(caller, PhantomData)) } else { Err(Code::FreshProofRequired.into()) }
        })
    }
}

/// Whether the strongest kind of proof that the account has was given in this session just now.
async fn is_fresh(app: &App, session: &session::Model, now: DateTime<Utc>) -> Result<bool, Problem> {
    if crate::actions::session::is_only_recovered(session) {
        return Ok(false);
    }
    let methods = factor::enrolled(&**app.read(), session.account_id).await?;
    let enrolled = if methods.is_empty() { Enrolment::PasswordOnly } else { Enrolment::SecondFactor };
    let proofs = Proofs { password_at: session.authenticated_at, factor_at: session.factor_at, enrolled };
    Ok(domain::factor::is_fresh(proofs, now))
}

/// Any customer, whatever the scopes: for what needs none.
impl FromRequest for Caller {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { caller_of(&request, AccountRead::NAME).await })
    }
}

/// A person or system of the provider, by a token with `operator:*`.
#[derive(Debug, Clone)]
pub struct Operator {
    /// The proof.
    pub token: access_token::Model,
    /// Real time.
    pub real_now: DateTime<Utc>,
    /// Where the request comes from.
    pub client: Client,
}

impl Operator {
    /// What actions are given; `now` is the instant on the clock of the account that it is about.
    #[must_use]
    pub fn cx<'a>(&self, app: &'a App, now: DateTime<Utc>) -> Context<'a> {
        self.client.context(app, Actor::Operator(self.token.id), now, self.real_now)
    }

    /// The token's id.
    #[must_use]
    pub const fn id(&self) -> AccessTokenId {
        self.token.id
    }

    /// Whose Idempotency-Keys these are.
    #[must_use]
    pub fn scope(&self) -> String {
        self.token.id.to_string()
    }
}

impl FromRequest for Operator {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let app = app_of(&request)?;
            let real_now = app.now();
            let refused = || Problem::new(Code::InsufficientScope).with("scope", OPERATOR);
            let bearer = bearer(&request)?;
            if !crate::token::looks_valid(&bearer) {
                // a customer's session is known, but it is not an operator
                caller_of(&request, OPERATOR).await?;
                return Err(refused());
            }
            let token = personal(&app, &request, &bearer, real_now).await?;
            let operates = token.scopes.split_ascii_whitespace().any(|scope| scope == OPERATOR);
            if token.account_id.is_some() || !operates {
                return Err(refused());
            }
            Ok(Self { token, real_now, client: client_of(&request) })
        })
    }
}

pub(super) fn app_of(request: &HttpRequest) -> Result<web::Data<App>, Problem> {
    request.app_data::<web::Data<App>>().cloned().ok_or_else(|| {
        tracing::error!("the server was built without its App");
        Problem::new(Code::Internal)
    })
}

fn bearer(request: &HttpRequest) -> Result<String, Problem> {
    let value = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    value
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim().to_owned())
        .filter(|token| !token.is_empty() && token.len() <= 4096)
        .ok_or_else(|| Code::Unauthenticated.into())
}

/// `scope` is what an operator's token is told to lack: it stands for no customer.
async fn caller_of(request: &HttpRequest, scope: &str) -> Result<Caller, Problem> {
    let app = app_of(request)?;
    let real_now = app.now();
    let bearer = bearer(request)?;
    let (account_id, session, token) = if bearer.starts_with(crate::token::PREFIX) {
        let token = personal(&app, request, &bearer, real_now).await?;
        let Some(account_id) = token.account_id else {
            return Err(Problem::new(Code::InsufficientScope).with("scope", scope));
        };
        (account_id, None, Some(token))
    } else {
        let session = session_of(&app, &bearer, real_now).await?;
        (session.account_id, Some(session), None)
    };
    let account =
        account::Entity::find_by_id(account_id).one(&**app.read()).await?.ok_or(Problem::new(Code::Unauthenticated))?;
    admit(&account)?;
    let mut client = client_of(request);
    if !crate::actions::account::ip_rules::allow(&account, client.address.as_deref())? {
        return Err(Refusal::AddressNotAllowed.into());
    }
    if accepted(request.headers()).is_none() {
        client.language = account.language;
        request.extensions_mut().insert(AccountLanguage(account.language));
    }
    let now = crate::clock::now_for(&**app.read(), real_now, &account).await?;
    Ok(Caller { account, session, token, now, real_now, client })
}

/// The session that an access token names, if it still lives: so that ending it works at once.
async fn session_of(app: &App, bearer: &str, now: DateTime<Utc>) -> Result<session::Model, Problem> {
    let claims = app.access_tokens.verify(bearer, now).map_err(|_| Problem::new(Code::Unauthenticated))?;
    let session = session::Entity::find_by_id(claims.session)
        .one(&**app.read())
        .await?
        .filter(|session| session.account_id == claims.account)
        .filter(|session| sessions::lives(session, &app.config().session, now))
        .ok_or(Problem::new(Code::Unauthenticated))?;
    sessions::seen::note(app, &session, claims.with, now).await;
    Ok(session)
}

/// The live personal or operator token with this text, from an address where it may be used; notes its use
/// at most once a minute.
async fn personal(
    app: &App,
    request: &HttpRequest,
    bearer: &str,
    now: DateTime<Utc>,
) -> Result<access_token::Model, Problem> {
    let unknown = || Problem::new(Code::Unauthenticated);
    if !crate::token::looks_valid(bearer) {
        return Err(unknown());
    }
    let token = access_token::Entity::find()
        .filter(access_token::Column::TokenHash.eq(crate::token::hash(&app.tools.sealer, bearer)))
        .one(&**app.read())
        .await?
        .filter(|token| token.revoked_at.is_none() && token.expires_at.is_none_or(|end| end > now))
        .ok_or_else(unknown)?;
    let address = client_of(request).address;
    if !tokens::allow(&token, address.as_deref())? {
        return Err(Refusal::AddressNotAllowed.into());
    }
    if token.last_used_at.is_none_or(|last| now.signed_duration_since(last) >= TOUCH_EVERY) {
        touch(app, &token, address, now).await;
    }
    Ok(token)
}

async fn touch(app: &App, token: &access_token::Model, address: Option<String>, now: DateTime<Utc>) {
    use sea_orm::{ActiveModelTrait, ActiveValue::Set, DbErr};
    let noted: Result<(), DbErr> = app
        .transact(async |tx| {
            let mut row = token.clone().into_active_model();
            row.last_used_at = Set(Some(now));
            row.last_address = Set(address.clone());
            row.update(&**tx).await?;
            Ok(())
        })
        .await;
    if let Err(error) = noted {
        // the use of a token is worth a line, not a refusal
        tracing::warn!(%error, "noting the use of a token");
    }
}

/// Only accounts that are open may act.
fn admit(account: &account::Model) -> Result<(), Problem> {
    match account.status {
        AccountStatus::Active | AccountStatus::Closing => Ok(()),
        AccountStatus::Pending => Err(Refusal::EmailNotVerified.into()),
        AccountStatus::Blocked => Err(Refusal::AccountNotActive.into()),
        AccountStatus::Closed => Err(Code::Unauthenticated.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn language(line: &str) -> Option<Language> {
        accepted(TestRequest::default().insert_header((ACCEPT_LANGUAGE, line)).to_http_request().headers())
    }

    #[core::prelude::v1::test]
    fn the_preferred_of_our_languages_is_taken() {
        assert_eq!(language("fr-CH, fr;q=0.9, en;q=0.8"), Some(Language::Fr));
        assert_eq!(language("de, en;q=0.5, fr;q=0.85"), Some(Language::Fr));
        assert_eq!(language("en-GB"), Some(Language::En));
        assert_eq!(language("de"), None);
        assert_eq!(language("fr;q=0"), None);
    }
}
