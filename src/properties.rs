//! What holds for every key, body and value; the cases by name are in `test-vectors/`.

use alloc::string::String;
use alloc::vec::Vec;

use proptest::collection::vec;
use proptest::prelude::*;

use crate::compact::FIXED_PREFIX;
use crate::{CompactPart, Error, Key, KeyFormat, PROTECTED_HEADER, Policy, Signer, Verifier, single_signature};

fn octets(most: usize) -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..=most)
}

fn a_key() -> impl Strategy<Value = Key> {
    vec(any::<u8>(), 32..200).prop_map(|octets| Key::from_bytes(octets).unwrap())
}

fn a_policy() -> impl Strategy<Value = Policy> {
    prop_oneof![Just(Policy::Fixed), Just(Policy::Rfc7797)]
}

/// Values that get past the first checks more often than random octets do.
fn a_value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        octets(200),
        "[A-Za-z0-9_-]{0,60}(\\.{1,3}|,)[A-Za-z0-9_-]{0,60}".prop_map(String::into_bytes),
        octets(60).prop_map(|tail| [FIXED_PREFIX.as_bytes(), b".", &tail].concat()),
        "\\{(\"(alg|b64|crit|kid)\":(\"HS256\"|false|\\[\"b64\"\\]|1),?){0,5}\\}".prop_map(|header| {
            let mut value = String::new();
            crate::base64url::encode_into(header.as_bytes(), &mut value);
            value.push_str("..");
            value.push_str(&"A".repeat(43));
            value.into_bytes()
        }),
    ]
}

proptest! {
    #[test]
    fn what_is_signed_verifies(key in a_key(), body in octets(300), policy in a_policy()) {
        let value = Signer::new(key.clone()).sign(&body);
        let verified = Verifier::new(key).with_policy(policy).verify(&body, &value).unwrap();
        prop_assert_eq!(verified.key.index, 0);
        prop_assert!(verified.header_parameters.is_empty());
    }

    #[test]
    fn pieces_are_as_good_as_the_whole(key in a_key(), pieces in vec(octets(100), 0..6)) {
        let whole = pieces.concat();
        let signer = Signer::new(key.clone());
        let mut signing = signer.stream();
        pieces.iter().for_each(|piece| signing.update(piece));
        let value = signing.finish();
        prop_assert_eq!(&value, &signer.sign(&whole));

        let mut verifying = Verifier::new(key).stream(&value).unwrap();
        pieces.iter().for_each(|piece| verifying.update(piece));
        prop_assert!(verifying.finish().is_ok());
    }

    #[test]
    fn one_flipped_bit_is_refused(key in a_key(), body in vec(any::<u8>(), 1..100), at in any::<prop::sample::Index>(), bit in 0..8u8) {
        let value = Signer::new(key.clone()).sign(&body);
        let verifier = Verifier::new(key);
        let flip = |octets: &[u8]| {
            let mut flipped = octets.to_vec();
            flipped[at.index(octets.len())] ^= 1 << bit;
            flipped
        };
        prop_assert_eq!(verifier.verify(&flip(&body), &value).unwrap_err().code(), "signature_mismatch");
        prop_assert!(verifier.verify(&body, flip(value.as_bytes())).is_err());
    }

    #[test]
    fn another_key_is_refused(key in a_key(), other in a_key(), body in octets(50)) {
        let value = Signer::new(key).sign(&body);
        let error = Verifier::new(other).verify(&body, &value).unwrap_err();
        prop_assert_eq!(error.code(), "signature_mismatch");
    }

    #[test]
    fn no_value_panics_and_both_ways_agree(value in a_value(), body in octets(20), policy in a_policy()) {
        let verifier = Verifier::new(Key::from_bytes([7; 32]).unwrap()).with_policy(policy);
        let whole = verifier.verify(&body, &value);
        let streamed = verifier.stream(&value).and_then(|mut stream| {
            stream.update(&body);
            stream.finish()
        });
        prop_assert_eq!(&whole, &streamed);
        let error = whole.unwrap_err();
        let text = alloc::format!("{error} {}", error.hint());
        prop_assert!(!text.chars().any(char::is_control), "{}", text);
    }

    #[test]
    fn no_key_panics(text in "\\PC{0,50}", bytes in octets(50)) {
        use KeyFormat::{Base64, Bytes, Hex, Jwk, JwkLenient, Utf8};
        for format in [Jwk, JwkLenient, Utf8, Base64, Hex, Bytes] {
            let _ = Key::dangerous_allow_weak(format, &text);
            let _ = Key::dangerous_allow_weak(format, &bytes);
        }
        let _ = Verifier::for_shared_key(&text);
    }
}

