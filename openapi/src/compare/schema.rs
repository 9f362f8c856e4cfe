//! Two schemas: what requests may no longer say, and what answers no longer promise.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Pair;
use crate::tree::{items, members, resolve, text};

/// Who reads the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// We do: accepting less breaks.
    Request,
    /// The client does: promising less, or something else, breaks.
    Response,
}

/// The old and the new schema of one place.
#[derive(Clone, Copy)]
pub(super) struct Side<'a> {
    old: &'a Value,
    new: &'a Value,
}

impl<'a> Side<'a> {
    /// The schemas of two carriers: parameters, headers or media types.
    pub fn of(old: &'a Value, new: &'a Value) -> Self {
        let schema = |it: &'a Value| it.get("schema").unwrap_or(&Value::Null);
        Self { old: schema(old), new: schema(new) }
    }
}

/// Compares two schemas and everything below them.
pub(super) fn compare(pair: &Pair<'_>, at: &str, side: Side<'_>, way: Way, found: &mut Vec<String>) {
    let mut walk = Walk { pair: *pair, way, seen: BTreeSet::new(), found };
    walk.schema(at, side);
}

struct Walk<'a, 'b> {
    pair: Pair<'a>,
    way: Way,
    /// References already compared, so that circles end.
    seen: BTreeSet<(String, String)>,
    found: &'b mut Vec<String>,
}

impl Walk<'_, '_> {
    fn say(&mut self, at: &str, what: &str) {
        self.found.push(format!("{at}: {what}"));
    }

    fn schema(&mut self, at: &str, side: Side<'_>) {
        if let (Some(was), Some(is)) = (text(side.old, "$ref"), text(side.new, "$ref"))
            && !self.seen.insert((was.to_owned(), is.to_owned()))
        {
            return;
        }
        let (old, new) = (resolve(self.pair.old, side.old), resolve(self.pair.new, side.new));
        self.types(at, old, new);
        self.values(at, old, new);
        self.limits(at, old, new);
        self.members(at, old, new);
        self.variants(at, old, new);
        for name in ["items", "additionalProperties"] {
            if let (Some(was), Some(is)) = (old.get(name), new.get(name)) {
                self.schema(&format!("{at}/{name}"), Side { old: was, new: is });
            }
        }
    }

    fn types(&mut self, at: &str, old: &Value, new: &Value) {
        let (was, is) = (types(old), types(new));
        let fits = match self.way {
            Way::Request => is.is_empty() || (!was.is_empty() && was.is_subset(&is)),
            Way::Response => was.is_empty() || (!is.is_empty() && is.is_subset(&was)),
        };
        if !fits {
            self.say(at, &format!("type {was:?} became {is:?}"));
        }
        let (was, is) = (text(old, "format"), text(new, "format"));
        let fits =
            was == is || (self.way == Way::Request && is.is_none()) || (self.way == Way::Response && was.is_none());
        if !fits {
            self.say(at, &format!("format {} became {}", was.unwrap_or("none"), is.unwrap_or("none")));
        }
    }

    fn values(&mut self, at: &str, old: &Value, new: &Value) {
        let (was, is) = (values(old), values(new));
        match (was, is, self.way) {
            (None, Some(_), Way::Request) => self.say(at, "accepts a closed list only"),
            (Some(_), None, Way::Response) => self.say(at, "closed list became open"),
            (Some(was), Some(is), way) => {
                for value in was.difference(&is) {
                    self.say(at, &format!("value {value} removed"));
                }
                if way == Way::Response {
                    for value in is.difference(&was) {
                        self.say(at, &format!("value {value} added to a closed list"));
                    }
                }
            }
            _ => {}
        }
    }

