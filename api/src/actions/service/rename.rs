//! Changes what a service is called.

use super::save;
use crate::actions::{Context, Error, Invalid, record};
use crate::db::Tx;
use domain::refusal::Refusal;
use domain::service::ServiceStatus;
use entity::service;
use serde_json::json;

/// The longest name, in characters.
const NAME_MAX: usize = 100;

/// Renames a service. Documents that were issued keep the former name.
///
/// # Errors
/// An empty or too long name; `service_deleted`; the database's.
pub async fn rename(tx: &Tx, cx: &Context<'_>, service: &service::Model, name: &str) -> Result<service::Model, Error> {
    let name = name.trim();
    if name.is_empty() {
        return Err(Invalid::new("/display_name", "required").into());
    }
    if name.chars().count() > NAME_MAX {
        return Err(Invalid::new("/display_name", "too_long").with("max", NAME_MAX).into());
    }
    if service.status == ServiceStatus::Deleted {
        return Err(Refusal::ServiceDeleted.into());
    }
    if name == service.display_name {
        return Ok(service.clone());
    }
    let renamed = save(tx, &service::Model { display_name: name.to_owned(), ..service.clone() }).await?;
    let data = json!({ "service": service.id, "from": service.display_name, "to": name });
    record::activity(tx, cx, service.account_id, "service.renamed", Some(data.clone())).await?;
    record::event(tx, cx, service.account_id, "service.renamed", &service.id, data).await?;
    Ok(renamed)
}
