//! Requests that no decent client sends: refused with the right status, kept or counted, and harmless to the next one.

use hookseal_tests::{KEY, Receiver, Request, signature};

const BODY: &[u8] = br#"{"text":"x"}"#;

#[test]
fn what_is_no_http_is_refused_and_counted_but_not_kept() {
    let receiver = Receiver::with_key();
    let post = |target: &[u8], headers: &[u8]| {
        let signature = signature(BODY);
        let length = BODY.len();
        let line = [b"POST ", target, b" HTTP/1.1\r\n"].concat();
        let ours = format!("Host: localhost\r\nX-JWS-Signature: {signature}\r\nContent-Length: {length}\r\n");
        [&*line, ours.as_bytes(), headers, b"\r\n", BODY].concat()
    };
    let requests = [
        post(b"/\x1b[31m", b""),
        post(b"/\0", b""),
        post(b"/ /", b""),
        post(b"/\xff", b""),
        post(b"/", b"Content-Length: 3\r\n"),
        post(b"/", b"Transfer-Encoding: gzip\r\n"),
        post(b"/", b" folded: value\r\n"),
        post(b"/", b"X-Space : value\r\n"),
        post(b"/", b"X-\0: value\r\n"),
        post(b"/", b"no colon\r\n"),
        Request::post("/").header("Content-Length", "-1").octets(),
        Request::post("/").header("Content-Length", "99999999999999999999").octets(),
        b"GET /\r\n\r\n".to_vec(),
        b"GET / HTTP/9.9\r\n\r\n".to_vec(),
        b"garbage\r\n\r\n".to_vec(),
        b"\0\0\0\0\r\n\r\n".to_vec(),
        b"\xff\xfe\r\n\r\n".to_vec(),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(), // the start of TLS
    ];
    for (number, request) in requests.iter().enumerate() {
        let mut connection = receiver.connect();
        connection.send(request).unwrap();
        let answer = connection.answer();
        let shown = request.escape_ascii();
        assert_eq!((answer.status, answer.header("connection")), (400, Some("close")), "{shown}");
        connection.rest();
        receiver.wait_for_refused(number as u64 + 1);
    }
    assert_eq!(receiver.deliveries("").len(), 0);
    receiver.assert_unharmed();
}

#[test]
fn control_characters_in_the_signature_are_refused_before_it_is_looked_at() {
    let receiver = Receiver::with_key();
    for octet in (0..0x20).filter(|octet| *octet != b'\t').chain([0x7f]) {
        for place in [0, 20, 99] {
            let mut value = signature(BODY).into_bytes();
            value[place] = octet;
            let answer = receiver.deliver("/", &Request::post("/").header("X-JWS-Signature", value).body(BODY));
            assert_eq!((answer.status, answer.code()), (400, None), "0x{octet:02x} at {place}");
        }
    }
    receiver.wait_for_refused(32 * 3);
    assert_eq!(receiver.deliveries("").len(), 0);
    receiver.assert_unharmed();
}

#[test]
fn octets_beyond_ascii_in_the_signature_are_foreign_characters_and_kept_exactly() {
    let receiver = Receiver::with_key();
    for octet in (0x80..=0xff).chain([b'\t', b' ', b'=', b'"', b'\\']) {
        for place in [1, 20, 80] {
            let mut value = signature(BODY).into_bytes();
            value[place] = octet;
            let answer = receiver.deliver("/", &Request::post("/").header("X-JWS-Signature", &value).body(BODY));
            assert_eq!((answer.status, answer.code().as_deref()), (400, Some("invalid_base64url")), "0x{octet:02x}");
            let kept = &receiver.api("deliveries?limit=1").json()["deliveries"][0];
            let header =
                kept["headers"].as_array().unwrap().iter().find(|header| header[0] == "x-jws-signature").unwrap();
            let octets: Vec<u8> = header[1].as_str().unwrap().chars().map(|c| u8::try_from(c).unwrap()).collect();
            assert_eq!(octets, value, "0x{octet:02x}");
        }
    }
    receiver.assert_unharmed();
}

