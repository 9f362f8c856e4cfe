//! A serde deserializer over a [`Node`] whose errors know their place.

use super::node::{Mend, Node};
use super::{Origin, place};
use crate::problem::Fault;
use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeSeed, Deserializer, Expected, Unexpected, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Map, Value};
use std::fmt::Display;

/// Name of the newtype that takes `null`.
pub const CLEARABLE: &str = "$clearable";

/// Why a value cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("a value cannot be read")]
pub struct ReadError(Vec<Trouble>);

#[derive(Debug)]
struct Trouble {
    /// From the value outwards: reversed when told.
    path: Vec<String>,
    code: &'static str,
    params: Map<String, Value>,
    mend: Mend,
}

impl ReadError {
    fn new(code: &'static str) -> Self {
        Self(vec![Trouble { path: Vec::new(), code, params: Map::new(), mend: Mend::Fill }])
    }

    fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        if let Some(trouble) = self.0.first_mut() {
            trouble.params.insert(name.to_owned(), value.into());
        }
        self
    }

    fn at(mut self, part: &str) -> Self {
        for trouble in &mut self.0 {
            trouble.path.push(part.to_owned());
        }
        self
    }

    /// What has to be put aside to read on.
    pub(super) fn holes(&self) -> Vec<(Vec<String>, Mend)> {
        self.0.iter().map(|trouble| (trouble.path.iter().rev().cloned().collect(), trouble.mend)).collect()
    }

    /// What to tell.
    pub(super) fn into_faults(self, origin: Origin) -> Vec<Fault> {
        let fault = |trouble: Trouble| {
            let path: Vec<String> = trouble.path.into_iter().rev().collect();
            let mut fault = Fault::new(place(&path, origin), trouble.code);
            fault.params = trouble.params;
            fault
        };
        self.0.into_iter().map(fault).collect()
    }
}

impl de::Error for ReadError {
    fn custom<T: Display>(_: T) -> Self {
        Self::new("invalid_format")
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new("invalid_type").with("expected", expected.to_string())
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        match unexpected {
            Unexpected::Signed(_) | Unexpected::Unsigned(_) => Self::out_of_range(expected),
            _ => Self::new("invalid_format"),
        }
    }

    fn invalid_length(_: usize, expected: &dyn Expected) -> Self {
        Self::new("invalid_value").with("expected", expected.to_string())
    }

    fn unknown_variant(_: &str, allowed: &'static [&'static str]) -> Self {
        Self::new("not_one_of").with("allowed", allowed.to_vec())
    }

    fn unknown_field(field: &str, _: &'static [&'static str]) -> Self {
        let mut error = Self::new("unknown_member").at(field);
        if let Some(trouble) = error.0.first_mut() {
            trouble.mend = Mend::Drop;
        }
        error
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new("required").at(field)
    }

    fn duplicate_field(field: &'static str) -> Self {
        // told by the node; here it only must not stop the reading
        let mut error = Self::new("duplicate").at(field);
        if let Some(trouble) = error.0.first_mut() {
            trouble.mend = Mend::Drop;
        }
        error
    }
}

impl ReadError {
    fn out_of_range(expected: &dyn Expected) -> Self {
        let (min, max) = match expected.to_string().as_str() {
            "u8" => (0, i64::from(u8::MAX)),
            "u16" => (0, i64::from(u16::MAX)),
            "u32" => (0, i64::from(u32::MAX)),
            "i8" => (i64::from(i8::MIN), i64::from(i8::MAX)),
            "i16" => (i64::from(i16::MIN), i64::from(i16::MAX)),
            "i32" => (i64::from(i32::MIN), i64::from(i32::MAX)),
            "u64" | "usize" => (0, i64::MAX),
            _ => (i64::MIN, i64::MAX),
        };
        Self::new("out_of_range").with("min", min).with("max", max)
    }
}

/// Reads one node.
pub struct Reader<'n> {
    node: &'n Node,
    origin: Origin,
}

impl<'n> Reader<'n> {
    pub(super) const fn new(node: &'n Node, origin: Origin) -> Self {
        Self { node, origin }
    }

    /// The one text of a parameter.
    fn raw(&self) -> Result<Option<&'n str>, ReadError> {
        match self.node {
            Node::Raw(values) => match values.as_slice() {
                [value] => Ok(Some(value)),
                _ => Err(ReadError::new("duplicate")),
            },
            _ => Ok(None),
        }
    }

    fn map<'de, V: Visitor<'de>>(&self, members: &'n [(String, Node)], visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_map(Members { rest: members.iter(), value: None, origin: self.origin })
    }
}

macro_rules! integers {
    ($($method:ident)+) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
            match self.raw()? {
                None if *self.node == Node::Hole => visitor.visit_i64(0),
                None => self.deserialize_any(visitor),
                Some(text) => match text.parse::<i64>() {
                    Ok(value) => visitor.visit_i64(value),
                    Err(_) => Err(ReadError::new("invalid_type").with("expected", "an integer")),
                },
            }
        }
    )+};
}

