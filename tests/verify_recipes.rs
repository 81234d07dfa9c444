//! The recipes of `docs/verify/`, each run by its language on every vector.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, URL_SAFE_NO_PAD};
use base64::{alphabet, engine::DecodePaddingMode};
use hookseal::{Key, KeyFormat, PROTECTED_HEADER, Signer, Verifier};
use hookseal_tests::{KEY, KeyVector, Outcome, SharedKey, SignatureVector, seed};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::json;

/// A body, a header value and a shared key, and what a recipe must say of them.
struct Case {
    id: String,
    key: String,
    body: Vec<u8>,
    signature: String,
    expected: &'static str,
}

const VALID: &str = "valid";
const INVALID: &str = "invalid";
const NO_USABLE_KEY: &str = "no usable key";

impl Case {
    /// A recipe does what [`Verifier::for_shared_key`] does, and says of each refusal only that it is one.
    fn new(id: String, key: String, body: Vec<u8>, signature: String) -> Self {
        let expected = match Verifier::for_shared_key(&key) {
            Err(_) => NO_USABLE_KEY,
            Ok(verifier) => match verifier.verify(&body, &signature) {
                Ok(_) => VALID,
                Err(_) => INVALID,
            },
        };
        Case { id, key, body, signature, expected }
    }

    fn line(&self) -> String {
        json!({ "key": self.key, "body": hex::encode(&self.body), "signature": self.signature }).to_string() + "\n"
    }
}

/// Every vector, each with the shared key's string as a settings page would have it.
fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for vector in SignatureVector::valid() {
        let case = case_of(&vector);
        let is_fixed = case.signature.starts_with(&URL_SAFE_NO_PAD.encode(PROTECTED_HEADER));
        let is_readable = vector.key.format != "jwk-lenient" || Key::from_jwk_k(&vector.key.value).is_ok();
        // The vector's own verdict, but for what the recipes leave out: other headers, malformed keys, and weak ones.
        let expected = is_fixed && is_readable && !vector.allow_weak_key;
        assert_eq!(case.expected == VALID, expected, "{}: {}", case.id, case.expected);
        cases.push(case);
    }
    let mut other_reading = Vec::new();
    for vector in SignatureVector::invalid() {
        let case = case_of(&vector);
        match case.expected {
            VALID => other_reading.push(vector.id),
            expected => assert_eq!(expected, INVALID, "{}", vector.id),
        }
        cases.push(case);
    }
    assert_eq!(other_reading, OTHER_READING);
    for vector in KeyVector::all() {
        cases.extend(cases_of(&vector));
    }
    let count = |expected| cases.iter().filter(|case| case.expected == expected).count();
    let counts = [VALID, INVALID, NO_USABLE_KEY].map(count);
    assert!(counts[0] > 150 && counts[1] > 400 && counts[2] > 20, "{counts:?}");
    cases
}

/// Refused because their key is to be read in one way only; a recipe reads it in both, as `auto` does.
const OTHER_READING: [&str; 3] =
    ["mismatch-key-utf8-for-jwk", "mismatch-key-jwk-for-utf8", "mismatch-rfc7797-4.2-key-as-utf8"];

fn case_of(vector: &SignatureVector) -> Case {
    Case::new(vector.id.clone(), shared_key(&vector.key), vector.body(), vector.signature.clone())
}

/// Octets that are configured in a way which the recipes do not read become the `k` of a JWK.
fn shared_key(key: &SharedKey) -> String {
    let octets = match key.format.as_str() {
        "hex" | "bytes" => hex::decode(&key.value).unwrap(),
        "base64" => forgiving().decode(&key.value).unwrap(),
        _ => return key.value.clone(),
    };
    URL_SAFE_NO_PAD.encode(octets)
}

