#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod check;
mod collect;
#[cfg(feature = "axum")]
mod extract;
mod layer;
mod refusal;
mod service;

#[cfg(feature = "axum")]
pub use extract::{Signed, SignedRejection};
pub use layer::VerifyLayer;
pub use refusal::Refusal;
pub use service::{Answer, ResponseFuture, Verify};

/// What stands behind an error of the server's or the body's.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
