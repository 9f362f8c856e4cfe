//! The anti-phishing phrase: kept sealed, printed at delivery, only in mails to addresses that the
//! account's owner proved, and in no stored text.

use super::markup::html_escaped;
use super::routing::Addresses;
use crate::actions::Error;
use crate::app::App;
use domain::account::Language;
use domain::id::{AccountId, EmailId};
use entity::{account, email, email_setting};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use std::collections::{BTreeSet, HashMap};

/// Where the layout prints it.
pub(super) const HOLE: &str = "<!--phrase-->";

/// The place that the phrase of an account is sealed for.
#[must_use]
pub fn place(account: AccountId) -> String {
    format!("anti_phishing_phrase:{account}")
}

/// The phrase of each mail that prints one, in a few statements for all of them.
///
/// # Errors
/// The database's.
pub(super) async fn of_mails(app: &App, mails: &[email::Model]) -> Result<HashMap<EmailId, String>, Error> {
    let mut phrases = HashMap::new();
    let ids: BTreeSet<AccountId> = mails.iter().filter_map(|mail| mail.account_id).collect();
    if ids.is_empty() {
        return Ok(phrases);
    }
    let settings = email_setting::Entity::find()
        .filter(email_setting::Column::AccountId.is_in(ids))
        .filter(email_setting::Column::SealedPhrase.is_not_null())
        .all(&**app.read())
        .await?;
    for setting in settings {
        let Some(sealed) = &setting.sealed_phrase else { continue };
        let account = account::Entity::find_by_id(setting.account_id).one(&**app.read()).await?;
        let Some(account) = account.filter(|account| account.email.is_some()) else { continue };
        let addresses = Addresses::of(&**app.read(), &account).await?;
        let Ok(phrase) = app.tools.sealer.open(&place(account.id), sealed) else {
            // a notice without its phrase is better than none, for this account and those beside it
            tracing::error!(account = %account.id, "an anti-phishing phrase cannot be opened");
            continue;
        };
        let theirs = mails.iter().filter(|mail| mail.account_id == Some(account.id));
        for mail in theirs.filter(|mail| addresses.is_proven(&mail.to_address)) {
            phrases.insert(mail.id, phrase.clone());
        }
    }
    Ok(phrases)
}

/// Prints a phrase at the head of both parts.
pub(super) fn printed(language: Language, phrase: &str, (text, html): (&str, &str)) -> (String, String) {
    let label = match language {
        Language::Fr => "Votre phrase anti-hameçonnage\u{a0}:",
        Language::En => "Your anti-phishing phrase:",
    };
    let row = format!(
        "<tr><td class=\"pad quiet\" style=\"padding:14px 32px 0;font:13px/1.45 -apple-system,'Segoe UI',Roboto,Helvetica,\
         Arial,sans-serif;color:#55606f\">{label} <strong class=\"word\" style=\"color:#1f2937\">{}</strong></td></tr>",
        html_escaped(phrase)
    );
    (format!("{label} {phrase}\n\n{text}"), html.replacen(HOLE, &row, 1))
}
