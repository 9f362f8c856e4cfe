//! Every table of which something is handed out, column by column. What is kept as a whole is in
//! [`super::kept`]. A test compares both with the schema: a new table or column needs its line here or there.

use super::book::Row;
use super::row::{Table, Why, document, money, price, tables, who};
use crate::actions::Error;
use domain::authenticity::printed;

tables! {
    account {
        id, handle, email, email_verified_at, contested_at, backup_email, password_changed_at, password_weak_since, kind,
        status, language, currency,
        time_zone, first_name, last_name, organisation, street, postal_code, city, country, phone, phone_verified_at,
        siret, vat_id, vat_id_status,
        ip_rules, balance = money(*balance, currency)?, created_at, closed_at,
    } kept { password_hash: Secret, test_clock_id: Provider, version: Technical }

    account_closure { id, status, requested_at, confirmed_at, effective_on, ended_at } kept { account_id: Elsewhere }

    activity(owner: &str) {
        id, seq, at, kind, actor = who(actor, owner), address, user_agent, request_id, detail,
    } kept { account_id: Elsewhere, chain: Elsewhere, salt: Technical, commitment: Technical, link: Technical }

    event { id, occurred_at, kind, subject, data } kept { account_id: Elsewhere }

    session {
        id, created_at, authenticated_at, factor_at, proven_by, last_seen_at, expires_at, ended_at, address, user_agent,
    } kept { account_id: Elsewhere, seen_token_id: Technical }

    refresh_token {
        id, session_id, parent_id, issued_at, used_at, revoked_at,
    } kept { token_hash: Secret }

    access_token {
        id, name, hint, scopes, ip_ranges, created_at, expires_at, last_used_at, last_address, revoked_at,
    } kept { account_id: Elsewhere, token_hash: Secret }

    one_time_code {
        id, purpose, target, attempts, max_attempts, created_at, expires_at, consumed_at, superseded_at,
    } kept { account_id: Elsewhere, subject_id: Technical, secret_hash: Secret, bound_to: Secret }

    address_change {
        id, role, former_address, new_address, status, requested_at, applied_at, open_until, ended_at,
    } kept { account_id: Elsewhere, sealed_token: Secret, token_hash: Secret }

    totp_device {
        id, name, created_at, activated_at, last_used_at,
    } kept { account_id: Elsewhere, sealed_seed: Secret, last_step: Technical }

    security_key {
        id, name, sign_count, discoverable, synced, created_at, last_used_at, suspended_at,
    } kept { account_id: Elsewhere, credential_hash: Secret, sealed_credential: Secret }

    backup_code { id, created_at, activated_at, used_at } kept { account_id: Elsewhere, code_hash: Secret }

    factor_recovery {
        id, started_at, ready_at, lapses_at, ended_at,
    } kept { account_id: Elsewhere, sealed_token: Secret, token_hash: Secret }

    remembered_device {
        id, address, user_agent, created_at, expires_at, last_used_at,
    } kept { account_id: Elsewhere, token_hash: Secret, bound_to: Secret }

    known_device { id, first_seen_at, last_seen_at } kept { account_id: Elsewhere, device_hash: Secret }

    check_up_reminder { due_at } kept { account_id: Elsewhere }

    email {
        id, service_id, kind, category, language, to_address, subject, state, created_at, due_at, accepted_at, attempts,
        last_error, bounced_at, bounce_kind, bounce_diagnostic, copy_of,
        authenticity_code = authenticity_code.as_deref().map(printed), has_secret, names_on,
    } kept {
        account_id: Elsewhere, text_body: Elsewhere, html_body: Elsewhere, sealed_secret: Secret, cause: Technical,
        boundary: Technical, cycle: Technical, lease_until: Technical, fence: Technical, useful_until: Technical,
    }

    sms {
        id, kind, language, to_number, state, created_at, due_at, accepted_at, attempts, last_error,
    } kept {
        account_id: Elsewhere, body: Technical, sealed_secret: Secret, useful_until: Technical, lease_until: Technical,
        fence: Technical,
    }

    vat_check {
        id, vat_id, checker, status, consultation_number, name, address, created_at, checked_at,
    } kept {
        account_id: Elsewhere, due_at: Technical, attempts: Technical, lease_until: Technical, fence: Technical,
        last_error: Technical,
    }

    email_address { id, address, categories, proven_at, created_at } kept { account_id: Elsewhere }

    email_setting {
        primary_categories, has_addresses, phrase_set_at, check_up_reminder,
    } kept { account_id: Elsewhere, sealed_phrase: Secret }

    undeliverable_address { address, kind, since } kept { account_id: Elsewhere }

    order {
        id, number, status, currency, net = money(*net, currency)?, tax = money(*tax, currency)?,
        gross = money(*gross, currency)?, tax_category, tax_rate, tax_scheme, tax_mention, created_at, expires_at,
        paid_at, delivered_at, invoice_id,
    } kept { account_id: Elsewhere, version: Technical }

    order_item(currency: &str) {
        id, position, plan_id, label, period, renewal_mode, quantity, display_name,
        unit_price = price(*unit_price, currency), net = money(*net, currency)?,
    } kept { order_id: Elsewhere }

    order_step { step, status, at, label_fr, label_en } kept { id: Technical, order_id: Elsewhere }

    service {
        id, plan_id, order_item_id, display_name, status, renewal_mode, period, starts_on, expires_on, retries_stopped,
        suspend_on, suspended_on, delete_on, cancelled_on, deleted_at, deletion_cause, created_at,
    } kept { account_id: Elsewhere, boundary: Technical, cycle: Technical, version: Technical }

    service_period {
        id, state, starts_on, ends_on, invoice_id, payment_id, created_at, boundary,
    } kept { service_id: Elsewhere }

    service_segment { first_boundary, anchor_date, anchor_day, period } kept { service_id: Elsewhere }

    cancellation {
        id, service_id, kind, status, reason, comment, effective_on, requested_at, confirmed_at, ended_at,
    } kept { account_id: Elsewhere }

    milestone {
        id, service_id, kind, state, rule, planned_on, due_at, outcome, created_at, finished_at,
    } kept {
        account_id: Elsewhere, subject_id: Technical, test_clock_id: Provider, rank: Technical,
        occurrence_key: Technical, boundary: Technical, cycle: Technical, step: Technical, run_at: Technical,
        attempts: Technical, lease_until: Technical, fence: Technical, last_error: Technical,
    }

    invoice {
        id = document(*kind, *id), kind, number, series, year, sequence, issued_on, due_on, issued_at, order_id,
        credited_invoice_id, reason, currency, net = money(*net, currency)?, tax = money(*tax, currency)?,
        gross = money(*gross, currency)?, seller, buyer, mention, tax_scheme,
    } kept { account_id: Elsewhere }

    invoice_line(currency: &str) {
        position, label, service_id, quantity, unit_price = price(*unit_price, currency),
        net = money(*net, currency)?, tax_category, tax_rate, starts_on, ends_on, period,
    } kept { invoice_id: Elsewhere }

    invoice_tax(currency: &str) {
        tax_category, tax_rate, base = money(*base, currency)?, tax = money(*tax, currency)?,
    } kept { invoice_id: Elsewhere }

    invoice_balance(currency: &str) {
        status, paid = money(*paid, currency)?, credited = money(*credited, currency)?, due = money(*due, currency)?,
        paid_at,
    } kept { invoice_id: Elsewhere, account_id: Elsewhere, version: Technical }

    payment_method {
        id, kind, gateway, label, status, expires_on, is_default, created_at, removed_at,
    } kept { account_id: Elsewhere, sealed_token: Secret, version: Technical }

    payment {
        id, status, source, payment_method_id, currency, amount = money(*amount, currency)?, purpose, order_id,
        service_id, invoice_id, periods, initiator, created_at, settled_at,
    } kept { account_id: Elsewhere, quote: Elsewhere }

    payment_attempt {
        id, payment_method_id, gateway, status, currency, amount = money(*amount, currency)?, gateway_reference,
        decline_kind, decline_code, created_at, sent_at, resolved_at,
    } kept {
        payment_id: Elsewhere, account_id: Elsewhere, next_action: Secret, step: Technical, checks: Technical,
    }

    refund {
        payment_attempt_id, currency, amount = money(*amount, currency)?, status, reason, created_at, settled_at,
    } kept { id: Technical, account_id: Elsewhere }

    ledger_entry {
        transaction_id, position, ledger, currency, amount = money(*amount, currency)?, invoice_id, payment_id, cause,
        at,
    } kept { account_id: Elsewhere }

    export {
        id, status, requested_at, ready_at, expires_at, ended_at, size, sha256, downloads, last_downloaded_at,
    } kept {
        account_id: Elsewhere, due_at: Technical, attempts: Technical, lease_until: Technical, fence: Technical,
        last_error: Technical, sealed_key: Secret, parts: Technical,
    }
}
