//! A token for an operator: shown once, stored as a hash, with no customer account behind it.

use crate::actions::{Context, Error, Invalid};
use crate::db::Tx;
use entity::access_token;
use sea_orm::{ActiveModelTrait, ActiveValue::Set};
use serde_json::json;

/// The longest name of a token, in characters.
const NAME_MAX: usize = 64;
/// What an operator's token may do.
pub const SCOPE: &str = "operator:*";

/// Makes an operator's token. The text is told once and kept nowhere.
///
/// # Errors
/// [`Error::Invalid`] for an empty or overlong name, or the database's.
pub async fn create_token(tx: &Tx, cx: &Context<'_>, name: &str) -> Result<(access_token::Model, String), Error> {
    let name = name.trim();
    if name.is_empty() {
        return Err(Invalid::new("/name", "required").into());
    }
    if name.chars().count() > NAME_MAX {
        return Err(Invalid::new("/name", "too_long").with("max", NAME_MAX).into());
    }
    let text = crate::token::mint(&*cx.tools.entropy);
    let row = access_token::ActiveModel {
        id: Set(cx.id()),
        account_id: Set(None),
        name: Set(name.to_owned()),
        token_hash: Set(crate::token::hash(&cx.tools.sealer, &text)),
        scopes: Set(SCOPE.to_owned()),
        created_at: Set(cx.real_now),
        expires_at: Set(None),
        last_used_at: Set(None),
        revoked_at: Set(None),
        ip_ranges: Set(None),
        hint: Set(Some(crate::token::hint(&text))),
        last_address: Set(None),
    };
    let row = row.insert(&**tx).await?;
    super::note(tx, cx, "operator.token_created", &row.id, json!({ "name": row.name })).await?;
    Ok((row, text))
}
