//! Service e-mails, as the customer reads them.

use crate::actions::account::masked;
use crate::actions::mailing::resend;
use crate::app::App;
use crate::http::body::{Params, PathId};
use crate::http::caller::Require;
use crate::http::idempotency::Key;
use crate::http::page::{self, KeyColumn, Page, PageQuery};
use crate::http::reply::Reply;
use crate::http::scope::{AccountRead, AccountWrite};
use crate::problem::{Code, Problem, ProblemBody};
use actix_web::web::Data;
use actix_web::{get, post};
use chrono::{DateTime, Utc};
use domain::authenticity::printed;
use domain::id::EmailId;
use entity::email::{self, Column};
use sea_orm::{ColumnTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

/// Routes of this file.
pub(super) fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(list_emails).service(get_email).service(resend_email);
}

/// A service e-mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ServiceEmail)]
pub struct EmailView {
    /// Its id.
    #[schema(
        pattern = "^eml_[0-7][0-9a-hjkmnp-tv-z]{25}$",
        max_length = 30,
        example = "eml_01h455vb4pex5vsknk084sn02q"
    )]
    id: String,
    /// Which mail it is. Extensible enum.
    #[schema(max_length = 48, example = "renewal_notice")]
    kind: String,
    /// `account`, `security`, `billing`, `renewal`, `order` or `product`. Extensible enum.
    #[schema(max_length = 16, example = "renewal")]
    category: String,
    /// The masked address it goes to.
    #[schema(max_length = 254, example = "c•••@e•••.org")]
    to: String,
    /// Its subject.
    #[schema(max_length = 255, example = "Your service renews on 28 February 2026")]
    subject: String,
    /// `queued`, `sending`, `accepted` by the mail relay, `failed`, or `bounced`: it came back. Extensible enum.
    #[schema(max_length = 16, example = "accepted")]
    state: String,
    /// When it was written.
    #[schema(example = "2026-01-30T09:00:00Z")]
    created_at: DateTime<Utc>,
    /// When the mail relay took it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-01-30T09:00:04Z")]
    accepted_at: Option<DateTime<Utc>>,
    /// When it came back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-01-30T11:00:00Z")]
    bounced_at: Option<DateTime<Utc>>,
    /// Why: `hard` (no such mailbox), `soft` (tried long enough) or `complaint`. Extensible enum.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 16, example = "hard")]
    bounce_kind: Option<String>,
    /// The mail that it says the same as, at another address or again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        nullable = false,
        pattern = "^eml_[0-7][0-9a-hjkmnp-tv-z]{25}$",
        max_length = 30,
        example = "eml_01h455vb4pex5vsknk084sn02q"
    )]
    copy_of: Option<String>,
    /// The code printed in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 19, example = "7K3M-9QXZ-04AB-C2DE")]
    authenticity_code: Option<String>,
    /// What became of it at each address it went to, itself included. Left out in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_items = 50)]
    deliveries: Option<Vec<DeliveryView>>,
    /// The plain text; codes and tokens are shown as `••••`. Left out in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 65536, example = "Hello,\n\nYour service renews on 28 February 2026.\n")]
    text: Option<String>,
    /// The HTML; codes and tokens are shown as `••••`. Left out in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        nullable = false,
        max_length = 262_144,
        example = "<!doctype html><p>Your service renews on 28 February 2026.</p>"
    )]
    html: Option<String>,
}

/// What became of a mail at one address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = EmailDelivery)]
pub struct DeliveryView {
    /// The mail.
    #[schema(
        pattern = "^eml_[0-7][0-9a-hjkmnp-tv-z]{25}$",
        max_length = 30,
        example = "eml_01h455vb4pex5vsknk084sn02q"
    )]
    email_id: String,
    /// The masked address.
    #[schema(max_length = 254, example = "c•••@e•••.org")]
    to: String,
    /// As `state` of the mail. Extensible enum.
    #[schema(max_length = 16, example = "accepted")]
    state: String,
    /// When the mail relay took it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-01-30T09:00:04Z")]
    accepted_at: Option<DateTime<Utc>>,
}

/// Which mails to list.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EmailFilters {
    /// Only these categories; may be given several times.
    #[serde(default)]
    #[param(max_items = 10, example = json!(["renewal"]))]
    category: Vec<String>,
    /// Only these kinds; may be given several times.
    #[serde(default)]
    #[param(max_items = 20, example = json!(["renewal_notice"]))]
    kind: Vec<String>,
    /// Written at this instant or later.
    #[param(nullable = false, example = "2026-01-01T00:00:00Z")]
    created_at_from: Option<DateTime<Utc>>,
    /// Written before this instant.
    #[param(nullable = false, example = "2026-02-01T00:00:00Z")]
    created_at_to: Option<DateTime<Utc>>,
}

impl EmailFilters {
    fn narrow(self, mut select: Select<email::Entity>) -> Select<email::Entity> {
        if !self.category.is_empty() {
            select = select.filter(Column::Category.is_in(self.category));
        }
        if !self.kind.is_empty() {
            select = select.filter(Column::Kind.is_in(self.kind));
        }
        if let Some(from) = self.created_at_from {
            select = select.filter(Column::CreatedAt.gte(from));
        }
        if let Some(to) = self.created_at_to {
            select = select.filter(Column::CreatedAt.lt(to));
        }
        select
    }
}

