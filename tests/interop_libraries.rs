//! joserfc, PyJWT and jwcrypto's own verifier: what they sign we verify, what we sign they verify.

use hookseal::{Key, Policy, Signer, Verifier};
use hookseal_tests::{KEY, Receiver, Request, python_lines, python_lines_for, seed};
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
struct Signed {
    library: String,
    key: String,
    body: String,
    signature: String,
}

#[test]
fn what_other_libraries_sign_is_valid_under_the_policy_for_their_header() {
    let signed: Vec<Signed> = python_lines("libraries.py", &["sign", "--seed", &seed(), "--count", "100"]);
    assert_eq!(signed.len(), 300);
    for Signed { library, key, body, signature } in &signed {
        let body = hex::decode(body).unwrap();
        let key = Key::from_jwk_k(key).unwrap();
        let fixed = Verifier::new(key.clone()).verify(&body, signature);
        let rfc7797 = Verifier::new(key.clone()).with_policy(Policy::Rfc7797).verify(&body, signature).unwrap();
        if library == "PyJWT" {
            assert_eq!(fixed.unwrap_err().code(), "header_not_allowed");
            let parameters: Vec<_> = rfc7797.header_parameters.iter().map(|it| (&*it.name, &*it.value)).collect();
            assert_eq!(parameters, [("typ", "\"JWT\"")]);
        } else {
            assert!(fixed.is_ok() && rfc7797.header_parameters.is_empty(), "{library}: {fixed:?}");
            assert_eq!(*signature, Signer::new(key).sign(&body), "{library} signs as the platform does");
        }
    }
}

#[test]
fn what_we_sign_other_libraries_verify() {
    let key = Key::from_jwk_k(KEY).unwrap();
    let signer = Signer::new(key);
    let mut lines = String::new();
    for number in 0..100 {
        let body = json!({ "number": number, "text": "é\n".repeat(number) }).to_string();
        let signature = signer.sign(body.as_bytes());
        let other = format!("{body} ");
        for body in [body, other] {
            let line = json!({ "key": KEY, "body": hex::encode(body), "signature": signature });
            lines.push_str(&format!("{line}\n"));
        }
    }
    let verdicts: Vec<serde_json::Value> = python_lines_for("libraries.py", &["verify"], &lines);
    assert_eq!(verdicts.len(), 200);
    for (number, verdict) in verdicts.iter().enumerate() {
        let ours = number % 2 == 0;
        assert_eq!(*verdict, json!({ "joserfc": ours, "jwcrypto": ours, "PyJWT": ours }), "number {number}");
    }
}

#[test]
fn the_receiver_takes_another_header_where_the_policy_says_so() {
    let seed = seed();
    let signed: Vec<Signed> = python_lines("libraries.py", &["sign", "--seed", &seed, "--count", "3"]);
    for Signed { library, key, body, signature } in &signed {
        for policy in ["fixed", "rfc7797"] {
            let receiver = Receiver::start(["--shared-key", key, "--policy", policy]);
            let request = Request::post("/").header("X-JWS-Signature", signature).body(hex::decode(body).unwrap());
            let answer = receiver.deliver("/", &request);
            match (library.as_str(), policy) {
                ("PyJWT", "fixed") => {
                    assert_eq!((answer.status, answer.code().as_deref()), (401, Some("header_not_allowed")));
                }
                _ => assert_eq!(answer.status, 204, "{library}, {policy}: {answer:?}"),
            }
        }
    }
}
