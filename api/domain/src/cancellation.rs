//! Ending one service: at its expiry, or at once.

use crate::calendar::{cancellable_until, start_of_day};
use crate::refusal::{InvalidTransition, Refusal};
use crate::service::ServiceStatus;
use crate::text::words;
use chrono::{DateTime, Days, NaiveDate, Utc};
use chrono_tz::Tz;

words! {
    /// Which ending.
    CancellationKind {
        /// At the end of the paid period.
        AtExpiry = "at_expiry",
        /// At once, after confirmation.
        Immediate = "immediate",
    }
}

words! {
    /// Where a cancellation stands.
    CancellationStatus {
        /// Waiting for the mailed token; nothing happens without it.
        AwaitingConfirmation = "awaiting_confirmation",
        /// Will take effect on its day.
        Scheduled = "scheduled",
        /// Taken back.
        Revoked = "revoked",
        /// The token was not used in time.
        Lapsed = "lapsed",
        /// The service is gone.
        Completed = "completed",
    }
}

words! {
    /// What can happen to a cancellation.
    CancellationEvent {
        /// The owner confirms.
        Confirm = "confirm",
        /// The owner takes it back.
        Revoke = "revoke",
        /// The time to confirm is over, or the service ended otherwise.
        Lapse = "lapse",
        /// The service is deleted.
        Complete = "complete",
    }
}

words! {
    /// The reasons offered to the customer; their texts are in the catalogue of messages.
    CancellationReason {
        /// Not needed any more.
        NoLongerNeeded = "no_longer_needed",
        /// Too expensive.
        TooExpensive = "too_expensive",
        /// Something is missing.
        MissingFeature = "missing_feature",
        /// It did not work well.
        TechnicalIssue = "technical_issue",
        /// Moving to another offer of the same provider.
        ChangingOffer = "changing_offer",
        /// Moving to another provider.
        ChangingProvider = "changing_provider",
        /// The end of a project or a test.
        ProjectEnded = "project_ended",
        /// Something else.
        Other = "other",
    }
}

impl CancellationStatus {
    /// The state after `event`.
    ///
    /// | from \ event | confirm | revoke | lapse | complete |
    /// |---|---|---|---|---|
    /// | awaiting_confirmation | scheduled | revoked | lapsed | – |
    /// | scheduled | – | revoked | lapsed | completed |
    /// | revoked, lapsed, completed | – | – | – | – |
    ///
    /// # Errors
    /// [`InvalidTransition`] where the table has a dash.
    pub fn after(self, event: CancellationEvent) -> Result<Self, InvalidTransition> {
        use CancellationEvent as E;
        match (self, event) {
            (Self::AwaitingConfirmation, E::Confirm) => Ok(Self::Scheduled),
            (Self::AwaitingConfirmation | Self::Scheduled, E::Revoke) => Ok(Self::Revoked),
            (Self::AwaitingConfirmation | Self::Scheduled, E::Lapse) => Ok(Self::Lapsed),
            (Self::Scheduled, E::Complete) => Ok(Self::Completed),
            (Self::AwaitingConfirmation, E::Complete)
            | (Self::Scheduled, E::Confirm)
            | (Self::Revoked | Self::Lapsed | Self::Completed, E::Confirm | E::Revoke | E::Lapse | E::Complete) => {
                Err(InvalidTransition { machine: "cancellation", state: self.as_str(), event: event.to_string() })
            }
        }
    }
}

