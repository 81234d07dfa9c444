//! A protected header: what the policy `fixed` accepts is the one header, and whatever it is, RFC 7797's policy agrees on
//! everything but which members there may be.
#![no_main]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hookseal::{Error, Key, PROTECTED_HEADER, Policy, Verifier};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|header: &[u8]| {
    let value = format!("{}..{}", URL_SAFE_NO_PAD.encode(header), "A".repeat(43));
    let verifier = Verifier::new(Key::from_bytes([7; 32]).expect("it is long enough"));
    let of = |policy| verifier.clone().with_policy(policy).verify(b"", &value).expect_err("nobody signed that");
    let (fixed, rfc7797) = (of(Policy::Fixed), of(Policy::Rfc7797));
    let is_mismatch = |error: &Error| matches!(error, Error::SignatureMismatch { .. });
    assert_eq!(is_mismatch(&fixed), header == PROTECTED_HEADER.as_bytes());
    match fixed {
        Error::HeaderNotAllowed { .. } => assert!(is_mismatch(&rfc7797), "{rfc7797}"),
        _ => assert_eq!(fixed, rfc7797),
    }
    // What is taken for a header is JSON to others, too. Only its numbers have no bounds (RFC 8259 §6), and serde_json's do.
    if is_mismatch(&rfc7797) {
        match serde_json::from_slice::<serde_json::Value>(header) {
            Ok(parsed) => assert_eq!((&parsed["alg"], &parsed["b64"]), (&"HS256".into(), &false.into())),
            Err(error) => assert!(error.to_string().starts_with("number out of range"), "it is JSON: {error}"),
        }
    }
});
