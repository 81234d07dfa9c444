//! What hookseal's HTTP servers share: a listener with limits, and the guard in front of their control API.
//!
//! The servers stand on the open network or behind a tunnel to somebody's desk, so every peer is bounded in what it may
//! hold: connections, header size, time to send a header, time to take an answer. [`serve`] is the accept loop;
//! [`Guard`] decides who may use a control API.

#![forbid(unsafe_code)]

mod connection;
mod guard;
mod limits;
mod peer;
mod server;

pub use guard::{Guard, Refusal};
pub use limits::Limits;
pub use peer::Peer;
pub use server::{Counters, serve};
