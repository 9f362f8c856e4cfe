//! Chooses which addresses receive which mails.

use super::{mail_code, setting};
use crate::actions::{Context, Error, Invalid, account, record};
use crate::db::Tx;
use crate::mail::{self, Addresses, Letter, Message, routing};
use chrono::{DateTime, Utc};
use domain::id::{AccountId, EmailAddressId, OneTimeCodeId};
use domain::mailing::{Category, MAX_ADDRESSES, homeless};
use entity::{account::Model as Account, email_address};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel, ModelTrait};
use serde_json::json;

/// What is chosen, whole: what is not named is not wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What the primary address receives.
    pub primary: Vec<Category>,
    /// The extra addresses, in the form in which they are compared, and what each receives.
    pub extra: Vec<(String, Vec<Category>)>,
    /// Whether the monthly reminder of the check-up is wanted; as it was where nothing is said.
    pub check_up_reminder: Option<bool>,
}

/// Applies a choice. An address that is new gets a code and receives nothing else until it comes back; one
/// that is no longer named is forgotten. Every proven address is told, those that were removed too.
///
/// # Errors
/// [`Error::Invalid`] with everything that cannot be; [`Error::TooMany`] beyond the limit of mails; the
/// database's.
pub async fn route(tx: &Tx, cx: &Context<'_>, owner: AccountId, choice: &Choice) -> Result<Account, Error> {
    let account = account::lock(tx, owner).await?;
    account::require_active(&account)?;
    let wrong = faults(&account, choice);
    if !wrong.is_empty() {
        return Err(Error::Invalid(wrong));
    }
    let before = Addresses::of(&**tx, &account).await?;
    let (added, removed) = addresses(tx, cx, &account, (&before, choice)).await?;
    let mut row = setting(tx, &account).await?.into_active_model();
    row.primary_categories = Set(routing::written(&choice.primary));
    row.has_addresses = Set(!choice.extra.is_empty());
    if let Some(wanted) = choice.check_up_reminder {
        row.check_up_reminder = Set(wanted);
    }
    row.update(&**tx).await?;
    let shown = |all: &[String]| all.iter().map(|address| account::masked(address)).collect::<Vec<_>>();
    let data = json!({
        "primary": choice.primary, "added": shown(&added), "removed": shown(&removed), "addresses": choice.extra.len(),
        "check_up_reminder": choice.check_up_reminder,
    });
    record::activity(tx, cx, owner, "email_routing.changed", Some(data)).await?;
    record::event(tx, cx, owner, "account.email_routing_changed", &owner, json!({})).await?;
    let message = Message::EmailRoutingChanged { added: shown(&added), removed: shown(&removed) };
    let occasion = cx.id::<OneTimeCodeId>().to_string();
    mail::tell_everywhere(tx, cx, &account, &message, &occasion).await?;
    let proven = before.proven();
    let told = [account.email.as_ref(), account.backup_email.as_ref()];
    for (number, gone) in removed.iter().filter(|gone| proven.contains(gone)).enumerate() {
        if told.contains(&Some(gone)) {
            continue;
        }
        let cause = format!("{}:{occasion}:removed:{number}", message.kind());
        mail::queue(tx, cx, Letter { to: Some(gone.clone()), ..Letter::new(&account, &message, cause) }).await?;
    }
    Ok(account)
}

/// Forgets the extra addresses that were added since then, when it turns out that somebody else was in the
/// account; the primary address receives everything again.
///
/// # Errors
/// The database's.
pub(in crate::actions) async fn forget_added_since(
    tx: &Tx,
    cx: &Context<'_>,
    account: &Account,
    since: DateTime<Utc>,
) -> Result<(), Error> {
    let extra = email_address::Entity::of(account.id).all(&**tx).await?;
    let (gone, left): (Vec<_>, Vec<_>) = extra.into_iter().partition(|row| row.created_at >= since);
    if gone.is_empty() {
        return Ok(());
    }
    let removed: Vec<String> = gone.iter().map(|row| account::masked(&row.address)).collect();
    for row in gone {
        row.delete(&**tx).await?;
    }
    let mut row = setting(tx, account).await?.into_active_model();
    row.primary_categories = Set(routing::written(Category::ALL));
    row.has_addresses = Set(!left.is_empty());
    row.update(&**tx).await?;
    record::activity(tx, cx, account.id, "email_routing.changed", Some(json!({ "removed": removed }))).await?;
    record::event(tx, cx, account.id, "account.email_routing_changed", &account.id, json!({})).await?;
    let message = Message::EmailRoutingChanged { added: Vec::new(), removed };
    let occasion = cx.id::<OneTimeCodeId>().to_string();
    mail::tell_everywhere(tx, cx, account, &message, &occasion).await
}

/// Brings the rows to the choice; answers which addresses are new and which are gone.
async fn addresses(
    tx: &Tx,
    cx: &Context<'_>,
    account: &Account,
    (before, choice): (&Addresses, &Choice),
) -> Result<(Vec<String>, Vec<String>), Error> {
    let mut removed = Vec::new();
    for (row, _) in &before.extra {
        if !choice.extra.iter().any(|(address, _)| *address == row.address) {
            removed.push(row.address.clone());
            row.clone().delete(&**tx).await?;
        }
    }
    let mut added = Vec::new();
    for (address, categories) in &choice.extra {
        let categories = routing::written(categories);
        if let Some((row, _)) = before.extra.iter().find(|(row, _)| row.address == *address) {
            if row.categories != categories {
                let mut row = row.clone().into_active_model();
                row.categories = Set(categories);
                row.update(&**tx).await?;
            }
            continue;
        }
        let id: EmailAddressId = cx.id();
        let row = email_address::ActiveModel {
            id: Set(id),
            account_id: Set(account.id),
            address: Set(address.clone()),
            categories: Set(categories),
            proven_at: Set(None),
            created_at: Set(cx.real_now),
        };
        email_address::Entity::insert(row).exec_without_returning(&**tx).await?;
        mail_code(tx, cx, account, address, Some(id.0)).await?;
        added.push(address.clone());
    }
    Ok((added, removed))
}

/// Everything that is wrong with a choice.
fn faults(account: &Account, choice: &Choice) -> Vec<Invalid> {
    let mut wrong = Vec::new();
    let taken: Vec<Category> = choice.extra.iter().flat_map(|(_, categories)| categories.iter().copied()).collect();
    for category in Category::ALL.iter().filter(|category| category.stays_at_primary()) {
        if !choice.primary.contains(category) {
            wrong.push(Invalid::new("/primary/categories", "category_stays").with("category", category.as_str()));
        }
    }
    for category in homeless(&choice.primary, &taken) {
        if !category.stays_at_primary() {
            wrong.push(Invalid::new("/primary/categories", "category_homeless").with("category", category.as_str()));
        }
    }
    if choice.extra.len() > MAX_ADDRESSES {
        wrong.push(Invalid::new("/addresses", "too_many").with("max", MAX_ADDRESSES));
    }
    for (at, (address, categories)) in choice.extra.iter().enumerate() {
        let email = format!("/addresses/{at}/email");
        if account.email.as_ref() == Some(address) {
            wrong.push(Invalid::new(&email, "already_used"));
        }
        if choice.extra.iter().take(at).any(|(known, _)| known == address) {
            wrong.push(Invalid::new(&email, "duplicate_item"));
        }
        if categories.is_empty() {
            wrong.push(Invalid::new(format!("/addresses/{at}/categories"), "too_few").with("min", 1));
        }
    }
    wrong
}
