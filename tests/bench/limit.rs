//! The limit of a renewal: the same rows written by the database itself, in one transaction of set-based
//! SQL, with no program around it. The transaction that makes money durable is the same.

use crate::renewals::{due_on, now};
use crate::store::Store;
use house::{On, seed};
use sea_orm::{ConnectOptions, ConnectionTrait, Database};
use std::time::Instant;

/// What the transaction writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    /// Invoices, their lines, their periods.
    Invoices,
    /// All that a renewal writes: VAT, balances, ledger, events and milestones too.
    Everything,
}

/// What the two databases spell differently.
struct Words {
    begin: &'static str,
    uuid: &'static str,
    next_month: &'static str,
    padded: &'static str,
    json: &'static str,
    now: String,
}

impl Words {
    fn of(on: On) -> Self {
        match on {
            On::Sqlite => Self {
                begin: "BEGIN IMMEDIATE",
                uuid: "randomblob(16)",
                next_month: "date(s.expires_on, '+1 month')",
                padded: "printf('%08d', base.last + f.n)",
                json: "json_object('number', f.n, 'gross', i.gross, 'service', hex(f.service_id))",
                now: format!("'{}'", now().format("%Y-%m-%d %H:%M:%S%:z")),
            },
            On::Postgres => Self {
                begin: "BEGIN",
                uuid: "gen_random_uuid()",
                next_month: "(s.expires_on + INTERVAL '1 month')::date",
                padded: "lpad((base.last + f.n)::text, 8, '0')",
                json: "jsonb_build_object('number', f.n, 'gross', i.gross, 'service', f.service_id)",
                now: format!("'{}'::timestamptz", now().to_rfc3339()),
            },
        }
    }

    fn program(&self, rows: Rows) -> String {
        let Self { begin, uuid, next_month, padded, now, .. } = self;
        let invoices = format!(
            "{begin};
            CREATE TEMP TABLE fresh AS SELECT {uuid} AS id, s.id AS service_id, s.account_id, s.boundary, \
                s.expires_on AS starts_on, {next_month} AS ends_on, row_number() OVER (ORDER BY m.id) AS n, \
                m.id AS milestone_id, p.invoice_id AS previous \
                FROM milestone m JOIN service s ON s.id = m.service_id \
                JOIN service_period p ON p.service_id = s.id AND p.boundary = s.boundary - 1 \
                WHERE m.kind = 'renew' AND m.state = 'planned';
            CREATE TEMP TABLE base AS SELECT max(sequence) AS last FROM invoice;
            UPDATE invoice_series SET next = next + (SELECT count(*) FROM fresh);
            INSERT INTO invoice (id, account_id, kind, series, year, sequence, number, issued_on, due_on, issued_at, \
                currency, net, tax, gross, seller, buyer) SELECT f.id, f.account_id, i.kind, i.series, i.year, \
                base.last + f.n, 'LM2026-' || {padded}, f.starts_on, f.starts_on, {now}, i.currency, i.net, i.tax, \
                i.gross, i.seller, i.buyer FROM fresh f JOIN invoice i ON i.id = f.previous CROSS JOIN base;
            INSERT INTO invoice_line SELECT f.id, l.position, l.label, l.service_id, l.quantity, l.unit_price, l.net, \
                l.tax_category, l.tax_rate, f.starts_on, f.ends_on, l.period \
                FROM fresh f JOIN invoice_line l ON l.invoice_id = f.previous;
            INSERT INTO service_period (id, service_id, boundary, state, starts_on, ends_on, invoice_id, created_at) \
                SELECT {uuid}, f.service_id, f.boundary, 'open', f.starts_on, f.ends_on, f.id, {now} FROM fresh f;"
        );
        match rows {
            Rows::Invoices => format!("{invoices} COMMIT;"),
            Rows::Everything => format!("{invoices} {} COMMIT;", self.everything()),
        }
    }

    fn everything(&self) -> String {
        let Self { uuid, json, now, .. } = self;
        format!(
            "CREATE TEMP TABLE booked AS SELECT {uuid} AS id, f.id AS invoice_id FROM fresh f;
            INSERT INTO invoice_tax SELECT f.id, t.tax_category, t.tax_rate, t.base, t.tax \
                FROM fresh f JOIN invoice_tax t ON t.invoice_id = f.previous;
            INSERT INTO invoice_balance (invoice_id, account_id, status, paid, credited, due, version) \
                SELECT i.id, i.account_id, 'open', 0, 0, i.gross, 1 FROM fresh f JOIN invoice i ON i.id = f.id;
            INSERT INTO ledger_entry (transaction_id, position, account_id, ledger, currency, amount, invoice_id, \
                cause, at) SELECT b.id, 0, i.account_id, 'receivable', i.currency, i.gross, i.id, 'invoice_issued', \
                {now} FROM booked b JOIN invoice i ON i.id = b.invoice_id UNION ALL \
                SELECT b.id, 1, i.account_id, 'revenue', i.currency, -i.net, i.id, 'invoice_issued', {now} \
                FROM booked b JOIN invoice i ON i.id = b.invoice_id UNION ALL \
                SELECT b.id, 2, i.account_id, 'tax', i.currency, -i.tax, i.id, 'invoice_issued', {now} \
                FROM booked b JOIN invoice i ON i.id = b.invoice_id;
            INSERT INTO event (id, account_id, occurred_at, kind, subject, data) SELECT {uuid}, f.account_id, {now}, \
                'invoice.issued', i.number, {json} FROM fresh f JOIN invoice i ON i.id = f.id;
            UPDATE milestone SET state = 'done', outcome = 'invoiced', finished_at = {now} \
                WHERE id IN (SELECT milestone_id FROM fresh);"
        )
    }
}

/// Invoices per second.
pub async fn round(on: On, services: usize, rows: Rows) -> f64 {
    let store = Store::new(on).await;
    let app = store.open(now()).await;
    seed::due(&app, services, due_on()).await;
    app.db.close().await;

    let mut options = ConnectOptions::new(&store.url);
    options.max_connections(1).min_connections(1).sqlx_logging(false);
    let db = Database::connect(options).await.unwrap();
    if on == On::Sqlite {
        db.execute_unprepared("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -16000")
            .await
            .unwrap();
    }
    let program = Words::of(on).program(rows);
    let begin = Instant::now();
    db.execute_unprepared(&program).await.unwrap();
    let took = begin.elapsed();
    let counted = db
        .query_one_raw(sea_orm::Statement::from_string(
            db.get_database_backend(),
            "SELECT count(*) AS n FROM service_period WHERE state = 'open'",
        ))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(counted.try_get::<i64>("", "n").unwrap(), i64::try_from(services).unwrap(), "periods opened");
    db.close().await.unwrap();
    store.close().await;
    services as f64 / took.as_secs_f64()
}
