//! Payments and their attempts at the gateway.

use crate::refusal::InvalidTransition;
use crate::text::words;

words! {
    /// Where a payment stands.
    PaymentStatus {
        /// An attempt is on its way or will be.
        Pending = "pending",
        /// The gateway works on it; days may pass (direct debit).
        Processing = "processing",
        /// The customer must do something at the gateway.
        RequiresAction = "requires_action",
        /// The money came.
        Succeeded = "succeeded",
        /// No money came and none will.
        Failed = "failed",
        /// The money went back.
        Refunded = "refunded",
    }
}

words! {
    /// Where one attempt stands.
    AttemptStatus {
        /// Written down, not sent.
        Created = "created",
        /// Handed to the gateway, answer awaited.
        Sent = "sent",
        /// The gateway works on it.
        Processing = "processing",
        /// The customer must do something.
        RequiresAction = "requires_action",
        /// Nobody knows: the reconciler asks.
        Unknown = "unknown",
        /// Final: money came.
        Succeeded = "succeeded",
        /// Final: declined.
        Declined = "declined",
        /// Final: called off and confirmed by the gateway.
        Cancelled = "cancelled",
    }
}

words! {
    /// What can happen to an attempt.
    AttemptEvent {
        /// It is handed to the gateway.
        Send = "send",
        /// The gateway says it works on it.
        Process = "process",
        /// The gateway wants the customer.
        RequireAction = "require_action",
        /// No answer, or none that can be read.
        Lose = "lose",
        /// The gateway says yes.
        Succeed = "succeed",
        /// The gateway says no.
        Decline = "decline",
        /// The gateway confirms that it is called off.
        Cancel = "cancel",
    }
}

words! {
    /// How a gateway says no.
    DeclineKind {
        /// Another try may work (no funds today).
        Soft = "soft",
        /// The method will not work any more (stolen card, revoked mandate).
        Hard = "hard",
    }
}

words! {
    /// What a customer can pay with.
    PaymentMethodType {
        /// A card, known by the gateway's token only.
        Card = "card",
        /// A SEPA direct debit mandate.
        SepaDebit = "sepa_debit",
        /// A wallet behind a redirect.
        Wallet = "wallet",
    }
}

words! {
    /// Whether a payment method can be used.
    PaymentMethodStatus {
        /// Usable.
        Valid = "valid",
        /// Past its end of validity.
        Expired = "expired",
        /// Declined for good by its issuer.
        Failed = "failed",
        /// Removed by its owner.
        Removed = "removed",
    }
}

words! {
    /// Where the money of a payment comes from.
    PaymentSource {
        /// A payment method, through the gateway.
        Method = "payment_method",
        /// The prepaid balance.
        Balance = "balance",
    }
}

impl AttemptStatus {
    /// An attempt that is live keeps any other attempt for the same debt from beginning.
    #[must_use]
    pub const fn is_live(self) -> bool {
        match self {
            Self::Created | Self::Sent | Self::Processing | Self::RequiresAction | Self::Unknown => true,
            Self::Succeeded | Self::Declined | Self::Cancelled => false,
        }
    }

    /// The state after `event`.
    ///
    /// | from \ event | send | process | require_action | lose | succeed | decline | cancel |
    /// |---|---|---|---|---|---|---|---|
    /// | created | sent | – | – | – | – | – | cancelled |
    /// | sent | – | processing | requires_action | unknown | succeeded | declined | cancelled |
    /// | processing | – | processing | requires_action | processing | succeeded | declined | cancelled |
    /// | requires_action | – | processing | requires_action | requires_action | succeeded | declined | cancelled |
    /// | unknown | sent | processing | requires_action | unknown | succeeded | declined | cancelled |
    /// | succeeded, declined, cancelled | – | – | – | – | – | – | – |
    ///
    /// `unknown` is sent again only with the same key, once the gateway has certainly never seen it.
    ///
    /// # Errors
    /// [`InvalidTransition`] where the table has a dash.
    pub fn after(self, event: AttemptEvent) -> Result<Self, InvalidTransition> {
        use AttemptEvent as E;
        let refused = || InvalidTransition { machine: "attempt", state: self.as_str(), event: event.to_string() };
        match (self, event) {
            (Self::Created | Self::Unknown, E::Send) => Ok(Self::Sent),
            (Self::Sent | Self::Processing | Self::RequiresAction | Self::Unknown, E::Process)
            | (Self::Processing, E::Lose) => Ok(Self::Processing),
            (Self::Sent | Self::Processing | Self::RequiresAction | Self::Unknown, E::RequireAction)
            | (Self::RequiresAction, E::Lose) => Ok(Self::RequiresAction),
            (Self::Sent | Self::Unknown, E::Lose) => Ok(Self::Unknown),
            (Self::Sent | Self::Processing | Self::RequiresAction | Self::Unknown, E::Succeed) => Ok(Self::Succeeded),
            (Self::Sent | Self::Processing | Self::RequiresAction | Self::Unknown, E::Decline) => Ok(Self::Declined),
            (Self::Created | Self::Sent | Self::Processing | Self::RequiresAction | Self::Unknown, E::Cancel) => {
                Ok(Self::Cancelled)
            }
            (Self::Created, E::Process | E::RequireAction | E::Lose | E::Succeed | E::Decline)
            | (Self::Sent | Self::Processing | Self::RequiresAction, E::Send)
            | (
                Self::Succeeded | Self::Declined | Self::Cancelled,
                E::Send | E::Process | E::RequireAction | E::Lose | E::Succeed | E::Decline | E::Cancel,
            ) => Err(refused()),
        }
    }

    /// What the payment shows while its latest attempt is here.
    #[must_use]
    pub const fn payment_status(self) -> PaymentStatus {
        match self {
            Self::Created | Self::Sent | Self::Unknown => PaymentStatus::Pending,
            Self::Processing => PaymentStatus::Processing,
            Self::RequiresAction => PaymentStatus::RequiresAction,
            Self::Succeeded => PaymentStatus::Succeeded,
            Self::Declined | Self::Cancelled => PaymentStatus::Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_and_event_has_its_answer() {
        use AttemptStatus::{Cancelled, Declined, Processing, RequiresAction, Sent, Succeeded, Unknown};
        let finals = [Some(Succeeded), Some(Declined), Some(Cancelled)];
        let live =
            |send, lose| [send, Some(Processing), Some(RequiresAction), Some(lose), finals[0], finals[1], finals[2]];
        let table = [
            [Some(Sent), None, None, None, None, None, Some(Cancelled)],
            live(None, Unknown),
            live(None, Processing),
            live(None, RequiresAction),
            live(Some(Sent), Unknown),
            [None; 7],
            [None; 7],
            [None; 7],
        ];
        for (state, row) in AttemptStatus::ALL.iter().zip(table) {
            for (event, expected) in AttemptEvent::ALL.iter().zip(row) {
                assert_eq!(state.after(*event).ok(), expected, "{state} {event}");
            }
        }
    }

    #[test]
    fn exactly_the_final_states_are_not_live() {
        let settled: Vec<_> = AttemptStatus::ALL.iter().filter(|s| !s.is_live()).map(|s| s.as_str()).collect();
        assert_eq!(settled, ["succeeded", "declined", "cancelled"]);
    }
}