/// The day a cancellation at expiry takes effect if it is asked for now: the expiry of a service that
/// is paid, the next billing day of one that owes its renewal (debt never prevents it).
///
/// # Errors
/// `service_not_delivered`, `service_deleted`, `cancellation_already_requested`, and
/// `cancellation_too_late` within 24 hours of the expiry (an absolute duration) of a paid service.
pub fn at_expiry_on(
    status: ServiceStatus,
    already: Option<NaiveDate>,
    expires_on: NaiveDate,
    now: DateTime<Utc>,
    zone: Tz,
) -> Result<NaiveDate, Refusal> {
    let next_day = || crate::calendar::billing_day(now, zone).checked_add_days(Days::new(1)).unwrap_or(expires_on);
    match status {
        ServiceStatus::Delivering => return Err(Refusal::ServiceNotDelivered),
        ServiceStatus::Deleted => return Err(Refusal::ServiceDeleted),
        ServiceStatus::Active | ServiceStatus::PastDue | ServiceStatus::Suspended => {}
    }
    if already.is_some() {
        return Err(Refusal::CancellationAlreadyRequested);
    }
    let unpaid = match status {
        ServiceStatus::PastDue | ServiceStatus::Suspended => true,
        ServiceStatus::Active => expires_on <= crate::calendar::billing_day(now, zone),
        ServiceStatus::Delivering | ServiceStatus::Deleted => false,
    };
    if unpaid {
        return Ok(next_day());
    }
    if now >= cancellable_until(expires_on, zone) {
        return Err(Refusal::CancellationTooLate);
    }
    Ok(expires_on)
}

/// Whether a scheduled cancellation may be taken back now: until 24 hours before it takes effect for
/// a paid service. A service that owes its renewal goes on only by being paid.
///
/// # Errors
/// `no_cancellation`, `renewal_unpaid`, `cancellation_too_late`.
pub fn may_revoke(
    status: ServiceStatus,
    effective_on: Option<NaiveDate>,
    now: DateTime<Utc>,
    zone: Tz,
) -> Result<(), Refusal> {
    let effective_on = effective_on.ok_or(Refusal::NoCancellation)?;
    match status {
        ServiceStatus::Deleted => Err(Refusal::ServiceDeleted),
        ServiceStatus::Delivering => Err(Refusal::NoCancellation),
        ServiceStatus::PastDue | ServiceStatus::Suspended => Err(Refusal::RenewalUnpaid),
        ServiceStatus::Active if now >= cancellable_until(effective_on, zone) => Err(Refusal::CancellationTooLate),
        ServiceStatus::Active => Ok(()),
    }
}

/// The instant at which a cancellation takes effect.
#[must_use]
pub fn effective_at(effective_on: NaiveDate, zone: Tz) -> DateTime<Utc> {
    start_of_day(effective_on, zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_and_event_has_its_answer() {
        use CancellationStatus::{Completed, Lapsed, Revoked, Scheduled};
        let table = [
            [Some(Scheduled), Some(Revoked), Some(Lapsed), None],
            [None, Some(Revoked), Some(Lapsed), Some(Completed)],
            [None; 4],
            [None; 4],
            [None; 4],
        ];
        for (state, row) in CancellationStatus::ALL.iter().zip(table) {
            for (event, expected) in CancellationEvent::ALL.iter().zip(row) {
                assert_eq!(state.after(*event).ok(), expected, "{state} {event}");
            }
        }
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn asking_and_revoking_end_24_hours_before_expiry() {
        let zone = chrono_tz::Europe::Paris;
        let expiry = day("2026-12-15");
        let cutoff: DateTime<Utc> = "2026-12-13T23:00:00Z".parse().unwrap();
        let before = cutoff - chrono::TimeDelta::seconds(1);
        assert_eq!(at_expiry_on(ServiceStatus::Active, None, expiry, before, zone), Ok(expiry));
        assert_eq!(at_expiry_on(ServiceStatus::Active, None, expiry, cutoff, zone), Err(Refusal::CancellationTooLate));
        assert_eq!(may_revoke(ServiceStatus::Active, Some(expiry), before, zone), Ok(()));
        assert_eq!(may_revoke(ServiceStatus::Active, Some(expiry), cutoff, zone), Err(Refusal::CancellationTooLate));
    }

    #[test]
    fn debt_never_prevents_a_cancellation() {
        let zone = chrono_tz::Europe::Paris;
        let now: DateTime<Utc> = "2026-12-18T10:00:00Z".parse().unwrap();
        for status in [ServiceStatus::PastDue, ServiceStatus::Suspended] {
            assert_eq!(at_expiry_on(status, None, day("2026-12-15"), now, zone), Ok(day("2026-12-19")));
            assert_eq!(may_revoke(status, Some(day("2026-12-19")), now, zone), Err(Refusal::RenewalUnpaid));
        }
    }
}
