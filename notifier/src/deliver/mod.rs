//! From the outbox to the channels: at least once, in order in each lane, in parallel across.

mod endpoint;
mod engine;
#[cfg(test)]
mod engine_tests;
pub(crate) mod orders;
mod queue;
pub(crate) mod schedule;
mod send;
mod starts;
mod tally;
#[cfg(test)]
mod tests;

pub(crate) use engine::{Engine, Unwritten};
pub(crate) use tally::Tally;
pub use tally::{Arrival, Attempted};
