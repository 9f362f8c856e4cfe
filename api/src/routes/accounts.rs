//! Sign-up: an account is asked for, and opens once its address is proven. Public.

use super::sessions::{TokensView, device, tokens, within_limit};
use crate::actions::account::visitor_request::{self, Asked};
use crate::actions::account::{self, password, profile, sign_up, verify_email};
use crate::actions::{Error, Invalid};
use crate::app::App;
use crate::http::body::Body;
use crate::http::caller::Client;
use crate::http::idempotency::Key;
use crate::http::rate_limit::{Class, Limiters};
use crate::http::reply::Reply;
use crate::problem::Problem;
use actix_web::post;
use actix_web::web::Data;
use domain::account::{AccountKind, Language};
use domain::identifier::EmailAddress;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};
use utoipa_actix_web::service_config::ServiceConfig;

/// Routes of this file.
pub(super) fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(create_account).service(verify_account_email).service(resend_email_verification);
}

/// Who signs up.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAccount {
    /// The primary address: it is proven by a mailed code.
    #[schema(format = Email, max_length = 254, example = "camille.durand@example.org")]
    email: String,
    /// At least 15 characters, not easily guessed; no rules about its composition.
    #[schema(format = Password, min_length = 15, max_length = 256, example = "quatre tortues lisent au soleil")]
    password: String,
    /// Language of mails and documents; left out: that of `Accept-Language`.
    #[schema(schema_with = languages, nullable = false)]
    language: Option<Language>,
    /// Who holds the account; left out: `individual`.
    #[schema(schema_with = account_kinds, nullable = false)]
    kind: Option<AccountKind>,
    /// ISO 3166-1 alpha-2 code of the country of residence; left out: `FR`.
    #[schema(nullable = false, pattern = "^[A-Za-z]{2}$", min_length = 2, max_length = 2, example = "FR")]
    country: Option<String>,
}

/// An address, and the code that was mailed to it.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmailVerification {
    /// The address that signed up.
    #[schema(format = Email, max_length = 254, example = "camille.durand@example.org")]
    email: String,
    /// Six digits, valid for 30 minutes and five tries.
    #[schema(pattern = "^[0-9]{6}$", min_length = 6, max_length = 6, example = "482913")]
    code: String,
    /// A password in the place of that of the sign-up. It is needed when the address signed up more than
    /// once: then only who reads its mails says which one holds.
    #[schema(format = Password, min_length = 15, max_length = 256, nullable = false, example = "quatre tortues lisent au soleil")]
    password: Option<String>,
}

/// An address.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmailVerificationResend {
    /// The address that signed up.
    #[schema(format = Email, max_length = 254, example = "camille.durand@example.org")]
    email: String,
}

/// What was asked for, whether or not there is such an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = EmailAccepted)]
pub struct EmailAcceptedView {
    /// The address, in the form in which it is compared.
    #[schema(format = Email, max_length = 254, example = "camille.durand@example.org")]
    pub email: String,
}

/// Signs up.
#[utoipa::path(
    operation_id = "create_account", tag = "Sign-up and sessions", security(()),
    summary = "Sign up",
    description = "Asks for an account and mails a code of six digits to its address; `verify_email` opens it. The answer is the same, and takes the same time, whether or not the address has an account: the owner of one that exists is told by mail. Signing up again before the address is proven mails a new code, at most three times an hour, and changes nothing else: whoever proves the address then sets the password.",
    request_body(content = NewAccount),
    responses((status = 202, description = "The next step is in the mail", body = EmailAcceptedView)),
)]
#[post("/accounts")]
pub async fn create_account(
    app: Data<App>,
    client: Client,
    key: Key,
    body: Body<NewAccount>,
) -> Result<Reply, Problem> {
    let cx = client.cx(&app, app.now());
    let new = body.0.checked(&app, client.language).await?;
    key.once(&app, &client.scope(), async |tx| {
        account::sign_up(tx, &cx, &new).await?;
        Ok(Reply::accepted(None, &EmailAcceptedView { email: new.email.clone() }))
    })
    .await
}

