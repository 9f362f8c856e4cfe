//! Typed ids. Inside: a UUIDv7. Outside: a TypeID, `prefix_` followed by the 128 bits in lower-case
//! Crockford base32 (26 characters), e.g. `svc_01h455vb4pex5vsknk084sn02q`.
//!
//! Source: TypeID specification 0.3 (jetify-com/typeid): most significant bit first, alphabet
//! `0123456789abcdefghjkmnpqrstvwxyz`, first character at most `7`.

use uuid::Uuid;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Length of the part after the prefix and its underscore.
pub const SUFFIX_LEN: usize = 26;

/// A text that is not an id of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an id that begins with `{prefix}_`")]
pub struct InvalidId {
    /// The prefix that was expected.
    pub prefix: &'static str,
}

fn encode(prefix: &str, id: Uuid) -> String {
    let mut bits = id.as_u128();
    let mut suffix = [b'0'; SUFFIX_LEN];
    for slot in suffix.iter_mut().rev() {
        let digit = usize::try_from(bits & 31).unwrap_or_default();
        *slot = ALPHABET.get(digit).copied().unwrap_or(b'0');
        bits >>= 5;
    }
    let mut text = String::with_capacity(prefix.len() + 1 + SUFFIX_LEN);
    text.push_str(prefix);
    text.push('_');
    text.extend(suffix.iter().map(|byte| char::from(*byte)));
    text
}

fn decode(prefix: &'static str, text: &str) -> Result<Uuid, InvalidId> {
    let wrong = InvalidId { prefix };
    let suffix = text.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_')).ok_or(wrong.clone())?;
    if suffix.len() != SUFFIX_LEN || suffix.as_bytes().first().is_none_or(|first| *first > b'7') {
        return Err(wrong);
    }
    let mut bits: u128 = 0;
    for byte in suffix.bytes() {
        let digit = ALPHABET.iter().position(|known| *known == byte).ok_or(wrong.clone())?;
        bits = (bits << 5) | u128::try_from(digit).map_err(|_| wrong.clone())?;
    }
    Ok(Uuid::from_u128(bits))
}

macro_rules! ids {
    ($($(#[$meta:meta])* $name:ident = $prefix:literal;)+) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "storage", derive(sea_orm::DeriveValueType))]
        pub struct $name(pub Uuid);

        #[cfg(feature = "storage")]
        impl sea_orm::TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, sea_orm::DbErr> {
                Err(sea_orm::DbErr::ConvertFromU64(stringify!($name)))
            }
        }

        impl $name {
            /// What every id of this kind begins with, without the underscore.
            pub const PREFIX: &'static str = $prefix;
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self { Self(id) }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&encode($prefix, self.0))
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidId;
            fn from_str(s: &str) -> Result<Self, Self::Err> { decode($prefix, s).map(Self) }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> { s.collect_str(self) }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(d)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )+};
}

ids! {
    /// A customer account.
    AccountId = "acc";
    /// A login session.
    SessionId = "ses";
    /// One link of a session's chain of refresh tokens.
    RefreshTokenId = "rft";
    /// A personal or operator access token.
    AccessTokenId = "tok";
    /// A login that waits for its second factor.
    LoginChallengeId = "chg";
    /// An authenticator app.
    TotpDeviceId = "otp";
    /// A security key or passkey.
    SecurityKeyId = "sky";
    /// A ceremony with a security key.
    KeyCeremonyId = "cer";
    /// A wait after which lost second factors are given up.
    FactorRecoveryId = "frc";
    /// A backup code.
    BackupCodeId = "bkc";
    /// A device that needs no second factor at login for a while.
    RememberedDeviceId = "rmd";
    /// A mailed one-time code or token.
    OneTimeCodeId = "otc";
    /// An entry of the activity log.
    ActivityId = "act";
    /// An event of the event log.
    EventId = "evt";
    /// A service e-mail.
    EmailId = "eml";
    /// An extra address for service e-mails.
    EmailAddressId = "ema";
    /// A change of an address of an account.
    AddressChangeId = "adc";
    /// An export of all the data of an account.
    ExportId = "exp";
    /// A check of a VAT id.
    VatCheckId = "vck";
    /// A text message.
    SmsId = "sms";
    /// A version of a plan.
    PlanId = "pln";
    /// An order.
    OrderId = "ord";
    /// A line of an order.
    OrderItemId = "oit";
    /// A service.
    ServiceId = "svc";
    /// A period row of a service.
    PeriodId = "per";
    /// A milestone.
    MilestoneId = "mst";
    /// An invoice.
    InvoiceId = "inv";
    /// A credit note: the same document table as invoices, another prefix outside.
    CreditNoteId = "crn";
    /// A payment method.
    PaymentMethodId = "pmt";
    /// A payment.
    PaymentId = "pay";
    /// An attempt of a payment at the gateway; its text form is the gateway's idempotency key.
    AttemptId = "att";
    /// A set of ledger entries that sums to zero.
    LedgerTransactionId = "led";
    /// A cancellation of a service.
    CancellationId = "can";
    /// A closure of an account.
    ClosureId = "clo";
    /// A password that an account had before.
    FormerPasswordId = "fpw";
    /// A device that an account's owner logged in from.
    KnownDeviceId = "kdv";
    /// Something that was asked for without login.
    VisitorRequestId = "vrq";
    /// A test clock.
    TestClockId = "clk";
    /// A long-running operation.
    OperationId = "opn";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_specification_example_is_read_and_written() {
        let id: ServiceId = "svc_01h455vb4pex5vsknk084sn02q".parse().unwrap();
        assert_eq!(id.0.to_string(), "01890a5d-ac96-774b-bcce-b302099a8057");
        assert_eq!(id.to_string(), "svc_01h455vb4pex5vsknk084sn02q");
    }

    #[test]
    fn an_id_of_another_kind_or_form_is_refused() {
        for wrong in [
            "",
            "svc_",
            "acc_01h455vb4pex5vsknk084sn02q",
            "svc_81h455vb4pex5vsknk084sn02q",
            "svc_01h455vb4pex5vsknk084sn02",
            "svc_01h455vb4pex5vsknk084sn02qq",
            "svc_01H455VB4PEX5VSKNK084SN02Q",
            "svc_01h455vb4pex5vsknk084sn02i",
            "svc01h455vb4pex5vsknk084sn02q",
        ] {
            assert!(wrong.parse::<ServiceId>().is_err(), "{wrong}");
        }
    }
}
