//! Accounts, as operators see and act on them.

use crate::actions::account::{ip_rules, load};
use crate::actions::operator::{attach_clock::attach_clock, block};
use crate::app::App;
use crate::clock::now_for;
use crate::http::body::{Change, MaybeBody, Params, Patch, PathId};
use crate::http::caller::Operator;
use crate::http::etag::{IfMatch, etag};
use crate::http::idempotency::Key;
use crate::http::page::{self, KeyColumn, Page, PageQuery};
use crate::http::reply::Reply;
use crate::problem::Problem;
use crate::routes::views::MoneyView;
use actix_web::web::Data;
use actix_web::{delete, get, patch, put};
use chrono::{DateTime, Utc};
use domain::id::{AccountId, TestClockId};
use entity::account;
use sea_orm::sea_query::{Expr, ExprTrait, LikeExpr};
use sea_orm::{Condition, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

/// The routes.
pub fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(search_accounts)
        .service(get_operator_account)
        .service(change_operator_account)
        .service(block_account)
        .service(unblock_account)
        .service(clear_account_ip_rules);
}

/// An account as operators see it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = OperatorAccount)]
pub struct AccountView {
    /// Its id.
    #[schema(value_type = String, pattern = "^acc_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "acc_01h455vb4pex5vsknk084sn02q")]
    pub id: AccountId,
    /// Its public handle.
    #[schema(max_length = 32, example = "ab12345-tacit")]
    pub handle: String,
    /// Its primary address; left out once it is erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = "email", max_length = 254, example = "camille@example.org")]
    pub email: Option<String>,
    /// Who holds it. Extensible enum.
    #[schema(max_length = 16, example = "individual")]
    pub kind: String,
    /// Where it stands. Extensible enum.
    #[schema(max_length = 16, example = "active")]
    pub status: String,
    /// Language of its mails. Extensible enum.
    #[schema(max_length = 2, example = "fr")]
    pub language: String,
    /// ISO 3166 country code.
    #[schema(max_length = 2, example = "FR")]
    pub country: String,
    /// Its billing time zone.
    #[schema(max_length = 48, example = "Europe/Paris")]
    pub time_zone: String,
    /// Its prepaid balance.
    pub balance: MoneyView,
    /// The test clock it lives on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false, pattern = "^clk_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "clk_01h455vb4pex5vsknk084sn02q")]
    pub test_clock_id: Option<TestClockId>,
    /// When it was made.
    #[schema(example = "2026-01-30T10:00:00Z")]
    pub created_at: DateTime<Utc>,
    /// When it was closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-12-31T10:00:00Z")]
    pub closed_at: Option<DateTime<Utc>>,
    /// Its version, for `If-Match`.
    #[schema(max_length = 32, example = "3")]
    pub etag: String,
}

impl From<account::Model> for AccountView {
    fn from(account: account::Model) -> Self {
        Self {
            id: account.id,
            handle: account.handle,
            email: account.email,
            kind: account.kind.to_string(),
            status: account.status.to_string(),
            language: account.language.to_string(),
            country: account.country,
            time_zone: account.time_zone,
            balance: MoneyView::minor(account.balance, &account.currency),
            test_clock_id: account.test_clock_id,
            created_at: account.created_at,
            closed_at: account.closed_at,
            etag: etag(account.version),
        }
    }
}

/// Which accounts to look for.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AccountSearch {
    /// Only accounts whose address or handle begins with this.
    #[serde(default)]
    #[param(nullable = false, max_length = 254, example = "camille@")]
    pub q: Option<String>,
}

/// What an operator changes about an account.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OperatorAccountPatch {
    /// The test clock it lives on; `null` brings it back to real time.
    #[serde(default)]
    #[schema(value_type = Option<String>, pattern = "^clk_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "clk_01h455vb4pex5vsknk084sn02q")]
    pub test_clock_id: Change<TestClockId>,
}

/// Why an account is blocked.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountBlock {
    /// Kept in the activity log.
    #[serde(default)]
    #[schema(nullable = false, max_length = 255, example = "Stolen card reported")]
    pub reason: Option<String>,
}

/// Finds accounts.
#[utoipa::path(
    operation_id = "search_accounts", tag = "Operator", security(("bearer" = ["operator:*"])),
    summary = "Search accounts",
    description = "Every account, or those whose address or handle begins with `q`; the newest first. Sorts by `created_at`.",
    params(PageQuery, AccountSearch),
    responses((status = 200, description = "A page of accounts", body = Page<AccountView>)),
)]
#[get("/operator/accounts")]
pub async fn search_accounts(
    app: Data<App>,
    _operator: Operator,
    query: PageQuery,
    Params(search): Params<AccountSearch>,
) -> Result<Reply, Problem> {
    let created_at = account::Column::CreatedAt;
    let mut select = account::Entity::find();
    if let Some(q) = search.q.map(|q| crate::actions::account::normal(&q)).filter(|q| !q.is_empty()) {
        let begins = |column: account::Column| Expr::col(column).like(LikeExpr::new(prefix(&q)).escape('\\'));
        let either = Condition::any().add(begins(account::Column::Email)).add(begins(account::Column::Handle));
        select = select.filter(either);
    }
    let key = query.sort(&[("created_at", created_at)], KeyColumn::Desc(created_at))?;
    let page = page::keyset(app.read(), select, key, &query).await?;
    Ok(Reply::page(&page.map(AccountView::from), &query))
}

