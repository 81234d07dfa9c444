//! Verifying a delivery of the platform's takes nothing from the allocator.

use hookseal::{Key, Signer, Verifier};

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
fn the_counter_counts() {
    let counted = allocation_counter::measure(|| drop(Key::from_hex(&"ab".repeat(32)).unwrap()));
    assert!(counted.count_total > 0);
}
