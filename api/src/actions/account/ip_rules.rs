//! From which addresses an account may be used. The rules hold for logins, sessions, their refresh and
//! tokens; who is kept out of a login learns no more than by a wrong password.

use crate::actions::{Context, Error, record};
use crate::db::Tx;
use crate::mail::{self, Message};
use crate::seal::sha256;
use chrono::{DateTime, Utc};
use domain::id::{AccountId, OneTimeCodeId};
use domain::network::IpRules;
use domain::refusal::Refusal;
use entity::{account, activity};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QuerySelect,
};
use serde_json::{Value, json};

/// What the activity says of a change of the rules.
const CHANGED: &str = "security.ip_rules_changed";

/// The rules of an account; without any, it may be used from everywhere.
///
/// # Errors
/// [`Error::Internal`] for rules that cannot be read: then nobody is let in by mistake.
pub fn of(account: &account::Model) -> Result<IpRules, Error> {
    match &account.ip_rules {
        None => Ok(IpRules::default()),
        Some(stored) => serde_json::from_value(stored.clone()).map_err(Error::internal),
    }
}

/// The tag of an account's rules.
///
/// # Errors
/// As [`of`].
pub fn tag(account: &account::Model) -> Result<String, Error> {
    let text = serde_json::to_string(&of(account)?).map_err(Error::internal)?;
    Ok(sha256(text.as_bytes()).chars().take(16).collect())
}

/// Whether an account may be used from an address. One that cannot be read is in no range.
///
/// # Errors
/// As [`of`].
pub fn allow(account: &account::Model, address: Option<&str>) -> Result<bool, Error> {
    Ok(of(account)?.allow(address.and_then(|text| text.parse().ok())))
}

/// Replaces the rules, once `expected` agrees with the tag of those that are there, and tells the owner at
/// every address.
///
/// # Errors
/// `ip_rules_would_lock_out` when the caller's own address would be refused; what `expected` answers; the
/// database's.
pub async fn set(
    tx: &Tx,
    cx: &Context<'_>,
    owner: AccountId,
    rules: &IpRules,
    expected: impl Fn(&str) -> Result<(), Error>,
) -> Result<account::Model, Error> {
    let account = super::lock(tx, owner).await?;
    expected(&tag(&account)?)?;
    if !rules.allow(cx.address.as_deref().and_then(|text| text.parse().ok())) {
        return Err(Refusal::IpRulesWouldLockOut.into());
    }
    let stored = serde_json::to_value(rules).map_err(Error::internal)?;
    let detail = json!({ "rules": rules.rules.len(), "default_action": rules.default_action });
    record::activity(tx, cx, owner, CHANGED, Some(detail)).await?;
    store(tx, cx, account, (*rules != IpRules::default()).then_some(stored)).await
}

/// Takes every rule away: an operator helps somebody who is kept out.
///
/// # Errors
/// [`Error::NotFound`]; the database's.
pub async fn clear(tx: &Tx, cx: &Context<'_>, owner: AccountId) -> Result<(), Error> {
    let account = super::lock(tx, owner).await?;
    if account.ip_rules.is_none() {
        return Ok(());
    }
    record::activity(tx, cx, owner, "security.ip_rules_cleared", None).await?;
    store(tx, cx, account, None).await.map(drop)
}

/// Takes every rule away that was set since then: by whoever was let in.
///
/// # Errors
/// [`Error::NotFound`]; the database's.
pub(super) async fn clear_set_since(
    tx: &Tx,
    cx: &Context<'_>,
    owner: AccountId,
    since: DateTime<Utc>,
) -> Result<(), Error> {
    let set = activity::Entity::find()
        .filter(activity::Column::AccountId.eq(owner))
        .filter(activity::Column::At.gte(since))
        .filter(activity::Column::Kind.eq(CHANGED));
    if set.limit(1).count(&**tx).await? == 0 {
        return Ok(());
    }
    clear(tx, cx, owner).await
}

async fn store(
    tx: &Tx,
    cx: &Context<'_>,
    account: account::Model,
    stored: Option<Value>,
) -> Result<account::Model, Error> {
    if account.ip_rules == stored {
        return Ok(account);
    }
    let version = account.version + 1;
    let mut row = account.into_active_model();
    row.ip_rules = Set(stored);
    row.version = Set(version);
    let account = row.update(&**tx).await?;
    record::event(tx, cx, account.id, "account.ip_rules_changed", &account.id, json!({})).await?;
    let limited = account.ip_rules.is_some();
    if account.email.is_some() {
        let message = Message::IpRulesChanged { limited, address: cx.address.clone().filter(|_| limited) };
        mail::tell_everywhere(tx, cx, &account, &message, &cx.id::<OneTimeCodeId>().to_string()).await?;
    }
    Ok(account)
}
