//! The entry `hookseal/explain`: a module of its own, whose size and speed nobody waits for.

use hookseal::{Error, Explain, KeyError, KeyFormat, Policy};
use wasm_bindgen::prelude::wasm_bindgen;

/// What is between two keys, of which each has its own length.
fn split<'k>(mut keys: &'k [u8], lengths: &[u32]) -> Vec<&'k [u8]> {
    let mut each = Vec::with_capacity(lengths.len());
    for length in lengths {
        let (key, rest) = keys.split_at(*length as usize);
        each.push(key);
        keys = rest;
    }
    each
}

/// The core's explanation as JSON, with the refusal in words. The keys stand one behind the other; without a format they
/// are read in both ways.
#[wasm_bindgen]
pub fn explain(
    keys: &[u8],
    lengths: &[u32],
    format: Option<String>,
    allow_weak: bool,
    rfc7797: bool,
    body: &[u8],
    signature: &[u8],
) -> String {
    let keys = split(keys, lengths);
    let mut explain = Explain::new(&keys).policy(if rfc7797 { Policy::Rfc7797 } else { Policy::Fixed });
    if let Some(format) = format.and_then(|name| name.parse::<KeyFormat>().ok()) {
        explain = explain.key_format(format);
    }
    if allow_weak {
        explain = explain.dangerous_allow_weak();
    }
    let explanation = explain.explain(body, signature);
    let (message, hint) = match &explanation.error {
        None => (None, None),
        // Their own words name a character of the key; the notes say what is wrong without it.
        Some(Error::Key(KeyError::Invalid { .. }) | Error::NoUsableKey { .. }) => {
            (Some("the shared key gives no usable key".to_owned()), None)
        }
        Some(error) => (Some(error.to_string()), Some(error.hint().into_owned())),
    };
    serde_json::json!({ "explanation": explanation, "message": message, "hint": hint }).to_string()
}
