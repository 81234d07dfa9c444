//! A shared key, a header value and a body, with NULs between them: the budget holds, and nothing is said that a terminal obeys.
//! With a value of one octet, the body was signed by the key's UTF-8 and changed: then the answer is a proof.
#![no_main]

use hookseal::{Explain, Key, KeyFormat, Signer};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut parts = data.splitn(3, |octet| *octet == 0);
    let mut next = || parts.next().unwrap_or_default();
    let (shared_key, value, body) = (next(), next(), next());
    let explain = Explain::new(&[shared_key]);
    let explanation = match (value, Key::dangerous_allow_weak(KeyFormat::Utf8, shared_key.trim_ascii())) {
        ([change], Ok(key)) => {
            let signed: Vec<u8> = match change % 4 {
                0 => body.to_vec(),
                1 => [body, b"\n"].concat(),
                2 => body.trim_ascii_end().to_vec(),
                _ => body.split(|octet| *octet == b'\n').collect::<Vec<_>>().join(&b"\r\n"[..]),
            };
            explain.explain(body, Signer::new(key).sign(&signed))
        }
        // The vectors among the seeds are signed, some of them in ways that are named.
        _ => explain.explain(body, value),
    };
    assert!(explanation.tried <= 512);
    assert!(explanation.causes.is_empty() || (explanation.key.is_some() && !explanation.valid));
    let said = format!("{explanation:?}");
    assert!(!said.contains(char::is_control), "{said:?}");
});
