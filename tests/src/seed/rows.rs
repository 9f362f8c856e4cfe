//! The rows of seeded accounts.

use super::{PERIOD, Shelf, email};
use api::actions::invoice::issue::{self, Draft, DraftLine};
use api::actions::ledger::{self, Ledger, Posting};
use api::actions::service::SETTLED;
use api::actions::{Context, Error, catalog, payment_method};
use api::app::App;
use api::db::Tx;
use chrono::NaiveDate;
use domain::account::{AccountKind, AccountStatus, Language};
use domain::id::{AttemptId, PaymentId, PaymentMethodId, PeriodId};
use domain::money::{Money, Scaled6};
use domain::payment::{AttemptStatus, PaymentMethodStatus, PaymentSource, PaymentStatus};
use domain::service::{RenewalMode, ServiceStatus};
use entity::{
    account, attempt_target, invoice, ledger_entry, payment, payment_attempt, payment_method as methods, service,
    service_period,
};
use sea_orm::ActiveValue::Set;

/// An account and its default method.
pub(super) struct Owner {
    pub account: account::Model,
    pub method: methods::Model,
}

impl Shelf<'_> {
    pub(super) fn owner(&self, cx: &Context<'_>, app: &App, number: u64) -> Owner {
        let account = account::Model {
            id: cx.id(),
            handle: format!("zz{number:05}-tacit"),
            email: Some(email(number)),
            email_verified_at: Some(cx.now),
            contested_at: None,
            backup_email: None,
            password_hash: self.password_hash.clone(),
            password_changed_at: cx.now,
            password_weak_since: None,
            kind: AccountKind::Individual,
            status: AccountStatus::Active,
            language: if number.is_multiple_of(2) { Language::Fr } else { Language::En },
            currency: "EUR".to_owned(),
            time_zone: "Europe/Paris".to_owned(),
            first_name: Some("Ada".to_owned()),
            last_name: Some(format!("Martin {number}")),
            organisation: None,
            street: Some("12 rue des Lilas".to_owned()),
            postal_code: Some("75011".to_owned()),
            city: Some("Paris".to_owned()),
            country: "FR".to_owned(),
            phone: None,
            phone_verified_at: None,
            siret: None,
            vat_id: None,
            vat_id_status: None,
            test_clock_id: None,
            ip_rules: None,
            balance: 0,
            version: 1,
            created_at: cx.now,
            closed_at: None,
        };
        let method = self.method(cx, app, &account);
        Owner { account, method }
    }

    fn method(&self, cx: &Context<'_>, app: &App, owner: &account::Model) -> methods::Model {
        let id: PaymentMethodId = cx.id();
        let token = self.what.token;
        let described = app.gateway.describe(token, app.now()).unwrap();
        methods::Model {
            id,
            account_id: owner.id,
            kind: described.kind,
            gateway: app.gateway.name().to_owned(),
            sealed_token: app.tools.sealer.seal(&*app.tools.entropy, &payment_method::place(id, owner.id), token),
            label: described.label,
            status: PaymentMethodStatus::Valid,
            expires_on: described.expires_on,
            is_default: true,
            version: 1,
            created_at: cx.now,
            removed_at: None,
        }
    }

    pub(super) fn service(&self, cx: &Context<'_>, owner: &account::Model, number: usize) -> service::Model {
        service::Model {
            id: cx.id(),
            account_id: owner.id,
            plan_id: self.plan.id,
            order_item_id: None,
            display_name: format!("vps-{}", number + 1),
            status: ServiceStatus::Active,
            renewal_mode: RenewalMode::Automatic,
            period: PERIOD,
            boundary: 1,
            cycle: 0,
            starts_on: Some(self.starts_on),
            expires_on: Some(self.what.on),
            retries_stopped: false,
            suspend_on: None,
            suspended_on: None,
            delete_on: None,
            cancelled_on: None,
            deleted_at: None,
            deletion_cause: None,
            version: 1,
            created_at: cx.now,
        }
    }

    pub(super) fn draft<'b>(
        &self,
        cx: &Context<'_>,
        owner: &'b account::Model,
        service: &service::Model,
    ) -> Result<Draft<'b>, Error> {
        Ok(Draft {
            account: owner,
            order: None,
            tax: catalog::tax::decide(cx.tools, owner, self.starts_on)?,
            lines: vec![DraftLine {
                label: format!("{} - {}", catalog::name(&self.plan, owner.language), service.display_name),
                service: Some(service.id),
                quantity: Scaled6::ONE,
                unit_price: self.price.unit_price,
                starts_on: Some(self.starts_on),
                ends_on: Some(self.what.on),
                period: PERIOD,
            }],
        })
    }
}

