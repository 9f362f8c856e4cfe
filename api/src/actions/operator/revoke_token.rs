//! An operator's token ends at once.

use crate::actions::{Context, Error};
use crate::db::Tx;
use domain::id::AccessTokenId;
use entity::access_token::{Column, Entity};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

/// Ends an operator's token. Ending it twice is no error.
///
/// # Errors
/// [`Error::NotFound`] for another token than an operator's; the database's.
pub async fn revoke_token(tx: &Tx, cx: &Context<'_>, id: AccessTokenId) -> Result<(), Error> {
    let token = Entity::of_operators().filter(Column::Id.eq(id)).one(&**tx).await?.ok_or(Error::NotFound)?;
    let ended = Entity::update_many()
        .col_expr(Column::RevokedAt, Expr::value(Some(cx.real_now)))
        .filter(Column::Id.eq(id))
        .filter(Column::RevokedAt.is_null())
        .exec(&**tx)
        .await?;
    if ended.rows_affected == 0 {
        return Ok(());
    }
    super::note(tx, cx, "operator.token_revoked", &id, json!({ "name": token.name })).await
}
