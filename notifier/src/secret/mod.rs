//! Secrets, and how they are kept.
