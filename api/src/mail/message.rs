//! Every mail that the system sends: one variant each, with what it says.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::account::AddressRole;
use domain::calendar::Period;
use domain::money::Money;
use domain::service::DeletionCause;

pub use domain::mailing::Category;

/// What a mail says. Where a variant has a `secret`, the stored text holds a place-holder instead.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the fields are named after what the templates print")]
pub enum Message {
    /// The code that proves the primary address.
    VerifyEmail { secret: String, valid_minutes: u32 },
    /// Somebody signed up with an address that has an account already.
    AlreadyRegistered,
    /// The account is ready.
    Welcome { handle: String },
    /// The token that sets a new password.
    PasswordReset { secret: String, valid_minutes: u32 },
    /// The password was changed.
    PasswordChanged,
    /// A login from a device that was not seen before.
    NewDevice { address: Option<String>, program: Option<String>, at: DateTime<Utc> },
    /// A refresh token came again that was used by somebody else: the session was ended.
    SessionStolen { address: Option<String>, at: DateTime<Utc> },
    /// A personal access token was made.
    AccessTokenAdded { name: String, hint: String, until: DateTime<Utc>, writes: bool },
    /// A personal access token ends in so many days.
    AccessTokenEnds { name: String, hint: String, until: DateTime<Utc>, days: i32 },
    /// The password is off after too many wrong ones.
    PasswordOff,
    /// The rules by address were changed or taken away.
    IpRulesChanged { limited: bool, address: Option<String> },
    /// A second factor was added.
    FactorAdded { name: String },
    /// A second factor was removed; the last one or not.
    FactorRemoved { name: String, last: bool },
    /// A security key was suspended: there seems to be a copy of it, or somebody else may have added it.
    SecurityKeySuspended { name: String, copied: bool },
    /// New backup codes replace those before.
    BackupCodesIssued,
    /// A backup code was used; so many are left.
    BackupCodeUsed { left: u64 },
    /// The code that gives up lost second factors, beside a backup code.
    RecoverFactors { secret: String, valid_minutes: u32 },
    /// Lost second factors are being recovered; with the token that stops it, to the account's own addresses.
    FactorRecovery { secret: Option<String>, until: DateTime<Utc>, over: bool },
    /// That recovery ended: completed, or cancelled.
    RecoveryEnded { completed: bool },
    /// The password was right, the second factor was not.
    SecondFactorRefused { address: Option<String>, at: DateTime<Utc> },
    /// The code that proves a new primary address; sent to that address.
    VerifyNewEmail { secret: String, valid_minutes: u32 },
    /// Another primary address was asked for (masked); with the token that stops it, to the addresses before.
    EmailChangeRequested { address: String, secret: String, until: DateTime<Utc> },
    /// The primary address was changed (masked); with the token that undoes it, to the addresses before.
    EmailChanged { address: String, secret: Option<String>, until: DateTime<Utc> },
    /// A change of an address was stopped, or undone: then the masked address is there again.
    AddressChangeEnded { address: Option<String>, undone: bool, role: AddressRole },
    /// The code that proves a backup address; sent to that address.
    VerifyBackupEmail { secret: String, valid_minutes: u32 },
    /// The backup address was set or removed (masked address, absent when removed); with the token that undoes it.
    BackupEmailChanged { address: Option<String>, secret: Option<String>, until: DateTime<Utc> },
    /// The phone number was set, changed or removed.
    PhoneChanged { number: Option<String> },
    /// The code that proves an extra address, or one whose mails came back; sent to that address.
    VerifyExtraEmail { secret: String, valid_minutes: u32 },
    /// Which addresses receive which mails was changed (masked addresses).
    EmailRoutingChanged { added: Vec<String>, removed: Vec<String> },
    /// An extra address was proven and receives mails now (masked).
    EmailAddressProven { address: String },
    /// The anti-phishing phrase was set or removed.
    PhraseChanged { set: bool },
    /// What the check-up finds essential and missing, in words; how much is in order, in percent.
    CheckUpReminder { missing: Vec<String>, score: u32 },
    /// Mails to an address of the account come back (masked); sent to the others.
    AddressUndeliverable { address: String },
    /// A VAT id is not in the register: VAT is charged.
    VatIdRefused { vat_id: String },
    /// A payment method was added.
    PaymentMethodAdded { label: String, is_default: bool },
    /// A payment method was removed.
    PaymentMethodRemoved { label: String },
    /// An order was placed and waits for its payment.
    OrderPlaced { number: String, gross: Money, pay_before: DateTime<Utc> },
    /// An order was paid; names its invoice.
    OrderPaid { number: String, gross: Money, invoice: String },
    /// What was ordered is available.
    OrderDelivered { number: String, services: Vec<String> },
    /// An order was not paid in time, or was given up.
    OrderEnded { number: String, expired: bool },
    /// An automatic renewal comes: what will be charged, when, on what.
    RenewalNotice { service: String, on: NaiveDate, days: i32, period: Period, gross: Money, method: Option<String> },
    /// A manual service expires: how to renew it, what happens otherwise.
    ExpiryReminder {
        service: String,
        service_id: String,
        on: NaiveDate,
        days: i32,
        period: Period,
        gross: Money,
        delete_on: NaiveDate,
    },
    /// A renewal was paid: the receipt.
    RenewalPaid { service: String, invoice: String, gross: Money, starts_on: NaiveDate, expires_on: NaiveDate },
    /// A renewal charge was declined: what happens next.
    PaymentFailed {
        service: String,
        service_id: String,
        invoice: String,
        gross: Money,
        next_try_on: Option<NaiveDate>,
        suspend_on: NaiveDate,
    },
    /// The gateway wants the customer to confirm a payment.
    PaymentActionRequired { invoice: String, gross: Money, href: String },
    /// An invoice was paid outside a renewal.
    InvoicePaid { invoice: String, gross: Money },
    /// A service was suspended; names the day of its deletion.
    ServiceSuspended { service: String, service_id: String, gross: Money, delete_on: NaiveDate },
    /// A suspended service will be deleted on the day named.
    DeletionWarning { service: String, service_id: String, gross: Money, delete_on: NaiveDate, days: i32 },
    /// A service was paid while suspended and is available again.
    ServiceReactivated { service: String, expires_on: NaiveDate },
    /// A service was deleted, definitively: the receipt.
    ServiceDeleted { service: String, cause: DeletionCause, credit_note: Option<String> },
    /// The renewal mode or period was changed.
    RenewalChanged { service: String, automatic: bool, period: Period, on: NaiveDate },
    /// A cancellation at expiry was asked for: the receipt.
    CancellationScheduled { service: String, service_id: String, on: NaiveDate, revocable_until: Option<DateTime<Utc>> },
    /// A cancellation was taken back.
    CancellationRevoked { service: String, automatic: bool, expires_on: NaiveDate },
    /// The token that confirms an immediate deletion.
    ConfirmDeletion { service: String, service_id: String, secret: String, valid_hours: u32 },
    /// The export of the account's data can be downloaded; how, is in the customer area only.
    ExportReady { requested_at: DateTime<Utc>, until: DateTime<Utc> },
    /// The export of the account's data could not be made.
    ExportFailed { requested_at: DateTime<Utc> },
    /// The token that confirms the closure of the account.
    ConfirmClosure { secret: String, valid_hours: u32 },
    /// The closure is confirmed and can be taken back until the day named.
    ClosureScheduled { on: NaiveDate },
    /// The closure was taken back.
    ClosureRevoked,
    /// Something new stood in the way of the closure.
    ClosureHalted,
    /// The account is closed: what is kept and until when.
    AccountClosed { invoices_kept_until: NaiveDate },
    /// Money that came for something gone was sent back.
    Refunded { invoice: Option<String>, gross: Money, to_balance: bool },
}

