//! What hookseal's HTTP servers share: a listener with limits, the guard in front of their control API, and the files of their
//! pages.
//!
//! The servers stand on the open network or behind a tunnel to somebody's desk, so every peer is bounded in what it may
//! hold: connections, header size, time to send a header, time to take an answer. [`serve`] is the accept loop;
//! [`Guard`] decides who may use a control API, and [`control_api`] puts one behind it; [`asset`] answers with a page's file,
//! under a policy that lets nothing but the page's own files run.

#![forbid(unsafe_code)]

mod assets;
mod connection;
mod control;
mod guard;
mod limits;
mod peer;
mod rate;
mod server;
mod tls;
mod trust;

pub use assets::{Shared, asset};
pub use control::{Access, Parameters, Problem, answer, control_api};
pub use guard::{Guard, Refusal};
pub use limits::Limits;
pub use peer::Peer;
pub use rate::{PeerLimiter, RateLimit, retry_after};
pub use rust_embed::RustEmbed;
pub use server::{Counters, serve};
pub use tls::{Tls, TlsError};
pub use trust::client_tls;
