//! Deliveries that go on to an app: exactly, again and again until it takes them, and never in circles.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use hookseal_tests::{KEY, PATIENCE, Receiver, Request, eventually, hookseal, signature};
use serde_json::{Value, json};

const BODY: &[u8] = b"\x00{\"not\": \"quite\",\r\n \"json\": \"\xff\"}";

#[test]
fn the_app_gets_the_same_octets_and_its_answer_is_shown_beside_the_delivery() {
    let app = App::new();
    let receiver = forwarding(&format!("{}/hooks", app.url()), &[]);
    let request = Request::new("PUT", "/a//b?x=%00").header("X-Twice", "1").header("X-Twice", b"\xff2");
    let request = request.header("Authorization", "Bearer s3cret").header("Connection", "close, X-Mine");
    let answer = receiver.exchange(&request.header("X-Mine", "here").header("TE", "trailers").signed(BODY));
    assert_eq!(answer.status, 204, "the sender does not wait for the app");

    let came = app.accept().request();
    assert_eq!(came.line, "PUT /hooks/a//b?x=%00 HTTP/1.1");
    assert_eq!(came.body, BODY);
    assert_eq!(came.values("x-twice"), [&b"1"[..], b"\xff2"], "duplicates stay, in their order");
    assert_eq!(came.values("x-jws-signature"), [signature(BODY).as_bytes()]);
    assert_eq!(came.values("authorization"), [b"Bearer s3cret"], "redacted in the inbox only");
    assert_eq!(came.values("host"), [app.address.to_string().as_bytes()]);
    assert_eq!(came.values("x-forwarded-for"), [b"127.0.0.1"]);
    assert_eq!(came.values("x-forwarded-host"), [b"localhost"]);
    for hop_by_hop in ["x-mine", "te", "connection", "keep-alive"] {
        assert_eq!(came.values(hop_by_hop).len(), 0, "{hop_by_hop}");
    }
    came.answer("HTTP/1.1 202 Accepted\r\ncontent-length: 5\r\n\r\nhello");

    let forward = settled(&receiver);
    assert_eq!((&forward["state"], &forward["status"]), (&json!("delivered"), &json!(202)));
    assert_eq!((&forward["body"], &forward["attempts"], &forward["error"]), (&json!("hello"), &json!(1), &json!(null)));
    assert_eq!(forward["to"], format!("{}/hooks/a//b?x=%00", app.url()));
    assert!(forward["took_ms"].as_f64().unwrap() > 0.0);
}

