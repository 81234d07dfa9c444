//! The vectors of `test-vectors/`, as their README describes them.

use std::collections::BTreeMap;
use std::path::Path;

use hookseal::{Error, Key, KeyFormat, Policy, Verifier};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A vector of `valid.json` or `invalid.json`.
#[derive(Deserialize)]
pub struct SignatureVector {
    /// What a failing test names.
    pub id: String,
    /// The key.
    pub key: SharedKey,
    /// Whether the key is made with the permission to be short.
    #[serde(default)]
    pub allow_weak_key: bool,
    policy: String,
    body: Body,
    /// The header's value.
    pub signature: String,
    /// The code it is refused with; `None` when it is valid.
    pub code: Option<String>,
    /// The reading that matches, where the verifier is to find it.
    pub key_format: Option<String>,
    /// What a verifier reports of the header.
    #[serde(default)]
    pub header_parameters: BTreeMap<String, Value>,
    /// Whether signing gives exactly this value.
    #[serde(default)]
    pub signs: bool,
}

/// A vector of `keys.json`.
#[derive(Deserialize)]
pub struct KeyVector {
    /// What a failing test names.
    pub id: String,
    /// The key.
    pub key: SharedKey,
    /// Whether it is read with the permission to be short.
    #[serde(default)]
    pub allow_weak_key: bool,
    /// The key's octets.
    pub hex: Option<String>,
    /// The code it is refused with.
    pub code: Option<String>,
    /// With the format `auto`: the readings that are kept.
    pub readings: Option<Vec<Reading>>,
    /// With the format `auto`: those that are not.
    pub dropped: Option<Vec<DroppedReading>>,
}

/// A shared key as it is configured, and how it is read.
#[derive(Deserialize)]
pub struct SharedKey {
    /// How.
    pub format: String,
    /// The string; hexadecimal for `bytes`.
    pub value: String,
}

/// A reading that is kept.
#[derive(Deserialize, Debug, PartialEq)]
pub struct Reading {
    /// How the string is read.
    pub format: String,
    /// The key's octets.
    pub hex: String,
}

/// A reading that is not kept.
#[derive(Deserialize, Debug, PartialEq)]
pub struct DroppedReading {
    /// How the string was to be read.
    pub format: String,
    /// Why it is not.
    pub code: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Body {
    Utf8(String),
    Hex(String),
    Repeat { hex: String, count: usize },
}

impl SharedKey {
    /// The key, read as the vector says.
    pub fn read(&self, allow_weak: bool) -> Result<Key, Error> {
        let format: KeyFormat = self.format.parse().expect("it is a format");
        let octets = match format {
            KeyFormat::Bytes => unhex(&self.value),
            _ => self.value.clone().into_bytes(),
        };
        if allow_weak { Key::dangerous_allow_weak(format, octets) } else { Key::from_shared_key(format, octets) }
    }

    /// A verifier with the key.
    pub fn verifier(&self, allow_weak: bool) -> Result<Verifier, Error> {
        match (self.format.as_str(), allow_weak) {
            ("auto", false) => Verifier::for_shared_key(&self.value),
            ("auto", true) => Verifier::dangerous_for_weak_shared_key(&self.value),
            _ => self.read(allow_weak).map(Verifier::new),
        }
    }
}

impl SignatureVector {
    /// Those of `valid.json`.
    pub fn valid() -> Vec<Self> {
        load("valid.json", 60)
    }

    /// Those of `invalid.json`.
    pub fn invalid() -> Vec<Self> {
        load("invalid.json", 80)
    }

    /// Which protected headers are accepted.
    pub fn policy(&self) -> Policy {
        match self.policy.as_str() {
            "fixed" => Policy::Fixed,
            "rfc7797" => Policy::Rfc7797,
            other => panic!("{}: unknown policy {other}", self.id),
        }
    }

    /// The verifier that the vector is for.
    pub fn verifier(&self) -> Verifier {
        let verifier = self.key.verifier(self.allow_weak_key);
        verifier.unwrap_or_else(|error| panic!("{}: {error}", self.id)).with_policy(self.policy())
    }

    /// The body's octets.
    pub fn body(&self) -> Vec<u8> {
        match &self.body {
            Body::Utf8(text) => text.clone().into_bytes(),
            Body::Hex(digits) => unhex(digits),
            Body::Repeat { hex: digits, count } => unhex(digits).repeat(*count),
        }
    }
}

impl KeyVector {
    /// Those of `keys.json`.
    pub fn all() -> Vec<Self> {
        load("keys.json", 40)
    }
}

fn unhex(digits: &str) -> Vec<u8> {
    hex::decode(digits).expect("it is hexadecimal")
}

fn load<V: DeserializeOwned>(name: &str, at_least: usize) -> Vec<V> {
    #[derive(Deserialize)]
    struct File<V> {
        vectors: Vec<V>,
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../test-vectors").join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let file: File<V> = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(file.vectors.len() >= at_least, "{name} has {} vectors", file.vectors.len());
    file.vectors
}
