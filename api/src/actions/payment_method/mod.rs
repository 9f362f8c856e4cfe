//! Payment methods: gateway tokens, sealed; never card numbers. One is the default while any is usable.

use super::account::lock as lock_account;
use super::{Context, Error};
use crate::db::Tx;
use chrono::NaiveDate;
use domain::id::{AccountId, PaymentMethodId};
use domain::payment::{PaymentMethodStatus, PaymentMethodType};
use entity::{account, payment_method};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
};

pub mod add;
pub mod make_default;
pub mod remove;
pub mod rename;

pub use add::{New, add, check};
pub use make_default::make_default;
pub use remove::{may_remove, remove};
pub use rename::rename;

/// The longest label, in characters.
pub const LABEL_MAX: usize = 64;

/// Where a method's token is sealed.
#[must_use]
pub fn place(id: PaymentMethodId, owner: AccountId) -> String {
    format!("payment_method:{id}:{owner}")
}

/// The same, and the name that it had before the owner was part of it.
#[must_use]
pub(crate) fn places(id: PaymentMethodId, owner: AccountId) -> [String; 2] {
    [place(id, owner), format!("payment_method:{id}")]
}

/// Whether a method can be charged on a billing day.
#[must_use]
pub fn is_usable(method: &payment_method::Model, on: NaiveDate) -> bool {
    status_on(method, on) == PaymentMethodStatus::Valid
}

/// The status of a method on a billing day: past its last day of validity it is expired.
#[must_use]
pub fn status_on(method: &payment_method::Model, on: NaiveDate) -> PaymentMethodStatus {
    match method.status {
        PaymentMethodStatus::Valid if method.expires_on.is_some_and(|last| last < on) => PaymentMethodStatus::Expired,
        status @ (PaymentMethodStatus::Valid
        | PaymentMethodStatus::Expired
        | PaymentMethodStatus::Failed
        | PaymentMethodStatus::Removed) => status,
    }
}

/// The default method of an account, if it can be charged on a billing day.
///
/// # Errors
/// The database's.
pub async fn default_of<C: ConnectionTrait>(
    db: &C,
    account: AccountId,
    on: NaiveDate,
) -> Result<Option<payment_method::Model>, Error> {
    let found = payment_method::Entity::of(account).filter(payment_method::Column::IsDefault.eq(true)).one(db).await?;
    Ok(found.filter(|method| is_usable(method, on)))
}

/// One method of an account.
///
/// # Errors
/// [`Error::NotFound`] or the database's.
pub async fn find<C: ConnectionTrait>(
    db: &C,
    account: AccountId,
    id: PaymentMethodId,
) -> Result<payment_method::Model, Error> {
    payment_method::Entity::of(account).filter(payment_method::Column::Id.eq(id)).one(db).await?.ok_or(Error::NotFound)
}

/// One method of an account, locked until the transaction ends.
///
/// # Errors
/// [`Error::NotFound`] or the database's.
pub async fn lock(tx: &Tx, account: AccountId, id: PaymentMethodId) -> Result<payment_method::Model, Error> {
    lock_account(tx, account).await?;
    find(&**tx, account, id).await
}

/// Takes the default away from whichever method has it.
async fn clear_default(tx: &Tx, account: AccountId) -> Result<(), Error> {
    payment_method::Entity::update_many()
        .col_expr(payment_method::Column::IsDefault, Expr::value(false))
        .col_expr(payment_method::Column::Version, Expr::col(payment_method::Column::Version).add(1))
        .filter(payment_method::Column::AccountId.eq(account))
        .filter(payment_method::Column::IsDefault.eq(true))
        .exec(&**tx)
        .await?;
    Ok(())
}

/// Gives the default to a method, and lets what is past due be charged on it.
async fn set_default(
    tx: &Tx,
    cx: &Context<'_>,
    account: &account::Model,
    method: payment_method::Model,
) -> Result<payment_method::Model, Error> {
    clear_default(tx, account.id).await?;
    let version = method.version + 1;
    let mut row = method.into_active_model();
    row.is_default = Set(true);
    row.version = Set(version);
    let method = row.update(&**tx).await?;
    if is_usable(&method, super::today(account, cx.now)?) {
        super::service::on_new_method(tx, cx, account).await?;
    }
    Ok(method)
}

/// What a method is called where the gateway's own words do not fit.
const fn plain_label(kind: PaymentMethodType) -> &'static str {
    match kind {
        PaymentMethodType::Card => "Card",
        PaymentMethodType::SepaDebit => "SEPA direct debit",
        PaymentMethodType::Wallet => "Wallet",
    }
}