#[test]
fn two_signatures_are_one_too_many_even_when_both_are_right() {
    let receiver = Receiver::with_key();
    let value = signature(BODY);
    let twice = Request::post("/").signed(BODY).header("x-jws-signature", &value);
    let joined =
        |separator: &str| Request::post("/").header("X-JWS-Signature", [&*value, &value].join(separator)).body(BODY);
    for request in [twice, joined(","), joined(", "), joined(" , ")] {
        let answer = receiver.deliver("/", &request);
        assert_eq!((answer.status, answer.code().as_deref()), (400, Some("multiple_signatures")));
    }
    let empty = Request::post("/").signed(BODY).header("X-JWS-Signature", "");
    assert_eq!(receiver.deliver("/", &empty).code().as_deref(), Some("multiple_signatures"));
    receiver.assert_unharmed();
}

#[test]
fn a_header_without_end_is_431() {
    let receiver = Receiver::with_key();
    let large = Request::post("/").signed(BODY).header("X-Large", vec![b'a'; 1 << 20]);
    let many = (0..200).fold(Request::post("/").signed(BODY), |request, n| request.header(&format!("X-{n}"), "value"));
    let long = Request::post(&format!("/{}", "a".repeat(100_000))).signed(BODY);
    for request in [large, many, long] {
        let status = receiver.deliver("/", &request).status;
        assert!(matches!(status, 414 | 431), "{status}");
    }
    receiver.wait_for_refused(3);
    let fitting = (0..90).fold(Request::post("/fits"), |request, n| request.header(&format!("X-{n}"), [b'a'; 500]));
    assert_eq!(receiver.deliver("/fits", &fitting.signed(BODY)).status, 204);
    receiver.assert_unharmed();
}

#[test]
fn pipelined_requests_are_answered_one_by_one_in_their_order() {
    let receiver = Receiver::with_key();
    let mut connection = receiver.connect();
    let requests = [
        Request::post("/first").signed(BODY),
        Request::post("/second").body(BODY),
        Request::get("/third"),
        Request::post("/fourth").signed(b""),
    ];
    let at_once: Vec<u8> = requests.iter().flat_map(Request::octets).collect();
    connection.send(at_once).unwrap();
    assert_eq!([(); 4].map(|()| connection.answer().status), [204, 401, 401, 204]);
    let mut paths: Vec<_> =
        receiver.deliveries("").iter().map(|kept| kept["path"].as_str().unwrap().to_owned()).collect();
    paths.reverse();
    assert_eq!(paths, ["/first", "/second", "/third", "/fourth"]);
}

#[test]
fn who_expects_to_be_told_to_go_on_is_told_so_unless_the_body_is_too_large() {
    let receiver = Receiver::with_key();
    let mut connection = receiver.connect();
    let request = Request::post("/").header("Expect", "100-continue").signed(BODY);
    connection.send(request.head()).unwrap();
    assert_eq!(connection.answer().status, 100);
    connection.send(BODY).unwrap();
    assert_eq!(connection.answer().status, 204);

    let mut connection = receiver.connect();
    let too_large = Request::post("/").header("Expect", "100-continue").header("Content-Length", "1048577");
    connection.send(too_large.head()).unwrap();
    let answer = connection.answer();
    assert_eq!((answer.status, answer.code().as_deref()), (413, Some("body_too_large")), "and no 100 before it");
    receiver.assert_unharmed();
}

#[test]
fn http_1_0_without_a_host_is_a_delivery_like_any_other() {
    let receiver = Receiver::with_key();
    let mut connection = receiver.connect();
    connection.send(Request::post("/").http_1_0().signed(BODY).octets()).unwrap();
    assert_eq!(connection.answer().status, 204);
    assert_eq!(connection.rest(), b"", "and then the connection ends");
    assert_eq!(receiver.deliveries("")[0]["http_version"], "HTTP/1.0");
}

