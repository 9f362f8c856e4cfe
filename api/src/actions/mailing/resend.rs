//! Sends a mail again, as it was: for one that was deleted or never arrived.

use crate::actions::account::{MAILS_PER_HOUR, MAILS_WINDOW, RETRY_AFTER};
use crate::actions::{Context, Error, account, record};
use crate::db::Tx;
use crate::mail::deliver::{QUEUED, SENDING};
use crate::mail::{self, Addresses};
use domain::id::{AccountId, EmailId};
use domain::refusal::Refusal;
use entity::{activity, email};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
};
use serde_json::json;

const SENT_AGAIN: &str = "email.sent_again";

/// Queues the same text again, to the address it went to if that is still proven, else to the primary one.
/// It is no notice of its own: what needs proof that its owner was told counts the first one only.
///
/// # Errors
/// [`Error::NotFound`]; `email_not_resendable` for one with a code or token, or that is still on its way;
/// [`Error::TooMany`] beyond three an hour; the database's.
pub async fn resend(tx: &Tx, cx: &Context<'_>, owner: AccountId, id: EmailId) -> Result<email::Model, Error> {
    let account = account::lock(tx, owner).await?;
    account::require_active(&account)?;
    let mail = email::Entity::of(owner).filter(email::Column::Id.eq(id)).one(&**tx).await?.ok_or(Error::NotFound)?;
    if mail.has_secret || [QUEUED, SENDING].contains(&mail.state.as_str()) || mail.text_body.is_empty() {
        return Err(Refusal::EmailNotResendable.into());
    }
    let lately = activity::Entity::of(owner)
        .filter(activity::Column::Kind.eq(SENT_AGAIN))
        .filter(activity::Column::At.gt(cx.real_now - MAILS_WINDOW));
    if lately.count(&**tx).await? >= MAILS_PER_HOUR {
        return Err(Error::TooMany { retry_after: RETRY_AFTER });
    }
    let addresses = Addresses::of(&**tx, &account).await?;
    let to = if addresses.is_proven(&mail.to_address) { mail.to_address.clone() } else { addresses.primary.address };
    let again: EmailId = cx.id();
    let origin = mail.copy_of.unwrap_or(mail.id);
    let row = email::ActiveModel {
        id: Set(again),
        to_address: Set(to),
        cause: Set(format!("again:{again}")),
        boundary: Set(None),
        cycle: Set(None),
        names_on: Set(None),
        state: Set(QUEUED.to_owned()),
        attempts: Set(0),
        due_at: Set(cx.real_now),
        lease_until: Set(None),
        fence: Set(0),
        created_at: Set(cx.now),
        accepted_at: Set(None),
        last_error: Set(None),
        authenticity_code: Set(None),
        copy_of: Set(Some(origin)),
        bounced_at: Set(None),
        bounce_kind: Set(None),
        bounce_diagnostic: Set(None),
        ..mail.into_active_model().reset_all()
    };
    mail::queue_all(tx, vec![row]).await?;
    record::activity(tx, cx, owner, SENT_AGAIN, Some(json!({ "email": id }))).await?;
    record::event(tx, cx, owner, SENT_AGAIN, &again, json!({ "email": id })).await?;
    email::Entity::find_by_id(again).one(&**tx).await?.ok_or_else(|| Error::internal("a mail that is not there"))
}
