//! Tables of which nothing is handed out, and why.

use super::row::Why;

/// Each with its reason.
pub const KEPT: &[(&str, Why)] = &[
    // where the chain of activity lines ends
    ("activity_head", Why::Technical),
    // which debts an attempt holds while it has no outcome; the attempt is in payments.json
    ("attempt_target", Why::Technical),
    // the keys of this server
    ("data_key", Why::Secret),
    // archives like this one
    ("export_part", Why::Elsewhere),
    // how many codes may still be tried
    ("factor_guard", Why::Technical),
    // keyed hashes of what somebody typed
    ("failed_credential", Why::Secret),
    // hashes of passwords
    ("former_password", Why::Secret),
    // copies of answers of the last 30 days, whose contents are in the other files
    ("idempotency_key", Why::Elsewhere),
    // the next number of each series of invoices
    ("invoice_series", Why::Provider),
    // what a security key is asked for during a few minutes
    ("key_ceremony", Why::Secret),
    // logins that wait for a second factor during a few minutes
    ("login_challenge", Why::Technical),
    // counters under keyed hashes
    ("login_throttle", Why::Secret),
    // long work of the provider
    ("operation", Why::Provider),
    // the catalogue
    ("plan", Why::Provider),
    ("plan_price", Why::Provider),
    // whether the scheduler runs
    ("scheduler_state", Why::Provider),
    // the keys of this server
    ("signing_key", Why::Secret),
    // clocks of test accounts
    ("test_clock", Why::Provider),
    // what somebody without login asked for, until it is looked into a moment later
    ("visitor_request", Why::Technical),
];
