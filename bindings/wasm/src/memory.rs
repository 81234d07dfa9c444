//! What there is between two calls, and the window that JavaScript writes to.

use std::cell::RefCell;

use wasm_bindgen::prelude::wasm_bindgen;

use crate::keys::Prepared;
use crate::streams::Stream;

/// What is longer comes piece by piece.
const WINDOW: usize = 64 * 1024;

/// The length of a value of the platform's, which has a place of its own behind the window.
pub(crate) const VALUE: usize = 101;

pub(crate) struct Memory {
    pub(crate) slots: Vec<Option<Prepared>>,
    pub(crate) streams: Vec<Option<Stream>>,
    /// The start of a header value that is longer than the window.
    pub(crate) held: Vec<u8>,
}

thread_local! {
    static MEMORY: RefCell<Memory> =
        const { RefCell::new(Memory { slots: Vec::new(), streams: Vec::new(), held: Vec::new() }) };

    /// Alone, so that it is all zeros and the module need not hold them.
    static WINDOW_OCTETS: RefCell<Window> = const { RefCell::new([0; WINDOW + VALUE]) };
}

pub(crate) type Window = [u8; WINDOW + VALUE];

/// All there is, for this call alone. Its closures are no type parameter, so that the module holds it once.
pub(crate) fn with(call: &mut dyn FnMut(&mut Memory, &mut Window) -> i32) -> i32 {
    MEMORY.with_borrow_mut(|memory| WINDOW_OCTETS.with_borrow_mut(|window| call(memory, window)))
}

impl Memory {
    /// A slot for prepared keys. JavaScript numbers them from 0 and has no more of them than it needs.
    pub(crate) fn slot(&mut self, slot: usize) -> &mut Option<Prepared> {
        if self.slots.len() <= slot {
            self.slots.resize_with(slot + 1, || None);
        }
        &mut self.slots[slot]
    }
}

/// Where the window is.
#[wasm_bindgen]
pub fn window() -> *mut u8 {
    WINDOW_OCTETS.with_borrow_mut(|window| window.as_mut_ptr())
}
