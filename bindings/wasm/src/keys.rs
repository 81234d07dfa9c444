//! Prepared keys: a verifier with all of its keys, or a signer.

use hookseal::{Error, Key, KeyFormat, Policy, Signer, Verifier};
use wasm_bindgen::prelude::wasm_bindgen;
use zeroize::Zeroize as _;

use crate::memory;
use crate::refusal::{self, FORMATS, refused};

pub(crate) enum Prepared {
    Verifier(Verifier),
    Signer(Box<Signer>),
}

/// Beside the formats: both readings of a shared key.
const AUTO: usize = 6;

/// Puts a verifier for the first `length` octets of the window into a slot, or, with `more`, adds them to what is there.
#[wasm_bindgen]
pub fn prepare_verifier(slot: usize, format: usize, length: usize, allow_weak: bool, more: bool, rfc7797: bool) -> i32 {
    memory::with(&mut |memory, window| {
        let slot = memory.slot(slot);
        let octets = &mut window[..length];
        let made = match str::from_utf8(octets) {
            Ok(text) if format == AUTO && allow_weak => Verifier::dangerous_for_weak_shared_key(text),
            Ok(text) if format == AUTO => Verifier::for_shared_key(text),
            _ => key(format, octets, allow_weak).map(Verifier::new),
        };
        octets.zeroize();
        match (made, slot.take()) {
            (Err(error), _) => return refused(window, &error),
            (Ok(next), Some(Prepared::Verifier(all))) if more => *slot = Some(Prepared::Verifier(all.or(next))),
            (Ok(next), _) => {
                let policy = if rfc7797 { Policy::Rfc7797 } else { Policy::Fixed };
                *slot = Some(Prepared::Verifier(next.with_policy(policy)));
            }
        }
        0
    })
}

/// Puts a signer for the first `length` octets of the window into a slot.
#[wasm_bindgen]
pub fn prepare_signer(slot: usize, format: usize, length: usize, allow_weak: bool) -> i32 {
    memory::with(&mut |memory, window| {
        let slot = memory.slot(slot);
        let octets = &mut window[..length];
        let key = key(format, octets, allow_weak);
        octets.zeroize();
        match key {
            Ok(key) => *slot = Some(Prepared::Signer(Box::new(Signer::new(key)))),
            Err(error) => return refused(window, &error),
        }
        0
    })
}

/// Replaces a shared key in the window by its octets, and returns how many they are.
#[wasm_bindgen]
pub fn octets(format: usize, length: usize) -> i32 {
    memory::with(&mut |_, window| match Key::octets_of(format_of(format), &window[..length]) {
        Ok(octets) => {
            window[..length].zeroize();
            window[..octets.len()].copy_from_slice(&octets);
            octets.len() as i32
        }
        Err(error) => refused(window, &error),
    })
}

/// Writes into the window which readings of the keys in a slot were dropped.
#[wasm_bindgen]
pub fn dropped(slot: usize) -> i32 {
    memory::with(&mut |memory, window| {
        if let Some(Some(Prepared::Verifier(verifier))) = memory.slots.get(slot) {
            refusal::dropped(window, verifier.dropped());
        }
        0
    })
}

fn key(format: usize, octets: &[u8], allow_weak: bool) -> Result<Key, Error> {
    let read = if allow_weak { Key::dangerous_allow_weak } else { Key::from_shared_key };
    read(format_of(format), octets)
}

fn format_of(number: usize) -> KeyFormat {
    FORMATS.get(number).copied().unwrap_or(KeyFormat::Utf8)
}
