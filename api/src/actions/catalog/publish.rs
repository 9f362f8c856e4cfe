//! A version of a plan is published.

use crate::actions::{Context, Error, Invalid, operator};
use crate::db::Tx;
use domain::calendar::Period;
use domain::id::PlanId;
use domain::money::{Currency, Scaled6};
use domain::policy::{Delivery, RenewalPolicy};
use domain::tax::TaxCategory;
use entity::{plan, plan_price};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;

/// The longest code, in characters.
const CODE_MAX: usize = 48;
/// The longest kind, in characters.
const KIND_MAX: usize = 32;
/// The longest name, in characters.
const NAME_MAX: usize = 120;
/// The longest description, in characters.
const DESCRIPTION_MAX: usize = 2000;

/// A version to publish.
#[derive(Debug, Clone)]
pub struct NewPlan {
    /// Lower-case letters, digits and hyphens; the same code makes a new version.
    pub code: String,
    /// vps, domain, hosting ...
    pub kind: String,
    /// Its name in French and English.
    pub names: Texts,
    /// What it is, in French and English.
    pub descriptions: Texts,
    /// Who makes its services available.
    pub delivery: Delivery,
    /// What happens around the expiry of its services.
    pub policy: RenewalPolicy,
    /// Its price for each period it is sold for, net of tax, in euros.
    pub prices: Vec<(Period, Scaled6)>,
}

/// A text in the languages of the catalogue.
#[derive(Debug, Clone)]
pub struct Texts {
    /// French.
    pub fr: String,
    /// English.
    pub en: String,
}

/// Publishes a new version: from now on new orders get it. Orders and services keep theirs.
///
/// # Errors
/// [`Error::Invalid`] with everything that is wrong, or the database's.
pub async fn publish(tx: &Tx, cx: &Context<'_>, new: &NewPlan) -> Result<(plan::Model, Vec<plan_price::Model>), Error> {
    check(new)?;
    let latest =
        plan::Entity::versions_of(&new.code).order_by_desc(plan::Column::Version).lock_exclusive().one(&**tx).await?;
    plan::Entity::update_many()
        .col_expr(plan::Column::IsCurrent, Expr::value(false))
        .filter(plan::Column::Code.eq(new.code.as_str()))
        .filter(plan::Column::IsCurrent.eq(true))
        .exec(&**tx)
        .await?;
    let id: PlanId = cx.id();
    let row = plan::ActiveModel {
        id: Set(id),
        code: Set(new.code.clone()),
        version: Set(latest.map_or(1, |plan| plan.version + 1)),
        is_current: Set(true),
        kind: Set(new.kind.trim().to_owned()),
        name_fr: Set(new.names.fr.trim().to_owned()),
        name_en: Set(new.names.en.trim().to_owned()),
        description_fr: Set(new.descriptions.fr.trim().to_owned()),
        description_en: Set(new.descriptions.en.trim().to_owned()),
        tax_category: Set(TaxCategory::Standard),
        delivery: Set(new.delivery),
        policy: Set(serde_json::to_value(&new.policy).map_err(Error::internal)?),
        created_at: Set(cx.real_now),
    };
    let plan = row.insert(&**tx).await?;
    let mut prices = Vec::with_capacity(new.prices.len());
    for (period, unit_price) in &new.prices {
        let row = plan_price::ActiveModel {
            plan_id: Set(id),
            period: Set(*period),
            currency: Set(Currency::EUR.to_string()),
            unit_price: Set(*unit_price),
        };
        prices.push(row.insert(&**tx).await?);
    }
    let data = json!({ "code": plan.code, "version": plan.version });
    operator::note(tx, cx, "plan.published", &plan.id, data).await?;
    Ok((plan, prices))
}

fn check(new: &NewPlan) -> Result<(), Error> {
    let mut wrong = Vec::new();
    let known = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    let edge = |code: &str| code.starts_with('-') || code.ends_with('-');
    if new.code.is_empty() || new.code.len() > CODE_MAX || !new.code.chars().all(known) || edge(&new.code) {
        wrong.push(Invalid::new("/code", "invalid_format"));
    }
    text(&mut wrong, "/kind", &new.kind, KIND_MAX);
    text(&mut wrong, "/name/fr", &new.names.fr, NAME_MAX);
    text(&mut wrong, "/name/en", &new.names.en, NAME_MAX);
    text(&mut wrong, "/description/fr", &new.descriptions.fr, DESCRIPTION_MAX);
    text(&mut wrong, "/description/en", &new.descriptions.en, DESCRIPTION_MAX);
    if new.prices.is_empty() {
        wrong.push(Invalid::new("/prices", "required"));
    }
    for (at, (period, price)) in new.prices.iter().enumerate() {
        if new.prices.iter().take(at).any(|(other, _)| other == period) {
            wrong.push(Invalid::new(format!("/prices/{at}/period"), "duplicate"));
        }
        if price.scaled() < 0 {
            wrong.push(Invalid::new(format!("/prices/{at}/unit_price"), "invalid_value"));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(Error::Invalid(wrong)) }
}

fn text(wrong: &mut Vec<Invalid>, pointer: &str, value: &str, max: usize) {
    if value.trim().is_empty() {
        wrong.push(Invalid::new(pointer, "required"));
    } else if value.trim().chars().count() > max {
        wrong.push(Invalid::new(pointer, "too_long").with("max", max));
    }
}
