//! Whether a mail that claims to come from the provider does. Public.

use crate::actions::account::masked;
use crate::app::App;
use crate::http::body::Body;
use crate::http::reply::Reply;
use crate::problem::Problem;
use actix_web::post;
use actix_web::web::Data;
use chrono::{DateTime, Utc};
use domain::authenticity::AuthenticityCode;
use entity::email;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

/// Routes of this file.
pub(super) fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(check_email_authenticity);
}

/// A code to check.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmailAuthenticityCheck {
    /// The code printed at the end of the mail: 16 letters and digits, in any case, with or without dashes.
    #[schema(min_length = 1, max_length = 64, example = "7K3M-9QXZ-04AB-C2DE")]
    code: String,
}

/// What is known of a code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = EmailAuthenticity)]
pub struct AuthenticityView {
    /// Whether we printed this code in a mail. Compare what follows with the mail at hand: a forgery may
    /// copy the code of another mail.
    #[schema(example = true)]
    genuine: bool,
    /// Whether the code was mistyped: read it again before thinking of a forgery.
    #[schema(example = false)]
    mistyped: bool,
    /// What the mail is about. Extensible enum.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 16, example = "renewal")]
    category: Option<String>,
    /// Which mail it is. Extensible enum.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 48, example = "renewal_notice")]
    kind: Option<String>,
    /// The masked address it was sent to, left out once the account was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 254, example = "c•••@e•••.org")]
    to: Option<String>,
    /// When it was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-01-30T09:00:00Z")]
    sent_at: Option<DateTime<Utc>>,
}

impl AuthenticityView {
    const UNKNOWN: Self = Self { genuine: false, mistyped: false, category: None, kind: None, to: None, sent_at: None };

    fn of(mail: email::Model) -> Self {
        Self {
            genuine: true,
            mistyped: false,
            category: Some(mail.category),
            kind: Some(mail.kind),
            to: (!mail.to_address.is_empty()).then(|| masked(&mail.to_address)),
            sent_at: Some(mail.created_at),
        }
    }
}

/// Checks a code.
#[utoipa::path(
    operation_id = "check_email_authenticity", tag = "Account", security(()),
    summary = "Check whether a mail is genuine",
    description = "Every mail prints a code at its end. Tells what kind of mail was sent with this code, when, and to which masked address; compare it with the mail at hand. Neither its subject nor its text is told. An unknown code is answered `genuine: false` in the same way and time. Nothing is changed.",
    request_body(content = EmailAuthenticityCheck),
    responses((status = 200, description = "What is known of the code", body = AuthenticityView)),
)]
#[post("/email-authenticity-checks")]
pub async fn check_email_authenticity(app: Data<App>, body: Body<EmailAuthenticityCheck>) -> Result<Reply, Problem> {
    let typed = body.0.code.parse::<AuthenticityCode>();
    // looked up even if it cannot be one: the time of the answer tells nothing
    let code = typed.as_ref().map_or("", AuthenticityCode::as_str);
    let found = email::Entity::with_authenticity_code(code).one(&**app.read()).await?;
    let view = match found {
        Some(mail) => AuthenticityView::of(mail),
        None => AuthenticityView { mistyped: typed.is_err(), ..AuthenticityView::UNKNOWN },
    };
    Ok(Reply::ok(&view).header("cache-control", "no-store"))
}
