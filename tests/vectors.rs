//! Every vector of `test-vectors/`, run by the core.

use std::collections::BTreeMap;

use hookseal::{Error, Key, KeyFormat, Signer, Verified};
use hookseal_tests::{DroppedReading, KeyVector, SignatureVector};
use serde_json::Value;

/// What the whole body says, once the stream has been seen to say the same of it in pieces.
fn verify(vector: &SignatureVector) -> Result<Verified, Error> {
    let verifier = vector.verifier();
    let body = vector.body();
    let whole = verifier.verify(&body, &vector.signature);
    let streamed = verifier.stream(&vector.signature).and_then(|mut stream| {
        body.chunks(7).for_each(|chunk| stream.update(chunk));
        stream.finish()
    });
    assert_eq!(whole, streamed, "{}", vector.id);
    whole
}

#[test]
fn valid_signatures_verify() {
    for vector in SignatureVector::valid() {
        let id = &vector.id;
        let verified = verify(&vector).unwrap_or_else(|error| panic!("{id}: {error}"));
        let format = vector.key_format.as_ref().unwrap_or(&vector.key.format);
        assert_eq!((verified.key.index, verified.key.format.as_str()), (0, format.as_str()), "{id}");
        let reported = verified.header_parameters.into_iter();
        let reported: BTreeMap<_, Value> =
            reported.map(|parameter| (parameter.name, serde_json::from_str(&parameter.value).unwrap())).collect();
        assert_eq!(reported, vector.header_parameters, "{id}");
    }
}

#[test]
fn signing_gives_the_very_same_value() {
    let vectors = SignatureVector::valid();
    let signing: Vec<_> = vectors.iter().filter(|vector| vector.signs).collect();
    assert!(signing.len() >= 60);
    for vector in signing {
        let signer = Signer::new(vector.key.read(vector.allow_weak_key).unwrap());
        assert_eq!(signer.sign(&vector.body()), vector.signature, "{}", vector.id);
    }
}

#[test]
fn invalid_signatures_are_refused_with_their_code() {
    for vector in SignatureVector::invalid() {
        match verify(&vector) {
            Ok(verified) => panic!("{}: verified with {:?}", vector.id, verified.key),
            Err(error) => assert_eq!(Some(error.code()), vector.code.as_deref(), "{}: {error}", vector.id),
        }
    }
}

#[test]
fn key_strings_read_as_they_should() {
    for vector in KeyVector::all() {
        if vector.key.format == "auto" {
            check_readings(&vector);
            continue;
        }
        match (vector.key.read(vector.allow_weak_key), &vector.hex) {
            (Ok(key), Some(octets)) => assert!(is_key(&key, octets), "{}", vector.id),
            (Ok(_), None) => panic!("{}: read, but should be {:?}", vector.id, vector.code),
            (Err(error), _) => assert_eq!(Some(error.code()), vector.code.as_deref(), "{}: {error}", vector.id),
        }
    }
}

fn check_readings(vector: &KeyVector) {
    let id = &vector.id;
    let (readings, dropped) = (vector.readings.as_ref().unwrap(), vector.dropped.as_ref().unwrap());
    let seen_dropped = match vector.key.verifier(vector.allow_weak_key) {
        Ok(verifier) => {
            for reading in readings {
                let key = Key::dangerous_allow_weak(KeyFormat::Bytes, hex::decode(&reading.hex).unwrap()).unwrap();
                let verified = verifier.verify(b"probe", Signer::new(key).sign(b"probe")).unwrap();
                assert_eq!(verified.key.format.as_str(), reading.format, "{id}");
            }
            let Err(Error::SignatureMismatch { tried, .. }) =
                verifier.verify(b"probe", Signer::new(Key::from_bytes([0x5a; 99]).unwrap()).sign(b"probe"))
            else {
                panic!("{id}: a foreign signature did not mismatch")
            };
            assert_eq!(tried, readings.len(), "{id}");
            verifier.dropped().to_vec()
        }
        Err(Error::NoUsableKey { dropped }) => {
            assert_eq!(vector.code.as_deref(), Some("no_usable_key"), "{id}");
            dropped.into_vec()
        }
        Err(error) => panic!("{id}: {error}"),
    };
    let seen_dropped: Vec<_> = seen_dropped
        .iter()
        .map(|dropped| DroppedReading { format: dropped.format.to_string(), code: dropped.error.code().to_owned() })
        .collect();
    assert_eq!(&seen_dropped, dropped, "{id}");
}

/// A key shows its octets by what it signs only.
fn is_key(key: &Key, octets: &str) -> bool {
    let expected = Key::dangerous_allow_weak(KeyFormat::Bytes, hex::decode(octets).unwrap()).unwrap();
    Signer::new(key.clone()).sign(b"probe") == Signer::new(expected).sign(b"probe")
}
