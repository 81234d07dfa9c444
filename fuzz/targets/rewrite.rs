//! A JSON body as serde_json writes it: signed so and received as it is, the explanation finds out how it was written.
#![no_main]

use hookseal::{Key, Signer, explain};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const SHARED_KEY: &str = "a shared key of at least 32 octets";

fuzz_target!(|body: &[u8]| {
    let Ok(value) = serde_json::from_slice::<Value>(body) else { return };
    let compact = value.to_string();
    // Members of one name and floats are not what serde_json keeps as they are.
    let mut as_it_came = Vec::new();
    let mut reader = serde_json::Deserializer::from_slice(body);
    let transcoded = serde_transcode::transcode(&mut reader, &mut serde_json::Serializer::new(&mut as_it_came));
    if transcoded.is_err() || as_it_came != compact.as_bytes() || !is_exact(&value, 0) {
        return;
    }
    let indented = format!("{value:#}");
    for signed in [compact, indented] {
        let value = Signer::new(Key::from_utf8(SHARED_KEY).expect("it is long enough")).sign(signed.as_bytes());
        let explanation = explain(SHARED_KEY, body, &value);
        assert!(explanation.valid == (signed.as_bytes() == body));
        assert!(explanation.valid || explanation.causes.len() == 1, "{signed} of {body:?}: {explanation:?}");
        assert!(explanation.tried <= 512);
    }
});

/// No floats, and no deeper than a document is looked into.
fn is_exact(value: &Value, depth: usize) -> bool {
    match value {
        Value::Number(number) => !number.is_f64(),
        Value::Array(elements) => depth < 30 && elements.iter().all(|element| is_exact(element, depth + 1)),
        Value::Object(members) => depth < 30 && members.values().all(|member| is_exact(member, depth + 1)),
        _ => true,
    }
}
