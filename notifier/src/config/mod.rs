//! What `hookseal.toml` says.
