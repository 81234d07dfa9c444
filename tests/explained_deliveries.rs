//! What the receiver says about deliveries that do not verify: to its operator, and to nobody else.

use hookseal::{Key, Signer};
use hookseal_tests::{KEY, Receiver, Request, eventually, hookseal, signature};
use serde_json::Value;

/// What was signed, and what arrived.
const SIGNED: &[u8] = br#"{"a": 1, "b": [true, null]}"#;
const ARRIVED: &str = r#"{"a":1,"b":[true,null]}"#;

fn mangled() -> Request {
    Request::post("/mangled").header("X-JWS-Signature", signature(SIGNED)).body(ARRIVED)
}

#[test]
fn the_operator_asks_and_the_sender_learns_the_code_only() {
    let receiver = Receiver::start(["--shared-key", KEY, "--shared-key", "second key of some thirty-two octets"]);
    let answer = receiver.exchange(&mangled());
    assert_eq!((answer.status, answer.body.as_slice()), (401, &b"{\"code\":\"signature_mismatch\"}\n"[..]));

    let asked = receiver.api(&format!("{}/explain", newest(&receiver)));
    assert_eq!(asked.status, 200);
    let said = asked.json();
    assert_eq!((&said["valid"], &said["code"]), (&false.into(), &"signature_mismatch".into()));
    assert_eq!(said["causes"][0]["id"], "body.json_reserialised");
    assert_eq!(said["causes"][0]["detail"]["style"], "python");
    assert_eq!(said["key"]["index"], 0);

    // The command says the very same.
    let body = receiver.folder().join("body.json");
    std::fs::write(&body, ARRIVED).unwrap();
    let mut command = hookseal();
    command.arg("explain").arg(&body).args(["--json", "--signature", &signature(SIGNED)]);
    command.args(["--shared-key", KEY, "--shared-key", "second key of some thirty-two octets"]);
    let output = command.output().unwrap();
    assert!(output.status.success());
    assert_eq!(serde_json::from_slice::<Value>(&output.stdout).unwrap(), said);
}

/// A path's own keys explain what went there, and nobody else's do.
#[test]
fn a_path_is_explained_with_its_own_keys() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("receiver.toml");
    let other = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
    std::fs::write(folder.path().join("key.txt"), KEY).unwrap();
    std::fs::write(folder.path().join("orders.txt"), format!("'{KEY}'")).unwrap();
    std::fs::write(folder.path().join("billing.txt"), other).unwrap();
    let text = "shared_key_file = \"key.txt\"\n\
                [[path]]\npath = \"/orders/*\"\nshared_key_file = \"orders.txt\"\n\
                [[path]]\npath = \"/billing\"\nshared_key_file = [\"billing.txt\"]\nkey_format = \"utf8\"\n";
    std::fs::write(&config, text).unwrap();
    let receiver = Receiver::start_command(
        hookseal().env_remove("HOOKSEAL_SHARED_KEY").args(["receive", "--log", "json", "--config"]).arg(&config),
    );
    let by_other = Signer::new(Key::from_jwk_k(other).unwrap()).sign(ARRIVED.as_bytes());
    for (path, value, causes) in [
        ("/anywhere", signature(SIGNED), &["body.json_reserialised"][..]),
        ("/orders/7", signature(SIGNED), &["key.quotes", "body.json_reserialised"]),
        ("/orders/7", signature(ARRIVED.as_bytes()), &["key.quotes"]),
        ("/billing", by_other.clone(), &["key.jwk"]),
        ("/billing", signature(ARRIVED.as_bytes()), &[]),
        ("/anywhere", by_other, &[]),
    ] {
        receiver.exchange(&Request::post(path).header("X-JWS-Signature", value).body(ARRIVED));
        let said = explanation(&receiver);
        let ids: Vec<_> =
            said["causes"].as_array().unwrap().iter().map(|cause| cause["id"].as_str().unwrap()).collect();
        assert_eq!(ids, causes, "{path} {said}");
        assert_eq!(said["key"].is_null(), causes.is_empty());
    }
}

#[test]
fn nothing_is_said_through_a_tunnel_and_nothing_about_what_is_not_there() {
    let receiver = Receiver::with_key();
    receiver.exchange(&mangled());
    let path = format!("/_hookseal/api/{}/explain", newest(&receiver));
    assert_eq!(receiver.exchange(&Request::get(&path).header("X-Forwarded-For", "192.0.2.1")).status, 403);
    let unknown = receiver.api("deliveries/0198d3a0-0000-7000-8000-000000000000/explain");
    assert_eq!((unknown.status, unknown.code().as_deref()), (404, Some("not_found")));
}

