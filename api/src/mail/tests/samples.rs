//! One of each mail, and of each branch of its templates.

use crate::mail::Message;
use chrono::{DateTime, NaiveDate, Utc};
use domain::account::AddressRole;
use domain::calendar::Period;
use domain::money::Money;
use domain::service::DeletionCause;

/// The secret of every sample that has one.
pub const SECRET: &str = "482913-s3cr3t";

pub fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub fn instant(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub fn eur(text: &str) -> Money {
    Money::parse(text, "EUR".parse().unwrap()).unwrap()
}

/// Every mail at least once, each branch of its templates, around a service of this name.
pub fn every_message(name: &str) -> Vec<Message> {
    let mut all = account_messages();
    all.extend(address_messages());
    all.extend(money_messages(name));
    all.extend(renewal_messages(name));
    all.extend(ending_messages(name));
    all
}

fn token_added() -> [Message; 2] {
    let until = instant("2026-05-06T22:30:00Z");
    [true, false].map(|writes| {
        let (name, hint) = ("Backups".to_owned(), "tct_qR5t".to_owned());
        Message::AccessTokenAdded { name, hint, until, writes }
    })
}

fn token_ends(days: i32) -> Message {
    let until = instant("2026-05-06T22:30:00Z");
    Message::AccessTokenEnds { name: "Backups".to_owned(), hint: "tct_qR5t".to_owned(), until, days }
}

fn backup_changed(address: Option<&str>, secret: Option<String>) -> Message {
    let until = instant("2026-02-06T22:30:00Z");
    Message::BackupEmailChanged { address: address.map(str::to_owned), secret, until }
}

fn email_changed(secret: Option<String>) -> Message {
    let until = instant("2026-02-06T22:30:00Z");
    Message::EmailChanged { address: "a•••@example.test".to_owned(), secret, until }
}

fn change_undone(address: Option<&str>, role: AddressRole) -> Message {
    Message::AddressChangeEnded { address: address.map(str::to_owned), undone: true, role }
}

fn address_messages() -> Vec<Message> {
    let (secret, shown) = (|| SECRET.to_owned(), "a•••@example.test");
    let until = instant("2026-02-06T22:30:00Z");
    vec![
        Message::VerifyBackupEmail { secret: secret(), valid_minutes: 15 },
        backup_changed(Some(shown), Some(secret())),
        backup_changed(Some(shown), None),
        backup_changed(None, Some(secret())),
        Message::VerifyNewEmail { secret: secret(), valid_minutes: 30 },
        Message::EmailChangeRequested { address: shown.to_owned(), secret: secret(), until },
        email_changed(Some(secret())),
        email_changed(None),
        Message::AddressChangeEnded { address: Some(shown.to_owned()), undone: false, role: AddressRole::Primary },
        change_undone(Some(shown), AddressRole::Primary),
        change_undone(Some(shown), AddressRole::Backup),
        change_undone(None, AddressRole::Backup),
        Message::PhoneChanged { number: Some("+33•••••••78".to_owned()) },
        Message::PhoneChanged { number: None },
        Message::VerifyExtraEmail { secret: secret(), valid_minutes: 30 },
        Message::EmailRoutingChanged { added: vec![shown.to_owned()], removed: Vec::new() },
        Message::EmailRoutingChanged { added: Vec::new(), removed: vec![shown.to_owned()] },
        Message::EmailAddressProven { address: shown.to_owned() },
        Message::AddressUndeliverable { address: shown.to_owned() },
    ]
}

fn account_messages() -> Vec<Message> {
    let secret = || SECRET.to_owned();
    let [writing, reading] = token_added();
    vec![
        Message::VerifyEmail { secret: secret(), valid_minutes: 15 },
        Message::AlreadyRegistered,
        Message::Welcome { handle: "ab12345-tacit".to_owned() },
        Message::PasswordReset { secret: secret(), valid_minutes: 1 },
        Message::PasswordChanged,
        Message::CheckUpReminder {
            missing: vec!["Without a proven backup address, a lost mailbox means a lost account.".to_owned()],
            score: 73,
        },
        Message::NewDevice {
            address: Some("192.0.2.7".to_owned()),
            program: Some("Firefox, Linux".to_owned()),
            at: instant("2026-02-06T22:30:00Z"),
        },
        Message::SessionStolen { address: Some("203.0.113.7".to_owned()), at: instant("2026-02-06T22:30:00Z") },
        Message::SessionStolen { address: None, at: instant("2026-02-06T22:30:00Z") },
        writing,
        reading,
        token_ends(14),
        token_ends(1),
        Message::FactorAdded { name: "Phone".to_owned() },
        Message::FactorRemoved { name: "Phone".to_owned(), last: true },
        Message::FactorRemoved { name: "Phone".to_owned(), last: false },
        Message::SecurityKeySuspended { name: "Blue key".to_owned(), copied: true },
        Message::SecurityKeySuspended { name: "Blue key".to_owned(), copied: false },
        Message::FactorRecovery { secret: Some(secret()), until: instant("2026-02-06T22:30:00Z"), over: false },
        Message::FactorRecovery { secret: Some(secret()), until: instant("2026-02-06T22:30:00Z"), over: true },
        Message::FactorRecovery { secret: None, until: instant("2026-02-06T22:30:00Z"), over: false },
        Message::RecoverFactors { secret: secret(), valid_minutes: 30 },
        Message::RecoveryEnded { completed: true },
        Message::RecoveryEnded { completed: false },
        Message::BackupCodesIssued,
        Message::BackupCodeUsed { left: 9 },
        Message::BackupCodeUsed { left: 1 },
        Message::BackupCodeUsed { left: 0 },
        Message::SecondFactorRefused { address: Some("203.0.113.7".to_owned()), at: instant("2026-02-06T22:30:00Z") },
        Message::SecondFactorRefused { address: None, at: instant("2026-02-06T22:30:00Z") },
        Message::NewDevice { address: None, program: None, at: instant("2026-02-06T22:30:00Z") },
        Message::PasswordOff,
        Message::IpRulesChanged { limited: true, address: Some("192.0.2.7".to_owned()) },
        Message::IpRulesChanged { limited: false, address: None },
        Message::PhraseChanged { set: true },
        Message::PhraseChanged { set: false },
        Message::ExportReady { requested_at: instant("2026-01-30T09:00:00Z"), until: instant("2026-02-06T09:00:04Z") },
        Message::ExportFailed { requested_at: instant("2026-01-30T09:00:00Z") },
        Message::ConfirmClosure { secret: secret(), valid_hours: 24 },
        Message::ClosureScheduled { on: date("2026-02-06") },
        Message::ClosureRevoked,
        Message::ClosureHalted,
        Message::VatIdRefused { vat_id: "DE136695976".to_owned() },
        Message::AccountClosed { invoices_kept_until: date("2036-12-31") },
    ]
}

fn money_messages(name: &str) -> Vec<Message> {
    let (number, invoice) = ("CO-2026-000001".to_owned(), "FC-2026-000001".to_owned());
    let gross = eur("1234.50");
    vec![
        Message::PaymentMethodAdded { label: "Visa •••• 4242".to_owned(), is_default: true },
        Message::PaymentMethodAdded { label: name.to_owned(), is_default: false },
        Message::PaymentMethodRemoved { label: "Visa •••• 4242".to_owned() },
        Message::OrderPlaced { number: number.clone(), gross, pay_before: instant("2026-02-06T22:30:00Z") },
        Message::OrderPaid { number: number.clone(), gross, invoice: invoice.clone() },
        Message::OrderDelivered { number: number.clone(), services: vec![name.to_owned(), "b".to_owned()] },
        Message::OrderEnded { number: number.clone(), expired: true },
        Message::OrderEnded { number, expired: false },
        Message::PaymentActionRequired {
            invoice: invoice.clone(),
            gross,
            href: "https://bank.example.test/confirm?a=1&b=2".to_owned(),
        },
        Message::InvoicePaid { invoice: invoice.clone(), gross },
        Message::Refunded { invoice: Some(invoice), gross, to_balance: true },
        Message::Refunded { invoice: None, gross, to_balance: false },
    ]
}

fn renewal_messages(name: &str) -> Vec<Message> {
    let (service, service_id) = (name.to_owned(), "svc_01h455vb4pex5vsknk084sn02q".to_owned());
    let (invoice, gross, on) = ("FC-2026-000001".to_owned(), eur("12.00"), date("2026-03-01"));
    let notice = |days, method| Message::RenewalNotice {
        service: name.to_owned(),
        on,
        days,
        period: Period::P1M,
        gross,
        method,
    };
    let failed = |next_try_on| Message::PaymentFailed {
        service: name.to_owned(),
        service_id: service_id.clone(),
        invoice: invoice.clone(),
        gross,
        next_try_on,
        suspend_on: date("2026-03-08"),
    };
    let reminder = |days| Message::ExpiryReminder {
        service: name.to_owned(),
        service_id: service_id.clone(),
        on,
        days,
        period: Period::P1Y,
        gross,
        delete_on: date("2026-03-16"),
    };
    vec![
        notice(3, Some("Visa •••• 4242".to_owned())),
        notice(1, None),
        reminder(1),
        reminder(15),
        Message::RenewalPaid {
            service: service.clone(),
            invoice: invoice.clone(),
            gross,
            starts_on: on,
            expires_on: date("2026-03-31"),
        },
        failed(Some(date("2026-03-02"))),
        failed(None),
        Message::RenewalChanged { service: service.clone(), automatic: true, period: Period::P3M, on },
        Message::RenewalChanged { service, automatic: false, period: Period::P2Y, on },
    ]
}

fn ending_messages(name: &str) -> Vec<Message> {
    let (service, service_id) = (name.to_owned(), "svc_01h455vb4pex5vsknk084sn02q".to_owned());
    let (gross, on) = (eur("12.00"), date("2026-03-16"));
    let cancelled = |revocable_until| Message::CancellationScheduled {
        service: name.to_owned(),
        service_id: service_id.clone(),
        on,
        revocable_until,
    };
    let deleted = |cause| Message::ServiceDeleted {
        service: name.to_owned(),
        cause,
        credit_note: (cause == DeletionCause::NotRenewed).then(|| "AV-2026-000001".to_owned()),
    };
    let mut all = vec![
        Message::ServiceSuspended { service: service.clone(), service_id: service_id.clone(), gross, delete_on: on },
        Message::DeletionWarning {
            service: service.clone(),
            service_id: service_id.clone(),
            gross,
            delete_on: on,
            days: 7,
        },
        Message::ServiceReactivated { service: service.clone(), expires_on: on },
        cancelled(Some(instant("2026-03-14T23:00:00Z"))),
        cancelled(None),
        Message::CancellationRevoked { service: service.clone(), automatic: true, expires_on: on },
        Message::CancellationRevoked { service: service.clone(), automatic: false, expires_on: on },
        Message::ConfirmDeletion {
            service,
            service_id: service_id.clone(),
            secret: SECRET.to_owned(),
            valid_hours: 24,
        },
    ];
    all.extend(DeletionCause::ALL.iter().copied().map(deleted));
    all
}
