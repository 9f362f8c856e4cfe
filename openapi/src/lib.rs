//! The finishing pass over Tacit's `OpenAPI` document.
//!
//! The `api` crate collects a 3.1 document from its handlers; this crate adds what every operation
//! has in common, derives the variants for client generators, and judges the result.
//!
//! | question | file |
//! |---|---|
//! | what is added to every document | [`finish`], then one file per concern below |
//! | title, licence, servers, tags, security scheme | `info.rs` |
//! | `Idempotency-Key` and the parameters every list shares | `parameters.rs` |
//! | what wants a fresh proof of identity | `x-fresh-proof`, said in words by `info.rs`, answered by `answers.rs` |
//! | which errors an operation answers, and their examples | `answers.rs`, `fault.rs` |
//! | headers of every answer | `headers.rs` |
//! | absence instead of `null` | `nulls.rs` |
//! | a bound on every string, list and integer | `limits.rs` |
//! | examples put together from those of members | `examples.rs` |
//! | order of paths and components | `order.rs` |
//! | twins for generators | [`variants`] |
//! | our own promises | [`check`] |
//! | compatibility with a released contract | [`compare`] |

mod answers;
mod examples;
mod fault;
mod headers;
mod info;
mod limits;
mod nulls;
mod order;
mod parameters;
mod tree;

pub mod check;
pub mod compare;
pub mod variants;

pub use fault::Fault;
use serde_json::Value;

/// What the finishing pass has to be told.
///
/// ```
/// let options = openapi::Finish {
///     version: "1.0.0",
///     tags: &[("Services", "What a customer rents.")],
///     ..openapi::Finish::default()
/// };
/// let document = openapi::finish(serde_json::json!({"openapi": "3.1.0", "paths": {}}), &options);
/// assert_eq!(document["info"]["version"], "1.0.0");
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Finish<'a> {
    /// Version of the contract.
    pub version: &'a str,
    /// Every tag with its description, in the order in which they are shown.
    pub tags: &'a [(&'a str, &'a str)],
    /// The server that examples talk to.
    pub server: &'a str,
    /// Prefix of a problem's `type`; the code follows.
    pub problem_base: &'a str,
    /// The example of an error status, where ours is not the house's: the last one for a status wins.
    pub faults: &'a [Fault<'a>],
}

impl Default for Finish<'_> {
    fn default() -> Self {
        Self {
            version: "0.0.0",
            tags: &[],
            server: "http://127.0.0.1:8080",
            problem_base: "https://tacit.example/problems/",
            faults: &[],
        }
    }
}

/// Completes a collected document. Deterministic, and finishing twice changes nothing.
#[must_use]
pub fn finish(mut document: Value, options: &Finish<'_>) -> Value {
    info::set(&mut document, options);
    info::security(&mut document);
    info::fresh_proofs(&mut document);
    parameters::complete(&mut document);
    parameters::merge_patches(&mut document);
    answers::add(&mut document, options);
    headers::add(&mut document);
    nulls::remove(&mut document);
    limits::set(&mut document);
    examples::fill(&mut document);
    order::sort(document, options)
}

#[cfg(test)]
mod tests;