#[test]
fn the_fixed_prefix_is_the_fixed_header() {
    let mut prefix = String::new();
    crate::base64url::encode_into(PROTECTED_HEADER.as_bytes(), &mut prefix);
    assert_eq!(FIXED_PREFIX, prefix + ".");
}

#[test]
fn rotation_counts_on_and_keeps_what_was_dropped() {
    let new = "a new shared key of at least 32 octets";
    let old = Key::from_bytes([9; 32]).unwrap();
    let value = Signer::new(old.clone()).sign(b"body");
    let verifier = Verifier::for_shared_key(new).unwrap().or(Verifier::new(old));
    assert_eq!(verifier.verify(b"body", &value).unwrap().key.index, 1);

    let error = verifier.verify(b"other", &value).unwrap_err();
    assert!(error.hint().contains("character 2 is ' '"), "{}", error.hint());
    assert_eq!(verifier.dropped().len(), 1);
}

#[test]
fn an_empty_key_is_never_a_key() {
    for format in ["jwk", "jwk-lenient", "utf8", "base64", "hex", "bytes"] {
        let error = Key::dangerous_allow_weak(format.parse().unwrap(), "").unwrap_err();
        assert_eq!(error.code(), "invalid_key", "{format}");
    }
    assert_eq!(Verifier::dangerous_for_weak_shared_key("").unwrap_err().code(), "no_usable_key");
}

#[test]
fn exactly_one_signature_is_expected() {
    assert_eq!(single_signature([b"a"]), Ok(b"a"));
    assert_eq!(single_signature::<&[u8]>([]), Err(Error::MissingSignature));
    assert_eq!(single_signature([b"a", b"a"]), Err(Error::MultipleSignatures { count: 2 }));
}

/// What a library makes of a text, strictly: no padding, and no bits behind the last octet.
fn by_library(text: &[u8]) -> Option<Vec<u8>> {
    base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, text).ok()
}

proptest! {
    #[test]
    fn base64url_is_what_a_library_makes_of_it(octets in octets(100)) {
        let mut text = String::new();
        crate::base64url::encode_into(&octets, &mut text);
        prop_assert_eq!(by_library(text.as_bytes()), Some(octets.clone()));
        prop_assert_eq!(crate::base64url::decode(text.as_bytes(), CompactPart::Signature, 0).ok(), Some(octets));
    }

    #[test]
    fn what_a_library_refuses_is_no_base64url(text in "[A-Za-z0-9_-]{0,40}[A-Za-z0-9_+/= é-]{0,2}[A-Za-z0-9_-]{0,3}") {
        let text = text.as_bytes();
        prop_assert_eq!(crate::base64url::decode(text, CompactPart::Signature, 0).ok(), by_library(text));
    }

    #[test]
    fn a_key_in_base64_is_what_a_library_makes_of_it(octets in vec(any::<u8>(), 32..100)) {
        let text = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &octets);
        for text in [text.as_str(), text.trim_end_matches('=')] {
            for format in [KeyFormat::Base64, KeyFormat::Jwk, KeyFormat::JwkLenient] {
                prop_assert_eq!(Key::octets_of(format, text).unwrap().to_vec(), octets.clone());
            }
        }
    }
}