impl Message {
    /// For how long it is of use, where all it is for is a code or token that ends. Notices are: whoever reads of a
    /// change late should still read of it.
    #[must_use]
    pub fn useful_for(&self) -> Option<TimeDelta> {
        match self {
            Self::VerifyEmail { valid_minutes, .. }
            | Self::PasswordReset { valid_minutes, .. }
            | Self::RecoverFactors { valid_minutes, .. }
            | Self::VerifyNewEmail { valid_minutes, .. }
            | Self::VerifyBackupEmail { valid_minutes, .. }
            | Self::VerifyExtraEmail { valid_minutes, .. } => Some(TimeDelta::minutes(i64::from(*valid_minutes))),
            Self::ConfirmDeletion { valid_hours, .. } | Self::ConfirmClosure { valid_hours, .. } => {
                Some(TimeDelta::hours(i64::from(*valid_hours)))
            }
            _ => None,
        }
    }

    /// The same message for somebody who may know of it and not act on it.
    #[must_use]
    pub fn without_token(&self) -> Self {
        match self {
            Self::FactorRecovery { until, over, .. } => {
                Self::FactorRecovery { secret: None, until: *until, over: *over }
            }
            other => other.clone(),
        }
    }

    /// What it is about.
    #[must_use]
    pub const fn category(&self) -> Category {
        match self {
            Self::Welcome { .. }
            | Self::CheckUpReminder { .. }
            | Self::ConfirmClosure { .. }
            | Self::ClosureScheduled { .. }
            | Self::ClosureRevoked
            | Self::ClosureHalted
            | Self::VatIdRefused { .. }
            | Self::AccountClosed { .. } => Category::Account,
            Self::VerifyEmail { .. }
            | Self::AlreadyRegistered
            | Self::PasswordReset { .. }
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
            | Self::RecoverFactors { .. }
            | Self::FactorRecovery { .. }
            | Self::RecoveryEnded { .. }
            | Self::PasswordOff
            | Self::IpRulesChanged { .. }
            | Self::VerifyNewEmail { .. }
            | Self::EmailChangeRequested { .. }
            | Self::EmailChanged { .. }
            | Self::AddressChangeEnded { .. }
            | Self::VerifyBackupEmail { .. }
            | Self::BackupEmailChanged { .. }
            | Self::PhoneChanged { .. }
            | Self::VerifyExtraEmail { .. }
            | Self::EmailRoutingChanged { .. }
            | Self::EmailAddressProven { .. }
            | Self::PhraseChanged { .. }
            | Self::ExportReady { .. }
            | Self::ExportFailed { .. }
            | Self::AddressUndeliverable { .. } => Category::Security,
            Self::PaymentMethodAdded { .. }
            | Self::PaymentMethodRemoved { .. }
            | Self::PaymentFailed { .. }
            | Self::PaymentActionRequired { .. }
            | Self::InvoicePaid { .. }
            | Self::Refunded { .. } => Category::Billing,
            Self::OrderPlaced { .. }
            | Self::OrderPaid { .. }
            | Self::OrderDelivered { .. }
            | Self::OrderEnded { .. } => Category::Order,
            Self::RenewalNotice { .. }
            | Self::ExpiryReminder { .. }
            | Self::RenewalPaid { .. }
            | Self::ServiceSuspended { .. }
            | Self::DeletionWarning { .. }
            | Self::ServiceReactivated { .. }
            | Self::ServiceDeleted { .. }
            | Self::RenewalChanged { .. }
            | Self::CancellationScheduled { .. }
            | Self::CancellationRevoked { .. }
            | Self::ConfirmDeletion { .. } => Category::Renewal,
        }
    }

