//! The owner changes the profile.

use super::profile::{self, Checks, Edit};
use super::vat_id;
use crate::actions::{Context, Error, Invalid, closure, record, service};
use crate::db::Tx;
use domain::account::{AccountKind, Language};
use domain::id::AccountId;
use domain::profile::{Holder, Member, Requirement};
use domain::refusal::Refusal;
use entity::{account, order};
use sea_orm::{ActiveModelTrait, IntoActiveModel, PaginatorTrait};
use serde_json::json;

/// The members of a merge patch. What is always there has no way to be removed.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "named after the members of the account")]
pub struct Change {
    pub kind: Option<AccountKind>,
    pub language: Option<Language>,
    pub country: Option<String>,
    pub time_zone: Option<String>,
    pub first_name: Edit,
    pub last_name: Edit,
    pub organisation: Edit,
    pub street: Edit,
    pub postal_code: Edit,
    pub city: Edit,
    pub phone: Edit,
    pub siret: Edit,
    pub vat_id: Edit,
}

/// What decides on VAT.
const TAXED: [&str; 3] = ["country", "postal_code", "vat_id"];

/// Applies a merge patch; `fits` says whether the version is one that the caller knows. A new time zone
/// moves the instants of everything planned.
///
/// # Errors
/// [`Error::PreconditionFailed`]; [`Error::Invalid`] with every value that cannot be used;
/// `account_has_orders` for a change of kind; `payments_unsettled` for one of what decides on VAT while a payment is
/// under way; the database's.
pub async fn change(
    tx: &Tx,
    cx: &Context<'_>,
    owner: AccountId,
    patch: &Change,
    fits: impl FnOnce(i64) -> Result<(), Error>,
) -> Result<account::Model, Error> {
    let before = super::lock(tx, owner).await?;
    fits(before.version)?;
    super::require_active(&before)?;
    let turned = patch.kind.is_some_and(|kind| kind != before.kind);
    if turned && order::Entity::of(owner).count(&**tx).await? > 0 {
        return Err(Refusal::AccountHasOrders.into());
    }
    let mut after = apply(&before, patch)?;
    let another = after.vat_id != before.vat_id;
    if another {
        after.vat_id_status = after.vat_id.is_some().then(|| vat_id::at_first(cx));
    }
    let members = differences(&before, &after);
    let taxed = members.iter().any(|member| TAXED.contains(member));
    if taxed && closure::attempts(owner).count(&**tx).await? > 0 {
        // its invoice comes with the money, for the buyer that was quoted
        return Err(Refusal::PaymentsUnsettled.into());
    }
    if members.is_empty() {
        return Ok(before);
    }
    let row = account::Model { version: before.version + 1, ..after }.into_active_model();
    let account = row.reset_all().update(&**tx).await?;
    // names of members only: the log outlives what they said
    let data = json!({ "members": members });
    record::activity(tx, cx, owner, "account.changed", Some(data.clone())).await?;
    record::event(tx, cx, owner, "account.changed", &owner, data).await?;
    if another {
        vat_id::changed(tx, cx, &account).await?;
    }
    if account.time_zone != before.time_zone {
        service::replan_account(tx, cx, &account).await?;
        closure::replan(tx, cx, &account).await?;
    }
    Ok(account)
}

