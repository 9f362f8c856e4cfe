//! Another payment method becomes the default.

use crate::actions::{Context, Error, Invalid, record};
use crate::db::Tx;
use domain::id::{AccountId, PaymentMethodId};
use entity::payment_method;
use serde_json::json;

/// Makes a usable method the default; what is past due is charged on it at once.
///
/// # Errors
/// [`Error::Invalid`] for a method that is not the owner's or cannot be charged, or the database's.
pub async fn make_default(
    tx: &Tx,
    cx: &Context<'_>,
    owner: AccountId,
    id: PaymentMethodId,
) -> Result<payment_method::Model, Error> {
    let account = super::lock_account(tx, owner).await?;
    let method = match super::find(&**tx, owner, id).await {
        Err(Error::NotFound) => return Err(Invalid::new("/payment_method_id", "not_found").into()),
        found => found?,
    };
    if !super::is_usable(&method, crate::actions::today(&account, cx.now)?) {
        return Err(Invalid::new("/payment_method_id", "not_available").into());
    }
    if method.is_default {
        return Ok(method);
    }
    let method = super::set_default(tx, cx, &account, method).await?;
    let data = json!({ "label": method.label });
    record::activity(tx, cx, owner, "payment_method.default_changed", Some(data.clone())).await?;
    record::event(tx, cx, owner, "payment_method.default_changed", &id, data).await?;
    Ok(method)
}
