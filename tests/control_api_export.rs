//! What was sent comes back from the API and from every export exactly as it was.

use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hookseal_tests::{Answer, KEY, Outcome, Receiver, Request, signature};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A delivery as it was sent: method, target, headers in order, body.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Sent {
    method: &'static str,
    target: &'static str,
    /// In lower case, those of one name together: so HTTP libraries have them.
    headers: Vec<(&'static str, Vec<u8>)>,
    body: Vec<u8>,
}

/// What other receivers are known to change.
fn odd_deliveries() -> Vec<Sent> {
    let sent = |method, target, body: &[u8]| Sent { method, target, headers: vec![], body: body.to_vec() };
    let with = |name, values: &[&[u8]]| Sent {
        headers: values.iter().map(|value| (name, value.to_vec())).collect(),
        ..sent("POST", "/headers", b"{}")
    };
    let every_octet: Vec<u8> = (0..=255).collect();
    vec![
        sent("POST", "/binary", &every_octet),
        sent("POST", "/large", &every_octet.repeat(800)),
        sent("POST", "/long-text", "0123456789".repeat(20_000).as_bytes()),
        sent("POST", "/text", "{\"a\": \"it's\\n\",\r\n \"b\":\t\"ü→🎉\"}\n".as_bytes()),
        sent("POST", "/lines", b"first\nsecond's \"$HOME\" `id` \\ %s \\033\n\n"),
        sent("POST", "/bom", "\u{feff}{}".as_bytes()),
        sent("POST", "/at", b"@/etc/passwd"),
        sent("POST", "/end", b"END\n"),
        sent("POST", "/empty", b""),
        sent("PUT", "/a/../b/./c//d", b"{}"),
        sent("POST", "//double", b"{}"),
        sent("PATCH", "/%00%2f%zz/{a}[1-3]/~*'()!;@,", b"{}"),
        sent("POST", "/q?a=1&a=2&b=%20+&c=?#", b"{}"),
        sent("POST", "/q?", b"{}"),
        sent("POST", "http://elsewhere.example:81/proxied/%2e?a=http://b", b"{}"),
        sent("GET", "https://user@elsewhere.example/", b"{}"),
        sent("OPTIONS", "*", b""),
        sent("BREW", "/own-method", b"{}"),
        sent("DELETE", "/with-body", b"{}"),
        with("x-twice", &[b"one", b"two", b"one", b""]),
        with("x-octets", &[b"\xfc'\"$(id)\\ \xff \t.", b"  inner   spaces "]),
        with("x-empty", &[b""]),
        with("accept", &[b"a/b"]),
        with("content-type", &[b"text/plain; charset=\"x\""]),
        with("user-agent", &[b"somebody else's"]),
        with("expect-ct", &[b"@file"]),
    ]
}

impl Sent {
    fn request(&self) -> Request {
        let mut request = Request::new(self.method, self.target.trim_end_matches('#')).header("Host", "localhost");
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        request.signed(&self.body)
    }

    /// As the receiver is to have it. A value's own spaces at either end are not part of it (RFC 9110 §5.5).
    fn expected(&self) -> Value {
        let headers = [("host", b"localhost".to_vec())].into_iter().chain(self.headers.iter().cloned());
        let own = [
            ("x-jws-signature", signature(&self.body).into_bytes()),
            ("content-length", self.body.len().to_string().into_bytes()),
        ];
        let headers: Vec<_> =
            headers.chain(own).map(|(name, value)| json!([name, latin1(value.trim_ascii())])).collect();
        json!({ "method": self.method, "target": self.target.trim_end_matches('#'), "headers": headers, "body": STANDARD.encode(&self.body) })
    }
}

fn latin1(octets: &[u8]) -> String {
    octets.iter().map(|octet| char::from(*octet)).collect()
}

fn target(delivery: &Value) -> String {
    let query = delivery["query"].as_str().map_or_else(String::new, |query| format!("?{query}"));
    let target = delivery["target"].as_str().unwrap().to_owned();
    assert!(target.ends_with(&format!("{}{query}", delivery["path"].as_str().unwrap())), "{delivery}");
    target
}

/// The same from the list and the raw body.
fn from_api(receiver: &Receiver, delivery: &Value) -> Value {
    let body = receiver.api(&format!("deliveries/{}/body", id(delivery))).body;
    json!({ "method": delivery["method"], "target": target(delivery), "headers": delivery["headers"], "body": STANDARD.encode(body) })
}

fn id(delivery: &Value) -> &str {
    delivery["id"].as_str().unwrap()
}

fn export(receiver: &Receiver, query: &str) -> Answer {
    let answer = ask(receiver, &format!("export?{query}"));
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    assert!(answer.header("content-disposition").is_some_and(|value| value.starts_with("attachment")));
    answer
}

/// As somebody's browser asks: by the address that an exported command then sends to.
fn ask(receiver: &Receiver, target: &str) -> Answer {
    let request = Request::get(&format!("/_hookseal/api/{target}"));
    receiver.exchange(&request.header("Host", receiver.address().to_string()))
}

/// A receiver for each kind of inbox; the folder of those on disk lives as long as they do.
fn inboxes() -> (Vec<Receiver>, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let on_disk = format!("sqlite:{}", folder.path().join("inbox.db").display());
    (vec![Receiver::with_key(), Receiver::start(["--shared-key", KEY, "--inbox", &on_disk])], folder)
}

fn filled(receiver: &Receiver) -> Vec<Value> {
    let all = odd_deliveries();
    for sent in &all {
        assert_eq!(receiver.exchange(&sent.request()).status, 204, "{sent:?}");
    }
    all.iter().map(Sent::expected).collect()
}

#[test]
fn what_was_sent_comes_back_from_the_api_and_as_ndjson() {
    let (receivers, _folder) = inboxes();
    for receiver in receivers {
        let expected = filled(&receiver);
        let mut deliveries = receiver.deliveries("");
        deliveries.reverse();
        let got: Vec<_> = deliveries.iter().map(|delivery| from_api(&receiver, delivery)).collect();
        assert_eq!(got, expected);

        let exported = export(&receiver, "format=ndjson");
        assert_eq!(exported.header("content-type"), Some("application/x-ndjson"));
        let lines: Vec<Value> = lines(&exported).collect();
        let got: Vec<_> = lines
            .iter()
            .map(|line| json!({ "method": line["method"], "target": target(line), "headers": line["headers"], "body": line["body_base64"] }))
            .collect();
        assert_eq!(got, expected);
        let only = export(&receiver, "format=ndjson&path=/b*");
        assert_eq!(lines_of(&only).len(), 2, "/binary and /bom");
        let one = receiver.api(&format!("deliveries/{}/export?format=ndjson", id(&deliveries[0])));
        assert_eq!(lines_of(&one), lines[..1]);
    }
}

fn lines(answer: &Answer) -> impl Iterator<Item = Value> {
    answer.body.split_inclusive(|octet| *octet == b'\n').map(|line| serde_json::from_slice(line).expect("it is JSON"))
}

fn lines_of(answer: &Answer) -> Vec<Value> {
    lines(answer).collect()
}

#[test]
fn what_was_sent_comes_back_as_an_http_archive() {
    let receiver = Receiver::with_key();
    let expected = filled(&receiver);
    let archive = export(&receiver, "format=har").json();
    assert_eq!((&archive["log"]["version"], &archive["log"]["creator"]["name"]), (&json!("1.2"), &json!("hookseal")));
    let entries = archive["log"]["entries"].as_array().unwrap();
    let got: Vec<_> = entries
        .iter()
        .map(|entry| {
            let request = &entry["request"];
            let headers: Vec<_> = request["headers"]
                .as_array()
                .unwrap()
                .iter()
                .map(|header| json!([header["name"], header["value"]]))
                .collect();
            let text = request["postData"]["text"].as_str().unwrap_or_default();
            let body =
                if request["postData"]["_encoding"] == "base64" { text.to_owned() } else { STANDARD.encode(text) };
            let (url, target) = (request["url"].as_str().unwrap(), entry["_target"].as_str().unwrap());
            assert!(url == target || url.strip_prefix("http://localhost") == Some(target), "{request}");
            json!({ "method": request["method"], "target": target, "headers": headers, "body": body })
        })
        .collect();
    assert_eq!(got, expected);
    let query =
        &entries.iter().find(|entry| entry["request"]["url"].as_str().unwrap().contains("?a=1")).unwrap()["request"];
    let pairs: Vec<_> = query["queryString"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pair| (pair["name"].as_str().unwrap(), pair["value"].as_str().unwrap()))
        .collect();
    assert_eq!(pairs, [("a", "1"), ("a", "2"), ("b", "  "), ("c", "?")]);
    for member in ["startedDateTime", "time", "request", "response", "cache", "timings"] {
        assert!(entries.iter().all(|entry| !entry[member].is_null()), "{member} is not optional");
    }
    let none = export(&receiver, "format=har&path=/nowhere").json();
    assert_eq!(none["log"]["entries"], json!([]));
}

#[test]
fn the_exported_command_sends_the_same_again() {
    let (receivers, _folder) = inboxes();
    for receiver in receivers {
        assert_sent_again(&receiver);
    }
}

fn assert_sent_again(receiver: &Receiver) {
    let expected = filled(receiver);
    let script = export(receiver, "format=curl").body;
    let ran =
        Outcome::of(Command::new("sh").args(["-e"]).current_dir(receiver.folder()).env_remove("http_proxy"), &script);
    assert_eq!((ran.status, ran.stdout.as_str()), (Some(0), ""), "{}", ran.stderr);
    let mut deliveries = receiver.deliveries("");
    deliveries.reverse();
    let (_, again) = deliveries.split_at(expected.len());
    for (again, expected) in again.iter().zip(&expected) {
        assert_eq!(again["replay"], true, "it has the same signature");
        let mut got = from_api(receiver, again);
        // Where curl puts the length is not the sender's.
        let mut expected = expected.clone();
        for delivery in [&mut got, &mut expected] {
            delivery["headers"].as_array_mut().unwrap().sort_by_key(|header| header[0].as_str().map(str::to_owned));
        }
        assert_eq!(got, expected);
    }
    assert_eq!(again.len(), expected.len());

    let one = ask(receiver, &format!("deliveries/{}/export?format=curl", id(&deliveries[0]))).body;
    assert_eq!(Outcome::of(&mut Command::new("sh"), &one).status, Some(0));
    assert_eq!(receiver.deliveries("path=/binary").len(), 3);
}

#[test]
fn a_request_line_that_is_no_path_and_old_http_are_sent_again_too() {
    let receiver = Receiver::with_key();
    receiver.exchange(&Request::new("OPTIONS", "*").signed("{}"));
    receiver.exchange(&Request::post("/old").http_1_0().signed("{}"));
    receiver.exchange(
        &Request::post("/chunks")
            .header("Transfer-Encoding", "chunked")
            .header("X-JWS-Signature", signature(b""))
            .body_of_chunks(&[]),
    );
    receiver.exchange(&Request::get("/get").header("X-JWS-Signature", signature(b"")));
    let script = export(&receiver, "format=curl").body;
    let ran = Outcome::of(&mut Command::new("sh"), &script);
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    let mut deliveries = receiver.deliveries("");
    deliveries.reverse();
    let (first, again) = deliveries.split_at(4);
    let of = |delivery: &Value| {
        let mut names: Vec<_> =
            delivery["headers"].as_array().unwrap().iter().map(|header| header[0].clone().to_string()).collect();
        names.sort();
        json!([delivery["method"], delivery["path"], delivery["http_version"], delivery["body_size"], names])
    };
    // HTTP/1.0 without a Host is not among what curl can send.
    for (first, again) in first.iter().zip(again).filter(|(first, _)| first["http_version"] == "HTTP/1.1") {
        assert_eq!(of(again), of(first));
    }
    assert_eq!(again[1]["http_version"], "HTTP/1.0");
}

#[test]
fn a_target_is_kept_as_it_came_or_refused() {
    let receiver = Receiver::with_key();
    let mut refused = String::new();
    for octet in (0x21..0x80).map(char::from) {
        let target = format!("/octet/a{octet}b?c{octet}d");
        let answer = receiver.exchange(&Request::new("POST", &target).signed("{}"));
        if answer.status == 400 {
            refused.push(octet);
            continue;
        }
        assert_eq!(answer.status, 204, "{target}");
        let expected = target.split('#').next().unwrap();
        assert_eq!(receiver.deliveries("limit=1")[0]["target"], expected);
    }
    assert_eq!(refused, "\"<>`\u{7f}", "docs/receiver.md says which");
    let no_text = b"POST /\xff HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n";
    let mut connection = receiver.connect();
    connection.send(no_text).unwrap();
    assert_eq!(connection.answer().status, 400);
    let text = "/ümläut/→?ß=🎉";
    assert_eq!(receiver.exchange(&Request::new("POST", text).signed("{}")).status, 204);
    assert_eq!(receiver.deliveries("limit=1")[0]["target"], text);
    for (sent, kept, path) in [
        ("HTTP://Host.Example:80?a=b", "http://Host.Example:80/?a=b", "/"),
        ("http://host.example/%7e//x#y", "http://host.example/%7e//x", "/%7e//x"),
    ] {
        assert_eq!(receiver.exchange(&Request::new("POST", sent).signed("{}")).status, 204);
        let delivery = &receiver.deliveries("limit=1")[0];
        assert_eq!((&delivery["target"], &delivery["path"]), (&json!(kept), &json!(path)));
    }
    let connect = receiver.exchange(&Request::new("CONNECT", "host.example:443").header("Host", "host.example:443"));
    assert_eq!(connect.status, 401);
    let delivery = &receiver.deliveries("limit=1")[0];
    assert_eq!((&delivery["method"], &delivery["target"]), (&json!("CONNECT"), &json!("host.example:443")));
    assert_eq!((&delivery["path"], &delivery["query"]), (&json!("/"), &Value::Null));
    receiver.assert_unharmed();
}

#[test]
fn a_delivery_becomes_a_test_vector_where_a_published_key_shows_the_same() {
    let receiver = Receiver::with_key();
    let wrong = format!("{}..{}", signature(b"").split_once("..").unwrap().0, "A".repeat(43));
    receiver.exchange(&Request::post("/valid").signed("{\"ü\":1}"));
    receiver.exchange(&Request::post("/valid-binary").signed(b"\xff\0"));
    receiver.exchange(&Request::post("/unsigned").body("{}"));
    receiver.exchange(&Request::post("/mismatch").header("X-JWS-Signature", &wrong).body("{}"));
    receiver.exchange(&Request::post("/malformed").header("X-JWS-Signature", "sha256=00").body("{}"));
    let twice = Request::post("/twice").header("X-JWS-Signature", &wrong).header("X-JWS-Signature", &wrong);
    receiver.exchange(&twice.body("{}"));
    receiver.exchange(&Request::post("/large").body(vec![0; (1 << 20) + 1]));
    let vectors = export(&receiver, "format=vector").json();
    let vectors = vectors.as_array().unwrap();
    let schema: Value = serde_json::from_str(include_str!("../test-vectors/vectors.schema.json")).unwrap();
    let validator = |kind: &str| {
        let mut schema = schema.clone();
        schema["oneOf"] = json!([{ "$ref": format!("#/$defs/{kind}") }]);
        jsonschema::validator_for(&schema).unwrap()
    };
    let (valid, invalid) = (validator("valid"), validator("invalid"));
    for vector in vectors {
        let validator = if vector["result"] == "valid" { &valid } else { &invalid };
        let errors: Vec<_> = validator.iter_errors(vector).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}: {vector}");
    }
    let codes: Vec<_> = vectors.iter().map(|vector| vector["code"].as_str().unwrap_or("valid")).collect();
    let expected =
        ["valid", "valid", "missing_signature", "signature_mismatch", "malformed_compact", "multiple_signatures"];
    assert_eq!(codes, expected, "what is not whole is left out");
    assert_eq!(vectors[1]["body"], json!({ "hex": "ff00" }));
    assert_eq!(vectors[0]["signature"], signature("{\"ü\":1}".as_bytes()), "the tests' key is the published one");

    let large = receiver.deliveries("path=/large")[0].clone();
    let one = receiver.api(&format!("deliveries/{}/export?format=vector", id(&large)));
    assert_eq!((one.status, one.code().as_deref()), (422, Some("not_exportable")));
    let valid = receiver.deliveries("path=/valid")[0].clone();
    let one = receiver.api(&format!("deliveries/{}/export?format=vector", id(&valid))).json();
    assert_eq!(one, vectors[0]);
}

