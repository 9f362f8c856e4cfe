//! Checks every invariant of the stored data: what must always hold, whatever happened. Reads only.

use crate::actions::Error;
use crate::app::App;
use crate::keys::sealed;
use sea_orm::{FromQueryResult, Statement};

pub mod activity;

/// Something that must never be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which promise is broken.
    pub rule: &'static str,
    /// Where.
    pub detail: String,
}

#[derive(Debug, FromQueryResult)]
struct Row {
    detail: String,
}

/// Each promise with the query that finds where it is broken. The text is the same for SQLite and
/// PostgreSQL; dates are compared as the databases store them.
const RULES: &[(&str, &str)] = &[
    (
        "one charge for each boundary of a service",
        "SELECT CAST(service_id AS TEXT) AS detail FROM service_period WHERE state <> 'void' \
         GROUP BY service_id, boundary HAVING COUNT(*) > 1",
    ),
    (
        "one live attempt for each debt",
        "SELECT CAST(target_id AS TEXT) AS detail FROM attempt_target WHERE live \
         GROUP BY target_id HAVING COUNT(*) > 1",
    ),
    (
        "an attempt is live exactly while its outcome is not final",
        "SELECT CAST(a.id AS TEXT) AS detail FROM payment_attempt a JOIN attempt_target t ON t.attempt_id = a.id \
         WHERE t.live <> (a.status IN ('created', 'sent', 'processing', 'requires_action', 'unknown'))",
    ),
    (
        "a settled period has its paid invoice",
        "SELECT CAST(p.id AS TEXT) AS detail FROM service_period p LEFT JOIN invoice_balance b \
         ON b.invoice_id = p.invoice_id WHERE p.state = 'settled' AND (b.status IS NULL OR b.status <> 'paid')",
    ),
    (
        "the periods before the boundary are settled, none after it is",
        "SELECT CAST(s.id AS TEXT) AS detail FROM service s WHERE s.boundary <> \
         (SELECT COUNT(*) FROM service_period p WHERE p.service_id = s.id AND p.state = 'settled')",
    ),
    (
        "periods follow each other without gap or overlap",
        "SELECT CAST(p.id AS TEXT) AS detail FROM service_period p JOIN service_period n ON n.service_id = p.service_id \
         AND n.boundary = p.boundary + 1 AND n.state = 'settled' WHERE p.state = 'settled' AND p.ends_on <> n.starts_on",
    ),
    (
        "the expiry is the end of the last paid period",
        "SELECT CAST(s.id AS TEXT) AS detail FROM service s JOIN service_period p ON p.service_id = s.id \
         AND p.boundary = s.boundary - 1 AND p.state = 'settled' WHERE s.expires_on IS NOT NULL \
         AND p.ends_on <> s.expires_on",
    ),
    (
        "invoice numbers run from 1 without gap",
        "SELECT series || '-' || CAST(year AS TEXT) AS detail FROM invoice GROUP BY series, year \
         HAVING COUNT(*) <> MAX(sequence) OR MIN(sequence) <> 1",
    ),
    (
        "the next number follows the last one",
        "SELECT s.series || '-' || CAST(s.year AS TEXT) AS detail FROM invoice_series s WHERE s.next <> 1 + \
         (SELECT COUNT(*) FROM invoice i WHERE i.series = s.series AND i.year = s.year)",
    ),
    (
        "issue dates never go back",
        "SELECT b.number AS detail FROM invoice a JOIN invoice b ON a.series = b.series AND a.year = b.year \
         AND b.sequence = a.sequence + 1 WHERE b.issued_on < a.issued_on",
    ),
    (
        "an invoice is paid, credited or due to its last cent",
        "SELECT i.number AS detail FROM invoice i JOIN invoice_balance b ON b.invoice_id = i.id \
         WHERE (b.status <> 'credited' AND b.paid + b.credited + b.due <> i.gross) \
         OR (b.status = 'paid' AND b.due <> 0) OR (b.status = 'credited' AND b.credited <> i.gross)",
    ),
    (
        "lines and taxes sum to the totals",
        "SELECT i.number AS detail FROM invoice i WHERE i.net + i.tax <> i.gross \
         OR i.net <> (SELECT COALESCE(SUM(l.net), 0) FROM invoice_line l WHERE l.invoice_id = i.id) \
         OR i.tax <> (SELECT COALESCE(SUM(t.tax), 0) FROM invoice_tax t WHERE t.invoice_id = i.id)",
    ),
    (
        "each ledger transaction sums to zero",
        "SELECT CAST(transaction_id AS TEXT) AS detail FROM ledger_entry GROUP BY transaction_id, currency \
         HAVING SUM(amount) <> 0",
    ),
    (
        "a balance is what its ledger says, and not negative",
        "SELECT a.handle AS detail FROM account a WHERE a.balance < 0 OR a.balance <> \
         (SELECT COALESCE(-SUM(e.amount), 0) FROM ledger_entry e WHERE e.account_id = a.id AND e.ledger = 'balance')",
    ),
    (
        "what is owed is what the ledger says",
        "SELECT a.handle AS detail FROM account a WHERE \
         (SELECT COALESCE(SUM(b.due), 0) FROM invoice_balance b WHERE b.account_id = a.id) <> \
         (SELECT COALESCE(SUM(e.amount), 0) FROM ledger_entry e WHERE e.account_id = a.id AND e.ledger = 'receivable')",
    ),
    (
        "money received is money booked",
        "SELECT a.handle AS detail FROM account a WHERE \
         (SELECT COALESCE(SUM(t.amount), 0) FROM payment_attempt t WHERE t.account_id = a.id AND t.status = 'succeeded') \
         - (SELECT COALESCE(SUM(r.amount), 0) FROM refund r WHERE r.account_id = a.id AND r.status = 'succeeded') <> \
         (SELECT COALESCE(SUM(e.amount), 0) FROM ledger_entry e WHERE e.account_id = a.id AND e.ledger = 'cash')",
    ),
    (
        "money that pays nothing is on its way back",
        "SELECT a.handle AS detail FROM account a WHERE \
         (SELECT COALESCE(SUM(r.amount), 0) FROM refund r WHERE r.account_id = a.id AND r.status = 'pending') <> \
         (SELECT COALESCE(-SUM(e.amount), 0) FROM ledger_entry e WHERE e.account_id = a.id AND e.ledger = 'unapplied')",
    ),
    (
        "nothing unpaid is deleted without its accepted notices",
        "SELECT CAST(s.id AS TEXT) AS detail FROM service s WHERE s.deletion_cause = 'not_renewed' AND ( \
         NOT EXISTS (SELECT 1 FROM email m WHERE m.service_id = s.id AND m.kind = 'service_suspended' \
         AND m.boundary = s.boundary AND m.accepted_at < s.deleted_at \
         AND (m.state = 'accepted' OR m.bounced_at >= s.deleted_at)) OR \
         NOT EXISTS (SELECT 1 FROM email m WHERE m.service_id = s.id AND m.kind = 'deletion_warning' \
         AND m.boundary = s.boundary AND m.accepted_at < s.deleted_at \
         AND (m.state = 'accepted' OR m.bounced_at >= s.deleted_at)))",
    ),
    (
        "a deleted service has no live attempt, no open period, nothing planned",
        "SELECT CAST(s.id AS TEXT) AS detail FROM service s WHERE s.status = 'deleted' AND ( \
         EXISTS (SELECT 1 FROM attempt_target t WHERE t.target_id = s.id AND t.live) OR \
         EXISTS (SELECT 1 FROM service_period p WHERE p.service_id = s.id AND p.state = 'open') OR \
         EXISTS (SELECT 1 FROM milestone m WHERE m.service_id = s.id AND m.state = 'planned'))",
    ),
    (
        "a live service has something planned, running or parked",
        "SELECT CAST(s.id AS TEXT) AS detail FROM service s WHERE s.status IN ('active', 'past_due', 'suspended') \
         AND NOT EXISTS (SELECT 1 FROM milestone m WHERE m.service_id = s.id \
         AND m.state IN ('planned', 'running', 'parked'))",
    ),
    (
        "an archive that can be downloaded is whole",
        "SELECT CAST(e.id AS TEXT) AS detail FROM export e WHERE e.status = 'ready' AND (e.sealed_key IS NULL \
         OR e.parts <> (SELECT COUNT(*) FROM export_part p WHERE p.export_id = e.id))",
    ),
    (
        "an outcome is awaited by someone",
        "SELECT CAST(a.id AS TEXT) AS detail FROM payment_attempt a WHERE a.status IN \
         ('created', 'sent', 'processing', 'requires_action', 'unknown') AND NOT EXISTS (SELECT 1 FROM milestone m \
         WHERE m.subject_id = a.id AND m.state IN ('planned', 'running', 'parked'))",
    ),
];

/// Checks everything; the violations found, none when all is well.
///
/// # Errors
/// The database's.
pub async fn run(app: &App) -> Result<Vec<Violation>, Error> {
    run_with(app, &activity::Heads::new()).await
}

/// The same, with the heads of the activity log's chains as they were kept at an earlier time.
///
/// # Errors
/// The database's.
pub async fn run_with(app: &App, heads: &activity::Heads) -> Result<Vec<Violation>, Error> {
    let db = &**app.read();
    let mut found = activity::run(app, heads).await?;
    for (rule, query) in RULES {
        let statement = Statement::from_string(db.get_database_backend(), *query);
        for row in Row::find_by_statement(statement).all(db).await? {
            found.push(Violation { rule, detail: row.detail });
        }
    }
    for detail in sealed::of_unknown_keys(app).await? {
        found.push(Violation { rule: "what is sealed names a known key", detail });
    }
    Ok(found)
}

/// How many promises are checked.
#[must_use]
pub const fn rules() -> usize {
    RULES.len() + 2
}
