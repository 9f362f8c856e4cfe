//! The export of all the data of an account.

use crate::refusal::InvalidTransition;
use crate::text::words;
use chrono::{DateTime, TimeDelta, Utc};

/// Days during which an archive can be downloaded.
pub const KEPT_DAYS: i64 = 7;
/// Hours within which only so many exports can be asked for.
pub const LIMIT_HOURS: i64 = 24;

words! {
    /// Where an export stands.
    ExportStatus {
        /// Asked for; it is being made, or will be.
        Pending = "pending",
        /// There is an archive to download.
        Ready = "ready",
        /// The archive is gone.
        Expired = "expired",
        /// It could not be made.
        Failed = "failed",
    }
}

words! {
    /// What can happen to an export.
    ExportEvent {
        /// The archive is whole.
        Finish = "finish",
        /// It failed too often.
        GiveUp = "give_up",
        /// Its time is over.
        Expire = "expire",
        /// An operator has it made after all.
        Retry = "retry",
    }
}

impl ExportStatus {
    /// The state after `event`.
    ///
    /// | from \ event | finish | give_up | expire | retry |
    /// |---|---|---|---|---|
    /// | pending | ready | failed | – | – |
    /// | ready | – | – | expired | – |
    /// | failed | – | – | – | pending |
    /// | expired | – | – | – | – |
    ///
    /// # Errors
    /// [`InvalidTransition`] where the table has a dash.
    pub fn after(self, event: ExportEvent) -> Result<Self, InvalidTransition> {
        use ExportEvent as E;
        match (self, event) {
            (Self::Pending, E::Finish) => Ok(Self::Ready),
            (Self::Pending, E::GiveUp) => Ok(Self::Failed),
            (Self::Ready, E::Expire) => Ok(Self::Expired),
            (Self::Failed, E::Retry) => Ok(Self::Pending),
            (Self::Pending, E::Expire | E::Retry)
            | (Self::Ready, E::Finish | E::GiveUp | E::Retry)
            | (Self::Failed, E::Finish | E::GiveUp | E::Expire)
            | (Self::Expired, E::Finish | E::GiveUp | E::Expire | E::Retry) => {
                Err(InvalidTransition { machine: "export", state: self.as_str(), event: event.to_string() })
            }
        }
    }

    /// As it is shown at an instant: an archive whose time is over is expired, though it may not be deleted yet.
    #[must_use]
    pub fn shown(self, expires_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Self {
        match self {
            Self::Ready if expires_at.is_none_or(|end| end <= now) => Self::Expired,
            Self::Pending | Self::Ready | Self::Expired | Self::Failed => self,
        }
    }
}

/// How long to wait for the next export, when `limit` were asked for within the last [`LIMIT_HOURS`];
/// `requests` are the instants of those asked for before, in any order.
#[must_use]
pub fn wait(requests: &[DateTime<Utc>], limit: usize, now: DateTime<Utc>) -> Option<TimeDelta> {
    let window = TimeDelta::hours(LIMIT_HOURS);
    let mut within: Vec<_> = requests.iter().filter(|at| **at + window > now).collect();
    within.sort_unstable();
    // when there is room again, all but `limit - 1` of them are out of the window
    let leaves = within.len().checked_sub(limit.max(1))?;
    within.get(leaves).map(|at| **at + window - now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn every_state_and_event_has_its_answer() {
        use ExportStatus::{Expired, Failed, Pending, Ready};
        let table = [
            [Some(Ready), Some(Failed), None, None],
            [None, None, Some(Expired), None],
            [None; 4],
            [None, None, None, Some(Pending)],
        ];
        for (state, row) in ExportStatus::ALL.iter().zip(table) {
            for (event, expected) in ExportEvent::ALL.iter().zip(row) {
                assert_eq!(state.after(*event).ok(), expected, "{state} {event}");
            }
        }
    }

    #[test]
    fn an_archive_is_expired_at_the_instant_that_was_named() {
        let end = Some(at("2026-02-06T09:00:00Z"));
        assert_eq!(ExportStatus::Ready.shown(end, at("2026-02-06T08:59:59Z")), ExportStatus::Ready);
        assert_eq!(ExportStatus::Ready.shown(end, at("2026-02-06T09:00:00Z")), ExportStatus::Expired);
        assert_eq!(ExportStatus::Failed.shown(None, at("2026-02-06T09:00:00Z")), ExportStatus::Failed);
    }

    #[test]
    fn a_day_has_room_for_so_many() {
        let now = at("2026-01-30T12:00:00Z");
        let (first, second, third) =
            (at("2026-01-29T13:00:00Z"), at("2026-01-30T09:00:00Z"), at("2026-01-30T10:00:00Z"));
        assert_eq!(wait(&[], 2, now), None);
        assert_eq!(wait(&[second], 2, now), None);
        assert_eq!(wait(&[second, first], 2, now), Some(TimeDelta::hours(1)));
        assert_eq!(wait(&[third, second, first], 2, now), Some(TimeDelta::hours(21)));
        assert_eq!(wait(&[first, second], 2, first + TimeDelta::hours(24)), None);
        // a limit of nothing would be no export ever, which the law does not allow
        assert_eq!(wait(&[], 0, now), None);
        assert_eq!(wait(&[third], 0, now), Some(TimeDelta::hours(22)));
    }
}
