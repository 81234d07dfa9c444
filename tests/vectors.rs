//! Every vector of `test-vectors/`, run by the core.

use std::collections::BTreeMap;
use std::path::Path;

use hookseal::{Error, Key, KeyFormat, Policy, Signer, Verified, Verifier};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

#[derive(Deserialize)]
struct File<V> {
    vectors: Vec<V>,
}

#[derive(Deserialize)]
struct SignatureVector {
    id: String,
    key: SharedKey,
    #[serde(default)]
    allow_weak_key: bool,
    policy: String,
    body: Body,
    signature: String,
    code: Option<String>,
    key_format: Option<String>,
    #[serde(default)]
    header_parameters: BTreeMap<String, Value>,
    #[serde(default)]
    signs: bool,
}

#[derive(Deserialize)]
struct KeyVector {
    id: String,
    key: SharedKey,
    #[serde(default)]
    allow_weak_key: bool,
    hex: Option<String>,
    code: Option<String>,
    readings: Option<Vec<Reading>>,
    dropped: Option<Vec<DroppedReading>>,
}

#[derive(Deserialize)]
struct SharedKey {
    format: String,
    value: String,
}

#[derive(Deserialize, Debug, PartialEq)]
struct Reading {
    format: String,
    hex: String,
}

#[derive(Deserialize, Debug, PartialEq)]
struct DroppedReading {
    format: String,
    code: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Body {
    Utf8(String),
    Hex(String),
    Repeat { hex: String, count: usize },
}

impl Body {
    fn octets(&self) -> Vec<u8> {
        match self {
            Body::Utf8(text) => text.clone().into_bytes(),
            Body::Hex(digits) => hex::decode(digits).unwrap(),
            Body::Repeat { hex: digits, count } => hex::decode(digits).unwrap().repeat(*count),
        }
    }
}

impl SharedKey {
    fn read(&self, allow_weak: bool) -> Result<Key, Error> {
        let format: KeyFormat = self.format.parse().unwrap();
        let octets = match format {
            KeyFormat::Bytes => hex::decode(&self.value).unwrap(),
            _ => self.value.clone().into_bytes(),
        };
        if allow_weak { Key::dangerous_allow_weak(format, octets) } else { Key::from_shared_key(format, octets) }
    }

    fn verifier(&self, allow_weak: bool) -> Result<Verifier, Error> {
        match (self.format.as_str(), allow_weak) {
            ("auto", false) => Verifier::for_shared_key(&self.value),
            ("auto", true) => Verifier::dangerous_for_weak_shared_key(&self.value),
            _ => self.read(allow_weak).map(Verifier::new),
        }
    }
}

impl SignatureVector {
    /// What the whole body says, once the stream has been seen to say the same of it in pieces.
    fn verify(&self) -> Result<Verified, Error> {
        let policy = match self.policy.as_str() {
            "fixed" => Policy::Fixed,
            "rfc7797" => Policy::Rfc7797,
            other => panic!("{}: unknown policy {other}", self.id),
        };
        let verifier = self.key.verifier(self.allow_weak_key).unwrap().with_policy(policy);
        let body = self.body.octets();
        let whole = verifier.verify(&body, &self.signature);
        let streamed = verifier.stream(&self.signature).and_then(|mut stream| {
            body.chunks(7).for_each(|chunk| stream.update(chunk));
            stream.finish()
        });
        assert_eq!(whole, streamed, "{}", self.id);
        whole
    }
}

fn load<V: DeserializeOwned>(name: &str, at_least: usize) -> Vec<V> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../test-vectors").join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let file: File<V> = serde_json::from_str(&text).unwrap();
    assert!(file.vectors.len() >= at_least, "{name} has {} vectors", file.vectors.len());
    file.vectors
}

#[test]
fn valid_signatures_verify() {
    for vector in load::<SignatureVector>("valid.json", 60) {
        let id = &vector.id;
        let verified = vector.verify().unwrap_or_else(|error| panic!("{id}: {error}"));
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
    let vectors = load::<SignatureVector>("valid.json", 60);
    let signing: Vec<_> = vectors.iter().filter(|vector| vector.signs).collect();
    assert!(signing.len() >= 60);
    for vector in signing {
        let signer = Signer::new(vector.key.read(vector.allow_weak_key).unwrap());
        assert_eq!(signer.sign(&vector.body.octets()), vector.signature, "{}", vector.id);
    }
}

#[test]
fn invalid_signatures_are_refused_with_their_code() {
    for vector in load::<SignatureVector>("invalid.json", 80) {
        match vector.verify() {
            Ok(verified) => panic!("{}: verified with {:?}", vector.id, verified.key),
            Err(error) => assert_eq!(Some(error.code()), vector.code.as_deref(), "{}: {error}", vector.id),
        }
    }
}

#[test]
fn key_strings_read_as_they_should() {
    for vector in load::<KeyVector>("keys.json", 40) {
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
