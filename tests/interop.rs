//! The vendor's recipe on jwcrypto, as it stands on the vendor's page, against the built command and the core.

use std::collections::{BTreeMap, HashMap};

use hookseal::{Key, Signer};
use hookseal_tests::{KEY, Receiver, python_lines, run_with_input, seed};
use serde::Deserialize;
use serde_json::Value;

/// What `sender.py` prints of a delivery.
#[derive(Debug, Deserialize)]
struct Sent {
    path: String,
    key: usize,
    http_version: String,
    framing: String,
    body_sha256: String,
    status: u16,
    code: Option<String>,
    expected_status: u16,
    expected_code: Option<String>,
}

#[test]
fn a_thousand_deliveries_of_the_recipe_under_a_thousand_keys_are_valid() {
    let seed = seed();
    let keys: Vec<String> = python_lines("sender.py", &["keys", "--seed", &seed, "--keys", "1000"]);
    assert_eq!(keys.len(), 1000);
    let receiver = receiver_with(&keys);

    let url = receiver.url();
    let arguments = ["valid", "--seed", &seed, "--keys", "1000", "--count", "1000", "--url", &url];
    let sent: Vec<Sent> = python_lines("sender.py", &arguments);

    assert_eq!(sent.len(), 1000);
    let inbox = inbox_by_path(&receiver, 1000);
    for sent in &sent {
        assert_eq!((sent.status, &sent.code), (204, &None), "{sent:?}");
        let kept = &inbox[&sent.path];
        assert_eq!(kept["verdict"], "valid", "{kept}");
        assert_eq!(kept["key"]["index"], sent.key, "{kept}");
        assert_eq!(kept["key"]["format"], "jwk", "{kept}");
        assert_same_request(sent, kept);
    }
    assert_eq!(tally(&sent, |sent| &sent.http_version), [("HTTP/1.0", 500), ("HTTP/1.1", 500)].into());
    assert_eq!(tally(&sent, |sent| &sent.framing), [("chunked", 250), ("length", 750)].into());
}

#[test]
fn one_flipped_bit_is_refused_with_the_code_that_the_reference_predicts() {
    let seed = seed();
    let keys: Vec<String> = python_lines("sender.py", &["keys", "--seed", &seed, "--keys", "8"]);
    let receiver = receiver_with(&keys);

    let url = receiver.url();
    let arguments = ["tampered", "--seed", &seed, "--keys", "8", "--count", "1000", "--url", &url];
    let sent: Vec<Sent> = python_lines("sender.py", &arguments);

    assert_eq!(sent.len(), 3000);
    let inbox = inbox_by_path(&receiver, 3000);
    for sent in &sent {
        assert!(sent.expected_code.is_some(), "a flipped bit that changes nothing: {sent:?}");
        assert_eq!((sent.status, &sent.code), (sent.expected_status, &sent.expected_code), "{sent:?}");
        let kept = &inbox[&sent.path];
        assert_eq!(kept["verdict"], "invalid", "{kept}");
        assert_eq!(kept["code"].as_str(), sent.expected_code.as_deref(), "{kept}");
        assert_eq!(kept["key"], Value::Null, "{kept}");
        assert_same_request(sent, kept);
    }
    let part = |sent: &Sent| sent.path.split('/').nth(1).map(str::to_owned);
    for name in ["body", "header", "signature"] {
        let of_part: Vec<_> = sent.iter().filter(|sent| part(sent).as_deref() == Some(name)).collect();
        let codes = tally(&of_part, |sent| sent.code.as_deref().unwrap_or_default());
        println!("{name}: {codes:?}");
        assert_eq!(of_part.len(), 1000);
        match name {
            "body" => assert_eq!(codes, [("signature_mismatch", 1000)].into()),
            "header" => assert!(codes.contains_key("invalid_header_json") && codes.contains_key("unsupported_alg")),
            _ => assert!(codes.contains_key("signature_mismatch") && codes.contains_key("invalid_base64url")),
        }
    }
}

