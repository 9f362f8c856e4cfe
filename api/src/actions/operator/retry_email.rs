//! A mail that was given up goes out after all.

use crate::actions::account::lock;
use crate::actions::{Context, Error, record};
use crate::clock::now_for;
use crate::db::Tx;
use crate::mail::deliver::{FAILED, QUEUED};
use domain::id::EmailId;
use domain::refusal::Refusal;
use entity::email;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

/// Queues a failed mail again, with all its tries before it.
///
/// # Errors
/// [`Error::NotFound`]; `email_not_resendable` for one that has not failed, whose code or token is erased,
/// or whose account is; the database's.
pub async fn retry_email(tx: &Tx, cx: &Context<'_>, id: EmailId) -> Result<email::Model, Error> {
    let load = || email::Entity::find_by_id(id).one(&**tx);
    let found = load().await?.ok_or(Error::NotFound)?;
    let owner = match found.account_id {
        Some(id) => Some(lock(tx, id).await?),
        None => None,
    };
    let queued = email::Entity::update_many()
        .col_expr(email::Column::State, Expr::value(QUEUED))
        .col_expr(email::Column::Attempts, Expr::value(0))
        .col_expr(email::Column::DueAt, Expr::value(cx.real_now))
        .filter(email::Column::Id.eq(id))
        .filter(email::Column::State.eq(FAILED))
        .filter(email::Column::HasSecret.eq(false))
        .filter(email::Column::ToAddress.ne(""))
        .filter(email::Column::TextBody.ne(""))
        .exec(&**tx)
        .await?;
    if queued.rows_affected == 0 {
        return Err(Refusal::EmailNotResendable.into());
    }
    if let Some(owner) = owner {
        let cx = &cx.at(now_for(&**tx, cx.real_now, &owner).await?);
        let data = json!({ "email": id });
        record::activity(tx, cx, owner.id, "email.retry_requested", Some(data.clone())).await?;
        record::event(tx, cx, owner.id, "email.retry_requested", &id, data).await?;
    }
    load().await?.ok_or(Error::NotFound)
}
