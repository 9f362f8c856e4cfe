//! The rules of Tacit, and nothing else: no async, no clock, no database, no float.
//!
//! Every function here is pure. Time comes in as `now`, ids and randomness come in as values, and
//! every "no" goes out as a [`refusal::Refusal`] with a stable code.
//!
//! | question | module |
//! |---|---|
//! | what is an amount, how is it rounded or shared out | [`money`] |
//! | when does a period end, when does a billing day begin | [`calendar`] |
//! | what will happen to a service, and when | [`timeline`] |
//! | which state may follow which | [`service`], [`order`], [`invoice`], [`payment`], [`cancellation`], [`closure`] |
//! | may this service be deleted now | [`deletion`] |
//! | who holds an account, where, in which language | [`account`] |
//! | which VAT applies and how totals are made | [`tax`] |
//! | is this IBAN, SIRET, e-mail address or card number well formed | [`identifier`] |
//! | where does a mail go, is it genuine | [`mailing`], [`authenticity`] |
//! | may this password be set | [`password`] |
//! | how long does the next login wait after failures | [`throttle`] |
//! | which addresses are in a range, from which may an account be used | [`network`] |
//! | how ids look outside | [`id`] |
//! | why not | [`refusal`] |

pub mod account;
pub mod authenticity;
pub mod calendar;
pub mod cancellation;
pub mod checkup;
pub mod closure;
pub mod deletion;
pub mod export;
pub mod factor;
pub mod form;
pub mod id;
pub mod identifier;
pub mod invoice;
pub mod mailing;
pub mod money;
pub mod network;
pub mod order;
pub mod password;
pub mod payment;
pub mod policy;
pub mod profile;
pub mod refusal;
pub mod service;
pub mod tax;
mod text;
pub mod throttle;
pub mod timeline;
