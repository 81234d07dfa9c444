//! Secrets, and how they are kept.

mod text;

pub use text::Secret;
