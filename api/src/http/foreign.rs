//! JSON whose form is another standard's, inside a body: members that we do not know and `null` belong to it.

use super::decode::CLEARABLE;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;

/// A value as it was sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Foreign(pub Value);

impl Foreign {
    /// The value in its own standard's type; none when it does not fit.
    #[must_use]
    pub fn read<T: DeserializeOwned>(&self) -> Option<T> {
        T::deserialize(&self.0).ok()
    }
}

impl<'de> Deserialize<'de> for Foreign {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(CLEARABLE, Outer).map(Self)
    }
}

/// Takes `null`, which a body has nowhere else.
struct Outer;

impl<'de> Visitor<'de> for Outer {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_none<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Value, D::Error> {
        inner.deserialize_any(Inner)
    }
}

struct Inner;

impl<'de> Visitor<'de> for Inner {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        while let Some(Foreign(item)) = items.next_element()? {
            all.push(item);
        }
        Ok(Value::Array(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut all = Map::new();
        while let Some((name, Foreign(value))) = members.next_entry::<String, _>()? {
            all.insert(name, value);
        }
        Ok(Value::Object(all))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde_json::json;

    #[derive(Debug, Deserialize)]
    struct Holder {
        credential: Foreign,
    }

    #[test]
    fn members_of_another_standard_are_taken_as_they_are() {
        let sent = json!({ "id": "x", "more": [null, 1, true, { "deep": "é" }], "userHandle": null });
        let body = json!({ "credential": sent }).to_string();
        let read: Holder = super::super::decode::body(body.as_bytes()).unwrap();
        assert_eq!(read.credential.0, sent);
        let beside = br#"{"credential":{},"more":1}"#;
        assert!(super::super::decode::body::<Holder>(beside).is_err());
    }
}
