//! A payment method is added: a gateway's token, sealed.

use super::{clear_default, plain_label};
use crate::actions::{Context, Error, Invalid, record};
use crate::db::Tx;
use crate::mail::{self, Letter, message::Message};
use crate::payment::gateway::{Described, Gateway};
use chrono::{DateTime, Utc};
use domain::id::{AccountId, PaymentMethodId};
use domain::identifier;
use domain::payment::{PaymentMethodStatus, PaymentMethodType};
use entity::payment_method;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, PaginatorTrait};
use serde_json::json;

/// The longest token, in characters.
const TOKEN_MAX: usize = 255;
/// The most methods an account keeps.
const METHODS_MAX: u64 = 20;

/// A method that the gateway knows.
#[derive(Clone)]
pub struct New {
    /// The gateway's name.
    pub gateway: &'static str,
    /// Its token; never printed.
    pub token: String,
    /// What the owner says it is.
    pub kind: PaymentMethodType,
    /// What the gateway says about it.
    pub described: Described,
    /// Whether the owner wants it to be the default.
    pub default: Default,
}

/// Whether a new method becomes the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Default {
    /// Yes.
    Wanted,
    /// Only if there is no other.
    IfFirst,
}

impl std::fmt::Debug for New {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("New").field("kind", &self.kind).field("label", &self.described.label).finish_non_exhaustive()
    }
}

/// Asks the gateway about a token, before any transaction is open.
///
/// # Errors
/// [`Error::Invalid`]: `card_number_refused` for what looks like a card number, `invalid_value` for
/// what the gateway does not know.
pub fn check(
    gateway: &dyn Gateway,
    kind: PaymentMethodType,
    token: String,
    default: Default,
    now: DateTime<Utc>,
) -> Result<New, Error> {
    if identifier::contains_card_number(&token) {
        return Err(Invalid::new("/token", "card_number_refused").into());
    }
    if token.is_empty() || token.chars().count() > TOKEN_MAX {
        return Err(Invalid::new("/token", "invalid_value").into());
    }
    let mut described =
        gateway.describe(&token, now).map_err(|_| Error::from(Invalid::new("/token", "invalid_value")))?;
    if described.kind != kind {
        plain_label(kind).clone_into(&mut described.label);
        described.expires_on = described.expires_on.filter(|_| kind == PaymentMethodType::Card);
    }
    Ok(New { gateway: gateway.name(), token, kind, described, default })
}

/// Adds the method. The first usable one becomes the default.
///
/// # Errors
/// [`Error::Invalid`] when the account has too many, or the database's.
pub async fn add(tx: &Tx, cx: &Context<'_>, owner: AccountId, new: &New) -> Result<payment_method::Model, Error> {
    let account = super::lock_account(tx, owner).await?;
    let today = crate::actions::today(&account, cx.now)?;
    if payment_method::Entity::of(owner).count(&**tx).await? >= METHODS_MAX {
        return Err(Invalid::new("", "too_many").with("max", METHODS_MAX).into());
    }
    let current = super::default_of(&**tx, owner, today).await?;
    let is_default = new.default == Default::Wanted || current.is_none();
    if is_default {
        clear_default(tx, owner).await?;
    }
    let id: PaymentMethodId = cx.id();
    let sealed = cx.tools.sealer.seal(&*cx.tools.entropy, &super::place(id, owner), &new.token);
    let row = payment_method::ActiveModel {
        id: Set(id),
        account_id: Set(owner),
        kind: Set(new.kind),
        gateway: Set(new.gateway.to_owned()),
        sealed_token: Set(sealed),
        label: Set(new.described.label.chars().take(super::LABEL_MAX).collect()),
        status: Set(PaymentMethodStatus::Valid),
        expires_on: Set(new.described.expires_on),
        is_default: Set(is_default),
        version: Set(1),
        created_at: Set(cx.now),
        removed_at: Set(None),
    };
    let method = row.insert(&**tx).await?;
    let data = json!({ "type": method.kind, "label": method.label, "is_default": is_default });
    record::activity(tx, cx, owner, "payment_method.added", Some(data.clone())).await?;
    record::event(tx, cx, owner, "payment_method.added", &id, data).await?;
    let message = Message::PaymentMethodAdded { label: method.label.clone(), is_default };
    mail::queue(tx, cx, Letter::new(&account, &message, format!("payment_method_added:{id}"))).await?;
    if is_default {
        crate::actions::service::on_new_method(tx, cx, &account).await?;
    }
    Ok(method)
}
