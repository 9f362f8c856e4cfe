//! Text messages. An action queues one in its own transaction, [`deliver`] hands it over later.
//!
//! | question | where |
//! |---|---|
//! | what do they say | this file |
//! | when is one sent, again, or given up | [`deliver`] |
//! | how does it leave | [`transport`] |

pub mod deliver;
pub mod transport;

pub use deliver::deliver_due;
pub use transport::{SentText, Texter};

use crate::actions::{Context, Error};
use crate::app::Tools;
use crate::db::Tx;
use chrono::{DateTime, TimeDelta, Utc};
use domain::account::Language;
use domain::id::{AccountId, SmsId};
use entity::{account, sms};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

/// Stands for the code in a stored text.
const PLACEHOLDER: &str = "\u{1a}code\u{1a}";

/// Queues the text that brings a code to a number; it is given up when the code cannot be used any more.
///
/// # Errors
/// The database's.
pub async fn queue_verification(
    tx: &Tx,
    cx: &Context<'_>,
    account: &account::Model,
    number: &str,
    (code, valid): (&str, TimeDelta),
) -> Result<(), Error> {
    let id: SmsId = cx.id();
    let now = cx.real_now;
    let row = sms::ActiveModel {
        id: Set(id),
        account_id: Set(account.id),
        kind: Set("verify_phone".to_owned()),
        language: Set(account.language),
        to_number: Set(number.to_owned()),
        body: Set(verification(cx.tools, account.language, valid)),
        sealed_secret: Set(Some(cx.tools.sealer.seal(&*cx.tools.entropy, &place(id, account.id), code))),
        state: Set(deliver::QUEUED.to_owned()),
        attempts: Set(0),
        due_at: Set(now),
        useful_until: Set(now + valid),
        lease_until: Set(None),
        fence: Set(0),
        created_at: Set(now),
        accepted_at: Set(None),
        last_error: Set(None),
    };
    row.insert(&**tx).await?;
    Ok(())
}

/// Texts that were queued since then, to whichever numbers.
///
/// # Errors
/// The database's.
pub async fn queued_since(tx: &Tx, since: DateTime<Utc>) -> Result<u64, Error> {
    Ok(sms::Entity::find().filter(sms::Column::CreatedAt.gt(since)).count(&**tx).await?)
}

/// What the text says. Its last line lets browsers offer the code on the front end's own pages, and on no
/// other ones (origin-bound one-time codes, WICG `sms-one-time-codes`).
fn verification(tools: &Tools, language: Language, valid: TimeDelta) -> String {
    let (brand, minutes) = (tools.templates.brand(), valid.num_minutes());
    let text = match language {
        Language::En => {
            format!("{brand}: your code is {PLACEHOLDER}, valid for {minutes} minutes. Never give it to anybody.")
        }
        Language::Fr => {
            format!("{brand} : votre code est {PLACEHOLDER}, valable {minutes} minutes. Ne le donnez à personne.")
        }
    };
    match reqwest::Url::parse(&tools.config.links_url).ok().and_then(|url| url.domain().map(str::to_owned)) {
        Some(domain) => format!("{text}\n@{domain} #{PLACEHOLDER}"),
        None => text,
    }
}

/// A stored text with its code in its place.
fn opened(tools: &Tools, text: &sms::Model) -> Result<String, Error> {
    match &text.sealed_secret {
        Some(sealed) => {
            let code = tools.sealer.open(&place(text.id, text.account_id), sealed)?;
            Ok(text.body.replace(PLACEHOLDER, &code))
        }
        None => Ok(text.body.clone()),
    }
}

/// The place that a text's code is sealed for.
pub(crate) fn place(id: SmsId, owner: AccountId) -> String {
    format!("sms:{id}:{owner}")
}

/// Erases what texts say and where they went; those that wait have nobody to go to any more.
///
/// # Errors
/// The database's.
pub async fn erase(tx: &Tx, owner: AccountId) -> Result<(), Error> {
    use sms::Column;
    sms::Entity::update_many()
        .col_expr(Column::State, Expr::value(deliver::FAILED))
        .col_expr(Column::LastError, Expr::value("account closed"))
        .filter(Column::AccountId.eq(owner))
        .filter(Column::AcceptedAt.is_null())
        .filter(Column::State.ne(deliver::FAILED))
        .exec(&**tx)
        .await?;
    sms::Entity::update_many()
        .col_expr(Column::ToNumber, Expr::value(""))
        .col_expr(Column::Body, Expr::value(""))
        .col_expr(Column::SealedSecret, Expr::value(None::<String>))
        .filter(Column::AccountId.eq(owner))
        .exec(&**tx)
        .await?;
    Ok(())
}
