//! Every table by its entity, for the test that compares them with the migrations.

use sea_orm::{DatabaseConnection, Schema, sea_query::TableCreateStatement};

/// What the entities say that the tables look like.
#[must_use]
pub fn statements(db: &DatabaseConnection) -> Vec<TableCreateStatement> {
    let schema = Schema::new(sea_orm::ConnectionTrait::get_database_backend(db));
    macro_rules! all {
        ($($table:ident),+ $(,)?) => { vec![$(schema.create_table_from_entity(crate::$table::Entity)),+] };
    }
    all![
        access_token,
        account,
        account_closure,
        activity,
        activity_head,
        address_change,
        attempt_target,
        backup_code,
        cancellation,
        data_key,
        check_up_reminder,
        email,
        email_address,
        email_setting,
        event,
        export,
        export_part,
        factor_guard,
        factor_recovery,
        failed_credential,
        former_password,
        idempotency_key,
        invoice,
        invoice_balance,
        invoice_line,
        invoice_series,
        invoice_tax,
        key_ceremony,
        known_device,
        ledger_entry,
        login_challenge,
        login_throttle,
        milestone,
        one_time_code,
        operation,
        order,
        order_item,
        order_step,
        payment,
        payment_attempt,
        payment_method,
        plan,
        plan_price,
        refresh_token,
        refund,
        remembered_device,
        scheduler_state,
        security_key,
        service,
        service_period,
        service_segment,
        session,
        signing_key,
        sms,
        test_clock,
        totp_device,
        undeliverable_address,
        vat_check,
        visitor_request,
    ]
}
