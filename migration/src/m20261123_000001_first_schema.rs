//! The first schema.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, boolean, date, date_null, integer, integer_null, json_binary, json_binary_null, small_integer,
    string_len, string_len_null, text, text_null, timestamp_with_time_zone, timestamp_with_time_zone_null, uuid,
    uuid_null,
};

use crate::portable;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for table in tables() {
            m.create_table(table).await?;
        }
        for statement in INDEXES {
            m.get_connection().execute_unprepared(statement).await?;
        }
        for table in ["invoice", "invoice_line", "invoice_tax", "ledger_entry"] {
            portable::refuse_changes(m, table).await?;
        }
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES.iter().rev() {
            m.drop_table(Table::drop().table(*table).if_exists().cascade().to_owned()).await?;
        }
        Ok(())
    }
}

const TABLES: &[&str] = &[
    "test_clock",
    "operation",
    "account",
    "session",
    "refresh_token",
    "access_token",
    "signing_key",
    "one_time_code",
    "activity",
    "event",
    "email",
    "plan",
    "plan_price",
    "order",
    "order_item",
    "order_step",
    "service",
    "service_segment",
    "service_period",
    "milestone",
    "scheduler_state",
    "invoice_series",
    "invoice",
    "invoice_line",
    "invoice_tax",
    "invoice_balance",
    "payment_method",
    "payment",
    "payment_attempt",
    "attempt_target",
    "ledger_entry",
    "refund",
    "cancellation",
    "account_closure",
    "idempotency_key",
];

