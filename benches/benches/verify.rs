//! Signing and verifying beside ring's bare HMAC-SHA256 over the same octets.
#![allow(missing_docs, reason = "criterion's macros make undocumented items")]
#![allow(clippy::unwrap_used, reason = "a bench that cannot set itself up should stop")]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use hookseal::{Key, Signer, Verifier};

const KEY: [u8; 32] = [7; 32];

/// A short body, the size of the vendor's sample delivery, and a large one.
const SIZES: [usize; 3] = [200, 1_495, 1 << 20];

fn verify(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("verify");
    let verifier = Verifier::new(Key::from_bytes(KEY).unwrap());
    let signer = Signer::new(Key::from_bytes(KEY).unwrap());
    let ring_key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &KEY);
    for size in SIZES {
        let body = vec![b'x'; size];
        let value = signer.sign(&body);
        let (prefix, _) = value.rsplit_once('.').unwrap();
        let signing_input = [prefix.as_bytes(), &body].concat();
        group.throughput(Throughput::Bytes(size as u64));
        group.bench_function(BenchmarkId::new("hookseal", size), |bencher| {
            bencher.iter(|| verifier.verify(black_box(&body), black_box(&value)).unwrap());
        });
        group.bench_function(BenchmarkId::new("ring-hmac-signing-input", size), |bencher| {
            bencher.iter(|| ring::hmac::sign(&ring_key, black_box(&signing_input)));
        });
        group.bench_function(BenchmarkId::new("ring-hmac-body", size), |bencher| {
            bencher.iter(|| ring::hmac::sign(&ring_key, black_box(&body)));
        });
    }
    group.finish();
}

fn sign(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("sign");
    let signer = Signer::new(Key::from_bytes(KEY).unwrap());
    for size in SIZES {
        let body = vec![b'x'; size];
        group.throughput(Throughput::Bytes(size as u64));
        group.bench_function(BenchmarkId::new("hookseal", size), |bencher| {
            bencher.iter(|| signer.sign(black_box(&body)));
        });
    }
    group.finish();
}

criterion_group!(benches, verify, sign);
criterion_main!(benches);
