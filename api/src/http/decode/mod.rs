//! From bytes to a typed value, with every fault and its place.
//!
//! The text becomes a [`Node`] first: that finds duplicates, depth and card numbers. A [`Node`]
//! becomes the value by serde; a value at fault is noted, replaced by a hole that fits anything, and
//! reading goes on, so that all faults are told at once.

mod node;
mod reader;

pub use node::{Node, has_nul};
pub use reader::CLEARABLE;

use crate::problem::{Fault, Place, Problem};
use reader::Reader;
use serde::de::DeserializeOwned;

/// Most faults told at once.
const MAX_FAULTS: usize = 50;

/// Where a node comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// JSON: types are what they are.
    Body,
    /// Text: numbers and booleans are read from it, parameters of others are left alone.
    Query,
}

/// Reads a JSON object.
///
/// # Errors
/// `malformed` when it is no JSON object, else everything that is wrong with its values.
pub fn body<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let (node, mut faults) = Node::parse(bytes).map_err(|_| Problem::malformed("the body is not JSON"))?;
    if !matches!(node, Node::Map(_)) {
        return Err(Problem::malformed("the body must be a JSON object"));
    }
    match into(node, Origin::Body) {
        Ok(value) if faults.is_empty() => Ok(value),
        Ok(_) => Err(Problem::invalid(faults)),
        Err(more) => {
            for fault in more {
                if faults.iter().all(|known| known.place != fault.place) {
                    faults.push(fault);
                }
            }
            Err(Problem::invalid(faults))
        }
    }
}

/// Reads a value out of a node.
///
/// # Errors
/// Everything that is wrong with it.
pub fn into<T: DeserializeOwned>(mut node: Node, origin: Origin) -> Result<T, Vec<Fault>> {
    let mut faults: Vec<Fault> = Vec::new();
    loop {
        let error = match T::deserialize(Reader::new(&node, origin)) {
            Ok(value) if faults.is_empty() => return Ok(value),
            Ok(_) => return Err(faults),
            Err(error) => error,
        };
        let known = faults.len();
        let holes = error.holes();
        for fault in error.into_faults(origin) {
            if faults.iter().all(|each| each.place != fault.place) {
                faults.push(fault);
            }
        }
        // nothing new: a hole did not help, what was found has to do
        if faults.len() == known || faults.len() >= MAX_FAULTS {
            return Err(faults);
        }
        for (path, mend) in holes {
            node.mend(&path, mend);
        }
    }
}

/// The place of a path in its origin.
fn place(path: &[String], origin: Origin) -> Place {
    match origin {
        Origin::Body => {
            let escaped = path.iter().map(|part| format!("/{}", part.replace('~', "~0").replace('/', "~1")));
            Place::Pointer(escaped.collect())
        }
        Origin::Query => Place::Parameter(path.first().cloned().unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Mode {
        Automatic,
        Manual,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Item {
        plan: String,
        quantity: u32,
        mode: Mode,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Order {
        items: Vec<Item>,
        voucher: Option<String>,
        #[serde(default)]
        note: crate::http::body::Change<String>,
    }

    fn codes(text: &str) -> Vec<(String, String)> {
        match body::<Order>(text.as_bytes()) {
            Ok(_) => Vec::new(),
            Err(problem) => problem
                .faults()
                .iter()
                .map(|fault| match &fault.place {
                    Place::Pointer(pointer) => (pointer.clone(), fault.code.to_string()),
                    other => (format!("{other:?}"), fault.code.to_string()),
                })
                .collect(),
        }
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(place, code)| ((*place).to_owned(), (*code).to_owned())).collect()
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let text = r#"{"items":[{"plan":1,"mode":"often","extra":1},{"plan":"a","quantity":-1,"mode":"manual"}],"voucher":null,"x":1}"#;
        let mut found = codes(text);
        found.sort();
        let mut expected = pairs(&[
            ("/x", "unknown_member"),
            ("/items/0/plan", "invalid_type"),
            ("/items/0/quantity", "required"),
            ("/items/0/mode", "not_one_of"),
            ("/items/0/extra", "unknown_member"),
            ("/items/1/quantity", "out_of_range"),
            ("/voucher", "null_not_allowed"),
        ]);
        expected.sort();
        assert_eq!(found, expected);
    }

    #[test]
    fn duplicates_and_depth_are_refused() {
        assert_eq!(codes(r#"{"items":[],"items":[]}"#), pairs(&[("/items", "duplicate")]));
        let deep = format!("{{\"items\":[],\"voucher\":{}1{}}}", "[".repeat(40), "]".repeat(40));
        assert!(codes(&deep).iter().any(|(_, code)| code == "too_deep"));
    }

    #[test]
    fn integral_floats_are_integers_and_nothing_else_is() {
        let text = |quantity: &str| format!(r#"{{"items":[{{"plan":"a","quantity":{quantity},"mode":"manual"}}]}}"#);
        assert_eq!(codes(&text("15.0")), pairs(&[]));
        assert_eq!(codes(&text("15.5")), pairs(&[("/items/0/quantity", "invalid_type")]));
        assert_eq!(codes(&text("\"15\"")), pairs(&[("/items/0/quantity", "invalid_type")]));
        assert_eq!(codes(&text("1e400")).len(), 0, "malformed has no place");
    }

    #[test]
    fn null_clears_a_change_only() {
        use crate::http::body::Change;
        let note = |text: &str| body::<Order>(text.as_bytes()).unwrap().note;
        assert_eq!(note(r#"{"items":[],"note":null}"#), Change::Clear);
        assert_eq!(note(r#"{"items":[],"note":"a"}"#), Change::Set("a".to_owned()));
        assert_eq!(note(r#"{"items":[]}"#), Change::Keep);
    }

    #[test]
    fn the_top_level_is_an_object() {
        for text in ["[null,null]", "1", "null", "", "{", "{\"items\":[]} x"] {
            assert!(body::<Order>(text.as_bytes()).is_err(), "{text}");
            assert!(codes(text).is_empty());
        }
    }

    #[test]
    fn parameters_are_read_from_text() {
        #[derive(Debug, PartialEq, Deserialize)]
        struct Filters {
            #[serde(default)]
            status: Vec<Mode>,
            from: Option<chrono::NaiveDate>,
            dry_run: Option<bool>,
            n: Option<i64>,
        }
        let read = |pairs: &[(&str, &str)]| {
            let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            into::<Filters>(Node::query(pairs), Origin::Query)
        };
        let good = read(&[
            ("status", "manual"),
            ("status", "automatic"),
            ("from", "2026-01-30"),
            ("dry_run", "true"),
            ("n", "-3"),
            ("limit", "3"),
        ]);
        assert_eq!(good.unwrap().status, [Mode::Manual, Mode::Automatic]);
        for (wrong, code) in [
            ([("dry_run", "yes"), ("n", "1")], "invalid_type"),
            ([("n", "1"), ("n", "2")], "duplicate"),
            ([("from", "2026-02-30"), ("n", "1")], "invalid_format"),
            ([("status", "never"), ("n", "1")], "not_one_of"),
        ] {
            assert_eq!(read(&wrong).unwrap_err().first().map(|fault| fault.code.to_string()).as_deref(), Some(code));
        }
    }
}