const INDEXES: &[&str] = &[
    // beside the partial unique ones: SQLite takes those only where a query repeats their condition literally
    "CREATE INDEX ix_account_closure_account_id ON account_closure (account_id)",
    "CREATE INDEX ix_account_created_at_id ON account (created_at, id)",
    "CREATE INDEX ix_account_test_clock_id ON account (test_clock_id)",
    "CREATE INDEX ix_session_account_id_created_at ON session (account_id, created_at)",
    "CREATE INDEX ix_refresh_token_session_id ON refresh_token (session_id)",
    "CREATE INDEX ix_refresh_token_parent_id ON refresh_token (parent_id)",
    "CREATE INDEX ix_one_time_code_account_id_purpose_created_at ON one_time_code (account_id, purpose, created_at)",
    "CREATE INDEX ix_one_time_code_secret_hash ON one_time_code (secret_hash)",
    "CREATE INDEX ix_activity_account_id_at_id ON activity (account_id, at, id)",
    "CREATE INDEX ix_event_account_id_occurred_at_id ON event (account_id, occurred_at, id)",
    "CREATE INDEX ix_email_state_due_at ON email (state, due_at)",
    "CREATE INDEX ix_email_account_id_created_at_id ON email (account_id, created_at, id)",
    "CREATE INDEX ix_email_service_id_kind ON email (service_id, kind)",
    "CREATE UNIQUE INDEX ux_plan_code_version ON plan (code, version)",
    "CREATE UNIQUE INDEX ux_plan_code_part ON plan (code) WHERE is_current",
    "CREATE INDEX ix_order_account_id_created_at_id ON \"order\" (account_id, created_at, id)",
    "CREATE INDEX ix_order_account_id_status ON \"order\" (account_id, status)",
    "CREATE UNIQUE INDEX ux_order_item_order_id_position ON order_item (order_id, position)",
    "CREATE INDEX ix_order_step_order_id_at_id ON order_step (order_id, at, id)",
    "CREATE INDEX ix_service_account_id_created_at_id ON service (account_id, created_at, id)",
    "CREATE INDEX ix_service_account_id_expires_on_id ON service (account_id, expires_on, id)",
    "CREATE INDEX ix_service_account_id_status ON service (account_id, status)",
    "CREATE UNIQUE INDEX ux_service_period_service_id_boundary_part ON service_period (service_id, boundary) WHERE state <> 'void'",
    // SQLite uses a partial index only where the statement spells its condition out, not for bound values:
    // what is looked up on every charge has a whole one beside it
    "CREATE INDEX ix_service_period_service_id_boundary ON service_period (service_id, boundary)",
    "CREATE INDEX ix_service_period_invoice_id ON service_period (invoice_id)",
    "CREATE INDEX ix_service_period_payment_id ON service_period (payment_id)",
    "CREATE UNIQUE INDEX ux_milestone_occurrence_key_part ON milestone (occurrence_key) WHERE state <> 'dropped'",
    "CREATE INDEX ix_milestone_run_at_rank_id_part ON milestone (run_at, rank, id) WHERE state = 'planned' AND test_clock_id IS NULL",
    "CREATE INDEX ix_milestone_test_clock_id_run_at_rank_id_part ON milestone (test_clock_id, run_at, rank, id) WHERE state = 'planned' AND test_clock_id IS NOT NULL",
    "CREATE INDEX ix_milestone_lease_until_part ON milestone (lease_until) WHERE state = 'running'",
    "CREATE INDEX ix_milestone_service_id_due_at ON milestone (service_id, due_at)",
    "CREATE INDEX ix_milestone_account_id_due_at ON milestone (account_id, due_at)",
    "CREATE INDEX ix_milestone_subject_id ON milestone (subject_id)",
    // no index begins with the state: SQLite would take it for every statement that names one, and read all
    // that is planned
    "CREATE INDEX ix_milestone_due_at_id ON milestone (due_at, id)",
    "CREATE INDEX ix_milestone_due_at_part ON milestone (due_at) WHERE state = 'parked'",
    "CREATE UNIQUE INDEX ux_invoice_series_year_sequence ON invoice (series, year, sequence)",
    "CREATE INDEX ix_invoice_account_id_issued_on_id ON invoice (account_id, issued_on, id)",
    "CREATE INDEX ix_invoice_credited_invoice_id ON invoice (credited_invoice_id)",
    "CREATE INDEX ix_invoice_order_id ON invoice (order_id)",
    "CREATE INDEX ix_invoice_line_service_id ON invoice_line (service_id)",
    "CREATE INDEX ix_invoice_balance_account_id_status ON invoice_balance (account_id, status)",
    "CREATE INDEX ix_payment_method_account_id_created_at_id ON payment_method (account_id, created_at, id)",
    "CREATE UNIQUE INDEX ux_payment_method_account_id_part ON payment_method (account_id) WHERE is_default",
    "CREATE INDEX ix_payment_account_id_created_at_id ON payment (account_id, created_at, id)",
    "CREATE INDEX ix_payment_invoice_id ON payment (invoice_id)",
    "CREATE INDEX ix_payment_order_id ON payment (order_id)",
    "CREATE INDEX ix_payment_service_id ON payment (service_id)",
    "CREATE INDEX ix_payment_attempt_payment_id ON payment_attempt (payment_id)",
    "CREATE INDEX ix_payment_attempt_status_created_at ON payment_attempt (status, created_at)",
    "CREATE UNIQUE INDEX ux_attempt_target_target_id_part ON attempt_target (target_id) WHERE live",
    "CREATE INDEX ix_attempt_target_target_id ON attempt_target (target_id)",
    "CREATE INDEX ix_ledger_entry_account_id_at ON ledger_entry (account_id, at)",
    "CREATE INDEX ix_ledger_entry_ledger_currency ON ledger_entry (ledger, currency)",
    "CREATE UNIQUE INDEX ux_refund_payment_attempt_id_reason ON refund (payment_attempt_id, reason)",
    "CREATE INDEX ix_refund_status ON refund (status)",
    "CREATE UNIQUE INDEX ux_cancellation_service_id_kind_part ON cancellation (service_id, kind) WHERE status IN ('awaiting_confirmation', 'scheduled')",
    "CREATE INDEX ix_cancellation_account_id_requested_at_id ON cancellation (account_id, requested_at, id)",
    "CREATE INDEX ix_cancellation_service_id ON cancellation (service_id)",
    "CREATE UNIQUE INDEX ux_account_closure_account_id_part ON account_closure (account_id) WHERE status IN ('awaiting_confirmation', 'cooling_off')",
    "CREATE INDEX ix_idempotency_key_created_at ON idempotency_key (created_at)",
];

fn tables() -> Vec<TableCreateStatement> {
    vec![
        test_clock(),
        operation(),
        account(),
        session(),
        refresh_token(),
        access_token(),
        signing_key(),
        one_time_code(),
        activity(),
        event(),
        email(),
        plan(),
        plan_price(),
        order(),
        order_item(),
        order_step(),
        service(),
        service_segment(),
        service_period(),
        milestone(),
        scheduler_state(),
        invoice_series(),
        invoice(),
        invoice_line(),
        invoice_tax(),
        invoice_balance(),
        payment_method(),
        payment(),
        payment_attempt(),
        attempt_target(),
        ledger_entry(),
        refund(),
        cancellation(),
        account_closure(),
        idempotency_key(),
    ]
}

/// Clocks that an operator moves, for accounts that are attached to them.
fn test_clock() -> TableCreateStatement {
    Table::create()
        .table("test_clock")
        .col(uuid("id").primary_key().to_owned())
        .col(string_len("name", 64))
        .col(big_integer("serial").unique_key().to_owned())
        .col(timestamp_with_time_zone("now"))
        .col(timestamp_with_time_zone_null("target"))
        .col(uuid_null("operation_id"))
        .col(timestamp_with_time_zone_null("lease_until"))
        .col(timestamp_with_time_zone("created_at"))
        .to_owned()
}

