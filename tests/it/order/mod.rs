//! Orders: placed, followed, delivered, or given up.

mod cancel;
mod deliver;
mod place;
mod tax;
