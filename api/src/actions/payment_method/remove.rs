//! A payment method is removed.

use crate::actions::{Blocker, Context, Error, record};
use crate::db::Tx;
use crate::mail::{self, Letter, message::Message};
use chrono::NaiveDate;
use domain::id::{AccountId, PaymentMethodId};
use domain::payment::{AttemptStatus, PaymentMethodStatus};
use domain::refusal::Refusal;
use domain::service::{RenewalMode, ServiceStatus};
use entity::{account, payment_attempt, payment_method, service};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::json;

/// The most services named as blockers.
const BLOCKERS_MAX: u64 = 100;

/// Removes a method and forgets its token. If it was the default, the newest other usable one follows.
///
/// # Errors
/// [`Error::NotFound`], what [`may_remove`] says, or the database's.
pub async fn remove(tx: &Tx, cx: &Context<'_>, owner: AccountId, id: PaymentMethodId) -> Result<(), Error> {
    let account = super::lock_account(tx, owner).await?;
    let today = crate::actions::today(&account, cx.now)?;
    let method = super::find(&**tx, owner, id).await?;
    may_remove(&**tx, &method, today).await?;
    let (label, was_default, version) = (method.label.clone(), method.is_default, method.version + 1);
    let mut row = method.into_active_model();
    row.status = Set(PaymentMethodStatus::Removed);
    row.is_default = Set(false);
    row.sealed_token = Set(String::new());
    row.removed_at = Set(Some(cx.now));
    row.version = Set(version);
    row.update(&**tx).await?;
    if was_default {
        promote(tx, cx, &account, today).await?;
    }
    let data = json!({ "label": label });
    record::activity(tx, cx, owner, "payment_method.removed", Some(data.clone())).await?;
    record::event(tx, cx, owner, "payment_method.removed", &id, data).await?;
    let message = Message::PaymentMethodRemoved { label };
    mail::queue(tx, cx, Letter::new(&account, &message, format!("payment_method_removed:{id}"))).await
}

async fn promote(tx: &Tx, cx: &Context<'_>, account: &account::Model, today: NaiveDate) -> Result<(), Error> {
    let methods = payment_method::Entity::of(account.id)
        .order_by_desc(payment_method::Column::CreatedAt)
        .order_by_desc(payment_method::Column::Id)
        .all(&**tx)
        .await?;
    if let Some(next) = methods.into_iter().find(|method| super::is_usable(method, today)) {
        super::set_default(tx, cx, account, next).await?;
    }
    Ok(())
}

/// Whether a method may be removed on a billing day.
///
/// # Errors
/// `payment_in_progress` while an attempt on it has no final outcome, `last_payment_method` for the last
/// usable one while services renew automatically (each named as a blocker), or the database's.
pub async fn may_remove<C: ConnectionTrait>(
    db: &C,
    method: &payment_method::Model,
    today: NaiveDate,
) -> Result<(), Error> {
    let live = AttemptStatus::ALL.iter().copied().filter(|status| status.is_live());
    let under_way = payment_attempt::Entity::find()
        .filter(payment_attempt::Column::AccountId.eq(method.account_id))
        .filter(payment_attempt::Column::PaymentMethodId.eq(method.id))
        .filter(payment_attempt::Column::Status.is_in(live))
        .count(db)
        .await?;
    if under_way > 0 {
        // an attempt that was not sent yet needs the token
        return Err(Refusal::PaymentInProgress.into());
    }
    if !super::is_usable(method, today) {
        return Ok(());
    }
    let others =
        payment_method::Entity::of(method.account_id).filter(payment_method::Column::Id.ne(method.id)).all(db).await?;
    if others.iter().any(|other| super::is_usable(other, today)) {
        return Ok(());
    }
    let blockers = renewing(db, method.account_id).await?;
    if blockers.is_empty() { Ok(()) } else { Err(Error::Blocked { code: Refusal::LastPaymentMethod, blockers }) }
}

/// The services that will be charged: automatic, not deleted, not cancelled.
async fn renewing<C: ConnectionTrait>(db: &C, owner: AccountId) -> Result<Vec<Blocker>, Error> {
    let services = service::Entity::find()
        .filter(service::Column::AccountId.eq(owner))
        .filter(service::Column::Status.ne(ServiceStatus::Deleted))
        .filter(service::Column::RenewalMode.eq(RenewalMode::Automatic))
        .filter(service::Column::CancelledOn.is_null())
        .order_by_asc(service::Column::CreatedAt)
        .order_by_asc(service::Column::Id)
        .limit(BLOCKERS_MAX)
        .all(db)
        .await?;
    let blocker = |service: service::Model| Blocker {
        code: Refusal::LastPaymentMethod,
        resource: Some(service.id.to_string()),
        href: format!("/v1/services/{}/renewal", service.id),
    };
    Ok(services.into_iter().map(blocker).collect())
}
