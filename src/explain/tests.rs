//! Each cause by name, round trips, and what holds for every input. Signing is the only oracle: what was signed is made
//! here by other means than the search's.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use proptest::collection::vec;
use proptest::prelude::*;

use super::bodies::{BodyChange, Source};
use super::budget::{Budget, MOST_MACS};
use super::*;
use crate::{Key, Signer};

const SHARED_KEY: &str = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";

fn key() -> Key {
    Key::from_jwk_k(SHARED_KEY).unwrap()
}

fn signed(body: impl AsRef<[u8]>) -> String {
    Signer::new(key()).sign(body.as_ref())
}

fn ids(explanation: &Explanation) -> Vec<&'static str> {
    explanation.causes.iter().map(|cause| cause.id).collect()
}

/// The causes when `sent` was signed and `arrived` is what the caller has.
fn of_bodies(sent: impl AsRef<[u8]>, arrived: impl AsRef<[u8]>) -> Explanation {
    explain(SHARED_KEY, arrived.as_ref(), signed(sent))
}

#[track_caller]
fn assert_body_cause(sent: impl AsRef<[u8]>, arrived: impl AsRef<[u8]>, id: &str) {
    let explanation = of_bodies(sent, arrived);
    assert_eq!(ids(&explanation), [id], "{explanation:?}");
    assert!(!explanation.valid && explanation.code() == Some("signature_mismatch"));
}

#[test]
fn what_verifies_needs_no_explanation() {
    let explanation = explain(SHARED_KEY, b"{}", signed("{}"));
    assert!(explanation.valid && explanation.causes.is_empty() && explanation.code().is_none());
    assert_eq!(explanation.tried, 1);
    assert_eq!(explanation.key.map(|key| key.format), Some(KeyFormat::Jwk));
}

#[test]
fn the_ends_of_a_body() {
    assert_body_cause("{}", "{}\n", "body.newline_added");
    assert_body_cause("{}", "{}\r\n", "body.newline_added");
    assert_body_cause("{}", "\n{}\n\n", "body.newline_added");
    assert_body_cause("{}\n", "{}", "body.newline_removed");
    assert_body_cause("{}\r\n", "{}", "body.newline_removed");
    assert_body_cause("\n{}\n", "{}", "body.trimmed");
    assert_body_cause("{} ", "{}", "body.trimmed");
    assert_body_cause("{}", "\u{feff}{}", "body.bom_added");
    assert_body_cause("\u{feff}{}", "{}", "body.bom_removed");
    assert_body_cause("", "{}", "body.empty");
    assert_body_cause("a\r\nb\r\n", "a\nb\n", "body.crlf_to_lf");
    assert_body_cause("a\nb", "a\r\nb", "body.lf_to_crlf");
}