/// For each key that the string is, or that a forgiving decoder would make of it, a body signed with that key.
fn cases_of(vector: &KeyVector) -> Vec<Case> {
    let readings = vector.readings.iter().flatten();
    let kept: Vec<_> = readings.map(|reading| hex::decode(&reading.hex).unwrap()).collect();
    let mut keys = kept.clone();
    keys.extend(vector.hex.iter().map(|digits| hex::decode(digits).unwrap()));
    keys.push(vector.key.value.clone().into_bytes());
    keys.push(vector.key.value.trim().into());
    keys.push(forgiven(&vector.key.value));
    keys.extend(vector.key.value.split('=').next().map(forgiven));
    keys.sort();
    keys.dedup();
    keys.retain(|key| !key.is_empty());
    let signed = keys.iter().enumerate().map(|(number, octets)| {
        let body = format!("probe {number}").into_bytes();
        let key = Key::dangerous_allow_weak(KeyFormat::Bytes, octets).unwrap();
        let signature = Signer::new(key).sign(&body);
        let case = Case::new(format!("{}, {number}", vector.id), vector.key.value.clone(), body, signature);
        if vector.key.format == "auto" {
            let expected = if vector.code.is_some() { NO_USABLE_KEY } else { INVALID };
            let expected = if kept.contains(octets) { VALID } else { expected };
            assert_eq!(case.expected, expected, "{}", case.id);
        }
        case
    });
    signed.collect()
}

/// Keys that are nearly base64, and values that are nearly right.
fn random_cases(count: usize) -> Vec<Case> {
    let mut seed_octets = [0; 32];
    seed().bytes().zip(&mut seed_octets).for_each(|(octet, place)| *place = octet);
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed_octets);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);

    let letters = || select("ABYZabyz0189".chars().collect::<Vec<_>>());
    let odd = select("+/-_=\n\r \0.\u{e9}\u{1f4be}".chars().collect::<Vec<_>>());
    let text = vec(prop_oneof![30 => letters(), 1 => odd], 28..60).prop_map(String::from_iter);
    let padding = prop_oneof![Just(""), Just("="), Just("=="), Just("\n")];
    let change = prop_oneof![
        4 => Just(None),
        1 => (any::<Index>(), letters()).prop_map(Some),
    ];
    let strategy = (text, padding, vec(any::<u8>(), 0..80), any::<bool>(), change);
    let case = |number| {
        let (text, padding, body, is_utf8, change) = strategy.new_tree(&mut runner).unwrap().current();
        let key = text + padding;
        let octets = if is_utf8 { key.clone().into_bytes() } else { forgiven(&key) };
        let signer = Signer::new(Key::dangerous_allow_weak(KeyFormat::Bytes, octets).unwrap());
        let mut signature = signer.sign(&body);
        if let Some((at, letter)) = change {
            let at = at.index(signature.len());
            signature.replace_range(at..=at, &letter.to_string());
        }
        Case::new(format!("random {number}, {key:?}"), key, body, signature)
    };
    let cases: Vec<_> = (0..count).map(case).collect();
    for expected in [VALID, INVALID] {
        let share = cases.iter().filter(|case| case.expected == expected).count();
        assert!(share > count / 10, "{share} of {count} are {expected}");
    }
    cases
}

/// What a decoder that skips everything foreign makes of a string.
fn forgiven(text: &str) -> Vec<u8> {
    let letters = text.chars().filter(|c| c.is_ascii_alphanumeric() || "+/-_".contains(*c));
    let mut letters: String = letters.collect::<String>().replace('-', "+").replace('_', "/");
    if letters.len() % 4 == 1 {
        letters.pop();
    }
    forgiving().decode(letters).unwrap()
}

/// Takes what there is: no padding or some, and trailing bits.
fn forgiving() -> GeneralPurpose {
    let config = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent);
    GeneralPurpose::new(&alphabet::STANDARD, config)
}

fn recipe(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/verify").join(name).canonicalize().unwrap()
}

fn driver(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("verify_recipes").join(name)
}

