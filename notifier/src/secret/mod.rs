//! Secrets, and how they are kept.

mod text;
mod vault;

pub use text::Secret;
pub use vault::{MasterKey, Vault, VaultError};
