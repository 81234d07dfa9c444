//! From the outbox to the channels: at least once, in order in each lane, in parallel across.

mod endpoint;
mod queue;
mod schedule;
#[cfg(test)]
mod tests;

pub use schedule::Schedule;