/// One account.
#[utoipa::path(
    operation_id = "get_operator_account", tag = "Operator", security(("bearer" = ["operator:*"])),
    summary = "Get an account",
    description = "One account, whoever it belongs to.",
    params(("id" = String, Path, description = "Id of the account.", pattern = "^acc_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "acc_01h455vb4pex5vsknk084sn02q")),
    responses((status = 200, description = "The account", body = AccountView)),
    extensions(("x-etag" = json!(true))),
)]
#[get("/operator/accounts/{id}")]
pub async fn get_operator_account(
    app: Data<App>,
    _operator: Operator,
    PathId(id): PathId<AccountId>,
) -> Result<Reply, Problem> {
    Ok(reply(load(&**app.read(), id).await?))
}

/// Changes which clock an account lives on.
#[utoipa::path(
    operation_id = "change_operator_account", tag = "Operator", security(("bearer" = ["operator:*"])),
    summary = "Attach an account to a test clock",
    description = "Attaches an account to a test clock, or with `null` brings it back to real time. Only before its first order: `account_has_orders` otherwise.",
    params(
        ("id" = String, Path, description = "Id of the account.", pattern = "^acc_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "acc_01h455vb4pex5vsknk084sn02q"),
        ("If-Match" = Option<String>, Header, description = "Only if it is still this version.", example = "\"3\""),
    ),
    request_body = OperatorAccountPatch,
    responses((status = 200, description = "The account", body = AccountView)),
    extensions(("x-etag" = json!(true))),
)]
#[patch("/operator/accounts/{id}")]
pub async fn change_operator_account(
    app: Data<App>,
    operator: Operator,
    key: Key,
    expected: IfMatch,
    PathId(id): PathId<AccountId>,
    Patch(patch): Patch<OperatorAccountPatch>,
) -> Result<Reply, Problem> {
    let change = patch.test_clock_id.into_option();
    key.once(&app, &operator.scope(), async |tx| {
        let mut account = crate::actions::account::lock(tx, id).await?;
        expected.check_version(account.version)?;
        if let Some(clock) = change {
            let now = now_for(&**tx, operator.real_now, &account).await?;
            account = attach_clock(tx, &operator.cx(&app, now), id, clock).await?;
        }
        Ok(reply(account))
    })
    .await
}

/// Blocks an account.
#[utoipa::path(
    operation_id = "block_account", tag = "Operator", security(("bearer" = ["operator:*"])),
    summary = "Block an account",
    description = "Ends the account's sessions and lets nobody in. Its services go on by their own rules. Blocking a blocked account changes nothing.",
    params(("id" = String, Path, description = "Id of the account.", pattern = "^acc_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "acc_01h455vb4pex5vsknk084sn02q")),
    request_body = Option<AccountBlock>,
    responses((status = 200, description = "The account, blocked", body = AccountView)),
    extensions(("x-etag" = json!(true))),
)]
#[put("/operator/accounts/{id}/block")]
pub async fn block_account(
    app: Data<App>,
    operator: Operator,
    key: Key,
    PathId(id): PathId<AccountId>,
    MaybeBody(block): MaybeBody<AccountBlock>,
) -> Result<Reply, Problem> {
    let reason = block.and_then(|block| block.reason);
    key.once(&app, &operator.scope(), async |tx| {
        let now = now_for(&**tx, operator.real_now, &load(&**tx, id).await?).await?;
        Ok(reply(block::block(tx, &operator.cx(&app, now), id, reason.as_deref()).await?))
    })
    .await
}

/// Lets a blocked account in again.
#[utoipa::path(
    operation_id = "unblock_account", tag = "Operator", security(("bearer" = ["operator:*"])),
    summary = "Unblock an account",
    description = "Lets the owner of a blocked account in again. On an account that is not blocked it changes nothing.",
    params(("id" = String, Path, description = "Id of the account.", pattern = "^acc_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "acc_01h455vb4pex5vsknk084sn02q")),
    responses((status = 200, description = "The account", body = AccountView)),
    extensions(("x-etag" = json!(true))),
)]
#[delete("/operator/accounts/{id}/block")]
pub async fn unblock_account(
    app: Data<App>,
    operator: Operator,
    key: Key,
    PathId(id): PathId<AccountId>,
) -> Result<Reply, Problem> {
    key.once(&app, &operator.scope(), async |tx| {
        let now = now_for(&**tx, operator.real_now, &load(&**tx, id).await?).await?;
        Ok(reply(block::unblock(tx, &operator.cx(&app, now), id).await?))
    })
    .await
}

/// Takes an account's rules by address away.
#[utoipa::path(
    operation_id = "clear_account_ip_rules", tag = "Operator", security(("bearer" = ["operator:*"])),
    summary = "Take an account's rules by address away",
    description = "Lets an account be used from every address again, when its owner is kept out by rules of their own. It is noted in the activity, and the owner is told at every proven address. On an account without rules it changes nothing.",
    params(("id" = String, Path, description = "Id of the account.", pattern = "^acc_[0-7][0-9a-hjkmnp-tv-z]{25}$", max_length = 30, example = "acc_01h455vb4pex5vsknk084sn02q")),
    responses((status = 204, description = "There are no rules")),
)]
#[delete("/operator/accounts/{id}/ip-rules")]
pub async fn clear_account_ip_rules(
    app: Data<App>,
    operator: Operator,
    key: Key,
    PathId(id): PathId<AccountId>,
) -> Result<Reply, Problem> {
    key.once(&app, &operator.scope(), async |tx| {
        let now = now_for(&**tx, operator.real_now, &load(&**tx, id).await?).await?;
        ip_rules::clear(tx, &operator.cx(&app, now), id).await?;
        Ok(Reply::no_content())
    })
    .await
}

fn reply(account: account::Model) -> Reply {
    let version = account.version;
    Reply::ok(&AccountView::from(account)).etag(version)
}

/// A pattern that begins with a text, whatever its characters mean in patterns.
fn prefix(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 1);
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}