#[test]
fn our_signatures_are_the_recipes_character_for_character() {
    #[derive(Deserialize)]
    struct Signed {
        key: String,
        body: String,
        signature: String,
    }
    let signed: Vec<Signed> = python_lines("signatures.py", &["--seed", &seed(), "--count", "1000"]);
    assert_eq!(signed.len(), 1000);
    for (number, Signed { key, body, signature }) in signed.iter().enumerate() {
        let body = hex::decode(body).unwrap();
        assert_eq!(&Signer::new(Key::from_jwk_k(key).unwrap()).sign(&body), signature, "number {number}");
        if number % 40 == 0 {
            let printed = run_with_input(["sign", "-", "--shared-key", key], &body).stdout;
            assert_eq!(printed, format!("{signature}\n"), "number {number}");
        }
    }
}

#[test]
fn key_strings_are_read_as_jwcrypto_reads_them() {
    /// What `key_strings.py` prints of a key string.
    #[derive(Debug, Deserialize)]
    struct KeyString {
        key: String,
        signature: Option<String>,
        jwk: Option<String>,
        jwk_lenient: Option<String>,
    }
    let strings: Vec<KeyString> = python_lines("key_strings.py", &["--seed", &seed(), "--count", "2000"]);
    let probe = |key: Result<Key, hookseal::Error>| match key {
        Ok(key) => (Some(Signer::new(key).sign(b"probe")), None),
        Err(error) => (None, Some(error.code().to_owned())),
    };
    let (mut accepted, mut well_formed) = (0, 0);
    for string in &strings {
        let (signature, code) = probe(Key::from_jwk_k_lenient(&string.key));
        assert_eq!(signature, string.signature, "{string:?}");
        assert_eq!(code, string.jwk_lenient, "{string:?}");
        accepted += usize::from(signature.is_some());

        let (signature, code) = probe(Key::from_jwk_k(&string.key));
        assert_eq!(code, string.jwk, "{string:?}");
        if signature.is_some() {
            assert_eq!(signature, string.signature, "{string:?}");
            well_formed += 1;
        }
    }
    println!("{} strings: jwcrypto accepts {accepted}, of which {well_formed} are well formed", strings.len());
    assert_eq!(strings.len(), 2000);
    assert!(accepted > well_formed + 100 && well_formed > 500 && accepted < 1500, "the strings are too much alike");
}

#[test]
fn the_key_of_the_vendors_page_is_refused_by_both() {
    // The page's own sample key has 17 characters, which no octets encode to.
    assert_eq!(Key::from_jwk_k("JWS-SYMMETRIC-KEY").unwrap_err().code(), "invalid_key");
    assert_eq!(Key::from_jwk_k_lenient("JWS-SYMMETRIC-KEY").unwrap_err().code(), "invalid_key");
    assert!(Key::from_jwk_k(KEY).is_ok());
}

/// A receiver with all these keys: the first half given as flags, the others in files.
fn receiver_with(keys: &[String]) -> Receiver {
    let folder = tempfile::tempdir().unwrap();
    let (flags, files) = keys.split_at(keys.len() / 2);
    let mut arguments: Vec<String> = flags.iter().map(|key| format!("--shared-key={key}")).collect();
    for (number, key) in files.iter().enumerate() {
        let file = folder.path().join(number.to_string());
        let ending = ["", "\n", "\r\n"][number % 3];
        std::fs::write(&file, format!("{key}{ending}")).unwrap();
        arguments.push(format!("--shared-key-file={}", file.display()));
    }
    Receiver::start(arguments)
}

fn inbox_by_path(receiver: &Receiver, count: usize) -> HashMap<String, Value> {
    let deliveries = receiver.deliveries("limit=150");
    assert_eq!(deliveries.len(), count);
    let by_path: HashMap<_, _> =
        deliveries.into_iter().map(|kept| (kept["path"].as_str().unwrap().to_owned(), kept)).collect();
    assert_eq!(by_path.len(), count, "a delivery is there twice");
    by_path
}

fn assert_same_request(sent: &Sent, kept: &Value) {
    assert_eq!(kept["body_sha256"], *sent.body_sha256, "{kept}");
    assert_eq!(kept["http_version"], *sent.http_version, "{kept}");
    assert_eq!(kept["response"]["status"], sent.status, "{kept}");
    assert_eq!(kept["truncated"], false, "{kept}");
}

fn tally<'s, S>(sent: &'s [S], of: impl Fn(&'s S) -> &'s str) -> BTreeMap<&'s str, usize> {
    let mut tally = BTreeMap::new();
    for sent in sent {
        *tally.entry(of(sent)).or_default() += 1;
    }
    tally
}
