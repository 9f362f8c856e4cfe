//! The export of all the data of an account: asked for, made by the scheduler, downloaded, forgotten.
//!
//! What is in the archive is [`crate::export`]'s matter. Instants are real time: what is handed out, and for how
//! long, has nothing to do with the agreement.

pub mod download;
pub mod forget;
pub mod make;
pub mod request;

pub use download::{available, download};
pub use request::request;

use super::Error;
use crate::db::Tx;
use domain::id::{AccountId, ExportId};
use entity::{export, export_part};
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

/// One of the account's exports.
///
/// # Errors
/// [`Error::NotFound`]; the database's.
pub async fn load<C: ConnectionTrait>(db: &C, owner: AccountId, id: ExportId) -> Result<export::Model, Error> {
    export::Entity::of(owner).filter(export::Column::Id.eq(id)).one(db).await?.ok_or(Error::NotFound)
}

/// Deletes every export of an account with its archive; one that is being made ends at its next part.
///
/// # Errors
/// The database's.
pub async fn erase(tx: &Tx, owner: AccountId) -> Result<(), Error> {
    let mine = Query::select()
        .column(export::Column::Id)
        .from(export::Entity)
        .and_where(export::Column::AccountId.eq(owner))
        .to_owned();
    let parts = export_part::Column::ExportId.in_subquery(mine);
    export_part::Entity::delete_many().filter(parts).exec(&**tx).await?;
    export::Entity::delete_many().filter(export::Column::AccountId.eq(owner)).exec(&**tx).await?;
    Ok(())
}