/// One process judges all cases.
fn judge_all(command: &mut Command) {
    let mut cases = cases();
    cases.extend(random_cases(3000));
    let input: String = cases.iter().map(Case::line).collect();
    let outcome = Outcome::of(command, input.as_bytes());
    assert_eq!((outcome.status, &*outcome.stderr), (Some(0), ""), "{}", outcome.stdout);
    let verdicts: Vec<_> = outcome.stdout.lines().collect();
    assert_eq!(verdicts.len(), cases.len());
    let wrong = cases.iter().zip(verdicts).filter(|(case, verdict)| case.expected != *verdict);
    let wrong: Vec<_> = wrong.map(|(case, verdict)| format!("{}: {verdict}, not {}", case.id, case.expected)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn php() {
    judge_all(
        Command::new("php")
            .args(["-d", "display_errors=stderr", "-d", "error_reporting=-1"])
            .arg(driver("driver.php"))
            .arg(recipe("verify.php")),
    );
}

#[test]
fn ruby() {
    judge_all(Command::new("ruby").arg("-w").arg(driver("driver.rb")).arg(recipe("verify.rb")));
}

#[test]
fn go() {
    // One program is one folder's files.
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(recipe("verify.go"), folder.path().join("verify.go")).unwrap();
    std::fs::copy(driver("driver.go"), folder.path().join("driver.go")).unwrap();
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("go");
    let go = |arguments: &[&str]| {
        let mut command = Command::new("go");
        command.args(arguments).current_dir(&folder).env("GOCACHE", &cache);
        command
    };
    let vet = Outcome::of(&mut go(&["vet", "verify.go"]), b"");
    assert_eq!((vet.status, &*vet.stderr), (Some(0), ""));
    judge_all(&mut go(&["run", "verify.go", "driver.go"]));
}

#[test]
fn shell() {
    let mut cases = cases();
    // Each costs it a dozen processes, so the strings that are meant to be read in other ways are left to the other languages.
    let others = ["jwk-lenient-", "base64-", "hex-", "bytes-"];
    cases.retain(|case| !others.iter().any(|format| case.id.starts_with(format)));
    cases.extend(random_cases(30));
    // Neither an argument nor a variable can hold a NUL.
    let (sayable, unsayable): (Vec<_>, Vec<_>) =
        cases.iter().partition(|case| !case.key.contains('\0') && !case.signature.contains('\0'));
    assert!(unsayable.len() < 50, "{}", unsayable.len());
    let folder = tempfile::tempdir().unwrap();
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for worker in 0..thread::available_parallelism().map_or(2, usize::from) {
            let (sayable, next, body) = (&sayable, &next, folder.path().join(worker.to_string()));
            scope.spawn(move || {
                while let Some(case) = sayable.get(next.fetch_add(1, Ordering::Relaxed)) {
                    std::fs::write(&body, &case.body).unwrap();
                    let mut command = Command::new("sh");
                    command.arg(recipe("verify.sh")).arg(&case.signature).arg(&body).env("SHARED_KEY", &case.key);
                    let outcome = Outcome::of(&mut command, b"");
                    let expected = match case.expected {
                        NO_USABLE_KEY => (Some(2), "", "no usable key\n"),
                        VALID => (Some(0), "valid\n", ""),
                        _ => (Some(1), "invalid\n", ""),
                    };
                    assert_eq!((outcome.status, &*outcome.stdout, &*outcome.stderr), expected, "{}", case.id);
                }
            });
        }
    });
}

/// What a pipe's last command says hides that an earlier one failed; a value without a MAC must not match that nothing.
#[test]
fn shell_is_not_fooled_when_openssl_fails() {
    let folder = tempfile::tempdir().unwrap();
    let body = folder.path().join("body");
    std::fs::write(&body, "{}").unwrap();
    let run = |openssl: &str, signature: &str| {
        let fake = folder.path().join("openssl");
        std::fs::write(&fake, format!("#!/bin/sh\n{openssl}\n")).unwrap();
        std::fs::set_permissions(&fake, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
        let mut command = Command::new("sh");
        command.arg(recipe("verify.sh")).args([signature]).arg(&body).env("SHARED_KEY", KEY).env("PATH", path);
        Outcome::of(&mut command, b"")
    };
    let without_mac = format!("{}..", URL_SAFE_NO_PAD.encode(PROTECTED_HEADER));
    for openssl in ["exit 1", "exit 0", r#"[ "$*" = "dgst -sha256" ] || exit 1"#] {
        let outcome = run(openssl, &without_mac);
        assert!(outcome.status != Some(0) && outcome.stdout.is_empty(), "{openssl}: {outcome:?}");
    }
    let real = r#"PATH=${PATH#*:} exec openssl "$@""#;
    assert_eq!(run(real, &hookseal_tests::signature(b"{}")).stdout, "valid\n", "the test's own openssl works");
}
