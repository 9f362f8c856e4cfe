//! Reading vectors and comparing what comes out.

pub mod dates_anchor;
pub mod identifiers;
pub mod invoice_sequence;
pub mod renewal;
pub mod service_lifecycle;
pub mod timezone;
pub mod vat_place_of_supply;
pub mod vat_rounding;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::path::PathBuf;

/// What an evaluator gives: the output, or why it could not be computed.
pub type Outcome = Result<Value, String>;

#[derive(Deserialize)]
struct File {
    vectors: Vec<Vector>,
}

/// One example.
#[derive(Deserialize)]
pub struct Vector {
    id: String,
    #[serde(rename = "in")]
    pub given: Value,
    #[serde(rename = "out")]
    pub expected: Value,
}

impl Vector {
    /// The input as a struct that refuses fields it does not know.
    pub fn input<T: DeserializeOwned>(&self) -> Result<T, String> {
        serde_json::from_value(self.given.clone()).map_err(|error| format!("input not understood: {error}"))
    }

    /// Whether the input has this field.
    pub fn has(&self, field: &str) -> bool {
        self.given.get(field).is_some()
    }
}

/// Any error as text.
pub fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// Evaluates every vector of a file and reports all failures at once.
#[expect(clippy::panic, reason = "a file that cannot be read fails the test that asked for it")]
pub fn check(name: &str, evaluate: impl Fn(&Vector) -> Outcome) {
    let folder = std::env::var_os("VECTORS")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors"), PathBuf::from);
    assert!(folder.is_absolute(), "VECTORS must be an absolute path, not {}", folder.display());
    let path = folder.join(format!("{name}.json"));
    let json = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let file: File = serde_json::from_str(&json).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert!(!file.vectors.is_empty(), "{}: no vectors", path.display());
    let failures: Vec<String> = file
        .vectors
        .iter()
        .filter_map(|vector| {
            let got = match evaluate(vector) {
                Ok(got) if agrees(&vector.expected, &got) => return None,
                Ok(got) => got.to_string(),
                Err(error) => error,
            };
            Some(format!("{}: {}\n  expected {}\n  got      {got}", vector.id, vector.given, vector.expected))
        })
        .collect();
    assert!(
        failures.is_empty(),
        "{}: {} of {} vectors failed\n{}",
        path.display(),
        failures.len(),
        file.vectors.len(),
        failures.join("\n")
    );
}

/// Whether all that is expected is there; what comes out besides does not matter.
fn agrees(expected: &Value, got: &Value) -> bool {
    match (expected, got) {
        (Value::Object(expected), Value::Object(got)) => {
            !expected.is_empty()
                && expected.iter().all(|(field, value)| got.get(field).is_some_and(|got| agrees(value, got)))
        }
        (Value::Array(expected), Value::Array(got)) => {
            expected.len() == got.len() && expected.iter().zip(got).all(|(expected, got)| agrees(expected, got))
        }
        (Value::Number(expected), Value::Number(got)) => expected.as_f64() == got.as_f64(),
        (expected, got) => expected == got,
    }
}
