//! The values that the templates print, one list per mail.

use super::message::Message;
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use domain::money::Money;
use minijinja::{Value, context};

/// What stands in stored texts where a secret will be printed.
pub const PLACEHOLDER: &str = "••••";

impl Message {
    /// The code or token that it carries, if any.
    #[must_use]
    pub fn secret(&self) -> Option<&str> {
        match self {
            Self::VerifyEmail { secret, .. }
            | Self::RecoverFactors { secret, .. }
            | Self::PasswordReset { secret, .. }
            | Self::VerifyNewEmail { secret, .. }
            | Self::EmailChangeRequested { secret, .. }
            | Self::VerifyBackupEmail { secret, .. }
            | Self::VerifyExtraEmail { secret, .. }
            | Self::ConfirmDeletion { secret, .. }
            | Self::ConfirmClosure { secret, .. } => Some(secret),
            Self::AlreadyRegistered
            | Self::Welcome { .. }
            | Self::PasswordChanged
            | Self::NewDevice { .. }
            | Self::SessionStolen { .. }
            | Self::AccessTokenAdded { .. }
            | Self::AccessTokenEnds { .. }
            | Self::FactorAdded { .. }
            | Self::FactorRemoved { .. }
            | Self::SecurityKeySuspended { .. }
            | Self::BackupCodesIssued
            | Self::BackupCodeUsed { .. }
            | Self::SecondFactorRefused { .. }
            | Self::RecoveryEnded { .. }
            | Self::PasswordOff
            | Self::IpRulesChanged { .. }
            | Self::AddressChangeEnded { .. }
            | Self::PhoneChanged { .. }
            | Self::EmailRoutingChanged { .. }
            | Self::EmailAddressProven { .. }
            | Self::PhraseChanged { .. }
            | Self::ExportReady { .. }
            | Self::ExportFailed { .. }
            | Self::CheckUpReminder { .. }
            | Self::AddressUndeliverable { .. }
            | Self::PaymentMethodAdded { .. }
            | Self::PaymentMethodRemoved { .. }
            | Self::OrderPlaced { .. }
            | Self::OrderPaid { .. }
            | Self::OrderDelivered { .. }
            | Self::OrderEnded { .. }
            | Self::RenewalNotice { .. }
            | Self::ExpiryReminder { .. }
            | Self::RenewalPaid { .. }
            | Self::PaymentFailed { .. }
            | Self::PaymentActionRequired { .. }
            | Self::InvoicePaid { .. }
            | Self::ServiceSuspended { .. }
            | Self::DeletionWarning { .. }
            | Self::ServiceReactivated { .. }
            | Self::ServiceDeleted { .. }
            | Self::RenewalChanged { .. }
            | Self::CancellationScheduled { .. }
            | Self::CancellationRevoked { .. }
            | Self::ClosureScheduled { .. }
            | Self::ClosureRevoked
            | Self::ClosureHalted
            | Self::VatIdRefused { .. }
            | Self::AccountClosed { .. }
            | Self::Refunded { .. } => None,
            Self::FactorRecovery { secret, .. }
            | Self::EmailChanged { secret, .. }
            | Self::BackupEmailChanged { secret, .. } => secret.as_deref(),
        }
    }

    /// Whether it goes to an address that nobody has proven yet. Such mails print nothing that a
    /// person typed: they are no means of writing to strangers.
    #[must_use]
    pub fn goes_to_a_stranger(&self) -> bool {
        matches!(
            self,
            Self::VerifyEmail { .. }
                | Self::VerifyNewEmail { .. }
                | Self::VerifyBackupEmail { .. }
                | Self::VerifyExtraEmail { .. }
        )
    }

