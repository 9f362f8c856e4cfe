//! How a request knows its caller, its key, its limits; and how an answer is written.
//!
//! | question | module |
//! |---|---|
//! | what happens to every request and every answer, in order | [`edge`] |
//! | who calls, with which authority | [`caller`], [`scope`] |
//! | how is a body, a query or a path id read | [`body`], [`decode`] |
//! | how is JSON of another standard read | [`foreign`] |
//! | how is an answer written | [`reply`] |
//! | has the resource changed | [`etag`] |
//! | was this request sent before | [`idempotency`] |
//! | how is a list cut in pages | [`page`] |
//! | how much may be asked, and by which address | [`rate_limit`], [`address`] |
//! | which origins may call from a browser | [`cors`] |
//! | which operations exist at a path | [`table`] |

pub mod address;
pub mod body;
pub mod caller;
pub mod change_token;
pub mod cors;
pub mod decode;
pub mod edge;
pub mod etag;
pub mod foreign;
pub mod idempotency;
pub mod page;
pub mod rate_limit;
pub mod reply;
pub mod request_id;
pub mod scope;
pub mod table;
