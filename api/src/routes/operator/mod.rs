//! The provider's staff and systems: accounts, mails, test clocks, parked work, deliveries, the catalogue.

pub mod accounts;
pub mod bounces;
pub mod clocks;
pub mod emails;
pub mod exports;
pub mod milestones;
pub mod orders;
pub mod plans;
pub mod policy;
pub mod scheduler;
pub mod vat_checks;

use utoipa_actix_web::service_config::ServiceConfig;

/// The routes.
pub fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.configure(accounts::configure)
        .configure(bounces::configure)
        .configure(clocks::configure)
        .configure(emails::configure)
        .configure(exports::configure)
        .configure(milestones::configure)
        .configure(orders::configure)
        .configure(plans::configure)
        .configure(scheduler::configure)
        .configure(vat_checks::configure);
}