    fn limits(&mut self, at: &str, old: &Value, new: &Value) {
        if self.way == Way::Response {
            return;
        }
        for name in ["maxLength", "maxItems", "maximum", "exclusiveMaximum", "maxProperties"] {
            if below(new, old, name) {
                self.say(at, &format!("{name} lowered"));
            }
        }
        for name in ["minLength", "minItems", "minimum", "exclusiveMinimum", "minProperties"] {
            if below(old, new, name) {
                self.say(at, &format!("{name} raised"));
            }
        }
        let (was, is) = (text(old, "pattern"), text(new, "pattern"));
        if is.is_some() && was != is {
            self.say(at, "pattern changed");
        }
    }

    fn members(&mut self, at: &str, old: &Value, new: &Value) {
        let needs = |schema: &Value, name: &str| items(schema.get("required")).any(|it| it == name);
        for (name, was) in members(old.get("properties")) {
            let Some(is) = new.get("properties").and_then(|it| it.get(name)) else {
                self.say(at, &format!("member {name} removed"));
                continue;
            };
            match self.way {
                Way::Request if !needs(old, name) && needs(new, name) => {
                    self.say(at, &format!("member {name} became required"));
                }
                Way::Response if needs(old, name) && !needs(new, name) => {
                    self.say(at, &format!("member {name} may now be left out"));
                }
                _ => {}
            }
            self.schema(&format!("{at}/{name}"), Side { old: was, new: is });
        }
        if self.way == Way::Request {
            for name in items(new.get("required")).filter_map(Value::as_str) {
                let known = old.get("properties").is_some_and(|it| it.get(name).is_some());
                if !known && !needs(old, name) {
                    self.say(at, &format!("new required member {name}"));
                }
            }
        }
    }

    fn variants(&mut self, at: &str, old: &Value, new: &Value) {
        for union in ["oneOf", "anyOf"] {
            let (was, is) = (named(old, union), named(new, union));
            for (name, variant) in &was {
                match is.iter().find(|it| it.0 == *name) {
                    Some((_, other)) => {
                        self.schema(&format!("{at}({name})"), Side { old: variant, new: other });
                    }
                    None => self.say(at, &format!("variant {name} removed")),
                }
            }
            if self.way == Way::Response && !was.is_empty() {
                for (name, _) in is.iter().filter(|it| !was.iter().any(|old| old.0 == it.0)) {
                    self.say(at, &format!("variant {name} added"));
                }
            }
        }
        for (was, is) in items(old.get("allOf")).zip(items(new.get("allOf"))) {
            self.schema(at, Side { old: was, new: is });
        }
        if items(old.get("allOf")).count() != items(new.get("allOf")).count() {
            self.say(at, "allOf changed");
        }
    }
}

fn types(schema: &Value) -> BTreeSet<&str> {
    let one = text(schema, "type").into_iter();
    one.chain(items(schema.get("type")).filter_map(Value::as_str)).collect()
}

fn values(schema: &Value) -> Option<BTreeSet<String>> {
    let list = |it: &Value| it.as_array().map(|values| values.iter().map(Value::to_string).collect());
    schema.get("enum").and_then(list).or_else(|| schema.get("const").map(|it| BTreeSet::from([it.to_string()])))
}

/// Variants by the last segment of their reference, or by their position.
fn named<'a>(schema: &'a Value, union: &str) -> Vec<(String, &'a Value)> {
    items(schema.get(union))
        .enumerate()
        .map(|(index, variant)| {
            let name = text(variant, "$ref").and_then(|it| it.rsplit('/').next());
            (name.map_or_else(|| index.to_string(), str::to_owned), variant)
        })
        .collect()
}

/// Whether a bound of `left` is below that of `right`; an upper bound that appears is below none.
fn below(left: &Value, right: &Value, name: &str) -> bool {
    let number = |it: &Value| it.get(name).and_then(Value::as_f64);
    match (number(left), number(right)) {
        (Some(left), Some(right)) => left < right,
        // a bound where there was none narrows, be it upper (left is new) or lower (right is new)
        (Some(_), None) => name.starts_with("max") || name == "exclusiveMaximum",
        (None, Some(_)) => name.starts_with("min") || name == "exclusiveMinimum",
        (None, None) => false,
    }
}