#[test]
fn codings_that_are_still_on() {
    let body = r#"{"a":"é ÿ+ü","b":[1,2]}"#;
    assert_body_cause(body, "eyJhIjoiw6kgw78rw7wiLCJiIjpbMSwyXX0=", "body.base64");
    assert_body_cause(body, "eyJhIjoiw6kgw78r\r\nw7wiLCJiIjpbMSwyXX0\r\n", "body.base64");
    assert_body_cause(body, "\"eyJhIjoiw6kgw78rw7wiLCJiIjpbMSwyXX0\"", "body.base64");
    assert_body_cause(
        body,
        "payload=%7B%22a%22%3A%22%C3%A9+%C3%BF%2B%C3%BC%22%2C%22b%22%3A%5B1%2C2%5D%7D",
        "body.form_encoded",
    );
    assert_body_cause(
        body,
        "%7B%22a%22%3A%22%C3%A9%20%C3%BF%2B%C3%BC%22%2C%22b%22%3A%5B1%2C2%5D%7D=",
        "body.form_encoded",
    );
    assert_body_cause(body, r#""{\"a\":\"é ÿ+ü\",\"b\":[1,2]}""#, "body.json_string");
    assert_body_cause(body, r#"{\"a\":\"é ÿ+ü\",\"b\":[1,2]}"#, "body.json_string");
    assert_body_cause(body, r#""\"{\\\"a\\\":\\\"é ÿ+ü\\\",\\\"b\\\":[1,2]}\"""#, "body.json_string");
    let compressed = miniz_oxide::deflate::compress_to_vec(body.as_bytes(), 6);
    let gzip =
        |flags: u8, extra: &[u8]| [&[0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 3], extra, &compressed, &[0; 8]].concat();
    assert_body_cause(body, gzip(0, b""), "body.compressed");
    assert_body_cause(body, gzip(4 + 8 + 16 + 2, b"\x03\0abcname\0comment\0\x12\x34"), "body.compressed");
    assert_body_cause(body, &compressed, "body.compressed");
    assert_body_cause(body, miniz_oxide::deflate::compress_to_vec_zlib(body.as_bytes(), 6), "body.compressed");
}

#[test]
fn character_sets() {
    let body = r#"{"a":"é ÿ – €"}"#;
    let latin1 = |text: &str| text.bytes().map(char::from).collect::<String>();
    assert_body_cause(body, latin1(body), "body.latin1");
    assert_body_cause(latin1(body), body, "body.latin1");
    assert_body_cause("é", b"\xe9", "body.latin1");
    assert_body_cause("–é", b"\x96\xe9", "body.latin1");
    assert_body_cause("{\"a\":\"€\"}", "{\"a\":\"â‚¬\"}", "body.latin1");
    let utf16 = |text: &str, octets: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(octets).collect::<Vec<u8>>();
    assert_body_cause(body, utf16(body, u16::to_le_bytes), "body.utf16");
    assert_body_cause(body, utf16(&format!("\u{feff}{body}"), u16::to_be_bytes), "body.utf16");
    assert_body_cause(utf16(body, u16::to_le_bytes), body, "body.utf16");
    let damaged = of_bodies(b"\xff\xfe\xfd", "\u{fffd}\u{fffd}\u{fffd}");
    assert!(damaged.causes.is_empty());
    assert_eq!(damaged.notes[0].id, "damage.replacement_character");
    assert_eq!(damaged.notes[0].detail.number("count"), Some(3));
}

#[test]
fn styles_of_json_have_names() {
    let arrived = r#"{"b":"é/<\u007f","a":[],"c":{"z":1.0,"y":[1e25,{}]}}"#;
    for (style, numbers, sent) in [
        ("python", "kept", "{\"b\": \"é/<\u{7f}\", \"a\": [], \"c\": {\"z\": 1.0, \"y\": [1e25, {}]}}"),
        ("python_ascii", "kept", r#"{"b": "\u00e9/<\u007f", "a": [], "c": {"z": 1.0, "y": [1e25, {}]}}"#),
        ("compact", "kept", "{\"b\":\"é/<\u{7f}\",\"a\":[],\"c\":{\"z\":1.0,\"y\":[1e25,{}]}}"),
        ("compact+python_ascii", "kept", r#"{"b":"\u00e9/<\u007f","a":[],"c":{"z":1.0,"y":[1e25,{}]}}"#),
        ("php", "kept", "{\"b\":\"\\u00e9\\/<\u{7f}\",\"a\":[],\"c\":{\"z\":1.0,\"y\":[1e25,{}]}}"),
        ("php", "php", "{\"b\":\"\\u00e9\\/<\u{7f}\",\"a\":[],\"c\":{\"z\":1,\"y\":[1.0e+25,{}]}}"),
        ("compact", "javascript", "{\"b\":\"é/<\u{7f}\",\"a\":[],\"c\":{\"z\":1,\"y\":[1e+25,{}]}}"),
        ("go", "kept", "{\"b\":\"é/\\u003c\u{7f}\",\"a\":[],\"c\":{\"z\":1.0,\"y\":[1e25,{}]}}"),
        ("sorted", "kept", "{\"a\":[],\"b\":\"é/<\u{7f}\",\"c\":{\"y\":[1e25,{}],\"z\":1.0}}"),
        ("python_ascii+sorted", "kept", r#"{"a": [], "b": "\u00e9/<\u007f", "c": {"y": [1e25, {}], "z": 1.0}}"#),
        (
            "indent2",
            "kept",
            "{\n  \"b\": \"é/<\u{7f}\",\n  \"a\": [],\n  \"c\": {\n    \"z\": 1.0,\n    \"y\": [\n      1e25,\n      {}\n    ]\n  }\n}",
        ),
        (
            "sorted+tab",
            "kept",
            "{\n\t\"a\": [],\n\t\"b\": \"é/<\u{7f}\",\n\t\"c\": {\n\t\t\"y\": [\n\t\t\t1e25,\n\t\t\t{}\n\t\t],\n\t\t\"z\": 1.0\n\t}\n}",
        ),
    ] {
        let explanation = of_bodies(sent, arrived);
        assert_eq!(ids(&explanation), ["body.json_reserialised"], "{style}: {explanation:?}");
        let detail = &explanation.causes[0].detail;
        assert_eq!((detail.text("style"), detail.text("numbers")), (Some(style), Some(numbers)));
        let parted = sent.bytes().zip(arrived.bytes()).take_while(|(left, right)| left == right).count();
        assert_eq!(detail.number("first_difference"), Some(parted), "{style}");
    }
}

#[test]
fn keys_that_are_read_otherwise() {
    let by = |format: KeyFormat, shared_key: &str, body: &str| {
        Signer::new(Key::dangerous_allow_weak(format, shared_key).unwrap()).sign(body.as_bytes())
    };
    let hex = "00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF";
    for (configured, signer, format, id) in [
        (hex, hex, KeyFormat::Hex, "key.hex"),
        ("short", "short", KeyFormat::Utf8, "key.utf8"),
        (
            "a key of 32 characters or more in Ünicode",
            "a key of 32 characters or more in Ünicode",
            KeyFormat::JwkLenient,
            "",
        ),
        (hex, &hex.to_lowercase(), KeyFormat::Utf8, "key.case"),
        (
            "correct horse battery staple, and so on\n",
            "correct horse battery staple, and so on",
            KeyFormat::Utf8,
            "key.surrounding_whitespace",
        ),
        (
            "correct horse battery staple, and so on",
            "correct horse battery staple, and so on\n",
            KeyFormat::Utf8,
            "key.surrounding_whitespace",
        ),
        ("AAECAwQFBgcICQoLDA0ODxA=", "AAECAwQFBgcICQoLDA0ODxA=", KeyFormat::Base64, "key.base64"),
        (
            "'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8'",
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
            KeyFormat::Jwk,
            "key.quotes",
        ),
        (
            "{\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\"}",
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
            KeyFormat::Jwk,
            "key.jwk_json",
        ),
        (
            "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
            KeyFormat::Base64,
            "key.prefix",
        ),
    ] {
        let Ok(_) = Key::dangerous_allow_weak(format, signer) else { continue };
        let explanation = explain(configured, b"{\"a\":1}", by(format, signer, "{\"a\":1}"));
        assert_eq!(ids(&explanation), [id], "{configured:?}: {explanation:?}");
        let pair = explain(configured, b"{\"a\":1}", by(format, signer, "{\"a\": 1}"));
        assert_eq!(ids(&pair), [id, "body.json_reserialised"], "{configured:?}: {pair:?}");
    }
    let configured = Explain::new(&[SHARED_KEY]).key_format(KeyFormat::Utf8).explain(b"{}", signed("{}"));
    assert_eq!(ids(&configured), ["key.jwk"]);
    let weak = explain("short", b"{}", by(KeyFormat::Utf8, "short", "{}"));
    assert_eq!((weak.code(), weak.causes[0].detail.number("key_length")), (Some("no_usable_key"), Some(5)));
}

#[test]
fn signing_inputs() {
    use hmac::Mac as _;
    let header = crate::compact::FIXED_PREFIX;
    let mac = |input: &str| {
        let mac = key().mac_after(crate::compact::Prefix::Other(input.as_bytes())).finalize().into_bytes();
        let mut text = format!("{header}.");
        crate::base64url::encode_into(&mac, &mut text);
        text
    };
    for (input, id) in [
        (format!("{header}eyJhIjoxfQ"), "input.payload_encoded"),
        (String::from("{\"a\":1}"), "input.body_only"),
        (format!("{}{{\"a\":1}}", header.trim_end_matches('.')), "input.missing_dot"),
        (format!("{}.{{\"a\":1}}", crate::PROTECTED_HEADER), "input.other_header"),
        (String::from("eyJhbGciOiJIUzI1NiJ9.{\"a\":1}"), "input.other_header"),
    ] {
        let explanation = explain(SHARED_KEY, b"{\"a\":1}", mac(&input));
        assert_eq!(ids(&explanation), [id], "{input}: {explanation:?}");
    }
    // A JSON Web Token: its own header, and the payload between the dots.
    let token =
        mac("eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ").replace(&format!("{header}."), "eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ.");
    let explanation = explain(SHARED_KEY, b"{\"a\":1}", token);
    assert_eq!(explanation.code(), Some("payload_not_detached"));
    assert_eq!(ids(&explanation), ["value.attached_payload"]);
    assert_eq!(explanation.notes[0].id, "scheme.jwt");
}

#[test]
fn values_that_were_changed() {
    let value = signed("{}");
    for (changed, id, code) in [
        (format!("\"{value}\""), "value.quoted", "invalid_base64url"),
        (format!("sha256={value}"), "value.prefix", "invalid_base64url"),
        (format!("{value}="), "value.padding", "invalid_base64url"),
        (format!(" {value}\n"), "value.whitespace", "invalid_base64url"),
        (value.replace("..", ".e30."), "value.attached_payload", "payload_not_detached"),
    ] {
        let explanation = explain(SHARED_KEY, b"{}", &changed);
        assert_eq!((ids(&explanation).as_slice(), explanation.code()), (&[id][..], Some(code)), "{changed}");
        let pair = explain(format!("{SHARED_KEY}\n"), b"{}", &changed);
        assert_eq!(ids(&pair), [id, "key.surrounding_whitespace"], "{changed}");
    }
}

#[test]
fn one_of_several_values() {
    let (value, other) = (signed("{}"), signed("something else"));
    for (list, index, offset) in [
        (format!("{value}, {value}"), 0, 0),
        (format!("{value},{other}"), 0, 0),
        (format!("{other}, {value}"), 1, 103),
        (format!("sha256={}, {value}", "0".repeat(64)), 1, 73),
        (format!("{value}, {}", value.replace("..", ".e30.")), 0, 0),
        (format!("{other},,{other} , {value}"), 2, 207),
    ] {
        let explanation = explain(SHARED_KEY, b"{}", &list);
        assert_eq!(ids(&explanation), ["value.multiple"], "{list} {explanation:?}");
        let detail = &explanation.causes[0].detail;
        assert_eq!((detail.number("index"), detail.number("offset")), (Some(index), Some(offset)), "{list}");
        assert!(!explanation.valid && explanation.notes.is_empty(), "{list} {:?}", explanation.notes);
        let pair = explain(format!("{SHARED_KEY}\n"), b"{}", list.replace(&other, &value));
        assert_eq!(ids(&pair), ["value.multiple", "key.surrounding_whitespace"], "{list}");
    }
    let twice = explain(SHARED_KEY, b"{}\n", format!("{value}, {value}"));
    assert_eq!(
        (ids(&twice).as_slice(), twice.code()),
        (&["value.multiple", "body.newline_added"][..], Some("multiple_signatures"))
    );
    let neither = explain(SHARED_KEY, b"[]", format!("{other}, sha256={}", "0".repeat(64)));
    assert!(neither.causes.is_empty());
    assert_eq!((neither.notes[0].id, neither.notes[0].detail.number("offset")), ("value.multiple", Some(103)));
    let long = [other.as_str(); 200].join(",");
    let many: Vec<String> = (0..200).map(|number| format!("shared key number {number} of two hundred")).collect();
    assert!(Explain::new(&many).explain(b"{}", long).tried <= MOST_MACS);
}

#[test]
fn the_values_of_other_schemes() {
    let encoded = |header: &str| {
        let mut value = String::new();
        crate::base64url::encode_into(header.as_bytes(), &mut value);
        value + ".." + &"A".repeat(342)
    };
    for (value, id) in [
        (format!("sha256={}", "0".repeat(64)), "scheme.prefixed_hex"),
        (
            "t=1492774577,v1=5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd".into(),
            "scheme.timestamped",
        ),
        (encoded(r#"{"alg":"RS256"}"#), "scheme.asymmetric"),
        (encoded(r#"{"alg":"PS256","b64":false,"crit":["b64"]}"#), "scheme.asymmetric"),
        (encoded(r#"{"alg":"HS512"}"#), "scheme.other_hmac"),
        ("v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=".into(), "scheme.standard_webhooks"),
        (format!("{}.eyJzdWIiOiIxIn0.{}", "eyJhbGciOiJSUzI1NiJ9", "A".repeat(342)), "scheme.jwt"),
        (signed("{}").replace("..", "."), "value.not_compact"),
        (signed("{}")[..90].into(), "value.cut"),
        (format!("{0},{0}", signed("{}")), "value.multiple"),
    ] {
        let explanation = explain(SHARED_KEY, b"[]", &value);
        let notes: Vec<_> = explanation.notes.iter().map(|note| note.id).collect();
        assert_eq!(notes, [id], "{value}");
        assert!(explanation.notes[0].detail.get("offset").is_some(), "{value}");
        assert!(explanation.causes.is_empty(), "{value}");
    }
}

#[test]
fn a_header_that_the_policy_refuses() {
    use hmac::Mac as _;
    let mut value = String::new();
    crate::base64url::encode_into(br#"{"alg":"HS256","kid":"1","b64":false,"crit":["b64"]}"#, &mut value);
    value.push('.');
    let mac = key().mac_after(crate::compact::Prefix::Other(value.as_bytes())).chain_update(b"{}").finalize();
    value.push('.');
    crate::base64url::encode_into(&mac.into_bytes(), &mut value);
    let fixed = explain(SHARED_KEY, b"{}", &value);
    assert_eq!((ids(&fixed).as_slice(), fixed.code()), (&["input.other_header"][..], Some("header_not_allowed")));
    assert!(Explain::new(&[SHARED_KEY]).policy(Policy::Rfc7797).explain(b"{}", &value).valid);
}

/// JSON of a few members, in the compact form that every style is made of.
fn a_document() -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        Just(String::from("null")),
        Just(String::from("[]")),
        Just(String::from("{}")),
        "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,5})?(e[+-]?[0-9]{1,2})?",
        "\"([a-zA-Z /<>&é€😀\u{2028}\u{7f}]|\\\\n|\\\\\"|\\\\\\\\){0,12}\"",
    ];
    scalar.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            vec(inner.clone(), 1..5).prop_map(|elements| format!("[{}]", elements.join(","))),
            vec(("[a-zé/]{0,4}", inner), 1..5).prop_map(|members| {
                let members: Vec<_> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

/// All that the search would try, and what it would sign.
fn candidates(body: &[u8]) -> Vec<(BodyChange, Vec<u8>)> {
    let mut source = Source::new(body);
    let changes: Vec<_> = [source.likely(), source.rewritings(), source.unlikely()].concat();
    let mut made = Vec::new();
    for change in changes {
        let mut octets = Vec::new();
        let written =
            source.prepare(&change, &mut Budget::new(1 << 20)).and_then(|()| source.write(&change, &mut octets));
        // What differs at the end only is told as what it is, with a newline or without.
        let is_end = matches!(change, BodyChange::Json(_)) && (octets.starts_with(body) || body.starts_with(&octets));
        if let Some(with_newline) = change.with_final_newline().filter(|_| written.is_ok() && !is_end)
            && octets != body.trim_ascii_end()
        {
            made.push((with_newline, [&octets[..], b"\n"].concat()));
        }
        if written.is_ok() && octets != body && !octets.is_empty() && !is_end {
            made.push((change, octets));
        }
    }
    made
}

proptest! {
    // Each is some fifty explanations.
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn every_style_of_every_document_is_named(document in a_document()) {
        for (change, sent) in candidates(document.as_bytes()) {
            let explanation = of_bodies(&sent, &document);
            prop_assert_eq!(explanation.causes.len(), 1, "{:?} of {:?}", change, document);
            let (expected, cause) = (change.cause(), &explanation.causes[0]);
            prop_assert_eq!(expected.id, cause.id);
            for (name, value) in expected.detail.iter() {
                prop_assert_eq!(cause.detail.get(name), Some(value), "{:?} of {:?}", change, document);
            }
        }
    }
}

proptest! {
    #[test]
    fn no_two_candidates_are_alike(document in a_document()) {
        let mut seen: Vec<(BodyChange, Vec<u8>)> = Vec::new();
        for (change, octets) in candidates(document.as_bytes()) {
            let same = seen.iter().find(|(_, other)| *other == octets);
            prop_assert!(same.is_none(), "{:?} and {:?} of {:?}", change, same, document);
            seen.push((change, octets));
        }
    }

    #[test]
    fn nothing_panics_and_the_budget_holds(
        shared_key in vec(any::<u8>(), 0..100),
        body in prop_oneof![vec(any::<u8>(), 0..200), "[\"{}\\[\\]:,\\\\u0-9a-f =%&+\r\n]{0,80}".prop_map(String::into_bytes)],
        value in prop_oneof![vec(any::<u8>(), 0..150), "(eyJ|sha256=|t=|\"|v1,)?[A-Za-z0-9+/=_. -]{0,120}".prop_map(String::into_bytes)],
    ) {
        let explanation = explain(&shared_key, &body, &value);
        prop_assert!(explanation.tried <= MOST_MACS);
        prop_assert!(!explanation.valid && explanation.causes.is_empty());
        let sound = explain(&shared_key, &body, signed("something else"));
        prop_assert!(sound.tried <= MOST_MACS && sound.causes.is_empty());
    }

    #[test]
    fn text_keys_do_not_panic(shared_key in "\\PC{0,80}", around in "[\"'{}:=% \n]{0,6}") {
        let explanation = explain(format!("{around}{shared_key}{around}"), b"{\"a\":1}", signed("x"));
        prop_assert!(explanation.causes.is_empty() && explanation.tried <= MOST_MACS);
    }
}

proptest! {
    // Two thousand mismatches.
    #![proptest_config(ProptestConfig::with_cases(1000))]
    #[test]
    fn a_mismatch_has_no_false_cause(document in a_document(), other in a_document(), octets in vec(any::<u8>(), 32)) {
        let foreign = Signer::new(Key::from_bytes(octets).unwrap());
        let explanation = explain(SHARED_KEY, document.as_bytes(), foreign.sign(document.as_bytes()));
        prop_assert!(explanation.causes.is_empty() && explanation.tried > 20);
        let ruled_out = explanation.ruled_out;
        prop_assert!(ruled_out.bodies > 10 && ruled_out.inputs > 10 && ruled_out.pairs > 10, "{:?}", ruled_out);
        let explanation = explain(SHARED_KEY, document.as_bytes(), foreign.sign(other.as_bytes()));
        prop_assert!(explanation.causes.is_empty());
    }
}

#[test]
fn large_bodies_and_many_keys_leave_something_for_changes() {
    let large = alloc::vec![b'x'; 9 << 20];
    assert_body_cause([&large[..], b"\n"].concat(), &large, "body.newline_removed");
    let keys: Vec<String> = (0..60).map(|number| format!("'shared key number {number} of sixty of them'")).collect();
    let explanation = Explain::new(&keys).explain(b"{}", Signer::new(Key::from_utf8(&keys[59]).unwrap()).sign(b"{}\n"));
    assert_eq!(ids(&explanation), ["body.newline_removed"]);
    assert!(explanation.tried <= MOST_MACS && explanation.exhausted);
}

#[test]
fn a_bomb_is_left_alone() {
    let zeros = miniz_oxide::deflate::compress_to_vec_zlib(&alloc::vec![b' '; 20 << 20], 6);
    let explanation = explain(SHARED_KEY, &zeros, signed("{}"));
    assert!(explanation.exhausted && explanation.causes.is_empty());
}

#[test]
fn nothing_secret_is_said() {
    let configured = format!("export KEY='{SHARED_KEY}'\n");
    let explanation = explain(&configured, b"{\"secret\":1}", signed("{\"secret\": 1}"));
    assert_eq!(ids(&explanation), ["key.quotes", "body.json_reserialised"]);
    let said = format!("{explanation:?} {:?}", Explain::new(&[configured]));
    for secret in ["AyM1", "secret", &signed("{\"secret\": 1}")[60..]] {
        assert!(!said.contains(secret), "{said}");
    }
}
