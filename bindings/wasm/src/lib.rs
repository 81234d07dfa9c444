//! The half of the npm package `hookseal` that is WebAssembly: hands octets to the core, and its answers back.
//!
//! JavaScript writes keys, header values and bodies into one window of memory and calls with their lengths. What a key, a
//! signature and a refusal are is decided in the core. What outlives a call are streams, and a bounded number of prepared
//! keys: JavaScript can prepare any of them anew. No text is put together here, which would be most of the module.

#![allow(
    unreachable_pub,
    missing_docs,
    reason = "wasm-bindgen exports what is pub, and JavaScript is all that sees it"
)]

#[cfg(target_arch = "wasm32")]
mod allocator;
#[cfg(feature = "explain")]
mod explain;
#[cfg(not(feature = "explain"))]
mod keys;
#[cfg(not(feature = "explain"))]
mod memory;
#[cfg(not(feature = "explain"))]
mod refusal;
#[cfg(not(feature = "explain"))]
mod streams;
#[cfg(not(feature = "explain"))]
mod verify;
