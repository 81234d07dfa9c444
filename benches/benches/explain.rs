//! Explanations that find nothing, which is when they search the longest, for bodies of every kind that is searched.
#![allow(missing_docs, reason = "criterion's macros make undocumented items")]
#![allow(clippy::expect_used, reason = "a bench that cannot set itself up should stop")]

use std::fmt::Write as _;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use hookseal::{Explain, Key, Signer};
use miniz_oxide::deflate::compress_to_vec_zlib;

const SIZES: [usize; 2] = [1_495, 1 << 20];

/// Digits that are everything a key can be read as, and have another case.
const SHARED_KEY: &str = "00112233445566778899AABBCCDDEEFF00112233445566778899aabbccddeeff";

fn explain(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("explain");
    group.sample_size(20).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    let value = Signer::new(Key::from_bytes([7; 32]).expect("it is long enough")).sign(b"another body");
    let explain = Explain::new(&[SHARED_KEY]);
    for size in SIZES {
        for (name, body) in bodies(size) {
            let found = explain.explain(&body, &value);
            assert!(found.causes.is_empty() && found.tried > 40, "{name}: {found:?}");
            group.bench_function(BenchmarkId::new(name, size), |bencher| {
                bencher.iter(|| explain.explain(&body, &value))
            });
        }
    }
    group.finish();
}

fn bodies(size: usize) -> Vec<(&'static str, Vec<u8>)> {
    let plain = json(size, |text, n| write!(text, r#"{{"id":{n},"service":"app","available":{}}}"#, n * 7919));
    let rich = json(size, |text, n| {
        write!(text, "{{\"z/<{n}>\":\"é & \u{2028} 😀\",\"a\":[1.50,1e-7,{}.0],\"d\u{7f}\":12345678901234567890}}", n)
    });
    let indented = json(size, |text, n| write!(text, "{{\n  \"z\": \"naïve/{n}\",\r\n  \"a\": [1.0, {{}}]\n}}\n"));
    let words = "The quick brown fox – naïve, déjà vu – jumps over the lazy dog.\r\n".repeat(size / 60 + 1);
    let form = format!("payload={}", "%7B%22a%22%3A+%22b%22%7D".repeat(size / 24));
    vec![
        ("plain-json", plain.clone().into_bytes()),
        ("rich-json", rich.clone().into_bytes()),
        ("indented-json", indented.into_bytes()),
        ("json-string", format!("{:?}", &plain[..size.min(plain.len())]).into_bytes()),
        ("text", words.into_bytes()),
        ("form", form.into_bytes()),
        ("base64", STANDARD.encode(&rich[..]).into_bytes()),
        ("zlib", compress_to_vec_zlib(rich.as_bytes(), 6)),
        ("utf-16", rich.encode_utf16().take(size / 2).flat_map(u16::to_le_bytes).collect()),
        ("binary", (0..size).map(|n| (n * 167 % 251) as u8).collect()),
    ]
}

/// An array of elements, of about so many octets.
fn json(size: usize, element: impl Fn(&mut String, usize) -> std::fmt::Result) -> String {
    let mut text = String::from("[");
    for n in 0.. {
        let mut next = String::new();
        element(&mut next, n).expect("a String takes everything");
        if text.len() + next.len() + 2 > size && n > 0 {
            break;
        }
        if n > 0 {
            text.push(',');
        }
        text.push_str(&next);
    }
    text + "]"
}

criterion_group!(benches, explain);
criterion_main!(benches);
