//! A shared key in every format: read or refused, and what is refused is told without the key. Strict readings agree with
//! the base64 and hex that others decode.
#![no_main]

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use hookseal::{Key, KeyFormat, Signer, Verifier};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|shared_key: &[u8]| {
    for format in ["jwk", "jwk-lenient", "utf8", "base64", "hex", "bytes"] {
        let format: KeyFormat = format.parse().expect("there is such a format");
        let strict = Key::from_shared_key(format, shared_key);
        let weak = Key::dangerous_allow_weak(format, shared_key);
        assert!(weak.is_ok() || strict.is_err());
        if let Err(error) = &strict {
            let said = format!("{error} {} {error:?}", error.hint());
            // Our own words are shorter than this.
            let is_no_word = shared_key.len() >= 20 && !shared_key.iter().any(u8::is_ascii_whitespace);
            assert!(!(is_no_word && contains(said.as_bytes(), shared_key)), "{said:?}");
        }
        let expected = match format {
            KeyFormat::Base64 => STANDARD.decode(shared_key).or_else(|_| STANDARD_NO_PAD.decode(shared_key)).ok(),
            // jwk takes more than this, but this in the same way.
            KeyFormat::Jwk => URL_SAFE_NO_PAD.decode(shared_key).ok(),
            KeyFormat::Bytes => Some(shared_key.to_vec()),
            _ => None,
        };
        if let Some(octets) = expected.filter(|octets| !octets.is_empty()) {
            let same = Key::dangerous_allow_weak(KeyFormat::Bytes, octets).expect("it is not empty");
            assert_eq!(Signer::new(weak.expect("others decode it")).sign(b""), Signer::new(same).sign(b""));
        }
    }
    let _ = std::str::from_utf8(shared_key).map(Verifier::for_shared_key);
});

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
