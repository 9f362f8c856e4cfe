//! Tacit: customer accounts, orders, services and their renewal, invoices, endings.
//!
//! | question | module |
//! |---|---|
//! | what happens when X is due | [`scheduler`] (its `agenda` is the whole calendar on one page) |
//! | what does operation X do | `routes/<resource>` → `actions/<resource>/<verb>` → crate `domain` |
//! | how does a request know its caller, its key, its limits | [`http`] |
//! | which error is which status | [`problem`] |
//! | what is mailed | [`mail`] |
//! | how money is asked for | [`payment`] |
//! | who is asked whether a VAT id exists, and how requests leave | [`vies`], [`outgoing`] |
//! | what is deleted because it ended | [`housekeeping`] |
//! | which keys there are, and how they change | [`keys`], [`seal`], [`token`] |
//! | what is shared by all | [`app`] |

pub mod actions;
pub mod app;
pub mod chain;
pub mod clock;
pub mod config;
pub mod db;
pub mod demo;
pub mod document;
pub mod entropy;
pub mod export;
pub mod fault;
pub mod files;
pub mod housekeeping;
pub mod http;
pub mod keys;
pub mod mail;
pub mod openapi;
pub mod outgoing;
pub mod password;
pub mod payment;
pub mod problem;
pub mod relying_party;
pub mod routes;
pub mod scheduler;
pub mod seal;
pub mod seed;
pub mod serve;
pub mod sms;
pub mod token;
pub mod verify;
pub mod vies;
pub mod words;
