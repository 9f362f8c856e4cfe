//! A password opens a session.

use super::{Device, Opened, open};
use crate::actions::{Context, Error, account};
use crate::db::Tx;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, IntoActiveModel};

/// Opens a session for an account whose password was just proven (see [`super::authenticate()`]).
/// `rehashed` replaces a hash that was made with weaker parameters.
///
/// # Errors
/// [`Error::Unauthenticated`] when the account stopped being active meanwhile; the database's.
pub async fn log_in(
    tx: &Tx,
    cx: &Context<'_>,
    proven: &entity::account::Model,
    rehashed: Option<&str>,
    device: &Device,
) -> Result<Opened, Error> {
    let account = account::lock(tx, proven.id).await?;
    if !account::is_open(account.status) || account.password_hash != proven.password_hash {
        return Err(Error::Unauthenticated);
    }
    let cx = &account::on_clock_of(tx, cx, &account).await?;
    if let Some(hash) = rehashed {
        let mut row = account.clone().into_active_model();
        row.password_hash = Set(hash.to_owned());
        row.update(&**tx).await?;
    }
    open(tx, cx, &account, device).await
}