    /// The values of its templates: dates and instants as ISO texts, money as `{amount, currency}`,
    /// and [`PLACEHOLDER`] for the secret.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "one table")]
    pub fn context(&self) -> Value {
        match self {
            Self::FactorAdded { name } => context! { name },
            Self::VatIdRefused { vat_id } => context! { vat_id },
            Self::SecurityKeySuspended { name, copied } => context! { name, copied },
            Self::AccessTokenAdded { name, hint, until, writes } => {
                context! { name, hint, until => instant(*until), writes }
            }
            Self::AccessTokenEnds { name, hint, until, days } => {
                context! { name, hint, until => instant(*until), days }
            }
            Self::FactorRemoved { name, last } => context! { name, last },
            Self::FactorRecovery { secret, until, over } => {
                let secret = secret.as_ref().map(|_| PLACEHOLDER);
                context! { secret, until => instant(*until), over }
            }
            Self::RecoveryEnded { completed } => context! { completed },
            Self::BackupCodeUsed { left } => context! { left },
            Self::SessionStolen { address, at } | Self::SecondFactorRefused { address, at } => {
                context! { address, at => instant(*at) }
            }
            Self::NewDevice { address, program, at } => context! { address, program, at => instant(*at) },
            Self::IpRulesChanged { limited, address } => context! { limited, address },
            Self::PasswordOff
            | Self::BackupCodesIssued
            | Self::AlreadyRegistered
            | Self::PasswordChanged
            | Self::ClosureRevoked
            | Self::ClosureHalted => context! {},
            Self::VerifyEmail { valid_minutes, .. }
            | Self::PasswordReset { valid_minutes, .. }
            | Self::RecoverFactors { valid_minutes, .. }
            | Self::VerifyNewEmail { valid_minutes, .. }
            | Self::VerifyBackupEmail { valid_minutes, .. }
            | Self::VerifyExtraEmail { valid_minutes, .. } => {
                context! { secret => PLACEHOLDER, valid_minutes }
            }
            Self::Welcome { handle } => context! { handle },
            Self::EmailChangeRequested { address, until, .. } => {
                context! { address, secret => PLACEHOLDER, until => instant(*until) }
            }
            Self::EmailChanged { address, secret, until } => changed(Some(address), secret.as_ref(), *until),
            Self::AddressChangeEnded { address, undone, role } => context! { address, undone, role => role.as_str() },
            Self::BackupEmailChanged { address, secret, until } => changed(address.as_ref(), secret.as_ref(), *until),
            Self::PhoneChanged { number } => context! { number },
            Self::EmailRoutingChanged { added, removed } => context! { added, removed },
            Self::EmailAddressProven { address } | Self::AddressUndeliverable { address } => context! { address },
            Self::PhraseChanged { set } => context! { set },
            Self::ExportReady { requested_at, until } => {
                context! { requested_at => instant(*requested_at), until => instant(*until) }
            }
            Self::ExportFailed { requested_at } => context! { requested_at => instant(*requested_at) },
            Self::CheckUpReminder { missing, score } => context! { missing, score },
            Self::ConfirmClosure { valid_hours, .. } => context! { secret => PLACEHOLDER, valid_hours },
            Self::ClosureScheduled { on } => context! { on => date(*on) },
            Self::AccountClosed { invoices_kept_until } => {
                context! { invoices_kept_until => date(*invoices_kept_until) }
            }
            Self::PaymentMethodAdded { label, is_default } => context! { label, is_default },
            Self::PaymentMethodRemoved { label } => context! { label },
            Self::OrderPlaced { number, gross, pay_before } => {
                context! { number, gross => money(*gross), pay_before => instant(*pay_before) }
            }
            Self::OrderPaid { number, gross, invoice } => context! { number, gross => money(*gross), invoice },
            Self::OrderDelivered { number, services } => context! { number, services },
            Self::OrderEnded { number, expired } => context! { number, expired },
            Self::PaymentActionRequired { invoice, gross, href } => {
                context! { invoice, gross => money(*gross), href }
            }
            Self::InvoicePaid { invoice, gross } => context! { invoice, gross => money(*gross) },
            Self::Refunded { invoice, gross, to_balance } => {
                context! { invoice, gross => money(*gross), to_balance }
            }
            Self::RenewalNotice { service, on, days, period, gross, method } => context! {
                service, on => date(*on), days, period => period.as_str(), gross => money(*gross), method,
            },
            Self::ExpiryReminder { service, service_id, on, days, period, gross, delete_on } => context! {
                service, service_id, on => date(*on), days, period => period.as_str(), gross => money(*gross),
                delete_on => date(*delete_on),
            },
            Self::RenewalPaid { service, invoice, gross, starts_on, expires_on } => context! {
                service, invoice, gross => money(*gross), starts_on => date(*starts_on), expires_on => date(*expires_on),
            },
            Self::PaymentFailed { service, service_id, invoice, gross, next_try_on, suspend_on } => context! {
                service, service_id, invoice, gross => money(*gross), next_try_on => next_try_on.map(date),
                suspend_on => date(*suspend_on),
            },
            Self::ServiceSuspended { service, service_id, gross, delete_on } => {
                context! { service, service_id, gross => money(*gross), delete_on => date(*delete_on) }
            }
            Self::DeletionWarning { service, service_id, gross, delete_on, days } => {
                context! { service, service_id, gross => money(*gross), delete_on => date(*delete_on), days }
            }
            Self::ServiceReactivated { service, expires_on } => {
                context! { service, expires_on => date(*expires_on) }
            }
            Self::ServiceDeleted { service, cause, credit_note } => {
                context! { service, cause => cause.as_str(), credit_note }
            }
            Self::RenewalChanged { service, automatic, period, on } => {
                context! { service, automatic, period => period.as_str(), on => date(*on) }
            }
            Self::CancellationScheduled { service, service_id, on, revocable_until } => context! {
                service, service_id, on => date(*on), revocable_until => revocable_until.map(instant),
            },
            Self::CancellationRevoked { service, automatic, expires_on } => {
                context! { service, automatic, expires_on => date(*expires_on) }
            }
            Self::ConfirmDeletion { service, service_id, valid_hours, .. } => {
                context! { service, service_id, secret => PLACEHOLDER, valid_hours }
            }
        }
    }
}

fn date(day: NaiveDate) -> String {
    day.to_string()
}

/// An address that changed, and until when the mail's token undoes it.
fn changed(address: Option<&String>, secret: Option<&String>, until: DateTime<Utc>) -> Value {
    context! { address, secret => secret.map(|_| PLACEHOLDER), until => instant(until) }
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn money(money: Money) -> Value {
    context! { amount => money.to_string(), currency => money.currency().to_string() }
}
