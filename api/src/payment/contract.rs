//! What every gateway must satisfy, whatever stands behind it. Each adapter's tests call
//! [`idempotent_charge`] and its neighbours with tokens of its own sandbox.

use super::gateway::{Charge, ChargeOutcome, Found, Gateway, Lookup, RefundOutcome};

/// The same key is the same charge: the second sending answers like the first and takes no more money.
///
/// # Errors
/// What differs from the promise.
pub async fn idempotent_charge(gateway: &dyn Gateway, charge: &Charge) -> Result<(), String> {
    let first = gateway.charge(charge).await;
    let second = gateway.charge(charge).await;
    if first == second { Ok(()) } else { Err(format!("first {first:?}, then {second:?}")) }
}

/// A key that was never sent is certainly absent.
///
/// # Errors
/// What differs from the promise.
pub async fn unseen_is_absent(gateway: &dyn Gateway, lookup: &Lookup) -> Result<(), String> {
    match gateway.find(lookup).await {
        Found::Absent => Ok(()),
        other => Err(format!("an unseen key was answered with {other:?}")),
    }
}

/// A charge whose answer was lost can be found by its key.
///
/// # Errors
/// What differs from the promise.
pub async fn lost_answer_is_found(gateway: &dyn Gateway, charge: &Charge, lookup: &Lookup) -> Result<(), String> {
    if gateway.charge(charge).await != ChargeOutcome::Unknown {
        return Err("the answer was not lost".to_owned());
    }
    match gateway.find(lookup).await {
        Found::Charge(ChargeOutcome::Succeeded { .. }) => Ok(()),
        other => Err(format!("a lost answer was looked up as {other:?}")),
    }
}

/// A charge that waits for the customer can be called off, and then stays called off.
///
/// # Errors
/// What differs from the promise.
pub async fn cancel_is_final(gateway: &dyn Gateway, charge: &Charge, lookup: &Lookup) -> Result<(), String> {
    gateway.charge(charge).await;
    let cancelled = Found::Charge(ChargeOutcome::Cancelled);
    let first = gateway.cancel(lookup).await;
    let then = gateway.find(lookup).await;
    if first == cancelled && then == cancelled { Ok(()) } else { Err(format!("cancel {first:?}, then {then:?}")) }
}

/// The same refund key gives money back once and is accepted both times.
///
/// # Errors
/// What differs from the promise.
pub async fn idempotent_refund(gateway: &dyn Gateway, charge: &Charge, lookup: &Lookup) -> Result<(), String> {
    gateway.charge(charge).await;
    for _ in 0..2 {
        match gateway.refund("refund-1", lookup, charge.amount).await {
            RefundOutcome::Accepted => {}
            other => return Err(format!("refund answered {other:?}")),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::simulated::Simulated;
    use domain::id::AttemptId;
    use domain::money::{Currency, Money};

    fn charge(token: &str, key: u128) -> (Charge, Lookup) {
        let now = "2026-01-31T09:00:00Z".parse().unwrap();
        let key = AttemptId(uuid::Uuid::from_u128(key));
        (
            Charge { key, token: token.to_owned(), amount: Money::from_minor(720, Currency::EUR), sequence: 1, now },
            Lookup { key, token: token.to_owned(), reference: None, sent_at: now, now },
        )
    }

    #[tokio::test]
    async fn the_simulated_gateway_keeps_every_promise_of_the_port() {
        let gateway = Simulated::default();
        for (at, token) in [
            "sim_ok",
            "sim_decline_soft",
            "sim_decline_hard",
            "sim_decline_soft_2",
            "sim_requires_action",
            "sim_timeout",
            "sim_processing_3d",
            "sim_chargeback",
        ]
        .into_iter()
        .enumerate()
        {
            let (charge, _) = charge(token, at as u128);
            assert_eq!(idempotent_charge(&gateway, &charge).await, Ok(()), "{token}");
        }
        assert_eq!(gateway.captured().len(), 4, "sim_ok, sim_timeout, sim_processing_3d, sim_chargeback take money");
        let (_, lookup) = charge("sim_ok", 100);
        assert_eq!(unseen_is_absent(&gateway, &lookup).await, Ok(()));
        let (lost, lookup) = charge("sim_timeout", 101);
        assert_eq!(lost_answer_is_found(&gateway, &lost, &lookup).await, Ok(()));
        let (waits, lookup) = charge("sim_requires_action", 102);
        assert_eq!(cancel_is_final(&gateway, &waits, &lookup).await, Ok(()));
        let (paid, lookup) = charge("sim_ok", 103);
        assert_eq!(idempotent_refund(&gateway, &paid, &lookup).await, Ok(()));
        assert_eq!(gateway.refunds().len(), 1);
    }

    #[tokio::test]
    async fn a_slow_debit_settles_three_days_later() {
        let gateway = Simulated::default();
        let (charge, mut lookup) = charge("sim_processing_3d", 1);
        gateway.charge(&charge).await;
        lookup.now = charge.now + chrono::TimeDelta::hours(71);
        assert!(matches!(gateway.find(&lookup).await, Found::Charge(ChargeOutcome::Processing { .. })));
        lookup.now = charge.now + chrono::TimeDelta::hours(72);
        assert!(matches!(gateway.find(&lookup).await, Found::Charge(ChargeOutcome::Succeeded { .. })));
    }
}
