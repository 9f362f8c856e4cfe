//! The service: what the customer holds and renews.

use crate::refusal::InvalidTransition;
use crate::text::words;

words! {
    /// Where a service stands.
    ServiceStatus {
        /// Ordered and paid, not available yet.
        Delivering = "delivering",
        /// Available.
        Active = "active",
        /// Available, its automatic renewal is unpaid.
        PastDue = "past_due",
        /// Not available, deleted before long if nothing is paid.
        Suspended = "suspended",
        /// Gone, definitively.
        Deleted = "deleted",
    }
}

words! {
    /// How a service goes on after its expiry.
    RenewalMode {
        /// Renewed and charged at each boundary.
        Automatic = "automatic",
        /// Renewed only when its owner pays.
        Manual = "manual",
    }
}

words! {
    /// What can happen to a service.
    ServiceEvent {
        /// It became available.
        Deliver = "deliver",
        /// A renewal charge failed.
        ChargeFailed = "charge_failed",
        /// What was due is paid.
        Settle = "settle",
        /// Access is stopped.
        Suspend = "suspend",
        /// It is deleted.
        Delete = "delete",
    }
}

words! {
    /// Why a service was deleted.
    DeletionCause {
        /// Not renewed in time.
        NotRenewed = "not_renewed",
        /// Cancelled by its owner for its expiry.
        CancelledAtExpiry = "cancelled_at_expiry",
        /// Deleted at once by its owner.
        Immediate = "immediate",
        /// Ended by the provider.
        Operator = "operator",
    }
}

impl ServiceStatus {
    /// The state after `event`.
    ///
    /// | from \ event | deliver | charge_failed | settle | suspend | delete |
    /// |---|---|---|---|---|---|
    /// | delivering | active | – | – | – | deleted |
    /// | active | – | past_due | active | suspended | deleted |
    /// | past_due | – | past_due | active | suspended | deleted |
    /// | suspended | – | suspended | active | – | deleted |
    /// | deleted | – | – | – | – | – |
    ///
    /// A retry that fails leaves `past_due` and `suspended` as they are. Deleted is final.
    ///
    /// # Errors
    /// [`InvalidTransition`] where the table has a dash.
    pub fn after(self, event: ServiceEvent) -> Result<Self, InvalidTransition> {
        use ServiceEvent::{ChargeFailed, Delete, Deliver, Settle, Suspend};
        use ServiceStatus::{Active, Deleted, Delivering, PastDue, Suspended};
        let refused = || InvalidTransition { machine: "service", state: self.as_str(), event: event.to_string() };
        match (self, event) {
            (Delivering, Deliver) | (Active | PastDue | Suspended, Settle) => Ok(Active),
            (Active | PastDue, ChargeFailed) => Ok(PastDue),
            (Suspended, ChargeFailed) | (Active | PastDue, Suspend) => Ok(Suspended),
            (Delivering | Active | PastDue | Suspended, Delete) => Ok(Deleted),
            (Delivering, ChargeFailed | Settle | Suspend)
            | (Active | PastDue, Deliver)
            | (Suspended, Deliver | Suspend)
            | (Deleted, Deliver | ChargeFailed | Settle | Suspend | Delete) => Err(refused()),
        }
    }

    /// The service exists: it was delivered and is not deleted.
    #[must_use]
    pub const fn is_live(self) -> bool {
        match self {
            Self::Active | Self::PastDue | Self::Suspended => true,
            Self::Delivering | Self::Deleted => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_and_event_has_its_answer() {
        use ServiceStatus::{Active, Deleted, Delivering, PastDue, Suspended};
        // rows: states in the order of ALL; columns: events in the order of ALL
        let table = [
            [Some(Active), None, None, None, Some(Deleted)],
            [None, Some(PastDue), Some(Active), Some(Suspended), Some(Deleted)],
            [None, Some(PastDue), Some(Active), Some(Suspended), Some(Deleted)],
            [None, Some(Suspended), Some(Active), None, Some(Deleted)],
            [None, None, None, None, None],
        ];
        assert_eq!(ServiceStatus::ALL, [Delivering, Active, PastDue, Suspended, Deleted]);
        for (state, row) in ServiceStatus::ALL.iter().zip(table) {
            for (event, expected) in ServiceEvent::ALL.iter().zip(row) {
                assert_eq!(state.after(*event).ok(), expected, "{state} {event}");
            }
        }
    }
}