#[test]
fn valid_unsigned_and_doubled_deliveries_have_answers_too() {
    let receiver = Receiver::with_key();
    receiver.deliver("/valid", &Request::post("/valid").signed("{}"));
    let said = explanation(&receiver);
    assert_eq!((&said["valid"], &said["code"], &said["causes"]), (&true.into(), &Value::Null, &Value::Array(vec![])));
    receiver.exchange(&Request::post("/unsigned").body("{}"));
    assert_eq!(explanation(&receiver)["code"], "missing_signature");
    let doubled = mangled().header("X-JWS-Signature", signature(SIGNED));
    receiver.exchange(&doubled);
    let said = explanation(&receiver);
    let ids: Vec<_> = said["causes"].as_array().unwrap().iter().map(|cause| cause["id"].as_str().unwrap()).collect();
    assert_eq!(said["code"], "multiple_signatures");
    assert_eq!(ids, ["value.multiple", "body.json_reserialised"], "each of the two is the first by itself");
}

#[test]
fn a_body_that_is_not_whole_is_said_to_be_so() {
    let receiver = Receiver::start(["--shared-key", KEY, "--max-body", "10B"]);
    let answer = receiver.exchange(&mangled());
    assert_eq!(answer.status, 413);
    let said = explanation(&receiver);
    assert_eq!(said["valid"], false);
    let notes: Vec<_> = said["notes"].as_array().unwrap().iter().map(|note| &note["id"]).collect();
    assert!(notes.contains(&&"damage.truncated_body".into()), "{said}");
}

#[test]
fn a_receiver_without_keys_still_says_what_a_value_is() {
    let receiver =
        Receiver::start_command(hookseal().env_remove("HOOKSEAL_SHARED_KEY").args(["receive", "--accept-all"]));
    let github = format!("sha256={}", "0".repeat(64));
    receiver.deliver("/", &Request::post("/").header("X-JWS-Signature", github).body("{}"));
    let said = explanation(&receiver);
    assert_eq!((&said["code"], &said["notes"][0]["id"]), (&"no_usable_key".into(), &"scheme.prefixed_hex".into()));
}

#[test]
fn the_log_says_why_by_itself() {
    let receiver = Receiver::start(["--shared-key", &format!("'{KEY}'"), "--log", "json"]);
    receiver.exchange(&mangled());
    let line = eventually("the log says why", || {
        let log = receiver.stdout();
        log.lines().find(|line| line.contains("\"explains\"")).map(str::to_owned)
    });
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(format!("deliveries/{}", line["explains"].as_str().unwrap()), newest(&receiver));
    let causes = line["explanation"]["causes"].as_array().unwrap();
    let ids: Vec<_> = causes.iter().map(|cause| cause["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["key.quotes", "body.json_reserialised"]);

    let receiver = Receiver::with_key();
    receiver.exchange(&mangled());
    let log = eventually("the log says why", || {
        let log = receiver.stdout();
        log.contains("body.json_reserialised").then_some(log)
    });
    assert!(log.contains("why POST /mangled is not valid") && log.contains("fix:"), "{log}");
    assert!(!log.contains(KEY) && !receiver.stderr().contains(KEY));
}

#[test]
fn a_flood_is_not_explained_one_by_one() {
    let receiver = Receiver::start(["--shared-key", KEY, "--log", "json"]);
    for _ in 0..200 {
        receiver.exchange(&mangled());
    }
    let explained = eventually("the first is explained", || {
        let log = receiver.stdout();
        let count = log.lines().filter(|line| line.contains("\"explains\"")).count();
        (count > 0 && log.lines().count() >= 200 + count).then_some(count)
    });
    assert!(explained < 150, "{explained} of 200");
}

/// `deliveries/ID` of the newest one.
fn newest(receiver: &Receiver) -> String {
    let deliveries = receiver.api("deliveries?limit=1").json();
    format!("deliveries/{}", deliveries["deliveries"][0]["id"].as_str().unwrap())
}

fn explanation(receiver: &Receiver) -> Value {
    let answer = receiver.api(&format!("{}/explain", newest(receiver)));
    assert_eq!(answer.status, 200);
    answer.json()
}
