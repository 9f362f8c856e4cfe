//! What the provider does: accounts, test clocks, parked work, mails.

mod accounts;
mod clocks;
mod work;
