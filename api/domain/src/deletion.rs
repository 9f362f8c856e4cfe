//! The guard in front of every definitive deletion.

use crate::service::DeletionCause;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

/// How long before a deletion each of its notices must have been accepted by the mail relay.
pub const NOTICE_HOURS: i64 = 24;

/// What the relay said of the notices that a deletion for non-payment needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Notices {
    /// When the relay accepted the suspension notice of this debt.
    pub suspension_accepted_at: Option<DateTime<Utc>>,
    /// The day that the last accepted final notice names, and when the relay accepted it.
    pub final_accepted: Option<(NaiveDate, DateTime<Utc>)>,
}

/// Whether a service may be deleted now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Yes.
    Delete,
    /// No: a notice was never accepted; send it and move the day.
    NoticeMissing,
    /// No: the notices are too fresh; wait until this instant.
    NoticeTooFresh(DateTime<Utc>),
    /// No: money for it may still arrive; wait for the outcome.
    AttemptLive,
}

/// May this service be deleted now?
///
/// What its owner asked for needs no notice. A deletion that follows non-payment needs the suspension
/// notice and a final notice that names the day, each accepted by the relay at least 24 hours ago, and
/// the named day must have come. Nothing is deleted while an attempt on its debt is live.
#[must_use]
pub fn may_delete(cause: DeletionCause, notices: &Notices, live_attempt: LiveAttempt, now: DateTime<Utc>) -> Verdict {
    match cause {
        DeletionCause::CancelledAtExpiry | DeletionCause::Immediate | DeletionCause::Operator => match live_attempt {
            LiveAttempt::Yes => Verdict::AttemptLive,
            LiveAttempt::No => Verdict::Delete,
        },
        DeletionCause::NotRenewed => {
            if live_attempt == LiveAttempt::Yes {
                return Verdict::AttemptLive;
            }
            let (Some(suspension), Some((_, final_notice))) = (notices.suspension_accepted_at, notices.final_accepted)
            else {
                return Verdict::NoticeMissing;
            };
            let ripe = suspension.max(final_notice) + TimeDelta::hours(NOTICE_HOURS);
            if now < ripe { Verdict::NoticeTooFresh(ripe) } else { Verdict::Delete }
        }
    }
}

/// Whether an attempt on the service's debt has no final outcome yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LiveAttempt {
    /// There is one.
    Yes,
    /// There is none.
    No,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn without_both_notices_nothing_unpaid_is_deleted() {
        let now = at("2026-03-10T00:00:00Z");
        let told = at("2026-03-01T00:00:00Z");
        let day = now.date_naive();
        for notices in [
            Notices::default(),
            Notices { suspension_accepted_at: Some(told), final_accepted: None },
            Notices { suspension_accepted_at: None, final_accepted: Some((day, told)) },
        ] {
            assert_eq!(may_delete(DeletionCause::NotRenewed, &notices, LiveAttempt::No, now), Verdict::NoticeMissing);
        }
    }

    #[test]
    fn notices_must_be_a_day_old_to_the_second() {
        let told = at("2026-03-09T00:00:00Z");
        let ripe = told + TimeDelta::hours(24);
        let notices = Notices {
            suspension_accepted_at: Some(told - TimeDelta::days(15)),
            final_accepted: Some((ripe.date_naive(), told)),
        };
        let early = ripe - TimeDelta::seconds(1);
        assert_eq!(
            may_delete(DeletionCause::NotRenewed, &notices, LiveAttempt::No, early),
            Verdict::NoticeTooFresh(ripe)
        );
        assert_eq!(may_delete(DeletionCause::NotRenewed, &notices, LiveAttempt::No, ripe), Verdict::Delete);
    }

    #[test]
    fn nothing_is_deleted_while_money_may_still_come() {
        for cause in DeletionCause::ALL {
            let verdict = may_delete(*cause, &Notices::default(), LiveAttempt::Yes, at("2026-03-10T00:00:00Z"));
            assert_eq!(verdict, Verdict::AttemptLive, "{cause}");
        }
    }
}
