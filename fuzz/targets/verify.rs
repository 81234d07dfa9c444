//! A header value and a body, with a NUL between them: refused or valid, at once and as a stream alike, under both policies.
#![no_main]

use hookseal::{Error, Key, Policy, Signer, Verifier};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let (value, body) = data.iter().position(|octet| *octet == 0).map_or((data, &b""[..]), |at| (&data[..at], &data[at + 1..]));
    let key = Key::from_bytes([7; 32]).expect("it is long enough");
    for policy in [Policy::Fixed, Policy::Rfc7797] {
        let verifier = Verifier::new(key.clone()).with_policy(policy);
        let at_once = verifier.verify(body, value);
        let stream = verifier.stream(value).and_then(|mut stream| {
            body.chunks(7).for_each(|chunk| stream.update(chunk));
            stream.finish()
        });
        assert_eq!(at_once, stream);
        match at_once {
            // Nobody finds an HMAC by chance: what verifies is what was signed.
            Ok(_) => assert!(policy == Policy::Rfc7797 || value == Signer::new(key.clone()).sign(body).as_bytes()),
            Err(error) => assert_is_harmless(&error),
        }
    }
});

fn assert_is_harmless(error: &Error) {
    let said = format!("{error} {}", error.hint());
    assert!(!said.contains(char::is_control) && said.len() < 1000, "{said:?}");
    assert!((400..=500).contains(&error.http_status()));
}
