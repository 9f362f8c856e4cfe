//! The account: sign-up, recovery, profile, backup address, closure.

mod activity;
mod backup_email;
mod check_up;
mod check_up_reminder;
mod closure;
mod email;
mod emails;
mod ip_rules;
pub mod mailing;
mod password;
mod phone;
mod profile;
mod reset_password;
mod rules;
mod sign_up;
mod vat_id;
