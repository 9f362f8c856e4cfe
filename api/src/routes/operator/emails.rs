//! Mails, as operators see them; in development with the codes and tokens they carry.

use crate::actions::operator::retry_email::retry_email;
use crate::app::App;
use crate::http::body::{Params, PathId};
use crate::http::caller::Operator;
use crate::http::idempotency::Key;
use crate::http::page::{self, KeyColumn, Page, PageQuery};
use crate::http::reply::Reply;
use crate::mail;
use crate::problem::{Problem, ProblemBody};
use actix_web::web::Data;
use actix_web::{get, post};
use chrono::{DateTime, NaiveDate, Utc};
use domain::authenticity::printed;
use domain::id::{AccountId, EmailId, ServiceId};
use entity::email;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

/// The routes.
pub fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(list_operator_emails).service(request_email_retry);
}

/// A mail as operators see it.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = OperatorEmail)]
pub struct EmailView {
    /// Its id.
    #[schema(value_type = String, pattern = "^eml_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "eml_01h455vb4pex5vsknk084sn02q")]
    pub id: EmailId,
    /// Whose it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false, pattern = "^acc_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "acc_01h455vb4pex5vsknk084sn02q")]
    pub account_id: Option<AccountId>,
    /// The service it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false, pattern = "^svc_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "svc_01h455vb4pex5vsknk084sn02q")]
    pub service_id: Option<ServiceId>,
    /// Which mail it is. Extensible enum.
    #[schema(max_length = 48, example = "verify_email")]
    pub kind: String,
    /// What it is about. Extensible enum.
    #[schema(max_length = 16, example = "account")]
    pub category: String,
    /// Extensible enum.
    #[schema(max_length = 2, example = "fr")]
    pub language: String,
    /// Where it goes.
    #[schema(format = "email", max_length = 254, example = "camille@example.org")]
    pub to: String,
    /// Its subject.
    #[schema(max_length = 255, example = "Votre code de vérification")]
    pub subject: String,
    /// Its text; outside development mode with `••••` where a secret stands.
    #[schema(max_length = 65536, example = "Votre code : 482913")]
    pub text: String,
    /// The code or token that it carries, in development mode only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 255, example = "482913")]
    pub secret: Option<String>,
    /// `queued`, `sending`, `accepted` by the relay, `failed`, `bounced`. Extensible enum.
    #[schema(max_length = 16, example = "accepted")]
    pub state: String,
    /// How often its delivery was tried.
    #[schema(minimum = 0, example = 1)]
    pub attempts: i32,
    /// The day of deletion that it names.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-03-15")]
    pub names_on: Option<NaiveDate>,
    /// When it was written, on the account's clock.
    #[schema(example = "2026-01-30T10:00:00Z")]
    pub created_at: DateTime<Utc>,
    /// When the relay accepted it, on the account's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-01-30T10:00:01Z")]
    pub accepted_at: Option<DateTime<Utc>>,
    /// What its last try said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 1000, example = "450 mailbox busy")]
    pub last_error: Option<String>,
    /// Its authenticity code.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 19, example = "7K3M-9QXZ-04AB-C2DE")]
    pub authenticity_code: Option<String>,
    /// The mail that it says the same as, at another address or again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false, pattern = "^eml_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "eml_01h455vb4pex5vsknk084sn02q")]
    pub copy_of: Option<EmailId>,
    /// When it came back, on the account's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-01-30T11:00:00Z")]
    pub bounced_at: Option<DateTime<Utc>>,
    /// `hard`, `soft` or `complaint`. Extensible enum.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 16, example = "hard")]
    pub bounce_kind: Option<String>,
    /// What the relay's report said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 1000, example = "550 5.1.1 user unknown")]
    pub bounce_diagnostic: Option<String>,
}

/// What became of a mail. Without address and text: answers are kept for a day, accounts may be erased before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = OperatorEmailState)]
pub struct EmailStateView {
    /// Its id.
    #[schema(value_type = String, pattern = "^eml_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "eml_01h455vb4pex5vsknk084sn02q")]
    id: EmailId,
    /// Which mail. Extensible enum.
    #[schema(max_length = 48, example = "renewal_notice")]
    kind: String,
    /// `queued`, `sending`, `accepted` by the relay, `failed`, `bounced`. Extensible enum.
    #[schema(max_length = 16, example = "bounced")]
    state: String,
    /// When it came back, on the account's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-01-30T11:00:00Z")]
    bounced_at: Option<DateTime<Utc>>,
    /// `hard`, `soft` or `complaint`. Extensible enum.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 16, example = "hard")]
    bounce_kind: Option<String>,
}