fn apply(before: &account::Model, patch: &Change) -> Result<account::Model, Error> {
    let mut checks = Checks::default();
    let now = before.clone();
    let country = required(&mut checks, "/country", patch.country.as_deref(), &before.country, profile::country);
    let time_zone = required(&mut checks, "/time_zone", patch.time_zone.as_deref(), &before.time_zone, time_zone);
    let kind = patch.kind.unwrap_or(before.kind);
    let holder = Holder { country: &country, kind };
    let after = account::Model {
        kind,
        language: patch.language.unwrap_or(before.language),
        first_name: checks.text("/first_name", &patch.first_name, now.first_name.clone(), 100),
        last_name: checks.text("/last_name", &patch.last_name, now.last_name.clone(), 100),
        organisation: checks.text("/organisation", &patch.organisation, now.organisation.clone(), 200),
        street: checks.text("/street", &patch.street, now.street.clone(), 200),
        postal_code: by_holder(&mut checks, holder, Member::PostalCode, &patch.postal_code, now.postal_code.clone()),
        city: checks.text("/city", &patch.city, now.city.clone(), 100),
        phone: checks.formed("/phone", &patch.phone, now.phone.clone(), profile::phone),
        siret: by_holder(&mut checks, holder, Member::Siret, &patch.siret, now.siret.clone()),
        vat_id: by_holder(&mut checks, holder, Member::VatId, &patch.vat_id, now.vat_id.clone()),
        country: country.clone(),
        time_zone,
        ..now
    };
    if after.phone != before.phone && before.phone_verified_at.is_some() {
        checks.errors.push(Invalid::new("/phone", "phone_is_verified"));
    }
    as_a_whole(&mut checks, before, &after);
    if checks.errors.is_empty() { Ok(after) } else { Err(Error::Invalid(checks.errors)) }
}

/// A member whose form the holder decides.
fn by_holder(
    checks: &mut Checks,
    holder: Holder<'_>,
    member: Member,
    edit: &Edit,
    present: Option<String>,
) -> Option<String> {
    checks.formed(&format!("/{member}"), edit, present, |text| {
        if holder.requirement(member) == Requirement::NotApplicable {
            Some(text.to_owned())
        } else {
            holder.read(member, text)
        }
    })
}

/// What only the whole profile tells: what its holder does not have, what does not fit where it moved to,
/// and what a complete profile would lack. One that is not complete yet is filled step by step.
fn as_a_whole(checks: &mut Checks, before: &account::Model, after: &account::Model) {
    let (was, is) = (profile::holder(before), profile::holder(after));
    let mut object = |member: Member, code| {
        let pointer = format!("/{member}");
        if checks.errors.iter().all(|error| error.pointer != pointer) {
            checks.errors.push(Invalid::new(pointer, code));
        }
    };
    for member in Member::ALL.iter().copied() {
        let Some(text) = profile::value(after, member) else { continue };
        if was == is && profile::value(before, member) == Some(text) {
            continue;
        }
        if is.requirement(member) == Requirement::NotApplicable {
            object(member, "not_applicable");
        } else if is.read(member, text).as_deref() != Some(text) {
            object(member, "invalid_format");
        }
    }
    if profile::missing(before).is_empty() {
        for member in profile::missing(after) {
            object(member, "required");
        }
    }
}

fn required(
    checks: &mut Checks,
    pointer: &str,
    wanted: Option<&str>,
    present: &str,
    read: impl Fn(&str) -> Option<String>,
) -> String {
    let edit = wanted.map_or(Edit::Keep, |text| Edit::Set(text.to_owned()));
    if wanted.is_some_and(|text| text.trim().is_empty()) {
        checks.errors.push(Invalid::new(pointer, "required"));
    }
    checks.formed(pointer, &edit, Some(present.to_owned()), read).unwrap_or_else(|| present.to_owned())
}

/// A name of the time zone database that fits its column.
fn time_zone(name: &str) -> Option<String> {
    name.parse::<chrono_tz::Tz>().ok().map(|zone| zone.name().to_owned()).filter(|name| name.len() <= 48)
}

fn differences(before: &account::Model, after: &account::Model) -> Vec<&'static str> {
    [
        ("kind", before.kind != after.kind),
        ("language", before.language != after.language),
        ("country", before.country != after.country),
        ("time_zone", before.time_zone != after.time_zone),
        ("first_name", before.first_name != after.first_name),
        ("last_name", before.last_name != after.last_name),
        ("organisation", before.organisation != after.organisation),
        ("street", before.street != after.street),
        ("postal_code", before.postal_code != after.postal_code),
        ("city", before.city != after.city),
        ("phone", before.phone != after.phone),
        ("siret", before.siret != after.siret),
        ("vat_id", before.vat_id != after.vat_id),
    ]
    .into_iter()
    .filter_map(|(member, differs)| differs.then_some(member))
    .collect()
}
