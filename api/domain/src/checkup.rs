//! The guide's advice, computed for one account.

use crate::text::words;

words! {
    /// How much an item matters now.
    Severity {
        /// Access, money or a service is at risk.
        Critical = "critical",
        /// Better done than left.
        Advised = "advised",
        /// In order.
        Fine = "fine",
    }
}

words! {
    /// One advice of the check-up.
    CheckUpItem {
        /// The primary address is proven.
        PrimaryEmailVerified = "primary_email_verified",
        /// Name and address are complete.
        ProfileComplete = "profile_complete",
        /// A second address is set and proven.
        BackupEmailVerified = "backup_email_verified",
        /// A login wants more than the password.
        SecondFactorEnrolled = "second_factor_enrolled",
        /// No security key is suspended because of a copy.
        SecurityKeysSound = "security_keys_sound",
        /// No address is known whose mails come back.
        EmailsArrive = "emails_arrive",
        /// There is a valid default payment method.
        PaymentMethodValid = "payment_method_valid",
        /// No automatic service outlives the default payment method.
        PaymentMethodOutlivesRenewals = "payment_method_outlives_renewals",
        /// No invoice waits for its payment.
        InvoicesPaid = "invoices_paid",
        /// No manual service expires within 40 days.
        ServicesRenewed = "services_renewed",
        /// No order waits for the customer.
        OrdersClear = "orders_clear",
    }
}

/// What the check-up looks at.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "a list of independent yes/no facts")]
pub struct Observed {
    /// The primary address is proven.
    pub email_verified: bool,
    /// Name and address are complete.
    pub profile_complete: bool,
    /// A backup address is set and proven.
    pub backup_email_verified: bool,
    /// There is an authenticator app or a security key.
    pub second_factor: bool,
    /// Security keys that seem to have been copied.
    pub suspended_keys: u64,
    /// Addresses of the account whose mails come back.
    pub undeliverable_addresses: u64,
    /// A valid default payment method exists.
    pub valid_method: bool,
    /// It outlives the next renewals.
    pub method_outlives_renewals: bool,
    /// Services that renew automatically.
    pub automatic_services: u64,
    /// Manual services that expire within 40 days, or are suspended.
    pub expiring_services: u64,
    /// Invoices with something left to pay.
    pub unpaid_invoices: u64,
    /// Orders that wait for the customer.
    pub waiting_orders: u64,
}

/// Every item with its severity, the most pressing first.
#[must_use]
pub fn assess(seen: &Observed) -> Vec<(CheckUpItem, Severity)> {
    let verdict = |good: bool, otherwise: Severity| if good { Severity::Fine } else { otherwise };
    let method = if seen.automatic_services > 0 { Severity::Critical } else { Severity::Advised };
    let mut items: Vec<_> = CheckUpItem::ALL
        .iter()
        .map(|item| {
            let severity = match item {
                CheckUpItem::PrimaryEmailVerified => verdict(seen.email_verified, Severity::Critical),
                CheckUpItem::ProfileComplete => verdict(seen.profile_complete, Severity::Advised),
                CheckUpItem::BackupEmailVerified => verdict(seen.backup_email_verified, Severity::Critical),
                CheckUpItem::SecondFactorEnrolled => verdict(seen.second_factor, Severity::Advised),
                CheckUpItem::SecurityKeysSound => verdict(seen.suspended_keys == 0, Severity::Critical),
                CheckUpItem::EmailsArrive => verdict(seen.undeliverable_addresses == 0, Severity::Critical),
                CheckUpItem::PaymentMethodValid => verdict(seen.valid_method, method),
                CheckUpItem::PaymentMethodOutlivesRenewals => {
                    verdict(!seen.valid_method || seen.method_outlives_renewals, Severity::Advised)
                }
                CheckUpItem::InvoicesPaid => verdict(seen.unpaid_invoices == 0, Severity::Critical),
                CheckUpItem::ServicesRenewed => verdict(seen.expiring_services == 0, Severity::Critical),
                CheckUpItem::OrdersClear => verdict(seen.waiting_orders == 0, Severity::Advised),
            };
            (*item, severity)
        })
        .collect();
    items.sort_by_key(|(_, severity)| *severity);
    items
}

/// The share of items that are in order, in percent.
#[must_use]
pub fn score(items: &[(CheckUpItem, Severity)]) -> u32 {
    let fine = items.iter().filter(|(_, severity)| *severity == Severity::Fine).count();
    u32::try_from(fine.saturating_mul(100).checked_div(items.len()).unwrap_or(100)).unwrap_or(100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_account_is_told_what_is_missing_most_pressing_first() {
        let items = assess(&Observed { email_verified: true, ..Observed::default() });
        let missing: Vec<_> =
            items.iter().filter(|(_, s)| *s != Severity::Fine).map(|(i, s)| format!("{i}:{s}")).collect();
        assert_eq!(
            missing,
            [
                "backup_email_verified:critical",
                "profile_complete:advised",
                "second_factor_enrolled:advised",
                "payment_method_valid:advised"
            ]
        );
        assert_eq!(score(&items), 63);
    }

    #[test]
    fn a_missing_method_is_critical_once_a_service_renews_automatically() {
        let items = assess(&Observed { automatic_services: 1, ..Observed::default() });
        assert!(items.contains(&(CheckUpItem::PaymentMethodValid, Severity::Critical)));
    }
}