/// What paid first periods leave behind.
#[derive(Default)]
pub(super) struct Paid {
    periods: Vec<service_period::ActiveModel>,
    payments: Vec<payment::ActiveModel>,
    attempts: Vec<payment_attempt::ActiveModel>,
    targets: Vec<attempt_target::ActiveModel>,
    entries: Vec<ledger_entry::ActiveModel>,
}

impl Paid {
    pub(super) fn add(
        &mut self,
        cx: &Context<'_>,
        owner: &Owner,
        (service, starts_on, ends_on): (&service::Model, NaiveDate, NaiveDate),
        invoice: &invoice::Model,
    ) -> Result<(), Error> {
        let (payment, attempt): (PaymentId, AttemptId) = (cx.id(), cx.id());
        self.periods.push(service_period::ActiveModel {
            id: Set(cx.id::<PeriodId>()),
            service_id: Set(service.id),
            boundary: Set(0),
            state: Set(SETTLED.to_owned()),
            starts_on: Set(Some(starts_on)),
            ends_on: Set(Some(ends_on)),
            invoice_id: Set(Some(invoice.id)),
            payment_id: Set(Some(payment)),
            created_at: Set(cx.now),
        });
        self.payments.push(payment::ActiveModel {
            id: Set(payment),
            account_id: Set(owner.account.id),
            status: Set(PaymentStatus::Succeeded),
            source: Set(PaymentSource::Method),
            payment_method_id: Set(Some(owner.method.id)),
            currency: Set(invoice.currency.clone()),
            amount: Set(invoice.gross),
            purpose: Set("order".to_owned()),
            order_id: Set(None),
            service_id: Set(None),
            invoice_id: Set(Some(invoice.id)),
            periods: Set(1),
            initiator: Set("customer".to_owned()),
            quote: Set(None),
            created_at: Set(cx.now),
            settled_at: Set(Some(cx.now)),
        });
        self.attempts.push(payment_attempt::ActiveModel {
            id: Set(attempt),
            payment_id: Set(payment),
            account_id: Set(owner.account.id),
            payment_method_id: Set(owner.method.id),
            gateway: Set(owner.method.gateway.clone()),
            status: Set(AttemptStatus::Succeeded),
            currency: Set(invoice.currency.clone()),
            amount: Set(invoice.gross),
            gateway_reference: Set(Some(format!("seeded_{attempt}"))),
            next_action: Set(None),
            decline_kind: Set(None),
            decline_code: Set(None),
            step: Set(0),
            checks: Set(0),
            created_at: Set(cx.now),
            sent_at: Set(Some(cx.now)),
            resolved_at: Set(Some(cx.now)),
        });
        self.targets.push(attempt_target::ActiveModel {
            attempt_id: Set(attempt),
            target_id: Set(invoice.id.0),
            live: Set(false),
        });
        let gross = Money::from_minor(invoice.gross, api::actions::invoice::currency(&invoice.currency)?);
        self.entries.extend(ledger::rows(
            cx,
            &Posting {
                account: owner.account.id,
                cause: "invoice_paid",
                invoice: Some(invoice.id),
                payment: Some(payment),
                entries: &[(Ledger::Cash, gross), (Ledger::Receivable, gross.negate())],
            },
        )?);
        Ok(())
    }

    pub(super) async fn insert(self, tx: &Tx) -> Result<(), Error> {
        issue::insert_chunks(tx, self.periods).await?;
        issue::insert_chunks(tx, self.payments).await?;
        issue::insert_chunks(tx, self.attempts).await?;
        issue::insert_chunks(tx, self.targets).await?;
        issue::insert_chunks(tx, self.entries).await
    }
}