impl EmailView {
    /// Without its text: what lists show.
    fn brief(mail: &email::Model) -> Self {
        Self {
            id: mail.id.to_string(),
            kind: mail.kind.clone(),
            category: mail.category.clone(),
            to: masked(&mail.to_address),
            subject: mail.subject.clone(),
            state: mail.state.clone(),
            created_at: mail.created_at,
            accepted_at: mail.accepted_at,
            bounced_at: mail.bounced_at,
            bounce_kind: mail.bounce_kind.map(|kind| kind.to_string()),
            copy_of: mail.copy_of.map(|origin| origin.to_string()),
            authenticity_code: mail.authenticity_code.as_deref().map(printed),
            deliveries: None,
            text: None,
            html: None,
        }
    }

    /// As it was sent, with what became of it everywhere; the stored text holds no secret.
    fn of(mail: &email::Model, everywhere: &[email::Model]) -> Self {
        let delivery = |copy: &email::Model| DeliveryView {
            email_id: copy.id.to_string(),
            to: masked(&copy.to_address),
            state: copy.state.clone(),
            accepted_at: copy.accepted_at,
        };
        Self {
            text: Some(mail.text_body.clone()),
            html: Some(mail.html_body.clone()),
            deliveries: Some(everywhere.iter().map(delivery).collect()),
            ..Self::brief(mail)
        }
    }
}

/// Lists service e-mails.
#[utoipa::path(
    operation_id = "list_emails", tag = "Account",
    summary = "List service e-mails",
    description = "Every e-mail that was sent for this account, newest first, with its delivery state. Sorted by `created_at`.",
    security(("bearer" = ["account:read"])),
    params(PageQuery, EmailFilters),
    responses((status = 200, description = "A page of e-mails", body = Page<EmailView>)),
)]
#[get("/account/emails")]
pub async fn list_emails(
    app: Data<App>,
    caller: Require<AccountRead>,
    query: PageQuery,
    filters: Params<EmailFilters>,
) -> Result<Reply, Problem> {
    let Require(caller, ..) = caller;
    let select = filters.0.narrow(email::Entity::of(caller.id()));
    let key = query.sort(&[("created_at", Column::CreatedAt)], KeyColumn::Desc(Column::CreatedAt))?;
    let page = page::keyset(app.read(), select, key, &query).await?;
    Ok(Reply::page(&page.map(|mail| EmailView::brief(&mail)), &query))
}

/// Reads one service e-mail.
#[utoipa::path(
    operation_id = "get_email", tag = "Account",
    summary = "Read a service e-mail",
    description = "One e-mail as it was sent, text and HTML. Codes and tokens are never shown here.",
    security(("bearer" = ["account:read"])),
    params(("id" = String, Path, description = "The e-mail.", pattern = "^eml_[0-7][0-9a-hjkmnp-tv-z]{25}$",
        max_length = 30, example = "eml_01h455vb4pex5vsknk084sn02q")),
    responses((status = 200, description = "The e-mail", body = EmailView)),
)]
#[get("/account/emails/{id}")]
pub async fn get_email(app: Data<App>, caller: Require<AccountRead>, id: PathId<EmailId>) -> Result<Reply, Problem> {
    let Require(caller, ..) = caller;
    let found = email::Entity::of(caller.id()).filter(Column::Id.eq(id.0)).one(&**app.read()).await?;
    let mail = found.ok_or(Problem::new(Code::NotFound))?;
    let origin = mail.copy_of.unwrap_or(mail.id);
    let everywhere = email::Entity::of(caller.id())
        .filter(Column::Id.eq(origin).or(Column::CopyOf.eq(origin)))
        .order_by_asc(Column::Id)
        .limit(50)
        .all(&**app.read())
        .await?;
    Ok(Reply::ok(&EmailView::of(&mail, &everywhere)))
}

/// Sends a mail again.
#[utoipa::path(
    operation_id = "resend_email", tag = "Account",
    summary = "Send a service e-mail again",
    description = "The same text once more, to the address it went to if that is still proven, else to the primary one. Not for mails that carry a code or token: ask for a new one where it came from. At most three an hour.",
    security(("bearer" = ["account:write"])),
    params(("id" = String, Path, description = "The e-mail.", pattern = "^eml_[0-7][0-9a-hjkmnp-tv-z]{25}$",
        max_length = 30, example = "eml_01h455vb4pex5vsknk084sn02q")),
    responses(
        (status = 202, description = "The new e-mail, on its way", body = EmailView),
        (status = 409, description = "It carries a secret, is on its way, or was erased", body = ProblemBody),
    ),
)]
#[post("/account/emails/{id}/resend")]
pub async fn resend_email(
    app: Data<App>,
    caller: Require<AccountWrite>,
    id: PathId<EmailId>,
    key: Key,
) -> Result<Reply, Problem> {
    let Require(caller, ..) = caller;
    key.once(&app, &caller.scope(), async |tx| {
        let mail = resend::resend(tx, &caller.cx(&app), caller.id(), id.0).await?;
        Ok(Reply::accepted(None, &EmailView::brief(&mail)))
    })
    .await
}
