//! The order and its tracking.

use crate::refusal::InvalidTransition;
use crate::text::words;

words! {
    /// Where an order stands.
    OrderStatus {
        /// Waiting for its payment.
        AwaitingPayment = "awaiting_payment",
        /// Paid, being checked.
        Checking = "checking",
        /// Waiting for documents of the customer.
        DocumentsRequested = "documents_requested",
        /// Its services are being made.
        Delivering = "delivering",
        /// Its services are available.
        Delivered = "delivered",
        /// Given up before payment, or refused.
        Cancelled = "cancelled",
        /// Not paid in time.
        Expired = "expired",
        /// Undone by the consumer's right of withdrawal.
        Withdrawn = "withdrawn",
    }
}

words! {
    /// What can happen to an order.
    OrderEvent {
        /// Its payment succeeded.
        Pay = "pay",
        /// Documents are asked for.
        RequestDocuments = "request_documents",
        /// The check ended well.
        Validate = "validate",
        /// Everything ordered is available.
        Deliver = "deliver",
        /// The owner, or the provider, gives it up.
        Cancel = "cancel",
        /// The time to pay it is over.
        Expire = "expire",
        /// The consumer withdraws.
        Withdraw = "withdraw",
    }
}

words! {
    /// The steps that a customer follows, in their order.
    TrackingStep {
        /// The order is being checked.
        Validating = "validating",
        /// The check ended well.
        Validated = "validated",
        /// The services are being made.
        Delivery = "delivering",
        /// The services are available.
        Available = "available",
    }
}

words! {
    /// How far a tracking step is.
    StepStatus {
        /// Not begun.
        Todo = "todo",
        /// Begun.
        Doing = "doing",
        /// Done.
        Done = "done",
        /// Stopped by an error; may begin again.
        Error = "error",
    }
}

impl OrderStatus {
    /// The state after `event`.
    ///
    /// | from \ event | pay | request_documents | validate | deliver | cancel | expire | withdraw |
    /// |---|---|---|---|---|---|---|---|
    /// | awaiting_payment | checking | documents_requested | – | – | cancelled | expired | – |
    /// | checking | – | documents_requested | delivering | – | cancelled | – | withdrawn |
    /// | documents_requested | – | – | delivering | – | cancelled | expired | withdrawn |
    /// | delivering | – | – | – | delivered | cancelled | – | withdrawn |
    /// | delivered | – | – | – | – | – | – | withdrawn |
    /// | cancelled, expired, withdrawn | – | – | – | – | – | – | – |
    ///
    /// # Errors
    /// [`InvalidTransition`] where the table has a dash.
    pub fn after(self, event: OrderEvent) -> Result<Self, InvalidTransition> {
        use OrderEvent::{Cancel, Deliver, Expire, Pay, RequestDocuments, Validate, Withdraw};
        use OrderStatus::{
            AwaitingPayment, Cancelled, Checking, Delivered, Delivering, DocumentsRequested, Expired, Withdrawn,
        };
        let refused = || InvalidTransition { machine: "order", state: self.as_str(), event: event.to_string() };
        match (self, event) {
            (AwaitingPayment, Pay) => Ok(Checking),
            (AwaitingPayment | Checking, RequestDocuments) => Ok(DocumentsRequested),
            (Checking | DocumentsRequested, Validate) => Ok(Delivering),
            (Delivering, Deliver) => Ok(Delivered),
            (AwaitingPayment | Checking | DocumentsRequested | Delivering, Cancel) => Ok(Cancelled),
            (AwaitingPayment | DocumentsRequested, Expire) => Ok(Expired),
            (Checking | DocumentsRequested | Delivering | Delivered, Withdraw) => Ok(Withdrawn),
            (AwaitingPayment, Validate | Deliver | Withdraw)
            | (Checking, Pay | Deliver | Expire)
            | (DocumentsRequested, Pay | RequestDocuments | Deliver)
            | (Delivering, Pay | RequestDocuments | Validate | Expire)
            | (Delivered, Pay | RequestDocuments | Validate | Deliver | Cancel | Expire)
            | (
                Cancelled | Expired | Withdrawn,
                Pay | RequestDocuments | Validate | Deliver | Cancel | Expire | Withdraw,
            ) => Err(refused()),
        }
    }

    /// Something is still to happen to the order.
    #[must_use]
    pub const fn is_open(self) -> bool {
        match self {
            Self::AwaitingPayment | Self::Checking | Self::DocumentsRequested | Self::Delivering => true,
            Self::Delivered | Self::Cancelled | Self::Expired | Self::Withdrawn => false,
        }
    }
}

impl StepStatus {
    /// A step that is at `self` may be set to `next`.
    ///
    /// | from \ to | todo | doing | done | error |
    /// |---|---|---|---|---|
    /// | todo | – | yes | yes | yes |
    /// | doing | – | – | yes | yes |
    /// | done | – | – | – | – |
    /// | error | – | yes | yes | – |
    #[must_use]
    pub const fn may_become(self, next: Self) -> bool {
        match (self, next) {
            (Self::Todo, Self::Doing | Self::Done | Self::Error)
            | (Self::Doing, Self::Done | Self::Error)
            | (Self::Error, Self::Doing | Self::Done) => true,
            (Self::Todo | Self::Doing | Self::Done | Self::Error, Self::Todo)
            | (Self::Doing, Self::Doing)
            | (Self::Done, Self::Doing | Self::Done | Self::Error)
            | (Self::Error, Self::Error) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_and_event_has_its_answer() {
        use OrderStatus::{Cancelled, Checking, Delivered, Delivering, DocumentsRequested, Expired, Withdrawn};
        let table = [
            [Some(Checking), Some(DocumentsRequested), None, None, Some(Cancelled), Some(Expired), None],
            [None, Some(DocumentsRequested), Some(Delivering), None, Some(Cancelled), None, Some(Withdrawn)],
            [None, None, Some(Delivering), None, Some(Cancelled), Some(Expired), Some(Withdrawn)],
            [None, None, None, Some(Delivered), Some(Cancelled), None, Some(Withdrawn)],
            [None, None, None, None, None, None, Some(Withdrawn)],
            [None; 7],
            [None; 7],
            [None; 7],
        ];
        for (state, row) in OrderStatus::ALL.iter().zip(table) {
            for (event, expected) in OrderEvent::ALL.iter().zip(row) {
                assert_eq!(state.after(*event).ok(), expected, "{state} {event}");
            }
        }
    }

    #[test]
    fn a_step_never_goes_back_and_ends_once() {
        let allowed: Vec<_> = StepStatus::ALL
            .iter()
            .flat_map(|from| StepStatus::ALL.iter().map(move |to| (*from, *to)))
            .filter(|(from, to)| from.may_become(*to))
            .map(|(from, to)| format!("{from}>{to}"))
            .collect();
        assert_eq!(
            allowed,
            ["todo>doing", "todo>done", "todo>error", "doing>done", "doing>error", "error>doing", "error>done"]
        );
    }
}