/// Long-running operations and their progress.
fn operation() -> TableCreateStatement {
    Table::create()
        .table("operation")
        .col(uuid("id").primary_key().to_owned())
        .col(string_len("kind", 32))
        .col(string_len("status", 16))
        .col(integer("progress"))
        .col(text_null("detail"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("finished_at"))
        .to_owned()
}

/// Customer accounts.
fn account() -> TableCreateStatement {
    Table::create()
        .table("account")
        .col(uuid("id").primary_key().to_owned())
        .col(string_len("handle", 32).unique_key().to_owned())
        .col(string_len_null("email", 254).unique_key().to_owned())
        .col(timestamp_with_time_zone_null("email_verified_at"))
        .col(string_len_null("backup_email", 254))
        .col(text("password_hash"))
        .col(timestamp_with_time_zone("password_changed_at"))
        .col(string_len("kind", 16))
        .col(string_len("status", 16))
        .col(string_len("language", 2))
        .col(string_len("currency", 3))
        .col(string_len("time_zone", 48))
        .col(string_len_null("first_name", 100))
        .col(string_len_null("last_name", 100))
        .col(string_len_null("organisation", 200))
        .col(string_len_null("street", 200))
        .col(string_len_null("postal_code", 20))
        .col(string_len_null("city", 100))
        .col(string_len("country", 2))
        .col(string_len_null("phone", 20))
        .col(string_len_null("siret", 14))
        .col(string_len_null("vat_id", 20))
        .col(uuid_null("test_clock_id"))
        .col(big_integer("balance"))
        .col(big_integer("version"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("closed_at"))
        .foreign_key(
            ForeignKey::create()
                .from("account", "test_clock_id")
                .to("test_clock", "id")
                .on_delete(ForeignKeyAction::Restrict),
        )
        .check(Expr::col("balance").gte(0))
        .to_owned()
}

/// Login sessions.
fn session() -> TableCreateStatement {
    Table::create()
        .table("session")
        .col(uuid("id").primary_key().to_owned())
        .col(uuid("account_id"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("authenticated_at"))
        .col(timestamp_with_time_zone("last_seen_at"))
        .col(timestamp_with_time_zone("expires_at"))
        .col(timestamp_with_time_zone_null("ended_at"))
        .col(string_len_null("address", 45))
        .col(string_len_null("user_agent", 255))
        .foreign_key(
            ForeignKey::create()
                .from("session", "account_id")
                .to("account", "id")
                .on_delete(ForeignKeyAction::Restrict),
        )
        .to_owned()
}

/// The chain of refresh tokens of a session.
fn refresh_token() -> TableCreateStatement {
    Table::create()
        .table("refresh_token")
        .col(uuid("id").primary_key().to_owned())
        .col(uuid("session_id"))
        .col(string_len("token_hash", 64).unique_key().to_owned())
        .col(uuid_null("parent_id"))
        .col(timestamp_with_time_zone("issued_at"))
        .col(timestamp_with_time_zone_null("used_at"))
        .col(timestamp_with_time_zone_null("revoked_at"))
        .foreign_key(
            ForeignKey::create()
                .from("refresh_token", "session_id")
                .to("session", "id")
                .on_delete(ForeignKeyAction::Restrict),
        )
        .to_owned()
}

/// Tokens of operators (no account) and, later, of customers.
fn access_token() -> TableCreateStatement {
    Table::create()
        .table("access_token")
        .col(uuid("id").primary_key().to_owned())
        .col(uuid_null("account_id"))
        .col(string_len("name", 64))
        .col(string_len("token_hash", 64).unique_key().to_owned())
        .col(text("scopes"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("expires_at"))
        .col(timestamp_with_time_zone_null("last_used_at"))
        .col(timestamp_with_time_zone_null("revoked_at"))
        .foreign_key(
            ForeignKey::create()
                .from("access_token", "account_id")
                .to("account", "id")
                .on_delete(ForeignKeyAction::Restrict),
        )
        .to_owned()
}

/// Keys that sign access tokens; the private half is sealed.
fn signing_key() -> TableCreateStatement {
    Table::create()
        .table("signing_key")
        .col(string_len("id", 64).primary_key().to_owned())
        .col(text("sealed_private_key"))
        .col(text("public_key"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("retired_at"))
        .to_owned()
}

/// Mailed codes and tokens, stored as keyed hashes.
fn one_time_code() -> TableCreateStatement {
    Table::create()
        .table("one_time_code")
        .col(uuid("id").primary_key().to_owned())
        .col(uuid("account_id"))
        .col(string_len("purpose", 32))
        .col(uuid_null("subject_id"))
        .col(string_len_null("target", 254))
        .col(string_len("secret_hash", 64))
        .col(string_len_null("bound_to", 64))
        .col(integer("attempts"))
        .col(integer("max_attempts"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("expires_at"))
        .col(timestamp_with_time_zone_null("consumed_at"))
        .col(timestamp_with_time_zone_null("superseded_at"))
        .foreign_key(
            ForeignKey::create()
                .from("one_time_code", "account_id")
                .to("account", "id")
                .on_delete(ForeignKeyAction::Restrict),
        )
        .to_owned()
}

/// What happened to an account and who did it.
fn activity() -> TableCreateStatement {
    Table::create()
        .table("activity")
        .col(uuid("id").primary_key().to_owned())
        .col(uuid_null("account_id"))
        .col(timestamp_with_time_zone("at"))
        .col(string_len("kind", 64))
        .col(string_len("actor", 64))
        .col(string_len_null("address", 45))
        .col(string_len_null("request_id", 64))
        .col(json_binary_null("detail"))
        .foreign_key(
            ForeignKey::create()
                .from("activity", "account_id")
                .to("account", "id")
                .on_delete(ForeignKeyAction::Restrict),
        )
        .to_owned()
}

/// The event log, in the order in which integrators read it.
fn event() -> TableCreateStatement {
    Table::create()
        .table("event")
        .col(uuid("id").primary_key().to_owned())
        .col(uuid_null("account_id"))
        .col(timestamp_with_time_zone("occurred_at"))
        .col(string_len("kind", 64))
        .col(string_len("subject", 64))
        .col(json_binary("data"))
        .foreign_key(
            ForeignKey::create().from("event", "account_id").to("account", "id").on_delete(ForeignKeyAction::Restrict),
        )
        .to_owned()
}

/// Service e-mails: stored in the transaction that causes them, delivered later.
fn email() -> TableCreateStatement {
    Table::create()
        .table("email")
        .col(uuid("id").primary_key().to_owned())
        .col(uuid_null("account_id"))
        .col(uuid_null("service_id"))
        .col(string_len("kind", 48))
        .col(string_len("category", 16))
        .col(string_len("language", 2))
        .col(string_len("to_address", 254))
        .col(string_len("subject", 255))
        .col(text("text_body"))
        .col(text("html_body"))
        .col(text_null("sealed_secret"))
        .col(string_len("cause", 160).unique_key().to_owned())
        .col(integer_null("boundary"))
        .col(integer_null("cycle"))
        .col(date_null("names_on"))
        .col(string_len("state", 16))
        .col(integer("attempts"))
        .col(timestamp_with_time_zone("due_at"))
        .col(timestamp_with_time_zone_null("lease_until"))
        .col(big_integer("fence"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("accepted_at"))
        .col(text_null("last_error"))
        .foreign_key(
            ForeignKey::create().from("email", "account_id").to("account", "id").on_delete(ForeignKeyAction::Restrict),
        )
        .to_owned()
}

/// Versions of the plans on sale.
fn plan() -> TableCreateStatement {
    Table::create()
        .table("plan")
        .col(uuid("id").primary_key().to_owned())
        .col(string_len("code", 48))
        .col(integer("version"))
        .col(boolean("is_current"))
        .col(string_len("kind", 32))
        .col(string_len("name_fr", 120))
        .col(string_len("name_en", 120))
        .col(text("description_fr"))
        .col(text("description_en"))
        .col(string_len("tax_category", 4))
        .col(string_len("delivery", 16))
        .col(json_binary("policy"))
        .col(timestamp_with_time_zone("created_at"))
        .to_owned()
}

/// The price of a plan for a period, net of tax.
fn plan_price() -> TableCreateStatement {
    Table::create()
        .table("plan_price")
        .col(uuid("plan_id"))
        .col(string_len("period", 3))
        .col(string_len("currency", 3))
        .col(big_integer("unit_price"))
        .primary_key(Index::create().col("plan_id").col("period"))
        .foreign_key(
            ForeignKey::create().from("plan_price", "plan_id").to("plan", "id").on_delete(ForeignKeyAction::Restrict),
        )
        .to_owned()
}

/// Orders.
fn order() -> TableCreateStatement {
    Table::create()
        .table("order")
        .col(uuid("id").primary_key().to_owned())
        .col(uuid("account_id"))
        .col(string_len("number", 24).unique_key().to_owned())
        .col(string_len("status", 24))
        .col(string_len("currency", 3))
        .col(big_integer("net"))
        .col(big_integer("tax"))
        .col(big_integer("gross"))
        .col(string_len("tax_category", 4))
        .col(big_integer("tax_rate"))
        .col(big_integer("version"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("expires_at"))
        .col(timestamp_with_time_zone_null("paid_at"))
        .col(timestamp_with_time_zone_null("delivered_at"))
        .col(uuid_null("invoice_id"))
        .foreign_key(
            ForeignKey::create().from("order", "account_id").to("account", "id").on_delete(ForeignKeyAction::Restrict),
        )
        .check(Expr::col("net").gte(0))
        .check(Expr::col("tax").gte(0))
        .check(Expr::col("gross").gte(0))
        .to_owned()
}

/// The lines of orders, at the prices of the catalogue version quoted.
fn order_item() -> TableCreateStatement {
    Table::create()
        .table("order_item")
        .col(uuid("id").primary_key().to_owned())
        .col(uuid("order_id"))
        .col(integer("position"))
        .col(uuid("plan_id"))
        .col(string_len("label", 255))
        .col(string_len("period", 3))
        .col(string_len("renewal_mode", 16))
        .col(integer("quantity"))
        .col(string_len_null("display_name", 100))
        .col(big_integer("unit_price"))
        .col(big_integer("net"))
        .foreign_key(
            ForeignKey::create().from("order_item", "order_id").to("order", "id").on_delete(ForeignKeyAction::Restrict),
        )
        .foreign_key(
            ForeignKey::create().from("order_item", "plan_id").to("plan", "id").on_delete(ForeignKeyAction::Restrict),
        )
        .check(Expr::col("net").gte(0))
        .to_owned()
}

/// The dated history of an order's tracking steps.
fn order_step() -> TableCreateStatement {
    Table::create()
        .table("order_step")
        .col(uuid("id").primary_key().to_owned())
        .col(uuid("order_id"))
        .col(string_len("step", 16))
        .col(string_len("status", 8))
        .col(timestamp_with_time_zone("at"))
        .col(string_len("label_fr", 255))
        .col(string_len("label_en", 255))
        .foreign_key(
            ForeignKey::create().from("order_step", "order_id").to("order", "id").on_delete(ForeignKeyAction::Restrict),
        )
        .to_owned()
}

/// Services.
fn service() -> TableCreateStatement {
    Table::create()
        .table("service")
        .col(uuid("id").primary_key().to_owned())
        .col(uuid("account_id"))
        .col(uuid("plan_id"))
        .col(uuid_null("order_item_id"))
        .col(string_len("display_name", 100))
        .col(string_len("status", 16))
        .col(string_len("renewal_mode", 16))
        .col(string_len("period", 3))
        .col(integer("boundary"))
        .col(integer("cycle"))
        .col(date_null("starts_on"))
        .col(date_null("expires_on"))
        .col(boolean("retries_stopped"))
        .col(date_null("suspend_on"))
        .col(date_null("suspended_on"))
        .col(date_null("delete_on"))
        .col(date_null("cancelled_on"))
        .col(timestamp_with_time_zone_null("deleted_at"))
        .col(string_len_null("deletion_cause", 24))
        .col(big_integer("version"))
        .col(timestamp_with_time_zone("created_at"))
        .foreign_key(
            ForeignKey::create()
                .from("service", "account_id")
                .to("account", "id")
                .on_delete(ForeignKeyAction::Restrict),
        )
        .foreign_key(
            ForeignKey::create().from("service", "plan_id").to("plan", "id").on_delete(ForeignKeyAction::Restrict),
        )
        .foreign_key(
            ForeignKey::create()
                .from("service", "order_item_id")
                .to("order_item", "id")
                .on_delete(ForeignKeyAction::Restrict),
        )
        .check(Expr::col("boundary").gte(0))
        .check(Expr::col("cycle").gte(0))
        .to_owned()
}

/// Anchor segments: which boundary falls on which day.
fn service_segment() -> TableCreateStatement {
    Table::create()
        .table("service_segment")
        .col(uuid("service_id"))
        .col(integer("first_boundary"))
        .col(date("anchor_date"))
        .col(integer("anchor_day"))
        .col(string_len("period", 3))
        .primary_key(Index::create().col("service_id").col("first_boundary"))
        .foreign_key(
            ForeignKey::create()
                .from("service_segment", "service_id")
                .to("service", "id")
                .on_delete(ForeignKeyAction::Restrict),
        )
        .to_owned()
}

/// Periods of services. One per service and boundary while open or settled.
fn service_period() -> TableCreateStatement {
    Table::create()
        .table("service_period")
        .col(uuid("id").primary_key().to_owned())
        .col(uuid("service_id"))
        .col(integer("boundary"))
        .col(string_len("state", 8))
        .col(date_null("starts_on"))
        .col(date_null("ends_on"))
        .col(uuid_null("invoice_id"))
        .col(uuid_null("payment_id"))
        .col(timestamp_with_time_zone("created_at"))
        .foreign_key(
            ForeignKey::create()
                .from("service_period", "service_id")
                .to("service", "id")
                .on_delete(ForeignKeyAction::Restrict),
        )
        .check(Expr::col("boundary").gte(0))
        .to_owned()
}

/// Everything that will happen, and what became of it.
fn milestone() -> TableCreateStatement {
    Table::create()
        .table("milestone")
        .col(uuid("id").primary_key().to_owned())
        .col(uuid("account_id"))
        .col(uuid_null("service_id"))
        .col(uuid_null("subject_id"))
        .col(uuid_null("test_clock_id"))
        .col(string_len("kind", 24))
        .col(small_integer("rank"))
        .col(string_len("state", 8))
        .col(string_len("rule", 32))
        .col(string_len("occurrence_key", 160))
        .col(integer("boundary"))
        .col(integer("cycle"))
        .col(integer("step"))
        .col(date("planned_on"))
        .col(timestamp_with_time_zone("due_at"))
        .col(timestamp_with_time_zone("run_at"))
        .col(integer("attempts"))
        .col(timestamp_with_time_zone_null("lease_until"))
        .col(big_integer("fence"))
        .col(string_len_null("outcome", 64))
        .col(text_null("last_error"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("finished_at"))
        .foreign_key(
            ForeignKey::create()
                .from("milestone", "account_id")
                .to("account", "id")
                .on_delete(ForeignKeyAction::Restrict),
        )
        .foreign_key(
            ForeignKey::create()
                .from("milestone", "service_id")
                .to("service", "id")
                .on_delete(ForeignKeyAction::Restrict),
        )
        .foreign_key(
            ForeignKey::create()
                .from("milestone", "test_clock_id")
                .to("test_clock", "id")
                .on_delete(ForeignKeyAction::Restrict),
        )
        .to_owned()
}

/// One row: what the scheduler is allowed to do and when it was last alive.
fn scheduler_state() -> TableCreateStatement {
    Table::create()
        .table("scheduler_state")
        .col(integer("id").primary_key().to_owned())
        .col(boolean("renewals_paused"))
        .col(text_null("pause_reason"))
        .col(timestamp_with_time_zone_null("released_at"))
        .col(timestamp_with_time_zone_null("last_tick_at"))
        .to_owned()
}

/// The next number of each series and year; locked last.
fn invoice_series() -> TableCreateStatement {
    Table::create()
        .table("invoice_series")
        .col(string_len("series", 16))
        .col(integer("year"))
        .col(big_integer("next"))
        .col(date("last_issued_on"))
        .primary_key(Index::create().col("series").col("year"))
        .to_owned()
}

/// Issued invoices and credit notes. A row never changes.
fn invoice() -> TableCreateStatement {
    Table::create()
        .table("invoice")
        .col(uuid("id").primary_key().to_owned())
        .col(uuid("account_id"))
        .col(string_len("kind", 16))
        .col(string_len("series", 16))
        .col(integer("year"))
        .col(big_integer("sequence"))
        .col(string_len("number", 35).unique_key().to_owned())
        .col(date("issued_on"))
        .col(date("due_on"))
        .col(timestamp_with_time_zone("issued_at"))
        .col(uuid_null("order_id"))
        .col(uuid_null("credited_invoice_id"))
        .col(string_len_null("reason", 64))
        .col(string_len("currency", 3))
        .col(big_integer("net"))
        .col(big_integer("tax"))
        .col(big_integer("gross"))
        .col(json_binary("seller"))
        .col(json_binary("buyer"))
        .col(string_len_null("mention", 255))
        .foreign_key(
            ForeignKey::create()
                .from("invoice", "account_id")
                .to("account", "id")
                .on_delete(ForeignKeyAction::Restrict),
        )
        .to_owned()
}

/// Lines of issued documents.
fn invoice_line() -> TableCreateStatement {
    Table::create()
        .table("invoice_line")
        .col(uuid("invoice_id"))
        .col(integer("position"))
        .col(string_len("label", 255))
        .col(uuid_null("service_id"))
        .col(big_integer("quantity"))
        .col(big_integer("unit_price"))
        .col(big_integer("net"))
        .col(string_len("tax_category", 4))
        .col(big_integer("tax_rate"))
        .col(date_null("starts_on"))
        .col(date_null("ends_on"))
        .col(string_len_null("period", 3))
        .primary_key(Index::create().col("invoice_id").col("position"))
        .foreign_key(
            ForeignKey::create()
                .from("invoice_line", "invoice_id")
                .to("invoice", "id")
                .on_delete(ForeignKeyAction::Restrict),
        )
        .to_owned()
}

/// VAT of issued documents per category and rate, on the summed base.
fn invoice_tax() -> TableCreateStatement {
    Table::create()
        .table("invoice_tax")
        .col(uuid("invoice_id"))
        .col(string_len("tax_category", 4))
        .col(big_integer("tax_rate"))
        .col(big_integer("base"))
        .col(big_integer("tax"))
        .primary_key(Index::create().col("invoice_id").col("tax_category").col("tax_rate"))
        .foreign_key(
            ForeignKey::create()
                .from("invoice_tax", "invoice_id")
                .to("invoice", "id")
                .on_delete(ForeignKeyAction::Restrict),
        )
        .to_owned()
}

/// What changes after the issue of an invoice: how much of it is paid or credited.
fn invoice_balance() -> TableCreateStatement {
    Table::create()
        .table("invoice_balance")
        .col(uuid("invoice_id").primary_key().to_owned())
        .col(uuid("account_id"))
        .col(string_len("status", 16))
        .col(big_integer("paid"))
        .col(big_integer("credited"))
        .col(big_integer("due"))
        .col(timestamp_with_time_zone_null("paid_at"))
        .col(big_integer("version"))
        .foreign_key(
            ForeignKey::create()
                .from("invoice_balance", "invoice_id")
                .to("invoice", "id")
                .on_delete(ForeignKeyAction::Restrict),
        )
        .foreign_key(
            ForeignKey::create()
                .from("invoice_balance", "account_id")
                .to("account", "id")
                .on_delete(ForeignKeyAction::Restrict),
        )
        .check(Expr::col("paid").gte(0))
        .check(Expr::col("credited").gte(0))
        .check(Expr::col("due").gte(0))
        .to_owned()
}

/// Payment methods: gateway tokens, never card numbers.
fn payment_method() -> TableCreateStatement {
    Table::create()
        .table("payment_method")
        .col(uuid("id").primary_key().to_owned())
        .col(uuid("account_id"))
        .col(string_len("kind", 16))
        .col(string_len("gateway", 16))
        .col(text("sealed_token"))
        .col(string_len("label", 64))
        .col(string_len("status", 16))
        .col(date_null("expires_on"))
        .col(boolean("is_default"))
        .col(big_integer("version"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("removed_at"))
        .foreign_key(
            ForeignKey::create()
                .from("payment_method", "account_id")
                .to("account", "id")
                .on_delete(ForeignKeyAction::Restrict),
        )
        .to_owned()
}

/// Payments.
fn payment() -> TableCreateStatement {
    Table::create()
        .table("payment")
        .col(uuid("id").primary_key().to_owned())
        .col(uuid("account_id"))
        .col(string_len("status", 16))
        .col(string_len("source", 16))
        .col(uuid_null("payment_method_id"))
        .col(string_len("currency", 3))
        .col(big_integer("amount"))
        .col(string_len("purpose", 16))
        .col(uuid_null("order_id"))
        .col(uuid_null("service_id"))
        .col(uuid_null("invoice_id"))
        .col(integer("periods"))
        .col(string_len("initiator", 16))
        .col(json_binary_null("quote"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("settled_at"))
        .foreign_key(
            ForeignKey::create()
                .from("payment", "account_id")
                .to("account", "id")
                .on_delete(ForeignKeyAction::Restrict),
        )
        .foreign_key(
            ForeignKey::create()
                .from("payment", "payment_method_id")
                .to("payment_method", "id")
                .on_delete(ForeignKeyAction::Restrict),
        )
        .check(Expr::col("amount").gte(0))
        .to_owned()
}

/// Tries at the gateway. The id is the idempotency key.
fn payment_attempt() -> TableCreateStatement {
    Table::create()
        .table("payment_attempt")
        .col(uuid("id").primary_key().to_owned())
        .col(uuid("payment_id"))
        .col(uuid("account_id"))
        .col(uuid("payment_method_id"))
        .col(string_len("gateway", 16))
        .col(string_len("status", 16))
        .col(string_len("currency", 3))
        .col(big_integer("amount"))
        .col(string_len_null("gateway_reference", 128))
        .col(string_len_null("next_action", 255))
        .col(string_len_null("decline_kind", 8))
        .col(string_len_null("decline_code", 64))
        .col(integer("step"))
        .col(integer("checks"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("sent_at"))
        .col(timestamp_with_time_zone_null("resolved_at"))
        .foreign_key(
            ForeignKey::create()
                .from("payment_attempt", "payment_id")
                .to("payment", "id")
                .on_delete(ForeignKeyAction::Restrict),
        )
        .foreign_key(
            ForeignKey::create()
                .from("payment_attempt", "account_id")
                .to("account", "id")
                .on_delete(ForeignKeyAction::Restrict),
        )
        .foreign_key(
            ForeignKey::create()
                .from("payment_attempt", "payment_method_id")
                .to("payment_method", "id")
                .on_delete(ForeignKeyAction::Restrict),
        )
        .check(Expr::col("amount").gte(0))
        .to_owned()
}

/// What an attempt pays. One live attempt per target.
fn attempt_target() -> TableCreateStatement {
    Table::create()
        .table("attempt_target")
        .col(uuid("attempt_id"))
        .col(uuid("target_id"))
        .col(boolean("live"))
        .primary_key(Index::create().col("attempt_id").col("target_id"))
        .foreign_key(
            ForeignKey::create()
                .from("attempt_target", "attempt_id")
                .to("payment_attempt", "id")
                .on_delete(ForeignKeyAction::Restrict),
        )
        .to_owned()
}

/// Double-entry ledger, append-only; each transaction sums to zero.
fn ledger_entry() -> TableCreateStatement {
    Table::create()
        .table("ledger_entry")
        .col(uuid("transaction_id"))
        .col(integer("position"))
        .col(uuid("account_id"))
        .col(string_len("ledger", 24))
        .col(string_len("currency", 3))
        .col(big_integer("amount"))
        .col(uuid_null("invoice_id"))
        .col(uuid_null("payment_id"))
        .col(string_len("cause", 32))
        .col(timestamp_with_time_zone("at"))
        .primary_key(Index::create().col("transaction_id").col("position"))
        .foreign_key(
            ForeignKey::create()
                .from("ledger_entry", "account_id")
                .to("account", "id")
                .on_delete(ForeignKeyAction::Restrict),
        )
        .to_owned()
}

/// Money that goes back through the gateway.
fn refund() -> TableCreateStatement {
    Table::create()
        .table("refund")
        .col(uuid("id").primary_key().to_owned())
        .col(uuid("payment_attempt_id"))
        .col(uuid("account_id"))
        .col(string_len("currency", 3))
        .col(big_integer("amount"))
        .col(string_len("status", 16))
        .col(string_len("reason", 32))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("settled_at"))
        .foreign_key(
            ForeignKey::create()
                .from("refund", "payment_attempt_id")
                .to("payment_attempt", "id")
                .on_delete(ForeignKeyAction::Restrict),
        )
        .foreign_key(
            ForeignKey::create().from("refund", "account_id").to("account", "id").on_delete(ForeignKeyAction::Restrict),
        )
        .check(Expr::col("amount").gte(0))
        .to_owned()
}

/// Cancellations of services, with their history.
fn cancellation() -> TableCreateStatement {
    Table::create()
        .table("cancellation")
        .col(uuid("id").primary_key().to_owned())
        .col(uuid("account_id"))
        .col(uuid("service_id"))
        .col(string_len("kind", 16))
        .col(string_len("status", 24))
        .col(string_len_null("reason", 32))
        .col(string_len_null("comment", 1000))
        .col(date_null("effective_on"))
        .col(timestamp_with_time_zone("requested_at"))
        .col(timestamp_with_time_zone_null("confirmed_at"))
        .col(timestamp_with_time_zone_null("ended_at"))
        .foreign_key(
            ForeignKey::create()
                .from("cancellation", "account_id")
                .to("account", "id")
                .on_delete(ForeignKeyAction::Restrict),
        )
        .foreign_key(
            ForeignKey::create()
                .from("cancellation", "service_id")
                .to("service", "id")
                .on_delete(ForeignKeyAction::Restrict),
        )
        .to_owned()
}

/// Closures of accounts.
fn account_closure() -> TableCreateStatement {
    Table::create()
        .table("account_closure")
        .col(uuid("id").primary_key().to_owned())
        .col(uuid("account_id"))
        .col(string_len("status", 24))
        .col(timestamp_with_time_zone("requested_at"))
        .col(timestamp_with_time_zone_null("confirmed_at"))
        .col(date_null("effective_on"))
        .col(timestamp_with_time_zone_null("ended_at"))
        .foreign_key(
            ForeignKey::create()
                .from("account_closure", "account_id")
                .to("account", "id")
                .on_delete(ForeignKeyAction::Restrict),
        )
        .to_owned()
}

/// Answers to requests that carried an Idempotency-Key.
fn idempotency_key() -> TableCreateStatement {
    Table::create()
        .table("idempotency_key")
        .col(string_len("scope", 64))
        .col(string_len("key", 255))
        .col(string_len("operation", 64))
        .col(string_len("fingerprint", 64))
        .col(string_len("state", 16))
        .col(integer_null("status"))
        .col(json_binary_null("headers"))
        .col(text_null("body"))
        .col(boolean("secret"))
        .col(timestamp_with_time_zone("created_at"))
        .primary_key(Index::create().col("scope").col("key"))
        .to_owned()
}