/// Proves the address.
#[utoipa::path(
    operation_id = "verify_email", tag = "Sign-up and sessions", security(()),
    summary = "Verify the e-mail address",
    description = "Proves the primary address with the mailed code: the account opens, and so does a first session, whose tokens are the answer. A wrong code is counted; after five the code is useless and a new one must be asked for. An unknown address is answered as a wrong code is. When the address signed up more than once, the right code without `password` is refused with `password_contested`, and not used up: nobody else's password opens the account.",
    request_body(content = EmailVerification),
    responses(
        (status = 201, description = "The account is open; the tokens of its first session", body = TokensView),
        (status = 410, description = "The right code, but used, replaced or too old", body = crate::problem::ProblemBody),
    ),
)]
#[post("/accounts/email-verification")]
pub async fn verify_account_email(
    app: Data<App>,
    client: Client,
    limiters: Data<Limiters>,
    key: Key,
    body: Body<EmailVerification>,
) -> Result<Reply, Problem> {
    if let Some(reply) = key.answered(&app, &client.scope()).await? {
        return Ok(reply);
    }
    within_limit(&limiters, Class::Code, &client, &body.0.email)?;
    let (cx, input, device) = (client.cx(&app, app.now()), body.0, device(&client));
    let password_hash = input.password_hash(&app).await?;
    let proof = verify_email::Proof { digits: input.code.clone(), password_hash };
    let guess = verify_email::count_guess(&app, &cx, &input.email).await?;
    key.once(&app, &client.scope(), async |tx| {
        let (account, opened) = account::verify_email(tx, &cx, guess, &proof, &device).await?;
        Ok(Reply::created("/v1/account", &tokens(&app, &cx, &account, &opened)?).secret())
    })
    .await
}

/// Mails another code.
#[utoipa::path(
    operation_id = "resend_email_verification", tag = "Sign-up and sessions", security(()),
    summary = "Mail another verification code",
    description = "Mails a new code to an address that signed up and is not proven yet; the code before is useless from then on. At most three mails an hour go to one address. The answer never tells whether a mail was sent.",
    request_body(content = EmailVerificationResend),
    responses((status = 202, description = "If a code is awaited from this address, a new one is in the mail", body = EmailAcceptedView)),
)]
#[post("/accounts/email-verification/resend")]
pub async fn resend_email_verification(
    app: Data<App>,
    client: Client,
    key: Key,
    body: Body<EmailVerificationResend>,
) -> Result<Reply, Problem> {
    let cx = client.cx(&app, app.now());
    let email = address(&body.0.email, "/email")?;
    key.once(&app, &client.scope(), async |tx| {
        visitor_request::ask(tx, &cx, Asked::EmailVerification, &email).await?;
        Ok(Reply::accepted(None, &EmailAcceptedView { email: email.clone() }))
    })
    .await
}

impl NewAccount {
    /// Checks everything that can be checked without knowing the accounts, then hashes the password.
    async fn checked(&self, app: &App, spoken: Language) -> Result<sign_up::New, Problem> {
        let mut errors = Vec::new();
        let email = keep(address(&self.email, "/email"), &mut errors)?;
        let country = profile::country(self.country.as_deref().unwrap_or("FR"));
        if country.is_none() {
            errors.push(Invalid::new("/country", "invalid_value"));
        }
        keep(password::check(app, &self.password, &[&self.email], "/password").await, &mut errors)?;
        let (Some(email), Some(country), true) = (email, country, errors.is_empty()) else {
            return Err(Error::Invalid(errors).into());
        };
        Ok(sign_up::New {
            email,
            password_hash: app.passwords.hash(&self.password).await?,
            language: self.language.unwrap_or(spoken),
            kind: self.kind.unwrap_or(AccountKind::Individual),
            country,
        })
    }
}

impl EmailVerification {
    /// Checks and hashes the password, if there is one: alike whether or not there is such an account.
    async fn password_hash(&self, app: &App) -> Result<Option<String>, Problem> {
        let Some(password) = &self.password else { return Ok(None) };
        password::check(app, password, &[&self.email], "/password").await?;
        Ok(Some(app.passwords.hash(password).await?))
    }
}

/// Collects objections to values; any other error ends the request.
fn keep<T>(outcome: Result<T, Error>, errors: &mut Vec<Invalid>) -> Result<Option<T>, Error> {
    match outcome {
        Ok(value) => Ok(Some(value)),
        Err(Error::Invalid(more)) => {
            errors.extend(more);
            Ok(None)
        }
        Err(other) => Err(other),
    }
}

/// A well-formed address, in the form in which it is stored and compared.
pub(super) fn address(text: &str, pointer: &str) -> Result<String, Error> {
    let email = text.parse::<EmailAddress>().map_err(|_| Invalid::new(pointer, "invalid_email"))?;
    Ok(email.key())
}

/// The languages that a request may name.
pub(super) fn languages() -> Object {
    words(Language::ALL.iter().map(|word| word.as_str()), "fr")
}

/// The kinds of account that a request may name.
pub(super) fn account_kinds() -> Object {
    words(AccountKind::ALL.iter().map(|word| word.as_str()), "individual")
}

fn words(words: impl Iterator<Item = &'static str>, example: &'static str) -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).examples([example]).build()
}
