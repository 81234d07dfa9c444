//! The fleet, with real servers.

mod endpoint;
mod kills;
mod pitfalls;
mod setting;
