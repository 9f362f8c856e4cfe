//! Service e-mails, as the customer reads them.

use crate::actions::account::masked;
use crate::app::App;
use crate::http::body::{Params, PathId};
use crate::http::caller::Require;
use crate::http::page::{self, KeyColumn, Page, PageQuery};
use crate::http::reply::Reply;
use crate::http::scope::AccountRead;
use crate::problem::{Code, Problem};
use actix_web::get;
use actix_web::web::Data;
use chrono::{DateTime, Utc};
use domain::id::EmailId;
use entity::email::{self, Column};
use sea_orm::{ColumnTrait, QueryFilter, Select};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

/// Routes of this file.
pub(super) fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(list_emails).service(get_email);
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
    /// `account`, `security`, `billing`, `renewal` or `order`. Extensible enum.
    #[schema(max_length = 16, example = "renewal")]
    category: String,
    /// The masked address it goes to.
    #[schema(max_length = 254, example = "c•••@e•••.org")]
    to: String,
    /// Its subject.
    #[schema(max_length = 255, example = "Your service renews on 28 February 2026")]
    subject: String,
    /// `queued`, `sending`, `accepted` by the mail relay, or `failed`. Extensible enum.
    #[schema(max_length = 16, example = "accepted")]
    state: String,
    /// When it was written.
    #[schema(example = "2026-01-30T09:00:00Z")]
    created_at: DateTime<Utc>,
    /// When the mail relay took it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-01-30T09:00:04Z")]
    accepted_at: Option<DateTime<Utc>>,
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
            text: None,
            html: None,
        }
    }

    /// As it was sent; the stored text holds no secret.
    fn of(mail: &email::Model) -> Self {
        Self { text: Some(mail.text_body.clone()), html: Some(mail.html_body.clone()), ..Self::brief(mail) }
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
    Ok(Reply::ok(&EmailView::of(&mail)))
}