impl From<email::Model> for EmailStateView {
    fn from(mail: email::Model) -> Self {
        let bounce_kind = mail.bounce_kind.map(|kind| kind.to_string());
        Self { id: mail.id, kind: mail.kind, state: mail.state, bounced_at: mail.bounced_at, bounce_kind }
    }
}

/// Which mails to list.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EmailSearch {
    /// Only mails to this address.
    #[serde(default)]
    #[param(nullable = false, max_length = 254, example = "camille@example.org")]
    pub to: Option<String>,
    /// Only mails of this account.
    #[serde(default)]
    #[param(value_type = Option<String>, nullable = false, pattern = "^acc_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "acc_01h455vb4pex5vsknk084sn02q")]
    pub account_id: Option<AccountId>,
    /// Only these states; may be given several times.
    #[serde(default)]
    #[param(max_items = 5, example = json!(["failed"]))]
    pub state: Vec<String>,
}

/// Mails, the last first.
#[utoipa::path(
    operation_id = "list_operator_emails", tag = "Operator", security(("bearer" = ["operator:*"])),
    summary = "List service e-mails",
    description = "Mails in the order in which they were written, the last first. In development mode (test clocks on, mail kept on the machine) each shows the code or token that it carries, so that a script can act.",
    params(PageQuery, EmailSearch),
    responses((status = 200, description = "A page of mails", body = Page<EmailView>)),
)]
#[get("/operator/emails")]
pub async fn list_operator_emails(
    app: Data<App>,
    _operator: Operator,
    query: PageQuery,
    Params(search): Params<EmailSearch>,
) -> Result<Reply, Problem> {
    let mut select = email::Entity::find();
    if let Some(to) = search.to {
        select = select.filter(email::Column::ToAddress.eq(crate::actions::account::normal(&to)));
    }
    if let Some(account) = search.account_id {
        select = select.filter(email::Column::AccountId.eq(account));
    }
    if !search.state.is_empty() {
        select = select.filter(email::Column::State.is_in(search.state));
    }
    // ids follow real time: mails of an account whose clock stands still keep their order
    let key = query.sort(&[], KeyColumn::Desc(email::Column::Id))?;
    let page = page::keyset(app.read(), select, key, &query).await?;
    let page = page.try_map(|mail| view(&app, mail))?;
    Ok(Reply::page(&page, &query).header("cache-control", "no-store"))
}

/// Sends a mail after all.
#[utoipa::path(
    operation_id = "request_email_retry", tag = "Operator", security(("bearer" = ["operator:*"])),
    summary = "Send a failed mail again",
    description = "Queues a mail that was given up, with all its tries before it: for when the cause of the refusal is mended. Not for mails that carried a code or token, which was erased.",
    params(("id" = String, Path, description = "Id of the mail.", pattern = "^eml_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "eml_01h455vb4pex5vsknk084sn02q")),
    responses(
        (status = 202, description = "The mail, on its way", body = EmailStateView),
        (status = 404, description = "There is no such mail", body = ProblemBody),
        (status = 409, description = "It has not failed, carried a secret, or was erased", body = ProblemBody),
    ),
)]
#[post("/operator/emails/{id}/retry-request")]
pub async fn request_email_retry(
    app: Data<App>,
    operator: Operator,
    key: Key,
    PathId(id): PathId<EmailId>,
) -> Result<Reply, Problem> {
    key.once(&app, &operator.scope(), async |tx| {
        let mail = retry_email(tx, &operator.cx(&app, operator.real_now), id).await?;
        Ok(Reply::accepted(None, &EmailStateView::from(mail)))
    })
    .await
}

fn view(app: &App, mail: email::Model) -> Result<EmailView, crate::actions::Error> {
    let development = app.config().test_clocks && app.mailer.is_development();
    let (text, secret) = if development {
        let opened = mail::opened(&app.tools, &mail, None)?;
        (opened.text, opened.secret)
    } else {
        (mail.text_body, None)
    };
    Ok(EmailView {
        id: mail.id,
        account_id: mail.account_id,
        service_id: mail.service_id,
        kind: mail.kind,
        category: mail.category,
        language: mail.language.to_string(),
        to: mail.to_address,
        subject: mail.subject,
        text,
        secret,
        state: mail.state,
        attempts: mail.attempts,
        names_on: mail.names_on,
        created_at: mail.created_at,
        accepted_at: mail.accepted_at,
        last_error: mail.last_error,
        authenticity_code: mail.authenticity_code.map(|code| printed(&code)),
        copy_of: mail.copy_of,
        bounced_at: mail.bounced_at,
        bounce_kind: mail.bounce_kind.map(|kind| kind.to_string()),
        bounce_diagnostic: mail.bounce_diagnostic,
    })
}
