//! The archive as it is sent: one part after the other out of the database, never two at once.

use super::vault::Vault;
use crate::actions::Error;
use crate::app::App;
use actix_web::web::Bytes;
use domain::id::ExportId;
use entity::{export, export_part};
use futures_util::stream::{self, Stream};
use sea_orm::EntityTrait;
use std::sync::Arc;

/// Why it breaks off: the receiver sees that bytes are missing.
#[derive(Debug, thiserror::Error)]
#[error("the archive ends before its end")]
pub struct BrokenOff;

/// The archive of a ready export.
///
/// # Errors
/// [`Error::Internal`] when its key is gone.
pub fn archive(
    app: Arc<App>,
    export: &export::Model,
) -> Result<impl Stream<Item = Result<Bytes, BrokenOff>> + use<>, Error> {
    let vault = Vault::open(&app.tools, export)?;
    let (id, parts) = (export.id, export.parts);
    let first = Some((app, vault, 0_i32));
    Ok(stream::unfold(first, move |state| async move {
        let (app, vault, position) = state?;
        if position >= parts {
            return None;
        }
        match part(&app, &vault, id, position).await {
            Ok(bytes) => Some((Ok(bytes), Some((app, vault, position + 1)))),
            Err(error) => {
                tracing::warn!(export = %id, position, %error, "a download breaks off");
                Some((Err(BrokenOff), None))
            }
        }
    }))
}

async fn part(app: &App, vault: &Vault, id: ExportId, position: i32) -> Result<Bytes, Error> {
    let row = export_part::Entity::find_by_id((id, position)).one(&**app.read()).await?.ok_or(Error::NotFound)?;
    Ok(vault.unseal(position, row.sealed)?.into())
}
