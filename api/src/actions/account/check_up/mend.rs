//! The operation that mends what is missing: of the one thing that is most pressing, where there are several.

use super::observe::{Day, expiring, idle_sessions, idle_tokens, waiting_orders};
use super::unpaid;
use crate::actions::Error;
use domain::checkup::{CheckUpItem, Observed};
use domain::id::AccountId;
use domain::order::OrderStatus;
use entity::{access_token, invoice_balance, order, security_key, service, session};
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter, QueryOrder};

/// An operation of the contract, on one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mend {
    /// As the contract names it.
    pub operation_id: &'static str,
    /// Its path.
    pub href: String,
}

/// What mends an item that is not fine. What was mended since it was observed leads to the list.
///
/// # Errors
/// The database's.
pub async fn mend<C: ConnectionTrait>(
    db: &C,
    owner: AccountId,
    (item, seen): (CheckUpItem, &Observed),
    day: Day,
) -> Result<Mend, Error> {
    match item {
        CheckUpItem::SecurityKeysSound => suspended_key(db, owner).await,
        CheckUpItem::SessionsInUse => idle_session(db, owner, day).await,
        CheckUpItem::AccessTokensInUse => idle_token(db, owner, day).await,
        CheckUpItem::InvoicesPaid => invoice(db, owner).await,
        CheckUpItem::ServicesRenewed => service(db, owner, day).await,
        CheckUpItem::OrdersClear => order(db, owner).await,
        CheckUpItem::PrimaryEmailVerified => {
            Ok(at("resend_email_verification", "/v1/accounts/email-verification/resend"))
        }
        CheckUpItem::ProfileComplete => Ok(at("update_account", "/v1/account")),
        CheckUpItem::BackupEmailVerified => Ok(at("set_backup_email", "/v1/account/backup-email")),
        CheckUpItem::PhoneVerified => Ok(at("set_phone", "/v1/account/phone")),
        CheckUpItem::PasswordStrong => Ok(at("change_password", "/v1/security/password")),
        CheckUpItem::SecondFactorEnrolled => {
            Ok(at("begin_security_key_registration", "/v1/security/security-keys/registration-options"))
        }
        // those that were shown and not typed back are still good
        CheckUpItem::BackupCodesLeft if seen.backup_codes == 0 && seen.waiting_backup_codes > 0 => {
            Ok(at("activate_backup_codes", "/v1/security/backup-codes/activation"))
        }
        CheckUpItem::BackupCodesLeft => Ok(at("create_backup_codes", "/v1/security/backup-codes")),
        CheckUpItem::EmailsArrive => Ok(at("resend_email_address_code", "/v1/account/email-routing/resend")),
        CheckUpItem::AntiPhishingPhraseSet => Ok(at("set_anti_phishing_phrase", "/v1/account/anti-phishing-phrase")),
        CheckUpItem::PaymentMethodValid | CheckUpItem::PaymentMethodOutlivesRenewals => {
            Ok(at("add_payment_method", "/v1/payment-methods"))
        }
    }
}

fn at(operation_id: &'static str, href: impl Into<String>) -> Mend {
    Mend { operation_id, href: href.into() }
}

async fn suspended_key<C: ConnectionTrait>(db: &C, owner: AccountId) -> Result<Mend, Error> {
    let key = security_key::Entity::suspended(owner).order_by_asc(security_key::Column::SuspendedAt).one(db).await?;
    Ok(key.map_or_else(
        || at("list_security_keys", "/v1/security/security-keys"),
        |key| at("delete_security_key", format!("/v1/security/security-keys/{}", key.id)),
    ))
}

async fn idle_session<C: ConnectionTrait>(db: &C, owner: AccountId, day: Day) -> Result<Mend, Error> {
    let idle = idle_sessions(day).filter(session::Column::AccountId.eq(owner));
    let session = idle.order_by_asc(session::Column::LastSeenAt).one(db).await?;
    Ok(session.map_or_else(
        || at("list_sessions", "/v1/security/sessions"),
        |session| at("end_session", format!("/v1/security/sessions/{}", session.id)),
    ))
}

async fn idle_token<C: ConnectionTrait>(db: &C, owner: AccountId, day: Day) -> Result<Mend, Error> {
    let idle = idle_tokens(day.real_now).filter(access_token::Column::AccountId.eq(owner));
    let token = idle.order_by_asc(access_token::Column::CreatedAt).one(db).await?;
    Ok(token.map_or_else(
        || at("list_access_tokens", "/v1/security/access-tokens"),
        |token| at("revoke_access_token", format!("/v1/security/access-tokens/{}", token.id)),
    ))
}

async fn invoice<C: ConnectionTrait>(db: &C, owner: AccountId) -> Result<Mend, Error> {
    // their ids rise with time
    let invoice = unpaid(owner).order_by_asc(invoice_balance::Column::InvoiceId).one(db).await?;
    Ok(invoice.map_or_else(
        || at("list_invoices", "/v1/invoices?status=open&status=past_due"),
        |invoice| at("pay_invoice", format!("/v1/invoices/{}/payment", invoice.invoice_id)),
    ))
}

async fn service<C: ConnectionTrait>(db: &C, owner: AccountId, day: Day) -> Result<Mend, Error> {
    let ending = service::Entity::of(owner).filter(expiring(db, &[owner], day.on).await?);
    let service = ending.order_by_asc(service::Column::ExpiresOn).one(db).await?;
    Ok(service.map_or_else(
        || at("list_services", "/v1/services?sort=expires_on"),
        |service| at("renew_service", format!("/v1/services/{}/renewals", service.id)),
    ))
}

async fn order<C: ConnectionTrait>(db: &C, owner: AccountId) -> Result<Mend, Error> {
    let waiting = waiting_orders().filter(order::Column::AccountId.eq(owner));
    let order = waiting.order_by_asc(order::Column::ExpiresAt).one(db).await?;
    Ok(match order {
        None => at("list_orders", "/v1/orders?status=awaiting_payment&status=documents_requested"),
        Some(order) if order.status == OrderStatus::AwaitingPayment => {
            at("pay_order", format!("/v1/orders/{}/payment", order.id))
        }
        Some(order) => at("get_order_tracking", format!("/v1/orders/{}/tracking", order.id)),
    })
}