#[test]
fn the_receivers_own_key_is_in_no_export() {
    let key = "0123456789abcdef0123456789abcdef0123456789a";
    let receiver = Receiver::start(["--shared-key", key]);
    let signer = hookseal::Signer::new(hookseal::Key::from_jwk_k(key).unwrap());
    let own = signer.sign(b"{}");
    receiver.exchange(&Request::post("/").header("X-JWS-Signature", &own).body("{}"));
    for format in ["ndjson", "har", "curl", "vector"] {
        let exported = export(&receiver, &format!("format={format}"));
        assert!(!String::from_utf8(exported.body).unwrap().contains(key), "{format}");
    }
    let vectors = export(&receiver, "format=vector").json();
    let mac = own.rsplit('.').next().unwrap();
    assert!(vectors[0]["result"] == "valid" && !vectors.to_string().contains(mac) && vectors.to_string().contains(KEY));
}

#[test]
fn a_format_has_to_be_said() {
    let receiver = Receiver::with_key();
    for target in ["export", "export?format=xml", "export?format=har&limit=1", "export?format=har&format=har"] {
        let answer = receiver.api(target);
        assert_eq!((answer.status, answer.code().as_deref()), (400, Some("invalid_query")), "{target}");
    }
    for target in
        ["deliveries/1/export?format=har", "deliveries/00000000-0000-0000-0000-000000000000/export?format=har"]
    {
        assert_eq!(receiver.api(target).status, 404, "{target}");
    }
}
