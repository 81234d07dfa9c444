//! Bodies that come in pieces.

use std::mem;

use hookseal::{SignStream, VerifyStream};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::keys::Prepared;
use crate::memory;
use crate::refusal::{REFUSED, matched, refused};
use crate::verify::signed;

pub(crate) enum Stream {
    Verify(VerifyStream),
    Sign(SignStream),
}

/// Keeps so many octets of the window as the start of a header value, for the next `open`.
#[wasm_bindgen]
pub fn hold(length: usize) -> i32 {
    memory::with(&mut |memory, window| {
        memory.held.extend_from_slice(&window[..length]);
        0
    })
}

/// Starts a stream with the keys in a slot; a verifier's with the header value of this length in the window.
#[wasm_bindgen]
pub fn open(slot: usize, value: usize) -> i32 {
    memory::with(&mut |memory, window| {
        let mut held = mem::take(&mut memory.held);
        let stream = match memory.slots.get(slot) {
            Some(Some(Prepared::Signer(signer))) => Stream::Sign(signer.stream()),
            Some(Some(Prepared::Verifier(verifier))) => {
                held.extend_from_slice(&window[..value]);
                match verifier.stream(&held) {
                    Ok(stream) => Stream::Verify(stream),
                    Err(error) => return refused(window, &error),
                }
            }
            _ => return REFUSED,
        };
        let place = memory.streams.iter().position(Option::is_none).unwrap_or(memory.streams.len());
        match memory.streams.get_mut(place) {
            Some(free) => *free = Some(stream),
            None => memory.streams.push(Some(stream)),
        }
        place as i32
    })
}

/// Takes so many octets of the window.
#[wasm_bindgen]
pub fn update(stream: usize, length: usize) -> i32 {
    memory::with(&mut |memory, window| {
        let octets = &window[..length];
        match memory.streams.get_mut(stream) {
            Some(Some(Stream::Verify(stream))) => stream.update(octets),
            Some(Some(Stream::Sign(stream))) => stream.update(octets),
            _ => {}
        }
        0
    })
}

/// Ends a stream; with `drop`, without an answer.
#[wasm_bindgen]
pub fn finish(stream: usize, drop: bool) -> i32 {
    memory::with(&mut |memory, window| {
        let stream = memory.streams.get_mut(stream).and_then(Option::take);
        match stream {
            _ if drop => 0,
            Some(Stream::Verify(stream)) => match stream.finish() {
                Ok(verified) => matched(verified.key),
                Err(error) => refused(window, &error),
            },
            Some(Stream::Sign(stream)) => signed(window, &stream.finish()),
            None => REFUSED,
        }
    })
}
