//! The fleet, with real servers.

mod commands;
mod endpoint;
mod kills;
mod pitfalls;
mod setting;
