//! The guide's advice, computed for one account.

use crate::text::words;
use chrono::{DateTime, Datelike, Months, TimeDelta, Utc};

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
        /// The phone number is set and proven.
        PhoneVerified = "phone_verified",
        /// The password is not known to be weak.
        PasswordStrong = "password_strong",
        /// A login wants more than the password.
        SecondFactorEnrolled = "second_factor_enrolled",
        /// Enough backup codes are left for when that factor is lost.
        BackupCodesLeft = "backup_codes_left",
        /// No security key is suspended.
        SecurityKeysSound = "security_keys_sound",
        /// No session is open that has not been used for long.
        SessionsInUse = "sessions_in_use",
        /// No personal access token lives that has not been used for long.
        AccessTokensInUse = "access_tokens_in_use",
        /// No address is known whose mails come back.
        EmailsArrive = "emails_arrive",
        /// Mails carry a phrase that a forger does not know.
        AntiPhishingPhraseSet = "anti_phishing_phrase_set",
        /// There is a valid default payment method.
        PaymentMethodValid = "payment_method_valid",
        /// No automatic service outlives the default payment method.
        PaymentMethodOutlivesRenewals = "payment_method_outlives_renewals",
        /// No invoice waits for its payment.
        InvoicesPaid = "invoices_paid",
        /// No manual service is near its expiry or suspended.
        ServicesRenewed = "services_renewed",
        /// No order waits for the customer.
        OrdersClear = "orders_clear",
    }
}

/// Fewer backup codes than this are few.
pub const FEW_BACKUP_CODES: u64 = 3;
/// After how much of the time that it lives without use a session is idle: a half.
pub const SESSION_IDLE_SHARE: i32 = 2;
/// Days without use after which a personal access token is idle: what runs once a month is not.
pub const ACCESS_TOKEN_IDLE_DAYS: i64 = 45;

