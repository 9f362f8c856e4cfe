//! A personal access token is made: shown once, stored as a keyed hash.

use super::{WARNED, warned_at};
use crate::actions::milestone::{self, New as Planned};
use crate::actions::{Context, Error, Invalid, account, record};
use crate::db::Tx;
use crate::mail::{self, Message};
use chrono::{DateTime, TimeDelta, Utc};
use domain::id::AccountId;
use domain::network::Range;
use domain::refusal::Refusal;
use domain::timeline::{MilestoneKind, Rule};
use entity::access_token::{self, Model};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, PaginatorTrait};
use serde_json::json;

/// The longest name, in characters.
pub const NAME_MAX: usize = 64;
/// Tokens that an account may have at once.
pub const MAX_TOKENS: u64 = 50;
/// Ranges that a token may have.
pub const MAX_RANGES: usize = 20;
/// How long a token lives when nothing is said.
pub const LIFETIME: TimeDelta = TimeDelta::days(90);
/// How long it may live at most.
pub const LONGEST: TimeDelta = TimeDelta::days(366);

/// What a token is made with.
#[derive(Debug, Clone)]
pub struct New {
    /// How its owner calls it.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// The scopes that there are, in the order of the contract.
    pub known: &'static [&'static str],
    /// When it ends; after [`LIFETIME`] if nothing is said.
    pub expires_at: Option<DateTime<Utc>>,
    /// Where it may be used; everywhere if nothing is said.
    pub ip_ranges: Vec<String>,
}

/// Makes a token and tells its owner at every address. The text is told once and kept nowhere.
///
/// # Errors
/// [`Error::Invalid`]; `too_many_access_tokens`; `account_not_active`; the database's.
pub async fn create(tx: &Tx, cx: &Context<'_>, owner: AccountId, new: &New) -> Result<(Model, String), Error> {
    let account = account::lock(tx, owner).await?;
    account::require_active(&account)?;
    let (scopes, ranges, until) = checked(new, cx.real_now)?;
    if access_token::live(owner, cx.real_now).count(&**tx).await? >= MAX_TOKENS {
        return Err(Refusal::TooManyAccessTokens.into());
    }
    let text = crate::token::mint(&*cx.tools.entropy);
    let row = access_token::ActiveModel {
        id: Set(cx.id()),
        account_id: Set(Some(owner)),
        name: Set(new.name.trim().to_owned()),
        token_hash: Set(crate::token::hash(&cx.tools.sealer, &text)),
        scopes: Set(scopes.join(" ")),
        created_at: Set(cx.real_now),
        expires_at: Set(Some(until)),
        last_used_at: Set(None),
        revoked_at: Set(None),
        ip_ranges: Set((!ranges.is_empty()).then(|| json!(ranges))),
        hint: Set(Some(crate::token::hint(&text))),
        last_address: Set(None),
    };
    let row = row.insert(&**tx).await?;
    for days in WARNED.into_iter().filter(|days| warned_at(until, *days) > cx.real_now) {
        let (kind, rule) = (MilestoneKind::AccessTokenEnd, Rule::AccessTokenEnds);
        let due_at = warned_at(until, days);
        let planned = Planned { account: &account, kind, subject: row.id.0, due_at, rule, step: days };
        milestone::add_on_real_time(tx, cx, planned).await?;
    }
    let detail = json!({ "token": row.id, "scopes": scopes, "expires_at": until });
    record::activity(tx, cx, owner, "access_token.created", Some(detail)).await?;
    record::event(tx, cx, owner, "access_token.created", &row.id, json!({})).await?;
    let message = Message::AccessTokenAdded {
        name: row.name.clone(),
        hint: row.hint.clone().unwrap_or_default(),
        until,
        writes: scopes.iter().any(|scope| !scope.ends_with(":read")),
    };
    mail::tell_everywhere(tx, cx, &account, &message, &row.id.to_string()).await?;
    Ok((row, text))
}

/// Scopes, ranges, and the end.
type Checked = (Vec<&'static str>, Vec<Range>, DateTime<Utc>);

/// Every fault at once: scopes in the order of the contract, ranges from their first address.
fn checked(new: &New, now: DateTime<Utc>) -> Result<Checked, Error> {
    let mut faults = Vec::new();
    let name = new.name.trim();
    if name.is_empty() || name.chars().count() > NAME_MAX || name.chars().any(char::is_control) {
        faults.push(Invalid::new("/name", "invalid_format"));
    }
    if new.scopes.is_empty() {
        faults.push(Invalid::new("/scopes", "too_few").with("min", 1));
    }
    for (at, scope) in new.scopes.iter().enumerate() {
        if !new.known.contains(&scope.as_str()) {
            faults.push(Invalid::new(format!("/scopes/{at}"), "not_one_of").with("allowed", new.known.join(", ")));
        }
    }
    if new.ip_ranges.len() > MAX_RANGES {
        faults.push(Invalid::new("/ip_ranges", "too_many").with("max", MAX_RANGES));
    }
    let mut ranges = Vec::new();
    for (at, text) in new.ip_ranges.iter().enumerate() {
        match text.parse::<Range>() {
            Ok(range) => ranges.push(range.canonical()),
            Err(_) => faults.push(Invalid::new(format!("/ip_ranges/{at}"), "invalid_format")),
        }
    }
    let until = new.expires_at.unwrap_or(now + LIFETIME);
    if until <= now {
        faults.push(Invalid::new("/expires_at", "in_the_past"));
    } else if until > now + LONGEST {
        let (min, max) = (now.to_rfc3339(), (now + LONGEST).to_rfc3339());
        faults.push(Invalid::new("/expires_at", "out_of_range").with("min", min).with("max", max));
    }
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let asked = |known: &&str| new.scopes.iter().any(|scope| scope == known);
    Ok((new.known.iter().copied().filter(asked).collect(), ranges, until))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[&str] = &["account:read", "account:write", "services:read"];

    fn new(scopes: &[&str], ranges: &[&str], days: i64) -> Result<Vec<String>, Vec<String>> {
        let now = "2026-01-30T09:00:00Z".parse().unwrap();
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let expires_at = Some(now + TimeDelta::days(days));
        let new = New {
            name: "Backups".to_owned(),
            scopes: owned(scopes),
            known: KNOWN,
            expires_at,
            ip_ranges: owned(ranges),
        };
        match checked(&new, now) {
            Ok((scopes, ranges, _)) => {
                let ranges = ranges.iter().map(ToString::to_string);
                Ok(scopes.into_iter().map(str::to_owned).chain(ranges).collect())
            }
            Err(Error::Invalid(faults)) => Err(faults.into_iter().map(|fault| fault.pointer).collect()),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn scopes_and_ranges_are_kept_in_one_form() {
        let kept = new(&["services:read", "account:read", "services:read"], &["192.0.2.77/24", "2001:db8::1"], 1);
        assert_eq!(kept.unwrap(), ["account:read", "services:read", "192.0.2.0/24", "2001:db8::1/128"]);
    }

    #[test]
    fn every_fault_is_told_at_once() {
        let faults = new(&["account:read", "operator:*"], &["10.0.0.0/8", "10.0.0.0/33"], 367).unwrap_err();
        assert_eq!(faults, ["/scopes/1", "/ip_ranges/1", "/expires_at"]);
        assert_eq!(new(&[], &[], 0).unwrap_err(), ["/scopes", "/expires_at"]);
        assert_eq!(new(&["account:read"], &["::/0"; 21], 1).unwrap_err(), ["/ip_ranges"]);
    }
}
