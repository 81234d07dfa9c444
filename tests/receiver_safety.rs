//! TLS, the token's cookie, an address for the control API alone, the rate limit, the metrics.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;

use hookseal_tests::{Answer, Connection, KEY, PATIENCE, Receiver, Request, eventually, hookseal, run};
use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject as _};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::Value;

#[test]
fn deliveries_come_over_tls_and_the_certificate_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let first = certificate(folder.path());
    let files = [folder.path().join("cert.pem"), folder.path().join("key.pem")];
    let mut command = hookseal();
    command.args(["receive", "--shared-key", KEY, "--tls-cert"]).arg(&files[0]).arg("--tls-key").arg(&files[1]);
    let receiver = Receiver::start_command(&mut command);
    assert_eq!(post(&receiver, &first, "/1").unwrap(), "HTTP/1.1 204 No Content");
    let plain = receiver.exchange(&Request::post("/").signed("{}"));
    assert_eq!((plain.status, plain.code().as_deref()), (400, Some("tls_required")));
    let own = get(&receiver, &first, "/_hookseal/api/deliveries").unwrap();
    assert!(own.contains("\"/1\""), "{own}");

    let second = certificate(folder.path());
    assert!(post(&receiver, &second, "/2").is_err(), "it is not shown yet");
    #[cfg(unix)]
    {
        receiver.signal("HUP");
        eventually("the new one is shown", || post(&receiver, &second, "/3").ok());
        assert!(post(&receiver, &first, "/4").is_err());
        std::fs::write(&files[1], "no key").unwrap();
        receiver.signal("HUP");
        eventually("a broken one is refused", || receiver.stderr().contains("there is no private key").then_some(()));
        assert!(post(&receiver, &second, "/5").is_ok(), "and the old one stays");
    }
    assert!(receiver.stderr().contains("Listening on https://"), "{}", receiver.stderr());
}

#[test]
fn bad_certificates_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    certificate(folder.path());
    let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    let (cert, key) = (cert.to_str().unwrap(), key.to_str().unwrap());
    for (arguments, said) in [
        (&["--tls-cert", cert][..], "--tls-cert is given without --tls-key"),
        (&["--tls-key", key], "--tls-key is given without --tls-cert"),
        (&["--tls-cert", "missing.pem", "--tls-key", key], "cannot read the certificate from missing.pem"),
        (&["--tls-cert", key, "--tls-key", key], "key.pem: there is no certificate in it"),
        (&["--tls-cert", cert, "--tls-key", cert], "cert.pem: there is no private key in it"),
    ] {
        let outcome = run(["receive", "--shared-key", KEY, "--check"].iter().chain(arguments));
        assert!(outcome.status == Some(2) && outcome.stderr.contains(said), "{arguments:?}: {outcome:?}");
    }
}

