//! The anti-phishing phrase: set, replaced, removed.

use super::setting;
use crate::actions::{Context, Error, Invalid, account, record};
use crate::db::Tx;
use crate::mail::{self, Message, phrase::place};
use domain::id::{AccountId, OneTimeCodeId};
use domain::mailing::phrase::{self, InvalidPhrase};
use entity::email_setting;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, IntoActiveModel};
use serde_json::json;

/// Sets the phrase, or removes it with none. Every proven address is told, without the phrase.
///
/// # Errors
/// [`Error::Invalid`] for what can be no phrase; the database's.
pub async fn set(
    tx: &Tx,
    cx: &Context<'_>,
    owner: AccountId,
    text: Option<&str>,
) -> Result<email_setting::Model, Error> {
    let text = text.map(phrase::read).transpose().map_err(told)?;
    let account = account::lock(tx, owner).await?;
    account::require_active(&account)?;
    let before = setting(tx, &account).await?;
    if text.is_none() && before.sealed_phrase.is_none() {
        return Ok(before);
    }
    let tools = cx.tools;
    let mut row = before.into_active_model();
    row.sealed_phrase = Set(text.map(|text| tools.sealer.seal(&*tools.entropy, &place(owner), text)));
    row.phrase_set_at = Set(text.map(|_| cx.real_now));
    let after = row.update(&**tx).await?;
    let data = json!({ "set": text.is_some() });
    record::activity(tx, cx, owner, "anti_phishing_phrase.changed", Some(data.clone())).await?;
    record::event(tx, cx, owner, "account.anti_phishing_phrase_changed", &owner, data).await?;
    let message = Message::PhraseChanged { set: text.is_some() };
    mail::tell_everywhere(tx, cx, &account, &message, &cx.id::<OneTimeCodeId>().to_string()).await?;
    Ok(after)
}

fn told(why: InvalidPhrase) -> Error {
    let invalid = match why {
        InvalidPhrase::TooShort => Invalid::new("/phrase", "too_short").with("min", phrase::MIN),
        InvalidPhrase::TooLong => Invalid::new("/phrase", "too_long").with("max", phrase::MAX),
        InvalidPhrase::Form => Invalid::new("/phrase", "invalid_format"),
    };
    invalid.into()
}
