//! `hookseal._native`: hands Python's objects to the core, and its answers back.
//!
//! What a key, a signature and a refusal are is decided in the core. Here is decided which objects stand for them, and
//! how long a body may be looked at.

mod body;
mod error;
mod explain;
mod key;
mod shared_key;
mod sign;
mod signature;
mod stream;
mod text;
mod verified;
mod verify;

/// The native half of the package `hookseal`. Import from `hookseal`.
#[pyo3::pymodule(gil_used = false)]
mod _native {
    #[pymodule_export]
    use crate::error::body_too_large;
    #[pymodule_export]
    use crate::explain::{Cause, Explanation, Note, explain};
    #[pymodule_export]
    use crate::key::Key;
    #[pymodule_export]
    use crate::sign::{SignStream, Signer, sign};
    #[pymodule_export]
    use crate::verified::{DroppedReading, Verified};
    #[pymodule_export]
    use crate::verify::{Verifier, VerifyStream};

    #[pymodule_export]
    const HEADER_NAME: &str = hookseal::HEADER_NAME;
    #[pymodule_export]
    const PROTECTED_HEADER: &str = hookseal::PROTECTED_HEADER;
    #[pymodule_export]
    const VERSION: &str = env!("CARGO_PKG_VERSION");
}