#[test]
fn a_browser_logs_in_with_the_token_and_gets_a_cookie() {
    let receiver = Receiver::start(["--shared-key", KEY, "--token", "s3cret-t0ken"]);
    let post = |path: &str, body: &str| {
        let request = Request::post(&format!("/_hookseal/api/{path}")).header("Content-Type", "application/json");
        receiver.exchange(&request.body(body))
    };
    let answer = post("login", r#"{"token":"s3cret-t0ken"}"#);
    assert_eq!(answer.status, 204);
    let cookie = answer.header("set-cookie").unwrap();
    assert!(cookie.ends_with("; Path=/_hookseal/; HttpOnly; SameSite=Strict"), "{cookie}");
    let pair = cookie.split(';').next().unwrap();
    let asked = receiver.exchange(&Request::get("/_hookseal/api/deliveries").header("Cookie", pair));
    assert_eq!(asked.status, 200);
    assert!(post("logout", "{}").header("set-cookie").unwrap().contains("Max-Age=0"));

    let plain = Request::post("/_hookseal/api/login").body(r#"{"token":"s3cret-t0ken"}"#);
    assert_eq!(receiver.exchange(&plain).status, 415);
    let foreign = plain.header("Content-Type", "application/json").header("Origin", "http://evil.example");
    assert_eq!(receiver.exchange(&foreign).status, 403);
    assert_eq!(post("login", "{}").code().as_deref(), Some("invalid_login"));
    let statuses: Vec<_> = (0..12).map(|_| post("login", r#"{"token":"wrong"}"#)).collect();
    assert_eq!(statuses[0].code().as_deref(), Some("unauthorized"));
    let last = statuses.last().unwrap();
    assert!(last.status == 429 && last.header("retry-after").is_some(), "guessing is slow: {last:?}");
}

#[test]
fn guessing_is_slow_on_the_api_too_and_does_not_lock_out_who_has_the_token() {
    let receiver = Receiver::start(["--shared-key", KEY, "--token", "s3cret-t0ken"]);
    let ask =
        |value: &str| receiver.exchange(&Request::get("/_hookseal/api/deliveries").header("Authorization", value));
    let wrong: Vec<_> = (0..12).map(|_| ask("Bearer wrong")).collect();
    assert_eq!(wrong[0].status, 401);
    let last = wrong.last().unwrap();
    assert_eq!((last.status, last.code().as_deref()), (429, Some("rate_limited")));
    assert!(last.header("retry-after").is_some(), "{last:?}");
    assert_eq!(ask("Basic wrong").status, 401, "no token is no attempt");
    assert!((0..12).all(|_| ask("Bearer s3cret-t0ken").status == 200));
}

#[test]
fn secrets_in_flags_are_refused_without_being_shown() {
    for (arguments, said) in [
        (["--token", "my hidden tok"], "cannot be sent in a header"),
        (["--forward-to", "http://user:hidden@127.0.0.1:1/"], "no user name or password"),
    ] {
        let outcome = run(["receive", "--check", "--shared-key", KEY, arguments[0], arguments[1]]);
        assert!(outcome.status == Some(2) && outcome.stderr.contains(said), "{outcome:?}");
        assert!(!outcome.stderr.contains("hidden"), "{outcome:?}");
    }
    let short = run(["receive", "--check", "--shared-key", KEY, "--listen", "0.0.0.0:0", "--token", "hidden"]);
    assert!(short.status == Some(2) && short.stderr.contains("shorter than 16"), "{short:?}");
}

#[test]
fn the_control_api_may_have_an_address_of_its_own() {
    let receiver = Receiver::start(["--shared-key", KEY, "--admin-listen", "127.0.0.1:0"]);
    assert_ne!(receiver.address(), receiver.admin_address());
    assert_eq!(receiver.exchange(&Request::post("/a").signed("{}")).status, 204);
    for target in ["/_hookseal/api/deliveries", "/_hookseal/healthz", "/_hookseal/"] {
        let answer = receiver.exchange(&Request::get(target));
        assert_eq!((answer.status, answer.code().as_deref()), (404, Some("not_found")), "{target}");
    }
    let ask = |request: &Request| -> Answer {
        let mut connection = Connection::to(receiver.admin_address());
        connection.send(request.octets()).unwrap();
        connection.answer()
    };
    let list = ask(&Request::get("/_hookseal/api/deliveries")).json();
    assert_eq!((list["deliveries"].as_array().unwrap().len(), &list["deliveries"][0]["path"]), (1, &"/a".into()));
    assert_eq!(ask(&Request::post("/b").signed("{}")).status, 404, "there it is no delivery");
    let health = ask(&Request::get("/_hookseal/healthz")).json();
    assert_eq!((&health["status"], &health["deliveries_url"]), (&"ok".into(), &receiver.url().into()));

    let open = run(["receive", "--shared-key", KEY, "--admin-listen", "0.0.0.0:0"]);
    assert!(open.status == Some(2) && open.stderr.contains("there is no --token"), "{open:?}");
}

#[test]
fn whether_it_is_well_is_all_that_strangers_are_told() {
    let token = "0123456789abcdef";
    let receiver = Receiver::start(["--shared-key", KEY, "--token", token]);
    receiver.exchange(&Request::post("/a").signed("{}"));
    let health = || Request::get("/_hookseal/healthz");
    let stranger = receiver.exchange(&health());
    assert_eq!((stranger.status, stranger.json()), (200, serde_json::json!({ "status": "ok" })));
    let known = receiver.exchange(&health().header("Authorization", format!("Bearer {token}"))).json();
    assert_eq!((&known["inbox"]["held"], &known["refused"]), (&1.into(), &0.into()));
    assert_eq!(known["deliveries_url"], Value::Null);
    let guessed =
        (0..12).map(|_| receiver.exchange(&health().header("Authorization", "Bearer guessed"))).last().unwrap();
    assert_eq!((guessed.status, guessed.code().as_deref()), (429, Some("rate_limited")));
    assert_eq!(receiver.exchange(&health()).status, 200);

    let receiver = Receiver::with_key();
    let tunnel = receiver.exchange(&health().header("X-Forwarded-For", "192.0.2.1"));
    assert_eq!((tunnel.status, tunnel.json()), (200, serde_json::json!({ "status": "ok" })));
}

#[test]
fn who_sends_too_much_is_told_to_wait_and_counted() {
    let receiver = Receiver::start(["--shared-key", KEY, "--rate-limit", "3/h"]);
    let answers: Vec<_> = (0..5).map(|_| receiver.exchange(&Request::post("/").signed("{}"))).collect();
    assert_eq!(answers.iter().map(|answer| answer.status).collect::<Vec<_>>(), [204, 204, 204, 429, 429]);
    assert_eq!(answers[4].code().as_deref(), Some("rate_limited"));
    let wait: u64 = answers[4].header("retry-after").unwrap().parse().unwrap();
    assert!((1_000..=1_200).contains(&wait), "{wait}");
    assert_eq!(receiver.deliveries("").len(), 3, "and the API is not limited");
    assert_eq!(metric(&receiver, "hookseal_rate_limited_total"), 2.0);
}

#[test]
fn metrics_count_what_happens() {
    let receiver = Receiver::start(["--shared-key", KEY, "--fault", "/bad 503"]);
    receiver.exchange(&Request::post("/").signed("1"));
    receiver.exchange(&Request::post("/").signed("2"));
    receiver.exchange(&Request::post("/").body("unsigned"));
    receiver.exchange(&Request::post("/bad").signed("3"));
    let answer = receiver.exchange(&Request::get("/_hookseal/metrics"));
    assert!(answer.header("content-type").unwrap().starts_with("application/openmetrics-text"));
    assert!(answer.body.ends_with(b"# EOF\n"));
    for (name, value) in [
        (r#"hookseal_deliveries_total{verdict="valid",code=""}"#, 3.0),
        (r#"hookseal_deliveries_total{verdict="unsigned",code="missing_signature"}"#, 1.0),
        ("hookseal_answer_seconds_count", 4.0),
        ("hookseal_inbox_deliveries", 4.0),
        ("hookseal_inbox_dropped_total", 0.0),
        ("hookseal_faults_total", 1.0),
        ("hookseal_forward_queue", 0.0),
    ] {
        assert_eq!(metric(&receiver, name), value, "{name}");
    }
    assert!(metric(&receiver, "hookseal_inbox_bytes") > 0.0 && metric(&receiver, "hookseal_connections") >= 1.0);
    let guarded = Receiver::start(["--shared-key", KEY, "--token", "s3cret"]);
    assert_eq!(guarded.exchange(&Request::get("/_hookseal/metrics")).status, 401);
}

fn metric(receiver: &Receiver, name: &str) -> f64 {
    let text = String::from_utf8(receiver.exchange(&Request::get("/_hookseal/metrics")).body).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("{name} is not in {text}")).parse().unwrap()
}

/// Writes a new certificate for `localhost` and its key, and gives the certificate.
fn certificate(folder: &Path) -> CertificateDer<'static> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(folder.join("cert.pem"), made.cert.pem()).unwrap();
    std::fs::write(folder.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    CertificateDer::from_pem_slice(made.cert.pem().as_bytes()).unwrap()
}

/// The status line of the answer to a signed delivery.
fn post(receiver: &Receiver, trusted: &CertificateDer<'static>, path: &str) -> std::io::Result<String> {
    let mut stream = connect(receiver, trusted, &Request::post(path).signed("{}"))?;
    let mut line = String::new();
    stream.read_line(&mut line)?;
    Ok(line.trim_end().to_owned())
}

/// All of the answer.
fn get(receiver: &Receiver, trusted: &CertificateDer<'static>, target: &str) -> std::io::Result<String> {
    let mut stream = connect(receiver, trusted, &Request::get(target).header("Connection", "close"))?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

fn connect(
    receiver: &Receiver,
    trusted: &CertificateDer<'static>,
    request: &Request,
) -> std::io::Result<BufReader<StreamOwned<ClientConnection, TcpStream>>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(roots).with_no_client_auth();
    let connection = ClientConnection::new(Arc::new(config), ServerName::try_from("localhost").unwrap()).unwrap();
    let socket = TcpStream::connect(receiver.address())?;
    socket.set_read_timeout(Some(PATIENCE))?;
    let mut stream = StreamOwned::new(connection, socket);
    stream.write_all(&request.octets())?;
    Ok(BufReader::new(stream))
}
