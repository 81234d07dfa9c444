//! The fleet, with real servers.

mod pitfalls;
