//! The schema of Tacit and its history. A released migration is never edited.

pub use sea_orm_migration::prelude::*;

mod m20261123_000001_first_schema;
mod m20261125_000002_second_factors;
mod m20261125_000003_security_keys;
mod m20261125_000004_password_and_throttle;
mod m20261125_000005_tokens_and_keys;
mod m20261125_000006_addresses;
mod m20261125_000007_service_emails;
mod m20261125_000008_activity_log;
mod m20261125_000009_exports;
mod m20261125_000010_phone;
mod m20261125_000011_check_up;
mod m20261126_000012_address_changes;
mod m20261128_000013_owners;
mod m20261128_000014_tax;
mod portable;

/// All migrations, oldest first.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261123_000001_first_schema::Migration),
            Box::new(m20261125_000002_second_factors::Migration),
            Box::new(m20261125_000003_security_keys::Migration),
            Box::new(m20261125_000004_password_and_throttle::Migration),
            Box::new(m20261125_000006_addresses::Migration),
            Box::new(m20261125_000005_tokens_and_keys::Migration),
            Box::new(m20261125_000007_service_emails::Migration),
            Box::new(m20261125_000008_activity_log::Migration),
            Box::new(m20261125_000009_exports::Migration),
            Box::new(m20261125_000010_phone::Migration),
            Box::new(m20261125_000011_check_up::Migration),
            Box::new(m20261126_000012_address_changes::Migration),
            Box::new(m20261128_000013_owners::Migration),
            Box::new(m20261128_000014_tax::Migration),
        ]
    }
}