#[test]
fn an_app_that_dies_and_returns_gets_all_of_it() {
    let app = App::new();
    let receiver = forwarding(&app.url(), &[]);
    let address = app.address;
    drop(app);
    for number in 0..20 {
        let path = format!("/{number}");
        assert_eq!(receiver.exchange(&Request::post(&path).signed(path.as_bytes())).status, 204);
    }
    let failing = eventually("it has tried", || {
        let delivery = receiver.deliveries("path=/0").remove(0);
        (delivery["forward"]["attempts"].as_u64() >= Some(1)).then_some(delivery["forward"].clone())
    });
    assert_eq!((&failing["state"], &failing["status"]), (&json!("pending"), &json!(null)));
    assert!(failing["error"].as_str().unwrap().contains("refused"), "{failing}");

    let app = App::at(address);
    let mut paths: Vec<_> = (0..20)
        .map(|number| {
            let came = app.accept().request();
            // It is not well yet, the first few times.
            let status = if number < 3 { "503 Service Unavailable" } else { "200 OK" };
            let path = came.line.split(' ').nth(1).unwrap().to_owned();
            came.answer(&format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"));
            path
        })
        .collect();
    paths.drain(..3);
    while paths.len() < 20 {
        let came = app.accept().request();
        paths.push(came.line.split(' ').nth(1).unwrap().to_owned());
        came.answer("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    }
    paths.sort();
    paths.dedup();
    assert_eq!(paths.len(), 20, "each of them, once: {paths:?}");
    eventually("all are delivered", || {
        let deliveries = receiver.deliveries("");
        deliveries.iter().all(|delivery| delivery["forward"]["state"] == "delivered").then_some(())
    });
}

#[test]
fn what_trying_again_would_not_change_is_not_tried_again() {
    let app = App::new();
    let receiver = forwarding(&app.url(), &[]);
    for (answer, status) in [("301 Moved\r\nlocation: /elsewhere", 301), ("422 Unprocessable", 422)] {
        receiver.exchange(&Request::post("/").signed(BODY));
        app.accept().request().answer(&format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"));
        let forward = settled(&receiver);
        assert_eq!((&forward["state"], &forward["status"]), (&json!("refused"), &json!(status)));
        assert_eq!(forward["attempts"], 1, "and a redirect is not followed");
    }
    assert!(!app.is_asked_within(Duration::from_millis(300)));
}

#[test]
fn a_retry_window_ends_and_says_so() {
    let nobody = App::new().address;
    let receiver = forwarding(&format!("http://{nobody}"), &["--forward-retry-for", "600ms", "--log", "json"]);
    receiver.exchange(&Request::post("/").signed(BODY));
    let forward = settled(&receiver);
    assert_eq!(forward["state"], "failed");
    assert!(forward["attempts"].as_u64() >= Some(2), "{forward}");
    eventually("the log says it", || receiver.stdout().contains("\"forwards\":").then_some(()));
}

#[test]
fn only_what_is_valid_goes_on_unless_told() {
    let app = App::new();
    let receiver = forwarding(&app.url(), &[]);
    assert_eq!(receiver.exchange(&Request::post("/unsigned").body("x")).status, 401);
    receiver.exchange(&Request::post("/valid").signed("x"));
    let came = app.accept().request();
    assert_eq!(came.line, "POST /valid HTTP/1.1");
    came.answer("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    assert_eq!(receiver.deliveries("path=/unsigned")[0]["forward"], json!(null));

    let receiver = forwarding(&app.url(), &["--forward-all"]);
    assert_eq!(receiver.exchange(&Request::post("/unsigned").body("x")).status, 401);
    assert_eq!(app.accept().request().line, "POST /unsigned HTTP/1.1");
}

#[test]
fn as_a_gateway_the_sender_gets_the_apps_answer() {
    let app = App::new();
    let receiver = forwarding(&app.url(), &["--forward-answer", "--forward-timeout", "400ms"]);
    let ask = |path: &str| {
        let connection = receiver.connect();
        connection.send(Request::post(path).signed(BODY).octets()).unwrap();
        connection
    };
    let mut sender = ask("/created");
    let came = app.accept().request();
    assert!(!sender.is_answered());
    came.answer("HTTP/1.1 201 Created\r\nx-app: 1\r\nx-app: 2\r\ncontent-length: 3\r\nconnection: close\r\n\r\nyes");
    let answer = sender.answer();
    assert_eq!((answer.status, answer.header("x-app"), &*answer.body), (201, Some("1"), &b"yes"[..]));
    let delivery = receiver.deliveries("path=/created").remove(0);
    assert_eq!((&delivery["response"]["status"], &delivery["forward"]["status"]), (&json!(201), &json!(201)));

    let mut sender = ask("/error");
    app.accept().request().answer("HTTP/1.1 500 Oops\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    assert_eq!(sender.answer().status, 500, "trying again is the sender's part");

    let mut sender = ask("/slow");
    let _held = app.accept().request();
    let answer = sender.answer();
    assert_eq!((answer.status, answer.code().as_deref()), (504, Some("app_timeout")));

    // Who hangs up before the app has answered is kept, with what the app said.
    let sender = ask("/gone");
    let came = app.accept().request();
    drop(sender);
    came.answer("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    assert_eq!(receiver.wait_for(1, "/gone")[0]["forward"]["status"], 200);

    drop(app);
    let answer = receiver.exchange(&Request::post("/nobody").signed(BODY));
    assert_eq!((answer.status, answer.code().as_deref()), (502, Some("app_unreachable")));
    assert_eq!(receiver.exchange(&Request::post("/unsigned").body("x")).status, 401);
}

#[test]
fn a_full_queue_loses_nothing_since_the_sender_is_told() {
    let nobody = App::new().address;
    let receiver = forwarding(&format!("http://{nobody}"), &["--forward-queue", "2"]);
    let statuses: Vec<_> = (0..3)
        .map(|number| receiver.exchange(&Request::post(&format!("/{number}")).signed(number.to_string())))
        .map(|answer| (answer.status, answer.header("retry-after").is_some()))
        .collect();
    assert_eq!(statuses, [(204, false), (204, false), (503, true)]);
    let refused = receiver.deliveries("path=/2").remove(0);
    assert_eq!((&refused["response"]["status"], &refused["forward"]), (&json!(503), &json!(null)));
    let again = receiver.exchange(&Request::post("/2").signed("2"));
    assert_eq!(again.status, 503);
    assert_eq!(receiver.deliveries("path=/2")[0]["replay"], false, "what was not taken is no replay");
}

#[test]
fn a_circle_of_receivers_ends() {
    let first = App::new().address;
    let second = forwarding(&format!("http://{first}"), &["--forward-answer"]);
    let mut command = hookseal();
    command.args(["receive", "--shared-key", KEY, "--forward-to", &second.url(), "--forward-answer"]);
    let first = Receiver::start_command_at(&mut command, first);
    let answer = first.exchange(&Request::post("/circle").signed(BODY));
    assert_eq!((answer.status, answer.code().as_deref()), (508, Some("loop_detected")));
    assert_eq!(first.deliveries("").len(), 2, "once from outside, once from the circle");
    assert_eq!(second.deliveries("").len(), 1);
}

#[test]
fn what_is_under_way_gets_there_before_the_receiver_ends() {
    let app = App::new();
    let mut receiver = forwarding(&app.url(), &["--forward-timeout", "50s"]);
    receiver.exchange(&Request::post("/").signed(BODY));
    let came = app.accept().request();
    receiver.signal("TERM");
    eventually("nobody else is let in", || TcpStream::connect(receiver.address()).err());
    came.answer("HTTP/1.1 503 Not yet\r\ncontent-length: 0\r\nconnection: close\r\nretry-after: 3600\r\n\r\n");
    let came = app.accept().request();
    came.answer("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    assert_eq!(receiver.wait_for_exit().code(), Some(0));
    assert!(!receiver.stderr().contains("did not get"), "{}", receiver.stderr());

    let mut receiver = forwarding(&app.url(), &["--drain-timeout", "200ms"]);
    drop(app);
    receiver.exchange(&Request::post("/").signed(BODY));
    let told = Instant::now();
    receiver.signal("TERM");
    assert_eq!(receiver.wait_for_exit().code(), Some(0));
    assert!(told.elapsed() < PATIENCE / 2);
    assert!(receiver.stderr().contains("1 of them did not get to their app in time"), "{}", receiver.stderr());
}

#[test]
fn what_a_killed_receiver_still_had_to_forward_goes_on_from_its_file() {
    let app = App::new();
    let address = app.address;
    drop(app);
    let folder = tempfile::tempdir().unwrap();
    let inbox = format!("sqlite:{}", folder.path().join("inbox.db").display());
    let receiver = forwarding(&format!("http://{address}"), &["--inbox", &inbox]);
    for number in 0..5 {
        let path = format!("/{number}");
        assert_eq!(receiver.exchange(&Request::post(&path).signed(path.as_bytes())).status, 204);
    }
    drop(receiver); // kills it

    let app = App::at(address);
    let receiver = forwarding(&format!("http://{address}"), &["--inbox", &inbox]);
    let mut paths: Vec<_> = (0..5)
        .map(|_| {
            let came = app.accept().request();
            let path = came.line.split(' ').nth(1).unwrap().to_owned();
            assert_eq!(came.body, path.as_bytes());
            came.answer("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            path
        })
        .collect();
    paths.sort();
    assert_eq!(paths, ["/0", "/1", "/2", "/3", "/4"]);
    eventually("all are delivered", || {
        let deliveries = receiver.deliveries("");
        deliveries.iter().all(|delivery| delivery["forward"]["state"] == "delivered").then_some(())
    });
}

#[test]
fn a_replay_goes_to_the_app_on_request() {
    let app = App::new();
    let receiver = forwarding(&format!("{}/hooks", app.url()), &[]);
    receiver.exchange(&Request::post("/a").signed(BODY));
    app.accept().request().answer("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    let id = receiver.deliveries("")[0]["id"].as_str().unwrap().to_owned();
    let request = Request::post(&format!("/_hookseal/api/deliveries/{id}/replay"));
    let request = request.header("Content-Type", "application/json").body(r#"{"to":"forward"}"#);
    let mut connection = receiver.connect();
    connection.send(request.octets()).unwrap();
    let came = app.accept().request();
    assert_eq!((came.line.as_str(), &*came.body), ("POST /hooks/a HTTP/1.1", BODY));
    came.answer("HTTP/1.1 418 Teapot\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    assert_eq!(connection.answer().json()["status"], 418);
}

/// 101 is no final status, and nobody has asked to switch protocols.
#[test]
fn an_app_that_switches_protocols_has_not_answered() {
    let app = App::new();
    let receiver = forwarding(&app.url(), &["--forward-answer"]);
    let mut sender = receiver.connect();
    sender
        .send(Request::post("/").header("Connection", "Upgrade").header("Upgrade", "x").signed(BODY).octets())
        .unwrap();
    app.accept().request().answer("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n");
    let answer = sender.answer();
    assert_eq!((answer.status, answer.code().as_deref()), (502, Some("app_unreachable")));
    let forward = settled(&receiver);
    assert_eq!((&forward["state"], &forward["status"]), (&json!("failed"), &json!(null)));
    assert!(forward["error"].as_str().unwrap().contains("101"), "{forward}");
    receiver.deliver("/again", &Request::post("/again").body("x"));
}

#[test]
fn an_app_that_asks_for_no_pause_is_not_asked_in_circles() {
    let app = App::new();
    let receiver = forwarding(&app.url(), &[]);
    receiver.exchange(&Request::post("/").signed(BODY));
    let started = Instant::now();
    for _ in 0..3 {
        let again = "HTTP/1.1 503 Not yet\r\nretry-after: 0\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        app.accept().request().answer(again);
    }
    app.accept().request().answer("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    assert!(started.elapsed() >= Duration::from_millis(600), "{:?} for four attempts", started.elapsed());
    assert_eq!(settled(&receiver)["attempts"], 4);
}

/// Each app has turns of its own: more deliveries than turns wait for one that is away, and another gets its own at once.
#[test]
fn an_app_that_is_away_takes_no_turn_of_another() {
    let (dead, well) = (App::new(), App::new());
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("receiver.toml");
    let text = format!(
        "[[path]]\npath = \"/dead/*\"\nforward_to = \"{}\"\n[[path]]\npath = \"/well/*\"\nforward_to = \"{}\"\n",
        dead.url(),
        well.url()
    );
    std::fs::write(&config, text).unwrap();
    let receiver = Receiver::start(["--shared-key", KEY, "--config", config.to_str().unwrap()]);
    for number in 0..40 {
        // It is there and never answers: each attempt lasts.
        let path = format!("/dead/{number}");
        assert_eq!(receiver.exchange(&Request::post(&path).signed(path.as_bytes())).status, 204);
    }
    receiver.exchange(&Request::post("/well/1").signed(BODY));
    let came = well.accept().request();
    assert_eq!(came.line, "POST /well/1 HTTP/1.1");
    came.answer("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    eventually("the one that is well has it", || {
        (receiver.deliveries("path=/well/1")[0]["forward"]["state"] == "delivered").then_some(())
    });
    assert!(receiver.deliveries("path=/dead/*").iter().all(|delivery| delivery["forward"]["state"] == "pending"));
}

/// What waits for an app that hangs is bounded: senders of large bodies are told to come again, and get the memory of others
/// never.
#[test]
fn an_app_that_hangs_fills_no_memory() {
    let app = App::new();
    let receiver = forwarding(&app.url(), &["--inbox", "memory", "--keep-bytes", "32MiB"]);
    let body = vec![b'x'; 1 << 20];
    let request = Request::post("/").signed(&body);
    let statuses: Vec<u16> = (0..100).map(|_| receiver.exchange(&request).status).collect();
    let taken = statuses.iter().filter(|status| **status == 204).count();
    assert!((40..=64).contains(&taken), "{taken} of 100 were taken");
    assert!(statuses[70..].iter().all(|status| *status == 503), "{statuses:?}");
    assert_eq!(receiver.exchange(&request).code().as_deref(), Some("forward_queue_full"));
    assert!(receiver.peak_memory() < 300, "{} MiB", receiver.peak_memory());
    assert_eq!(receiver.exchange(&Request::post("/unsigned").body("x")).status, 401, "others are answered");
}

/// An authority that the system trusts, named as OpenSSL's programs have it named.
#[test]
fn an_app_is_trusted_as_the_system_trusts_it() {
    use std::sync::Arc;
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = made.cert.der().clone();
    let key = rustls::pki_types::PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let tls = rustls::ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate], key).unwrap();
    let tls = Arc::new(tls);
    let folder = tempfile::tempdir().unwrap();
    let authority = folder.path().join("ca.pem");
    std::fs::write(&authority, made.cert.pem()).unwrap();
    let app = App::new();
    let url = format!("https://localhost:{}", app.address.port());
    for (trusted, state) in [(Some(&authority), "delivered"), (None, "pending")] {
        let mut command = hookseal();
        command.args(["receive", "--shared-key", KEY, "--forward-to", &url]).env_remove("SSL_CERT_DIR");
        match trusted {
            Some(path) => command.env("SSL_CERT_FILE", path),
            None => command.env_remove("SSL_CERT_FILE"),
        };
        let receiver = Receiver::start_command(&mut command);
        receiver.exchange(&Request::post("/").signed("{}"));
        let (mut stream, _) = app.listener.accept().unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut connection = rustls::ServerConnection::new(tls.clone()).unwrap();
        let mut secured = rustls::Stream::new(&mut connection, &mut stream);
        let mut request = [0; 4_096];
        if secured.read(&mut request).is_ok_and(|length| request[..length].starts_with(b"POST / HTTP/1.1")) {
            secured.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
        }
        let forward = eventually("it has tried", || {
            let forward = receiver.deliveries("")[0]["forward"].clone();
            (forward["attempts"] == 1).then_some(forward)
        });
        assert_eq!(forward["state"], state, "{forward}");
        if trusted.is_none() {
            assert!(forward["error"].as_str().unwrap().contains("unknownissuer"), "{forward}");
        }
    }
}

fn forwarding(url: &str, more: &[&str]) -> Receiver {
    Receiver::start(["--shared-key", KEY, "--forward-to", url].iter().chain(more))
}

/// What became of the newest delivery, once that is certain.
fn settled(receiver: &Receiver) -> Value {
    eventually("it is settled", || {
        let forward = receiver.deliveries("limit=1")[0]["forward"].clone();
        (forward["state"] != "pending").then_some(forward)
    })
}

/// An app that answers by hand.
struct App {
    listener: TcpListener,
    address: SocketAddr,
}

impl App {
    fn new() -> Self {
        Self::at("127.0.0.1:0".parse().unwrap())
    }

    fn at(address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        App { listener, address }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn accept(&self) -> Caller {
        let (stream, _) = self.listener.accept().unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Caller(BufReader::new(stream))
    }

    fn is_asked_within(&self, time: Duration) -> bool {
        std::thread::sleep(time);
        self.listener.set_nonblocking(true).unwrap();
        self.listener.accept().is_ok()
    }
}

struct Caller(BufReader<TcpStream>);

/// A request, and the connection to answer on.
struct Came {
    stream: TcpStream,
    line: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

impl Caller {
    fn request(mut self) -> Came {
        let mut lines = Vec::new();
        loop {
            let mut line = Vec::new();
            self.0.read_until(b'\n', &mut line).unwrap();
            line.truncate(line.len() - 2);
            if line.is_empty() {
                break;
            }
            lines.push(line);
        }
        let line = String::from_utf8(lines.remove(0)).unwrap();
        let headers: Vec<_> = lines
            .iter()
            .map(|line| {
                let colon = line.iter().position(|octet| *octet == b':').unwrap();
                let name = String::from_utf8(line[..colon].to_ascii_lowercase()).unwrap();
                (name, line[colon + 2..].to_vec())
            })
            .collect();
        let length = headers
            .iter()
            .find(|(name, _)| name == "content-length")
            .map_or(0, |(_, value)| std::str::from_utf8(value).unwrap().parse().unwrap());
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).unwrap();
        Came { stream: self.0.into_inner(), line, headers, body }
    }
}

impl Came {
    fn values(&self, name: &str) -> Vec<&[u8]> {
        self.headers.iter().filter(|(other, _)| other == name).map(|(_, value)| &value[..]).collect()
    }

    fn answer(mut self, text: &str) {
        let _ = self.stream.write_all(text.as_bytes()); // whoever asked may be gone
    }
}
