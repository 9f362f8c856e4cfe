//! Ending the account itself.

use crate::refusal::{InvalidTransition, Refusal};
use crate::text::words;

/// Days between the confirmation of a closure and its execution; it can be revoked meanwhile.
pub const COOLING_OFF_DAYS: u64 = 7;

words! {
    /// Where a closure stands.
    ClosureStatus {
        /// Waiting for the mailed token.
        AwaitingConfirmation = "awaiting_confirmation",
        /// Confirmed, can still be taken back.
        CoolingOff = "cooling_off",
        /// Taken back.
        Revoked = "revoked",
        /// Something new stood in the way when it fell due.
        Halted = "halted",
        /// The account is closed.
        Completed = "completed",
    }
}

words! {
    /// What can happen to a closure.
    ClosureEvent {
        /// The owner confirms with the mailed token.
        Confirm = "confirm",
        /// The owner takes it back.
        Revoke = "revoke",
        /// It is due and something stands in the way.
        Halt = "halt",
        /// It is due and nothing stands in the way.
        Complete = "complete",
    }
}

impl ClosureStatus {
    /// The state after `event`.
    ///
    /// | from \ event | confirm | revoke | halt | complete |
    /// |---|---|---|---|---|
    /// | awaiting_confirmation | cooling_off | revoked | – | – |
    /// | cooling_off | – | revoked | halted | completed |
    /// | revoked, halted, completed | – | – | – | – |
    ///
    /// # Errors
    /// [`InvalidTransition`] where the table has a dash.
    pub fn after(self, event: ClosureEvent) -> Result<Self, InvalidTransition> {
        use ClosureEvent as E;
        match (self, event) {
            (Self::AwaitingConfirmation, E::Confirm) => Ok(Self::CoolingOff),
            (Self::AwaitingConfirmation | Self::CoolingOff, E::Revoke) => Ok(Self::Revoked),
            (Self::CoolingOff, E::Halt) => Ok(Self::Halted),
            (Self::CoolingOff, E::Complete) => Ok(Self::Completed),
            (Self::AwaitingConfirmation, E::Halt | E::Complete)
            | (Self::CoolingOff, E::Confirm)
            | (Self::Revoked | Self::Halted | Self::Completed, E::Confirm | E::Revoke | E::Halt | E::Complete) => {
                Err(InvalidTransition { machine: "closure", state: self.as_str(), event: event.to_string() })
            }
        }
    }
}

/// What an account still holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Holdings {
    /// Services that are not deleted.
    pub services: u64,
    /// Invoices with something left to pay.
    pub unpaid_invoices: u64,
    /// Orders that are not at their end.
    pub open_orders: u64,
    /// The prepaid balance in minor units.
    pub balance: i64,
    /// Attempts whose outcome is not final.
    pub live_attempts: u64,
}

/// Everything that keeps the account from being closed, in the order in which to mend it.
#[must_use]
pub fn blockers(holdings: &Holdings) -> Vec<Refusal> {
    [
        (holdings.services > 0, Refusal::ServicesRemain),
        (holdings.open_orders > 0, Refusal::OrdersOpen),
        (holdings.unpaid_invoices > 0, Refusal::InvoicesUnpaid),
        (holdings.live_attempts > 0, Refusal::PaymentsUnsettled),
        (holdings.balance != 0, Refusal::BalanceNotZero),
    ]
    .into_iter()
    .filter_map(|(blocked, why)| blocked.then_some(why))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_and_event_has_its_answer() {
        use ClosureStatus::{Completed, CoolingOff, Halted, Revoked};
        let table = [
            [Some(CoolingOff), Some(Revoked), None, None],
            [None, Some(Revoked), Some(Halted), Some(Completed)],
            [None; 4],
            [None; 4],
            [None; 4],
        ];
        for (state, row) in ClosureStatus::ALL.iter().zip(table) {
            for (event, expected) in ClosureEvent::ALL.iter().zip(row) {
                assert_eq!(state.after(*event).ok(), expected, "{state} {event}");
            }
        }
    }

    #[test]
    fn each_thing_left_is_its_own_blocker() {
        assert_eq!(blockers(&Holdings::default()), []);
        assert_eq!(blockers(&Holdings { balance: -1, ..Holdings::default() }), [Refusal::BalanceNotZero]);
        let all = Holdings { services: 1, unpaid_invoices: 1, open_orders: 1, balance: 1, live_attempts: 1 };
        assert_eq!(blockers(&all).len(), 5);
    }
}
