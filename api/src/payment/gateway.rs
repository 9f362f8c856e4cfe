//! The port to whoever moves the money. A decline is a value; a broken line is an unknown outcome.

use chrono::{DateTime, NaiveDate, Utc};
use domain::id::AttemptId;
use domain::money::Money;
use domain::payment::{DeclineKind, PaymentMethodType};
use futures_util::future::BoxFuture;

/// What the gateway knows about a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// What it pays with.
    pub kind: PaymentMethodType,
    /// What a person recognises it by, e.g. `Visa •••• 4242`.
    pub label: String,
    /// Last day of validity, where there is one.
    pub expires_on: Option<NaiveDate>,
}

/// The gateway does not know this token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the gateway does not know this token")]
pub struct UnknownToken;

/// One try to get money.
#[derive(Debug, Clone)]
pub struct Charge {
    /// The attempt: the idempotency key. The same key is the same charge, however often it is sent.
    pub key: AttemptId,
    /// The method's token at this gateway.
    pub token: String,
    /// How much.
    pub amount: Money,
    /// Which try for this debt, from 1.
    pub sequence: u32,
    /// The account's time.
    pub now: DateTime<Utc>,
}

/// Asks for what became of a charge.
#[derive(Debug, Clone)]
pub struct Lookup {
    /// The attempt.
    pub key: AttemptId,
    /// The method's token at this gateway.
    pub token: String,
    /// The gateway's own reference, once it answered with one.
    pub reference: Option<String>,
    /// When the charge was sent, on the account's clock.
    pub sent_at: DateTime<Utc>,
    /// The account's time.
    pub now: DateTime<Utc>,
}

/// What became of a charge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChargeOutcome {
    /// The money came.
    Succeeded {
        /// The gateway's reference.
        reference: String,
    },
    /// No.
    Declined {
        /// Whether another try may work.
        kind: DeclineKind,
        /// The gateway's word for it.
        code: String,
    },
    /// The customer must do something.
    RequiresAction {
        /// The gateway's reference.
        reference: String,
        /// Where the customer does it.
        href: String,
    },
    /// The gateway works on it; days may pass.
    Processing {
        /// The gateway's reference.
        reference: String,
    },
    /// Nobody knows: no answer, or none that can be read.
    Unknown,
    /// Called off, confirmed.
    Cancelled,
}

/// What a look-up found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// The charge, and where it stands.
    Charge(ChargeOutcome),
    /// The gateway has certainly never seen it.
    Absent,
    /// The gateway cannot be asked now.
    Unreachable,
}

/// What became of a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundOutcome {
    /// The money went back, or will without more ado.
    Accepted,
    /// This gateway or method cannot give money back.
    Refused,
    /// Nobody knows: ask again, the key makes it one refund.
    Unknown,
}

/// Whoever moves the money.
pub trait Gateway: Send + Sync {
    /// Its name in rows and logs.
    fn name(&self) -> &'static str;

    /// What it knows about a token.
    ///
    /// # Errors
    /// [`UnknownToken`].
    fn describe(&self, token: &str, now: DateTime<Utc>) -> Result<Described, UnknownToken>;

    /// Asks for money, once per key.
    fn charge<'a>(&'a self, charge: &'a Charge) -> BoxFuture<'a, ChargeOutcome>;

    /// Asks what became of a charge: by its key, then by our own reference.
    fn find<'a>(&'a self, lookup: &'a Lookup) -> BoxFuture<'a, Found>;

    /// Calls off a charge that waits for the customer; the answer is its final outcome.
    fn cancel<'a>(&'a self, lookup: &'a Lookup) -> BoxFuture<'a, Found>;

    /// Gives money back, once per key.
    fn refund<'a>(&'a self, key: &'a str, lookup: &'a Lookup, amount: Money) -> BoxFuture<'a, RefundOutcome>;
}
