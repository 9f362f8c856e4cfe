//! The guide's advice for one account: what the database says, for the domain to judge.

use super::profile;
use crate::actions::{Error, factor, payment_method, today};
use crate::mail::Addresses;
use chrono::{DateTime, Days, NaiveDate, Utc};
use domain::checkup::{CheckUpItem, Observed, Severity, assess};
use domain::id::AccountId;
use domain::invoice::InvoiceStatus;
use domain::order::OrderStatus;
use domain::service::{RenewalMode, ServiceStatus};
use entity::{account, invoice_balance, order, security_key, service};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, Select};

/// A manual service is worth a word so many days before its expiry: the first reminder's.
const EXPIRES_SOON: Days = Days::new(40);

/// Every item with its severity, the most pressing first.
///
/// # Errors
/// The database's.
pub async fn check_up<C: ConnectionTrait>(
    db: &C,
    account: &account::Model,
    now: DateTime<Utc>,
) -> Result<Vec<(CheckUpItem, Severity)>, Error> {
    Ok(assess(&observe(db, account, today(account, now)?).await?))
}

async fn observe<C: ConnectionTrait>(db: &C, account: &account::Model, on: NaiveDate) -> Result<Observed, Error> {
    let owner = account.id;
    let method = payment_method::default_of(db, owner, on).await?;
    let last_renewal = automatic(owner).order_by_desc(service::Column::ExpiresOn).one(db).await?;
    let last_renewal = last_renewal.and_then(|service| service.expires_on);
    let outlives = match (method.as_ref().and_then(|method| method.expires_on), last_renewal) {
        (Some(last_day), Some(renewal)) => last_day >= renewal,
        (None, _) | (_, None) => true,
    };
    Ok(Observed {
        email_verified: account.email_verified_at.is_some(),
        profile_complete: profile::missing(account).is_empty(),
        backup_email_verified: account.backup_email.is_some(),
        second_factor: !factor::enrolled(db, owner).await?.is_empty(),
        suspended_keys: security_key::Entity::suspended(owner).count(db).await?,
        undeliverable_addresses: undeliverable(db, account).await?,
        valid_method: method.is_some(),
        method_outlives_renewals: outlives,
        automatic_services: automatic(owner).count(db).await?,
        expiring_services: expiring(owner, on).count(db).await?,
        unpaid_invoices: unpaid(owner).count(db).await?,
        waiting_orders: waiting(owner).count(db).await?,
    })
}

/// Addresses that are still the account's and whose mails come back.
async fn undeliverable<C: ConnectionTrait>(db: &C, account: &account::Model) -> Result<u64, Error> {
    if account.email.is_none() {
        return Ok(0);
    }
    let addresses = Addresses::of(db, account).await?;
    let marked = addresses.undeliverable.iter().filter(|mark| addresses.holds(&mark.address)).count();
    Ok(u64::try_from(marked).unwrap_or(u64::MAX))
}

fn automatic(owner: AccountId) -> Select<service::Entity> {
    service::Entity::find()
        .filter(service::Column::AccountId.eq(owner))
        .filter(service::Column::RenewalMode.eq(RenewalMode::Automatic))
        .filter(service::Column::CancelledOn.is_null())
        .filter(service::Column::Status.is_in([ServiceStatus::Active, ServiceStatus::PastDue]))
}

fn expiring(owner: AccountId, on: NaiveDate) -> Select<service::Entity> {
    let soon = on.checked_add_days(EXPIRES_SOON).unwrap_or(on);
    let manual = service::Column::RenewalMode
        .eq(RenewalMode::Manual)
        .and(service::Column::Status.eq(ServiceStatus::Active))
        .and(service::Column::ExpiresOn.lte(soon));
    service::Entity::find()
        .filter(service::Column::AccountId.eq(owner))
        .filter(service::Column::CancelledOn.is_null())
        .filter(manual.or(service::Column::Status.eq(ServiceStatus::Suspended)))
}

/// The invoices of an account with something left to pay.
pub(in crate::actions) fn unpaid(owner: AccountId) -> Select<invoice_balance::Entity> {
    invoice_balance::Entity::find()
        .filter(invoice_balance::Column::AccountId.eq(owner))
        .filter(invoice_balance::Column::Status.is_in([InvoiceStatus::Open, InvoiceStatus::PastDue]))
}

fn waiting(owner: AccountId) -> Select<order::Entity> {
    order::Entity::of(owner)
        .filter(order::Column::Status.is_in([OrderStatus::AwaitingPayment, OrderStatus::DocumentsRequested]))
}