impl CheckUpItem {
    /// Whether the monthly reminder speaks of it. What costs money has notices of its own, on its own days.
    #[must_use]
    pub const fn is_reminded(self) -> bool {
        match self {
            Self::InvoicesPaid | Self::ServicesRenewed | Self::OrdersClear => false,
            Self::PrimaryEmailVerified
            | Self::ProfileComplete
            | Self::BackupEmailVerified
            | Self::PhoneVerified
            | Self::PasswordStrong
            | Self::SecondFactorEnrolled
            | Self::BackupCodesLeft
            | Self::SecurityKeysSound
            | Self::SessionsInUse
            | Self::AccessTokensInUse
            | Self::EmailsArrive
            | Self::AntiPhishingPhraseSet
            | Self::PaymentMethodValid
            | Self::PaymentMethodOutlivesRenewals => true,
        }
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
    /// A phone number is set and proven.
    pub phone_verified: bool,
    /// The password was found weak when it was last used.
    pub weak_password: bool,
    /// There is an authenticator app or a security key.
    pub second_factor: bool,
    /// Backup codes that can be used.
    pub backup_codes: u64,
    /// Backup codes that wait for one of them to be typed back.
    pub waiting_backup_codes: u64,
    /// Security keys that were suspended.
    pub suspended_keys: u64,
    /// Open sessions that were idle ([`SESSION_IDLE_SHARE`]).
    pub idle_sessions: u64,
    /// Personal access tokens that live and were not used for [`ACCESS_TOKEN_IDLE_DAYS`].
    pub idle_tokens: u64,
    /// There is an anti-phishing phrase.
    pub phrase: bool,
    /// Addresses of the account whose mails come back.
    pub undeliverable_addresses: u64,
    /// A valid default payment method exists.
    pub valid_method: bool,
    /// It outlives the next renewals.
    pub method_outlives_renewals: bool,
    /// Services that renew automatically.
    pub automatic_services: u64,
    /// Manual services whose first reminder is due, and suspended ones.
    pub expiring_services: u64,
    /// Invoices with something left to pay.
    pub unpaid_invoices: u64,
    /// Orders that wait for the customer.
    pub waiting_orders: u64,
}

/// Every item with its severity, the most pressing first.
#[must_use]
pub fn assess(seen: &Observed) -> Vec<(CheckUpItem, Severity)> {
    let mut items: Vec<_> = CheckUpItem::ALL.iter().map(|item| (*item, severity(*item, seen))).collect();
    items.sort_by_key(|(_, severity)| *severity);
    items
}

fn severity(item: CheckUpItem, seen: &Observed) -> Severity {
    let (good, otherwise) = match item {
        CheckUpItem::PrimaryEmailVerified => (seen.email_verified, Severity::Critical),
        CheckUpItem::ProfileComplete => (seen.profile_complete, Severity::Advised),
        CheckUpItem::BackupEmailVerified => (seen.backup_email_verified, Severity::Critical),
        CheckUpItem::PhoneVerified => (seen.phone_verified, Severity::Advised),
        CheckUpItem::PasswordStrong => (!seen.weak_password, Severity::Critical),
        CheckUpItem::SecondFactorEnrolled => (seen.second_factor, Severity::Advised),
        CheckUpItem::BackupCodesLeft => {
            let none = if seen.backup_codes == 0 { Severity::Critical } else { Severity::Advised };
            (!seen.second_factor || seen.backup_codes >= FEW_BACKUP_CODES, none)
        }
        CheckUpItem::SecurityKeysSound => (seen.suspended_keys == 0, Severity::Critical),
        CheckUpItem::SessionsInUse => (seen.idle_sessions == 0, Severity::Advised),
        CheckUpItem::AccessTokensInUse => (seen.idle_tokens == 0, Severity::Advised),
        CheckUpItem::EmailsArrive => (seen.undeliverable_addresses == 0, Severity::Critical),
        CheckUpItem::AntiPhishingPhraseSet => (seen.phrase, Severity::Advised),
        CheckUpItem::PaymentMethodValid => {
            let needed = if seen.automatic_services > 0 { Severity::Critical } else { Severity::Advised };
            (seen.valid_method, needed)
        }
        CheckUpItem::PaymentMethodOutlivesRenewals => {
            (!seen.valid_method || seen.method_outlives_renewals, Severity::Advised)
        }
        CheckUpItem::InvoicesPaid => (seen.unpaid_invoices == 0, Severity::Critical),
        CheckUpItem::ServicesRenewed => (seen.expiring_services == 0, Severity::Critical),
        CheckUpItem::OrdersClear => (seen.waiting_orders == 0, Severity::Advised),
    };
    if good { Severity::Fine } else { otherwise }
}

/// How many things an item is about, where they are counted.
#[must_use]
pub const fn count(item: CheckUpItem, seen: &Observed) -> Option<u64> {
    match item {
        CheckUpItem::BackupCodesLeft => Some(seen.backup_codes),
        CheckUpItem::SecurityKeysSound => Some(seen.suspended_keys),
        CheckUpItem::SessionsInUse => Some(seen.idle_sessions),
        CheckUpItem::AccessTokensInUse => Some(seen.idle_tokens),
        CheckUpItem::EmailsArrive => Some(seen.undeliverable_addresses),
        CheckUpItem::InvoicesPaid => Some(seen.unpaid_invoices),
        CheckUpItem::ServicesRenewed => Some(seen.expiring_services),
        CheckUpItem::OrdersClear => Some(seen.waiting_orders),
        CheckUpItem::PrimaryEmailVerified
        | CheckUpItem::ProfileComplete
        | CheckUpItem::BackupEmailVerified
        | CheckUpItem::PhoneVerified
        | CheckUpItem::PasswordStrong
        | CheckUpItem::SecondFactorEnrolled
        | CheckUpItem::AntiPhishingPhraseSet
        | CheckUpItem::PaymentMethodValid
        | CheckUpItem::PaymentMethodOutlivesRenewals => None,
    }
}

/// What the monthly reminder tells: what is essential and missing.
#[must_use]
pub fn essential(items: &[(CheckUpItem, Severity)]) -> Vec<CheckUpItem> {
    let missing = items.iter().filter(|(item, severity)| *severity == Severity::Critical && item.is_reminded());
    missing.map(|(item, _)| *item).collect()
}

/// The share of items that are in order, in percent.
#[must_use]
pub fn score(items: &[(CheckUpItem, Severity)]) -> u32 {
    let fine = items.iter().filter(|(_, severity)| *severity == Severity::Fine).count();
    u32::try_from(fine.saturating_mul(100).checked_div(items.len()).unwrap_or(100)).unwrap_or(100)
}

/// How late a reminder may come. Later it is left out, and the next one comes on its day: an outage is not
/// followed by a flood.
pub const REMINDER_LATE: TimeDelta = TimeDelta::days(3);

/// The next reminder of an account that was made at `anchor`: on its day of the month and at its time of day,
/// in the first calendar month (UTC) after that of `now`. Computed from the anchor, never from the reminder
/// before: who signed up on the 31st is not moved to the 28th for good. None beyond the calendar's end.
#[must_use]
pub fn next_reminder(anchor: DateTime<Utc>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let number = |at: DateTime<Utc>| i64::from(at.year()) * 12 + i64::from(at.month0());
    let months = (number(now) - number(anchor) + 1).max(1);
    anchor.checked_add_months(Months::new(u32::try_from(months).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn missing(seen: &Observed) -> Vec<String> {
        let items = assess(seen);
        items.iter().filter(|(_, s)| *s != Severity::Fine).map(|(i, s)| format!("{i}:{s}")).collect()
    }

    #[test]
    fn a_new_account_is_told_what_is_missing_most_pressing_first() {
        let new = Observed { email_verified: true, ..Observed::default() };
        assert_eq!(
            missing(&new),
            [
                "backup_email_verified:critical",
                "profile_complete:advised",
                "phone_verified:advised",
                "second_factor_enrolled:advised",
                "anti_phishing_phrase_set:advised",
                "payment_method_valid:advised"
            ]
        );
        assert_eq!(essential(&assess(&new)), [CheckUpItem::BackupEmailVerified]);
    }

    #[test]
    fn the_score_is_the_share_of_what_is_fine() {
        let items = assess(&Observed { email_verified: true, ..Observed::default() });
        let fine = u32::try_from(items.len() - 6).unwrap();
        assert_eq!(score(&items), fine * 100 / u32::try_from(items.len()).unwrap());
        assert_eq!(score(&[]), 100);
    }

    #[test]
    fn a_missing_method_is_critical_once_a_service_renews_automatically() {
        let items = assess(&Observed { automatic_services: 1, ..Observed::default() });
        assert!(items.contains(&(CheckUpItem::PaymentMethodValid, Severity::Critical)));
    }

    #[test]
    fn backup_codes_matter_once_there_is_a_factor_to_lose() {
        let of = |second_factor, backup_codes| {
            let seen = Observed { second_factor, backup_codes, ..Observed::default() };
            severity(CheckUpItem::BackupCodesLeft, &seen)
        };
        assert_eq!(of(false, 0), Severity::Fine);
        assert_eq!([of(true, 0), of(true, 1), of(true, 2)], [Severity::Critical, Severity::Advised, Severity::Advised]);
        assert_eq!(of(true, FEW_BACKUP_CODES), Severity::Fine);
    }

    #[test]
    fn money_has_its_own_notices() {
        let seen = Observed { unpaid_invoices: 1, expiring_services: 1, ..Observed::default() };
        let told = essential(&assess(&seen));
        assert!(!told.contains(&CheckUpItem::InvoicesPaid) && !told.contains(&CheckUpItem::ServicesRenewed));
    }

    #[test]
    fn who_signed_up_on_the_last_day_is_reminded_on_the_last_day() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let anchor = at("2026-01-31T18:30:00Z");
        let mut now = anchor;
        let mut seen = Vec::new();
        for _ in 0..4 {
            now = next_reminder(anchor, now).unwrap();
            seen.push(now.to_rfc3339());
        }
        let days = ["2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"];
        assert_eq!(seen, days.map(|day| format!("{day}T18:30:00+00:00")));
        // one that came late does not pull the next one close
        assert_eq!(next_reminder(anchor, at("2026-05-02T00:00:00Z")), Some(at("2026-06-30T18:30:00Z")));
    }

    fn observed() -> impl Strategy<Value = Observed> {
        (proptest::array::uniform9(any::<bool>()), proptest::array::uniform8(0_u64..4)).prop_map(|(facts, counts)| {
            let [email_verified, profile_complete, backup_email_verified, phone_verified, weak_password, ..] = facts;
            let [.., second_factor, phrase, valid_method, method_outlives_renewals] = facts;
            let [backup_codes, waiting_backup_codes, suspended_keys, idle_sessions, ..] = counts;
            let [.., undeliverable_addresses, automatic_services, expiring_services, unpaid_invoices] = counts;
            Observed {
                email_verified,
                profile_complete,
                backup_email_verified,
                phone_verified,
                weak_password,
                second_factor,
                backup_codes,
                waiting_backup_codes,
                suspended_keys,
                idle_sessions,
                idle_tokens: unpaid_invoices ^ 2,
                phrase,
                undeliverable_addresses,
                valid_method,
                method_outlives_renewals,
                automatic_services,
                expiring_services,
                unpaid_invoices,
                waiting_orders: unpaid_invoices ^ 1,
            }
        })
    }

    proptest! {
        /// Every item once, the most pressing first; the score is full when nothing is missing, and only then.
        #[test]
        fn every_item_is_judged_once_and_in_order(seen in observed()) {
            let items = assess(&seen);
            prop_assert!(items.is_sorted_by_key(|(_, severity)| *severity));
            let each: std::collections::BTreeSet<String> = items.iter().map(|(item, _)| item.to_string()).collect();
            prop_assert_eq!((each.len(), items.len()), (CheckUpItem::ALL.len(), CheckUpItem::ALL.len()));
            prop_assert_eq!(score(&items) == 100, missing(&seen).is_empty());
            for item in essential(&items) {
                prop_assert!(item.is_reminded() && items.contains(&(item, Severity::Critical)));
            }
        }

        /// Who mends something is never worse off.
        #[test]
        fn mending_never_lowers_the_score(seen in observed()) {
            let before = score(&assess(&seen));
            let mended = [
                Observed { email_verified: true, ..seen },
                Observed { profile_complete: true, ..seen },
                Observed { backup_email_verified: true, ..seen },
                Observed { weak_password: false, ..seen },
                Observed { second_factor: true, ..seen },
                Observed { backup_codes: seen.backup_codes + 1, ..seen },
                Observed { suspended_keys: 0, ..seen },
                Observed { idle_sessions: 0, ..seen },
                Observed { idle_tokens: 0, ..seen },
                Observed { phrase: true, ..seen },
                Observed { undeliverable_addresses: 0, ..seen },
                Observed { valid_method: true, ..seen },
                Observed { method_outlives_renewals: true, ..seen },
                Observed { expiring_services: 0, ..seen },
                Observed { unpaid_invoices: 0, ..seen },
                Observed { waiting_orders: 0, ..seen },
            ];
            for after in mended {
                prop_assert!(score(&assess(&after)) >= before, "{seen:?} {after:?}");
            }
        }

        /// One in each calendar month, whenever the one before was looked at within it, and never a past one.
        #[test]
        fn there_is_one_reminder_a_month(anchor in 0_i64..4_000_000_000, later in 0_i64..400_000_000) {
            let anchor = DateTime::from_timestamp(anchor, 0).unwrap();
            let now = anchor + TimeDelta::seconds(later);
            let next = next_reminder(anchor, now).unwrap();
            prop_assert!(next > now);
            let month = |at: DateTime<Utc>| (at.year(), at.month());
            let (year, number) = month(now);
            prop_assert_eq!(month(next), if number == 12 { (year + 1, 1) } else { (year, number + 1) });
            prop_assert!(next.day() == anchor.day() || next.day() >= 28);
        }
    }
}