impl<'de> Deserializer<'de> for Reader<'_> {
    type Error = ReadError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.node {
            Node::Null => Err(ReadError::new("null_not_allowed")),
            Node::Bool(value) => visitor.visit_bool(*value),
            Node::Integer(value) => match (i64::try_from(*value), u64::try_from(*value)) {
                (Ok(value), _) => visitor.visit_i64(value),
                (Err(_), Ok(value)) => visitor.visit_u64(value),
                (Err(_), Err(_)) => Err(ReadError::out_of_range(&"i64")),
            },
            Node::Fraction => Err(de::Error::invalid_type(Unexpected::Other("a fraction"), &visitor)),
            Node::Text(text) => visitor.visit_str(text),
            Node::Raw(_) => visitor.visit_str(self.raw()?.unwrap_or_default()),
            Node::List(items) => visitor.visit_seq(Items { rest: items.iter().enumerate(), origin: self.origin }),
            Node::Map(members) => self.map(members, visitor),
            Node::Hole => visitor.visit_str(""),
        }
    }

    integers!(deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64);

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.raw()? {
            None if *self.node == Node::Hole => visitor.visit_bool(false),
            None => self.deserialize_any(visitor),
            Some("true") => visitor.visit_bool(true),
            Some("false") => visitor.visit_bool(false),
            Some(_) => Err(ReadError::new("invalid_type").with("expected", "true or false")),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.node {
            Node::Hole => visitor.visit_none(),
            Node::Null => Err(ReadError::new("null_not_allowed")),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        if name == CLEARABLE && matches!(self.node, Node::Null | Node::Hole) {
            return visitor.visit_none();
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.node {
            Node::Raw(values) => visitor.visit_seq(Texts(values.iter())),
            Node::Hole => visitor.visit_seq(Texts([].iter())),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.node {
            Node::Hole => self.map(&[], visitor),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        let Node::Map(members) = self.node else {
            if *self.node == Node::Hole {
                let holes: Vec<(String, Node)> = fields.iter().map(|name| ((*name).to_owned(), Node::Hole)).collect();
                return visitor.visit_map(Members { rest: holes.iter(), value: None, origin: self.origin });
            }
            // arrays are no objects, whatever serde thinks
            return Err(ReadError::new(if *self.node == Node::Null { "null_not_allowed" } else { "invalid_type" })
                .with("expected", "an object"));
        };
        let strangers: Vec<Trouble> = members
            .iter()
            .filter(|(name, _)| self.origin == Origin::Body && !fields.contains(&name.as_str()))
            .filter_map(|(name, _)| <ReadError as de::Error>::unknown_field(name, fields).0.pop())
            .collect();
        if !strangers.is_empty() {
            return Err(ReadError(strangers));
        }
        self.map(members, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        let text = match self.node {
            Node::Hole => variants.first().copied().unwrap_or_default(),
            Node::Text(text) => text,
            Node::Null => return Err(ReadError::new("null_not_allowed")),
            _ => self.raw()?.ok_or_else(|| ReadError::new("invalid_type").with("expected", "a string"))?,
        };
        visitor.visit_enum(StrDeserializer::<ReadError>::new(text))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        i128 u128 f32 f64 char str string bytes byte_buf unit unit_struct tuple tuple_struct identifier
    }
}

struct Members<'n> {
    rest: std::slice::Iter<'n, (String, Node)>,
    value: Option<&'n (String, Node)>,
    origin: Origin,
}

impl<'de> de::MapAccess<'de> for Members<'_> {
    type Error = ReadError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, ReadError> {
        self.value = self.rest.next();
        match self.value {
            None => Ok(None),
            Some((name, _)) => seed.deserialize(StrDeserializer::<ReadError>::new(name)).map(Some),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, ReadError> {
        let (name, node) = self.value.take().ok_or_else(|| ReadError::new("invalid_format"))?;
        seed.deserialize(Reader::new(node, self.origin)).map_err(|error| error.at(name))
    }
}

struct Items<'n> {
    rest: std::iter::Enumerate<std::slice::Iter<'n, Node>>,
    origin: Origin,
}

impl<'de> de::SeqAccess<'de> for Items<'_> {
    type Error = ReadError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, ReadError> {
        let Some((at, node)) = self.rest.next() else { return Ok(None) };
        seed.deserialize(Reader::new(node, self.origin)).map(Some).map_err(|error| error.at(&at.to_string()))
    }
}

struct Texts<'n>(std::slice::Iter<'n, String>);

impl<'de> de::SeqAccess<'de> for Texts<'_> {
    type Error = ReadError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, ReadError> {
        let Some(text) = self.0.next() else { return Ok(None) };
        let one = Node::Raw(vec![text.clone()]);
        seed.deserialize(Reader::new(&one, Origin::Query)).map(Some)
    }
}