#[test]
fn the_framing_of_chunks_is_no_part_of_the_body() {
    let receiver = Receiver::with_key();
    let chunks = b"1;name=value\r\n{\r\nB\r\n\"text\":\"x\"}\r\n0\r\nX-JWS-Signature: forged\r\nX-Trailer: yes\r\n\r\n";
    for (path, request) in [
        ("/chunked", Request::post("/chunked").header("Transfer-Encoding", "chunked")),
        // RFC 9112 §6.3: the length does not count.
        ("/both", Request::post("/both").header("Content-Length", "3").header("Transfer-Encoding", "chunked")),
    ] {
        let mut connection = receiver.connect();
        let request = request.header("X-JWS-Signature", signature(BODY));
        connection.send([&*request.head(), chunks].concat()).unwrap();
        let kept = &receiver.wait_for(1, path)[0];
        assert_eq!(connection.answer().status, 204, "{kept}");
        assert_eq!((&kept["verdict"], &kept["body_size"]), (&"valid".into(), &BODY.len().into()), "{kept}");
    }
    let mut connection = receiver.connect();
    let unsigned = Request::post("/").header("Transfer-Encoding", "chunked");
    let trailer = format!("C\r\n{{\"text\":\"x\"}}\r\n0\r\nX-JWS-Signature: {}\r\n\r\n", signature(BODY));
    connection.send([&*unsigned.head(), trailer.as_bytes()].concat()).unwrap();
    assert_eq!(connection.answer().code().as_deref(), Some("missing_signature"), "a trailer is no header");
    receiver.assert_unharmed();
}

#[test]
fn broken_chunks_are_never_valid_and_end_the_connection() {
    let receiver = Receiver::with_key();
    let whole = signature(BODY);
    for chunks in [
        &b"zz\r\n"[..],
        b"-1\r\n",
        b"fffffffffffffffff\r\n",
        b"C\r\n{\"text\":\"x\"}",
        b"C\r\n{\"text\":\"x\"}XX0\r\n\r\n",
        b"C\r\n{\"text\":\"x\"}\r\n0\r\nbroken trailer\r\n\r\n",
    ] {
        let mut connection = receiver.connect();
        let head = Request::post("/broken").header("Transfer-Encoding", "chunked").header("X-JWS-Signature", &whole);
        connection.send([&*head.head(), chunks].concat()).unwrap();
        connection.finish_sending();
        if let Ok(answer) = connection.try_answer() {
            assert_eq!((answer.status, answer.header("connection")), (400, Some("close")), "{}", chunks.escape_ascii());
        }
        connection.rest();
    }
    for kept in receiver.wait_for(6, "/broken") {
        assert_eq!((&kept["verdict"], &kept["truncated"]), (&"invalid".into(), &true.into()), "{kept}");
    }
    receiver.assert_unharmed();
}

#[test]
fn what_the_inbox_says_was_answered_is_what_was_answered() {
    let receiver = Receiver::with_key();
    let mut connection = receiver.connect();
    let head = Request::post("/broken").header("Transfer-Encoding", "chunked").head();
    connection.send([&*head, b"zz\r\n"].concat()).unwrap();
    let answer = connection.answer();
    assert_eq!(receiver.wait_for(1, "/broken")[0]["response"]["status"], answer.status);
}

#[test]
fn a_key_of_nobodys_proves_nothing() {
    // Nobody can sign for an empty key, a key of zeros or the receiver's key read as text.
    let receiver = Receiver::start(["--shared-key", KEY, "--key-format", "jwk"]);
    for key in [hookseal::Key::from_utf8(KEY), hookseal::Key::from_bytes([0; 32]), hookseal::Key::from_bytes([0; 64])] {
        let value = hookseal::Signer::new(key.unwrap()).sign(BODY);
        let answer = receiver.deliver("/", &Request::post("/").header("X-JWS-Signature", value).body(BODY));
        assert_eq!((answer.status, answer.code().as_deref()), (401, Some("signature_mismatch")));
    }
    receiver.assert_unharmed();
}
