//! A payment method gets another label.

use crate::actions::{Context, Error, Invalid, record};
use crate::db::Tx;
use domain::identifier;
use entity::payment_method;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, IntoActiveModel};
use serde_json::json;

/// Renames a method that [`super::lock`] gave.
///
/// # Errors
/// [`Error::Invalid`] for a label that is empty, too long or looks like a card number, or the database's.
pub async fn rename(
    tx: &Tx,
    cx: &Context<'_>,
    method: payment_method::Model,
    label: &str,
) -> Result<payment_method::Model, Error> {
    let label = checked(label)?;
    if label == method.label {
        return Ok(method);
    }
    let (owner, id, version) = (method.account_id, method.id, method.version + 1);
    let data = json!({ "from": method.label, "to": label });
    let mut row = method.into_active_model();
    row.label = Set(label);
    row.version = Set(version);
    let method = row.update(&**tx).await?;
    record::activity(tx, cx, owner, "payment_method.renamed", Some(data.clone())).await?;
    record::event(tx, cx, owner, "payment_method.renamed", &id, data).await?;
    Ok(method)
}

fn checked(label: &str) -> Result<String, Error> {
    let label = label.trim();
    if label.is_empty() {
        return Err(Invalid::new("/label", "required").into());
    }
    if label.chars().count() > super::LABEL_MAX {
        return Err(Invalid::new("/label", "too_long").with("max", super::LABEL_MAX).into());
    }
    if identifier::contains_card_number(label) {
        return Err(Invalid::new("/label", "card_number_refused").into());
    }
    Ok(label.to_owned())
}