    /// Its name: the kind that the row stores and the file name of its templates.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::VerifyEmail { .. } => "verify_email",
            Self::AlreadyRegistered => "already_registered",
            Self::Welcome { .. } => "welcome",
            Self::PasswordReset { .. } => "password_reset",
            Self::PasswordChanged => "password_changed",
            Self::NewDevice { .. } => "new_device",
            Self::SessionStolen { .. } => "session_stolen",
            Self::AccessTokenAdded { .. } => "access_token_added",
            Self::AccessTokenEnds { .. } => "access_token_ends",
            Self::FactorAdded { .. } => "factor_added",
            Self::FactorRemoved { .. } => "factor_removed",
            Self::SecurityKeySuspended { .. } => "security_key_suspended",
            Self::BackupCodesIssued => "backup_codes_issued",
            Self::BackupCodeUsed { .. } => "backup_code_used",
            Self::RecoverFactors { .. } => "recover_factors",
            Self::FactorRecovery { .. } => "factor_recovery",
            Self::RecoveryEnded { .. } => "recovery_ended",
            Self::SecondFactorRefused { .. } => "second_factor_refused",
            Self::PasswordOff => "password_off",
            Self::IpRulesChanged { .. } => "ip_rules_changed",
            Self::VerifyNewEmail { .. } => "verify_new_email",
            Self::EmailChangeRequested { .. } => "email_change_requested",
            Self::EmailChanged { .. } => "email_changed",
            Self::AddressChangeEnded { .. } => "address_change_ended",
            Self::VerifyBackupEmail { .. } => "verify_backup_email",
            Self::BackupEmailChanged { .. } => "backup_email_changed",
            Self::PhoneChanged { .. } => "phone_changed",
            Self::VerifyExtraEmail { .. } => "verify_extra_email",
            Self::EmailRoutingChanged { .. } => "email_routing_changed",
            Self::EmailAddressProven { .. } => "email_address_proven",
            Self::PhraseChanged { .. } => "phrase_changed",
            Self::CheckUpReminder { .. } => "check_up_reminder",
            Self::AddressUndeliverable { .. } => "address_undeliverable",
            Self::PaymentMethodAdded { .. } => "payment_method_added",
            Self::PaymentMethodRemoved { .. } => "payment_method_removed",
            Self::OrderPlaced { .. } => "order_placed",
            Self::OrderPaid { .. } => "order_paid",
            Self::OrderDelivered { .. } => "order_delivered",
            Self::OrderEnded { .. } => "order_ended",
            Self::RenewalNotice { .. } => "renewal_notice",
            Self::ExpiryReminder { .. } => "expiry_reminder",
            Self::RenewalPaid { .. } => "renewal_paid",
            Self::PaymentFailed { .. } => "payment_failed",
            Self::PaymentActionRequired { .. } => "payment_action_required",
            Self::InvoicePaid { .. } => "invoice_paid",
            Self::ServiceSuspended { .. } => "service_suspended",
            Self::DeletionWarning { .. } => "deletion_warning",
            Self::ServiceReactivated { .. } => "service_reactivated",
            Self::ServiceDeleted { .. } => "service_deleted",
            Self::RenewalChanged { .. } => "renewal_changed",
            Self::CancellationScheduled { .. } => "cancellation_scheduled",
            Self::CancellationRevoked { .. } => "cancellation_revoked",
            Self::ConfirmDeletion { .. } => "confirm_deletion",
            Self::ExportReady { .. } => "export_ready",
            Self::ExportFailed { .. } => "export_failed",
            Self::ConfirmClosure { .. } => "confirm_closure",
            Self::ClosureScheduled { .. } => "closure_scheduled",
            Self::ClosureRevoked => "closure_revoked",
            Self::ClosureHalted => "closure_halted",
            Self::VatIdRefused { .. } => "vat_id_refused",
            Self::AccountClosed { .. } => "account_closed",
            Self::Refunded { .. } => "refunded",
        }
    }
}
