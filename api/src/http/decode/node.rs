//! What was sent, before it has a type.

use super::{Origin, place};
use crate::problem::Fault;
use domain::identifier::contains_card_number;
use domain::refusal::Refusal;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::cell::RefCell;

/// Deepest nesting of a body.
const MAX_DEPTH: usize = 32;

/// A value as it was sent.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number that is no fraction and fits.
    Integer(i128),
    /// Any other number.
    Fraction,
    /// A string.
    Text(String),
    /// A parameter, or several of the same name.
    Raw(Vec<String>),
    /// An array.
    List(Vec<Node>),
    /// An object, in the order sent.
    Map(Vec<(String, Node)>),
    /// Stands for a value at fault and fits anything.
    Hole,
}

/// How a value at fault is put aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mend {
    /// Anything fits in its place.
    Fill,
    /// It was not there.
    Drop,
}

impl Node {
    /// Reads JSON; duplicates, depth and card numbers are faults, anything else that is wrong an error.
    pub(super) fn parse(bytes: &[u8]) -> Result<(Self, Vec<Fault>), serde_json::Error> {
        let faults = RefCell::new(Vec::new());
        let mut deserializer = serde_json::Deserializer::from_slice(bytes);
        let node = Seed { path: Vec::new(), faults: &faults }.deserialize(&mut deserializer)?;
        deserializer.end()?;
        Ok((node, faults.into_inner()))
    }

    /// A query's parameters.
    #[must_use]
    pub fn query(pairs: Vec<(String, String)>) -> Self {
        let mut members: Vec<(String, Self)> = Vec::new();
        for (name, value) in pairs {
            match members.iter_mut().find(|(known, _)| *known == name) {
                Some((_, Self::Raw(values))) => values.push(value),
                Some(_) | None => members.push((name, Self::Raw(vec![value]))),
            }
        }
        Self::Map(members)
    }

    /// Puts what is at `path` aside.
    pub(super) fn mend(&mut self, path: &[String], mend: Mend) {
        let Some((first, rest)) = path.split_first() else {
            *self = Self::Hole;
            return;
        };
        match self {
            Self::Map(members) => {
                if rest.is_empty() && mend == Mend::Drop {
                    members.retain(|(name, _)| name != first);
                } else if let Some((_, node)) = members.iter_mut().find(|(name, _)| name == first) {
                    node.mend(rest, mend);
                } else if rest.is_empty() {
                    members.push((first.clone(), Self::Hole));
                }
            }
            Self::List(items) => {
                if let Some(node) = first.parse::<usize>().ok().and_then(|at| items.get_mut(at)) {
                    node.mend(rest, mend);
                }
            }
            Self::Null
            | Self::Bool(_)
            | Self::Integer(_)
            | Self::Fraction
            | Self::Text(_)
            | Self::Raw(_)
            | Self::Hole => {
                *self = Self::Hole;
            }
        }
    }
}

/// Whether a text holds the one character that PostgreSQL cannot store.
#[must_use]
pub fn has_nul(text: &str) -> bool {
    text.contains('\0')
}

struct Seed<'a> {
    path: Vec<String>,
    faults: &'a RefCell<Vec<Fault>>,
}

impl Seed<'_> {
    fn below(&self, part: String) -> Self {
        let mut path = self.path.clone();
        path.push(part);
        Self { path, faults: self.faults }
    }

    fn fault(&self, fault: impl FnOnce(crate::problem::Place) -> Fault) {
        self.faults.borrow_mut().push(fault(place(&self.path, Origin::Body)));
    }

    fn card(&self, text: &str) {
        if contains_card_number(text) {
            self.fault(|place| Fault::new(place, Refusal::CardNumberRefused.as_str()));
        }
    }

    fn text(&self, text: &str) {
        self.card(text);
        if has_nul(text) {
            self.fault(|place| Fault::new(place, "invalid_format"));
        }
    }

    fn too_deep(&self) -> bool {
        let deep = self.path.len() >= MAX_DEPTH;
        if deep {
            self.fault(|place| Fault::new(place, "too_deep").with("max", MAX_DEPTH));
        }
        deep
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Node;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Integer(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        self.card(&value.to_string());
        Ok(Node::Integer(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Node, E> {
        // 15.0 is the integer 15 to many clients; beyond 2^53 a float is no longer exact
        if value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0 {
            let integer = format!("{value:.0}").parse().map_err(E::custom)?;
            return Ok(Node::Integer(integer));
        }
        Ok(Node::Fraction)
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        self.text(value);
        Ok(Node::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        if self.too_deep() {
            while items.next_element::<serde::de::IgnoredAny>()?.is_some() {}
            return Ok(Node::Hole);
        }
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self.below(list.len().to_string()))? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Node, A::Error> {
        if self.too_deep() {
            while members.next_entry::<serde::de::IgnoredAny, serde::de::IgnoredAny>()?.is_some() {}
            return Ok(Node::Hole);
        }
        let mut map: Vec<(String, Node)> = Vec::new();
        while let Some(name) = members.next_key::<String>()? {
            let below = self.below(name.clone());
            below.text(&name);
            if map.iter().any(|(known, _)| *known == name) {
                below.fault(|place| Fault::new(place, "duplicate"));
            }
            let node = members.next_value_seed(below)?;
            map.push((name, node));
        }
        Ok(Node::Map(map))
    }
}
