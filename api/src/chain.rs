//! The chain of the activity log. Each line has a link: the keyed hash of the link before it and of the
//! line. Whoever changes, removes, adds or moves a line without the house's key breaks the chain there.
//!
//! What says who somebody is (address, device, request, details) is not in the link itself but behind a
//! commitment, a keyed hash with a salt of the line's own. Erasing takes those columns and the salt away:
//! the commitment tells nothing any more, and the chain still holds. Lines of an account are emptied when it is
//! closed, lines of visitors without one when they are [`VISITORS_KEPT`] old.

use crate::seal::Sealer;
use chrono::TimeDelta;
use entity::activity;
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// How many chains the house has for lines of no account: one for all would make strangers wait for each
/// other.
pub const HOUSE_CHAINS: u8 = 16;

/// How long a visitor's line says from where they came: no longer than logs of use should be kept (CNIL,
/// délibération n° 2021-122 of 14 October 2021: six months to one year).
pub const VISITORS_KEPT: TimeDelta = TimeDelta::days(365);

/// One of the house's own chains.
#[must_use]
pub fn house(number: u8) -> Uuid {
    Uuid::from_u128(u128::from(number % HOUSE_CHAINS))
}

/// Whether a chain is one of the house's own.
#[must_use]
pub fn is_house(chain: Uuid) -> bool {
    chain.as_u128() < u128::from(HOUSE_CHAINS)
}

/// The commitment to what a line says about who somebody is.
#[must_use]
pub fn commitment(sealer: &Sealer, salt: &str, line: &activity::Model) -> String {
    let text = json!([
        salt,
        line.id,
        line.address,
        line.user_agent,
        line.request_id,
        line.detail.as_ref().map(|detail| canonical(detail.clone())),
    ]);
    sealer.hash("activity:commitment", &text.to_string())
}

/// The link of a line that follows `previous`.
#[must_use]
pub fn link(sealer: &Sealer, previous: &str, line: &activity::Model) -> String {
    let text = json!([
        previous,
        line.chain,
        line.seq,
        line.id,
        line.account_id,
        line.at.timestamp_micros(),
        line.kind,
        line.actor,
        line.commitment,
    ]);
    sealer.hash("activity:link", &text.to_string())
}

/// The same value with its members in the order of their names: a database may keep them in another.
fn canonical(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut members: Vec<(String, Value)> =
                members.into_iter().map(|(name, value)| (name, canonical(value))).collect();
            members.sort_by(|one, other| one.0.cmp(&other.0));
            Value::Object(members.into_iter().collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(canonical).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> activity::Model {
        activity::Model {
            id: Uuid::from_u128(1 << 100).into(),
            account_id: Some(Uuid::from_u128(2 << 100).into()),
            at: "2026-01-30T09:00:00Z".parse().unwrap(),
            kind: "session.opened".to_owned(),
            actor: "visitor".to_owned(),
            address: Some("203.0.113.7".to_owned()),
            request_id: None,
            detail: Some(json!({ "b": [1, { "d": 2, "c": 3 }], "a": "x" })),
            user_agent: Some("curl".to_owned()),
            chain: Some(Uuid::from_u128(2 << 100)),
            seq: Some(1),
            salt: Some("00".to_owned()),
            commitment: Some("11".to_owned()),
            link: None,
        }
    }

    #[test]
    fn every_column_of_a_line_is_in_its_link_or_in_its_commitment() {
        type Change = fn(&mut activity::Model);
        let sealer = Sealer::new(&[7; 32]).unwrap();
        let both = |line: &activity::Model| (link(&sealer, "", line), commitment(&sealer, "00", line));
        let (before, of_persons) = both(&line());
        let kept: [Change; 8] = [
            |line| line.id = Uuid::from_u128(9).into(),
            |line| line.account_id = None,
            |line| line.at += chrono::TimeDelta::microseconds(1),
            |line| line.kind = "session.refused".to_owned(),
            |line| line.actor = "scheduler".to_owned(),
            |line| line.chain = Some(house(0)),
            |line| line.seq = Some(2),
            |line| line.commitment = Some("12".to_owned()),
        ];
        for change in kept {
            let mut other = line();
            change(&mut other);
            assert_ne!(both(&other).0, before);
        }
        let emptied: [Change; 4] = [
            |line| line.address = None,
            |line| line.user_agent = None,
            |line| line.request_id = Some("1".to_owned()),
            |line| line.detail = Some(json!({ "a": "x" })),
        ];
        for change in emptied {
            let mut other = line();
            change(&mut other);
            assert_eq!(both(&other).0, before);
            assert_ne!(both(&other).1, of_persons);
        }
        assert_ne!(link(&sealer, "x", &line()), before);
        assert_ne!(commitment(&sealer, "01", &line()), of_persons);
        assert_ne!(link(&Sealer::new(&[8; 32]).unwrap(), "", &line()), before);
    }

    #[test]
    fn the_order_of_members_does_not_matter() {
        let sealer = Sealer::new(&[7; 32]).unwrap();
        let other = activity::Model { detail: Some(json!({ "a": "x", "b": [1, { "c": 3, "d": 2 }] })), ..line() };
        assert_eq!(commitment(&sealer, "00", &line()), commitment(&sealer, "00", &other));
    }
}
