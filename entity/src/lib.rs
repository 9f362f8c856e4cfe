//! The tables of Tacit: columns and owner-scoped finders. No rules, no clock, no hooks.

#![expect(clippy::disallowed_methods, reason = "the model macro writes `begin` for nested saves that nobody calls")]

pub mod access_token;
pub mod account;
pub mod account_closure;
pub mod activity;
pub mod attempt_target;
pub mod cancellation;
pub mod email;
pub mod email_address;
pub mod email_setting;
pub mod event;
pub mod failed_credential;
pub mod former_password;
pub mod idempotency_key;
pub mod invoice;
pub mod invoice_balance;
pub mod invoice_line;
pub mod invoice_series;
pub mod invoice_tax;
pub mod known_device;
pub mod ledger_entry;
pub mod login_throttle;
pub mod milestone;
pub mod one_time_code;
pub mod operation;
pub mod order;
pub mod order_item;
pub mod order_step;
pub mod payment;
pub mod payment_attempt;
pub mod payment_method;
pub mod plan;
pub mod plan_price;
pub mod refresh_token;
pub mod refund;
pub mod scheduler_state;
pub mod schema;
pub mod service;
pub mod service_period;
pub mod service_segment;
pub mod session;
pub mod signing_key;
pub mod test_clock;
pub mod undeliverable_address;
pub mod visitor_request;
