//! A customer's year, from end to end.

mod crash;
mod dunning;
mod money;
mod renewal;
mod slow_gateway;
