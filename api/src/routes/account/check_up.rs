//! The guide's advice for this account, in words, with what mends it.

use crate::actions::account::check_up::{self, Advice};
use crate::app::App;
use crate::http::caller::Require;
use crate::http::reply::Reply;
use crate::http::scope::AccountRead;
use crate::problem::Problem;
use crate::words;
use actix_web::get;
use actix_web::web::Data;
use domain::account::Language;
use domain::checkup::score;
use serde::Serialize;
use utoipa::ToSchema;

/// The advice for an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = CheckUp)]
pub struct CheckUpView {
    /// The share of items that are in order, in percent.
    #[schema(minimum = 0, maximum = 100, example = 66)]
    score: u32,
    /// Every item, the most pressing first.
    #[schema(max_items = 50)]
    items: Vec<ItemView>,
}

/// One advice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = CheckUpItem)]
pub struct ItemView {
    /// What was looked at. Extensible enum.
    #[schema(max_length = 48, example = "backup_email_verified")]
    code: String,
    /// `critical`, `advised` or `fine`. Extensible enum.
    #[schema(max_length = 16, example = "critical")]
    severity: String,
    /// What it is about, in the caller's language.
    #[schema(max_length = 300, example = "Without a proven backup address, a lost mailbox means a lost account.")]
    detail: String,
    /// How many things it is about, where they are counted: what waits, or the backup codes that are left.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 0, example = 2)]
    count: Option<u64>,
    /// What to do; left out when all is well.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    mend: Option<MendView>,
}

/// The operation that mends something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = CheckUpMend)]
pub struct MendView {
    /// The operation, as the contract names it.
    #[schema(max_length = 64, example = "set_backup_email")]
    operation_id: String,
    /// Its path.
    #[schema(max_length = 200, example = "/v1/account/backup-email")]
    href: String,
}

/// The check-up.
#[utoipa::path(
    operation_id = "get_check_up", tag = "Account",
    summary = "Check the account up",
    description = "What keeps the account and its services safe, item by item: whether it is in order, why it matters, and the operation that mends it, on the most pressing thing where there are several. What is critical and has no notices of its own is also told by a mail each month, unless `check_up_reminder` of the e-mail routing is off. Details follow `Accept-Language`.",
    security(("bearer" = ["account:read"])),
    responses((status = 200, description = "The advice", body = CheckUpView)),
)]
#[get("/account/check-up")]
pub async fn get_check_up(app: Data<App>, caller: Require<AccountRead>) -> Result<Reply, Problem> {
    let Require(caller, ..) = caller;
    let advice = check_up::check_up(&**app.read(), &caller.cx(&app), &caller.account).await?;
    let judged: Vec<_> = advice.iter().map(|one| (one.item, one.severity)).collect();
    let items = advice.into_iter().map(|one| ItemView::of(one, caller.language())).collect();
    Ok(Reply::ok(&CheckUpView { score: score(&judged), items }))
}

impl ItemView {
    fn of(advice: Advice, language: Language) -> Self {
        Self {
            code: advice.item.to_string(),
            severity: advice.severity.to_string(),
            detail: words::check_up::detail(advice.item, advice.severity, language).to_owned(),
            count: advice.count,
            mend: advice.mend.map(|mend| MendView { operation_id: mend.operation_id.to_owned(), href: mend.href }),
        }
    }
}
