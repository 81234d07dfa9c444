//! Bodies that fit into the window.

use wasm_bindgen::prelude::wasm_bindgen;

use crate::keys::Prepared;
use crate::memory::{self, VALUE};
use crate::refusal::{REFUSED, matched, refused};

/// Verifies so many octets of the window with the keys in a slot, against the value behind the window.
#[wasm_bindgen]
pub fn verify(slot: usize, body: usize) -> i32 {
    memory::with(&mut |memory, window| {
        let Some(Some(Prepared::Verifier(verifier))) = memory.slots.get(slot) else { return REFUSED };
        let value = &window[window.len() - VALUE..];
        let body = &window[..body];
        match verifier.verify(body, value) {
            Ok(verified) => matched(verified.key),
            Err(error) => refused(window, &error),
        }
    })
}

/// Signs so many octets of the window with the key in a slot, and leaves the header's value there.
#[wasm_bindgen]
pub fn sign(slot: usize, body: usize) -> i32 {
    memory::with(&mut |memory, window| {
        let Some(Some(Prepared::Signer(signer))) = memory.slots.get(slot) else { return REFUSED };
        let value = signer.sign(&window[..body]);
        signed(window, &value)
    })
}

/// The length of the value that is in the window then.
pub(crate) fn signed(window: &mut [u8], value: &str) -> i32 {
    if let Some(start) = window.get_mut(..value.len()) {
        start.copy_from_slice(value.as_bytes());
    }
    value.len() as i32
}
