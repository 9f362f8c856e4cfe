//! How money is asked for: the port, and what stands behind it.

pub mod contract;
pub mod gateway;
pub mod simulated;
