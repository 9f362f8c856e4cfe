//! The promises of the house that need no outside linter.

mod operations;
mod schemas;

use serde_json::Value;

/// Every promise that the document breaks, each with its place; empty when it keeps them all.
#[must_use]
pub fn problems(document: &Value) -> Vec<String> {
    let mut found = operations::problems(document);
    found.extend(schemas::problems(document));
    found
}

/// Whether a name is lower-case words joined by `joint`, at least `least` of them.
fn words(name: &str, joint: char, least: usize) -> bool {
    let lower = |word: &str| !word.is_empty() && word.chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit());
    name.starts_with(|it: char| it.is_ascii_lowercase())
        && name.split(joint).all(lower)
        && name.split(joint).count() >= least
}

#[cfg(test)]
mod tests;
