//! Verifying a delivery of the platform's takes nothing from the allocator, and explaining one little.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hookseal::{Explain, Key, Signer, Verifier};

#[test]
fn a_prepared_key_verifies_without_an_allocation() {
    let new = Key::from_bytes([1; 32]).unwrap();
    let old = Key::from_bytes([2; 32]).unwrap();
    let verifier = Verifier::new(new.clone()).or(Verifier::new(old.clone()));
    for key in [new, old] {
        for size in [0, 55, 1_495, 1 << 20] {
            let body = vec![b'x'; size];
            let value = Signer::new(key.clone()).sign(&body);
            let counted = allocation_counter::measure(|| {
                assert!(verifier.verify(&body, &value).is_ok());
            });
            assert_eq!(counted.count_total, 0, "{size} octets");
        }
    }
}

#[test]
fn an_explanation_takes_at_most_four_times_the_decoded_body() {
    let mut json = String::from("{");
    for n in 0.. {
        let _ =
            write!(json, "\"z/<{n}>\": {{\"é & \u{2028} 😀\": [1.50, 1e-7, {n}.0], \"d\": 12345678901234567890}}, ");
        if json.len() > 1 << 20 {
            break;
        }
    }
    json.push_str("\"a\": null}");
    let size = json.len();
    let string = serde_json::to_string(&json).unwrap();
    let many_names = format!("{{{}\"a\":0}}", "\"b\":1,".repeat(size / 6));
    let value = Signer::new(Key::from_bytes([7; 32]).unwrap()).sign(b"another body");
    let explain = Explain::new(&["00112233445566778899AABBCCDDEEFF00112233445566778899aabbccddeeff\n"]);
    for (name, body, decoded) in [
        ("json", json.clone().into_bytes(), size),
        ("json string", string.clone().into_bytes(), size),
        ("json string twice", serde_json::to_string(&string).unwrap().into_bytes(), string.len()),
        ("members to sort", many_names.clone().into_bytes(), many_names.len()),
        ("base64", STANDARD.encode(&json).into_bytes(), size),
        ("form", format!("payload={}", "%7B%22".repeat(size)).into_bytes(), 2 * size),
        ("utf-16", json.encode_utf16().flat_map(u16::to_le_bytes).collect(), size),
        ("text", "naïve\r\n".repeat(size / 8).into_bytes(), size),
        ("binary", (0..size).map(|n| (n * 167 % 251) as u8).collect(), size),
    ] {
        let counted = allocation_counter::measure(|| {
            let explanation = explain.explain(&body, &value);
            assert!(explanation.causes.is_empty() && explanation.tried > 4, "{name}: {explanation:?}");
        });
        let times = counted.bytes_max as f64 / decoded as f64;
        println!("{name}: {times:.2} times the decoded body");
        assert!(times <= 4.0, "{name}: {times:.2} times the decoded body");
    }
}

#[test]
fn the_counter_counts() {
    let counted = allocation_counter::measure(|| drop(Key::from_hex(&"ab".repeat(32)).unwrap()));
    assert!(counted.count_total > 0);
}
